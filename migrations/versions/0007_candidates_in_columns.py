"""Keep the candidates of a ranking column by column, each name written once.

As they are small then, they are not compressed: what is written with every proposal and read as a whole costs less time
so than it would save room.

Revision ID: 0007
Revises: 0006
"""

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

# Evidence, or what was given before there was evidence, is an object in every row and becomes columns of its own.
TO_COLUMNS = """
CREATE OR REPLACE FUNCTION pg_temp.alike(rows jsonb) RETURNS boolean LANGUAGE sql AS $$
    SELECT rows -> 0 <> '{}' AND count(DISTINCT names) = 1
    FROM jsonb_array_elements(rows) AS listed (one), LATERAL (SELECT CASE jsonb_typeof(one)
        WHEN 'object' THEN jsonb_path_query_array(one, '$.keyvalue().key') END
    ) AS named (names)
    HAVING bool_and(jsonb_typeof(one) = 'object')
$$;
CREATE OR REPLACE FUNCTION pg_temp.columns_of(rows jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_object_agg(name, column_), '{}') FROM (
        SELECT name, jsonb_agg(value ORDER BY place) AS column_
        FROM jsonb_array_elements(rows) WITH ORDINALITY AS listed (one, place), jsonb_each(one) AS each (name, value)
        GROUP BY name
    ) AS columns
$$;
UPDATE ranking SET candidates = (
    SELECT coalesce(jsonb_object_agg(
        name, CASE WHEN pg_temp.alike(value) THEN pg_temp.columns_of(value) ELSE value END
    ), '{}')
    FROM jsonb_each(pg_temp.columns_of(candidates)) AS each (name, value)
);
"""
TO_ROWS = """
CREATE OR REPLACE FUNCTION pg_temp.rows_of(columns jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT coalesce(jsonb_agg(one ORDER BY place), '[]') FROM (
        SELECT place, jsonb_object_agg(name, value) AS one
        FROM jsonb_each(columns) AS each (name, column_),
            jsonb_array_elements(column_) WITH ORDINALITY AS listed (value, place)
        GROUP BY place
    ) AS rows
$$;
UPDATE ranking SET candidates = pg_temp.rows_of((
    SELECT jsonb_object_agg(
        name, CASE jsonb_typeof(value) WHEN 'object' THEN pg_temp.rows_of(value) ELSE value END
    )
    FROM jsonb_each(candidates) AS each (name, value)
));
"""


def upgrade() -> None:
    op.execute(TO_COLUMNS)
    op.execute("ALTER TABLE ranking ALTER COLUMN candidates SET STORAGE EXTERNAL")


def downgrade() -> None:
    op.execute("ALTER TABLE ranking ALTER COLUMN candidates SET STORAGE EXTENDED")
    op.execute(TO_ROWS)
