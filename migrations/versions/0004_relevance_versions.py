"""What a region has learnt from its own decisions, and which version of it is in effect.

Revision ID: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "relevance_version",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fitted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fitted_by_id", sa.Integer(), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        *_region_owned(),
        sa.CheckConstraint("version >= 1", name=op.f("ck_relevance_version_version")),
        sa.ForeignKeyConstraint(
            ["fitted_by_id"],
            ["account.id"],
            name=op.f("fk_relevance_version_fitted_by_id_account"),
            ondelete="SET NULL",
        ),
        *_keys("relevance_version"),
        sa.UniqueConstraint("region_id", "version", name=op.f("uq_relevance_version_region_id_version")),
    )
    op.create_index(op.f("ix_relevance_version_region_id"), "relevance_version", ["region_id"], unique=False)
    op.create_table(
        "relevance_activation",
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("taken_back_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back_by_id", sa.Integer(), nullable=True),
        *_region_owned(),
        sa.CheckConstraint("taken_back_at >= at", name=op.f("ck_relevance_activation_order")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_relevance_activation_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["taken_back_by_id"],
            ["account.id"],
            name=op.f("fk_relevance_activation_taken_back_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "version_id"],
            ["relevance_version.region_id", "relevance_version.id"],
            name=op.f("fk_relevance_activation_region_id_version_id_relevance_version"),
            ondelete="RESTRICT",
        ),
        *_keys("relevance_activation"),
    )
    op.create_index(op.f("ix_relevance_activation_region_id"), "relevance_activation", ["region_id"], unique=False)
    op.create_index(
        op.f("ix_relevance_activation_region_id_id"),
        "relevance_activation",
        ["region_id", "id"],
        unique=False,
        postgresql_where=sa.text("taken_back_at IS NULL"),
    )


def _region_owned() -> list[sa.Column]:
    return [
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
    ]


def _keys(table: str) -> list[sa.Constraint]:
    return [
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f(f"fk_{table}_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}")),
        sa.UniqueConstraint("region_id", "id", name=op.f(f"uq_{table}_region_id_id")),
    ]


def downgrade() -> None:
    op.drop_index(
        op.f("ix_relevance_activation_region_id_id"),
        table_name="relevance_activation",
        postgresql_where=sa.text("taken_back_at IS NULL"),
    )
    op.drop_index(op.f("ix_relevance_activation_region_id"), table_name="relevance_activation")
    op.drop_table("relevance_activation")
    op.drop_index(op.f("ix_relevance_version_region_id"), table_name="relevance_version")
    op.drop_table("relevance_version")
