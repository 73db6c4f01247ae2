"""Find a request's introductions, and the held units of a region's month, without reading all there are.

Revision ID: 0005
Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_introduction_request_id"), "introduction", ["request_id"], unique=False)
    op.create_index(
        "ix_capacity_unit_month",
        "capacity_unit",
        ["region_id", "period"],
        unique=False,
        postgresql_where=sa.text("released_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_capacity_unit_month", table_name="capacity_unit")
    op.drop_index(op.f("ix_introduction_request_id"), table_name="introduction")
