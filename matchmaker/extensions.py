"""Flask extensions, unbound. No logic lives here. Flask-Security takes its parts when it is made: see app.py."""

from __future__ import annotations

from inspect import iscoroutinefunction

from flask.sansio.app import App
from flask_alembic import Alembic
from flask_babel import Babel
from flask_compress import Compress
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_sqlalchemy_lite import SQLAlchemy
from flask_wtf.csrf import CSRFProtect

from models import Base


class Database(SQLAlchemy):
    """The extension without its half for asyncio, which begins an event loop in a new thread after every request."""

    def init_app(self, app: App) -> None:
        super().init_app(app)
        app.teardown_appcontext_funcs = [f for f in app.teardown_appcontext_funcs if not iscoroutinefunction(f)]


db = Database()
alembic = Alembic(metadatas=Base.metadata, run_mkdir=False)
babel = Babel()
compress = Compress()
csrf = CSRFProtect()
limiter = Limiter(key_func=get_remote_address)
