"""The migrations make exactly what the models say, can be taken back, and stand by themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from matchmaker.extensions import alembic, db
from matchmaker.settings import Settings
from models import Base
from tests.databases import OwnDatabase, own

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"


@pytest.fixture
def empty_database(settings: Settings) -> Iterator[OwnDatabase]:
    with own(settings, template=None) as database:
        yield database


def differences(engine: Engine) -> list[object]:
    """What autogenerate would write into a next migration."""
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, Base.metadata))


def own_functions(engine: Engine) -> list[str]:
    """Functions of ours in the database (not those of an extension)."""
    with engine.connect() as connection:
        return list(
            connection.scalars(
                text(
                    "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
                    " AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"
                )
            )
        )


def test_from_nothing_to_what_the_models_say_and_back(empty_database: OwnDatabase) -> None:
    engine = empty_database.engine
    with empty_database.app().app_context():
        alembic.upgrade()
        assert differences(engine) == []
        assert sorted(own_functions(engine)) == ["folded", "refuse_unit_beyond_capacity", "search_words"]
        alembic.downgrade("base")
        assert inspect(engine).get_table_names() == ["alembic_version"]
        assert own_functions(engine) == []
        alembic.upgrade()
        assert differences(engine) == []
        db.engine.dispose()


def test_a_changed_model_would_be_noticed(empty_database: OwnDatabase) -> None:
    with empty_database.app().app_context():
        alembic.upgrade()
        db.engine.dispose()
    with empty_database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE partner DROP COLUMN phone, ALTER COLUMN joined_on TYPE text"))
    assert len(differences(empty_database.engine)) == 2


def test_no_migration_imports_what_may_change_under_it() -> None:
    files = sorted(VERSIONS.glob("*.py"))
    assert files
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            roots = {str(name).split(".")[0] for name in names}
            assert roots.isdisjoint({"models", "matchmaker", "matching"}), file.name
