"""What the ranker needs to read only what has changed, and to change its model while it works.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("partner", sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False))
    op.alter_column("partner", "revision", server_default=None)
    op.create_index(op.f("ix_partner_region_id_revision"), "partner", ["region_id", "revision"], unique=False)
    op.add_column("region", sa.Column("embedding_source", sa.String(), server_default="", nullable=False))
    op.alter_column("region", "embedding_source", server_default=None)
    op.create_index(
        op.f("ix_embedding_region_id_model_text_hash"),
        "embedding",
        ["region_id", "model", "text_hash"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index(op.f("ix_embedding_region_id_model_text_hash"), table_name="embedding")
    op.drop_column("region", "embedding_source")
    op.drop_index(op.f("ix_partner_region_id_revision"), table_name="partner")
    op.drop_column("partner", "revision")
