"""Flask extensions, unbound. No logic lives here. Flask-Security takes its parts when it is made: see app.py."""

from __future__ import annotations

from flask_alembic import Alembic
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf.csrf import CSRFProtect

from models import Base

db = SQLAlchemy()
alembic = Alembic(metadatas=Base.metadata, run_mkdir=False)
babel = Babel()
compress = Compress()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
