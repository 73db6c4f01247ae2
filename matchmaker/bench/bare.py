"""The peer of ``bench web``: what Flask and SQLAlchemy cost by themselves for one row by its id, in a template."""

from __future__ import annotations

import os

from flask import Flask, render_template_string
from sqlalchemy import create_engine, select

from models import LearningRequest

PAGE = "<!doctype html><title>{{ row.title }}</title><h1>{{ row.title }}</h1><p>{{ row.text }}</p>"


def create_app() -> Flask:
    """A page, a query, nothing else: no account, no session, no policy, no layout."""
    app = Flask(__name__)
    engine = create_engine(os.environ["DATABASE_URL"].replace("postgresql://", "postgresql+psycopg://", 1))

    @app.get("/requests/<int:request_id>")
    def show(request_id: int) -> str:
        with engine.connect() as connection:
            row = connection.execute(
                select(LearningRequest.title, LearningRequest.text).where(LearningRequest.id == request_id)
            ).one()
        return render_template_string(PAGE, row=row)

    return app
