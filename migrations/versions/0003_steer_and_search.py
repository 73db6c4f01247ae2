"""What coordinators do by hand to a ranking, and the words in which they search for people.

Revision ID: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# Accents fall before the analysis, on both sides of a search: people type "Ramon" and "arbol". Each text is analysed in
# both languages and as it stands, because a profile may be written in either and a name has no grammar. Its true cost
# is told to the planner, which otherwise analyses every text again instead of using the index.
SEARCH = """
CREATE FUNCTION folded(words text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(regexp_replace(normalize(words, NFD), '[\\u0300-\\u036f]+', '', 'g'));
CREATE FUNCTION search_words(first varchar, second varchar, third varchar) RETURNS tsvector
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 5000 BEGIN ATOMIC
    SELECT to_tsvector('simple', words) || to_tsvector('english', words) || to_tsvector('spanish', words)
    FROM folded(first || ' ' || second || ' ' || third) AS words;
END;
"""


def upgrade() -> None:
    op.create_table(
        "steer",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("pinned", "set_aside", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("released_at >= at", name=op.f("ck_steer_order")),
        sa.ForeignKeyConstraint(["by_id"], ["account.id"], name=op.f("fk_steer_by_id_account"), ondelete="SET NULL"),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["account.id"], name=op.f("fk_steer_released_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "request_id"],
            ["learning_request.region_id", "learning_request.id"],
            name=op.f("fk_steer_region_id_request_id_learning_request"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "partner_id"],
            ["partner.region_id", "partner.id"],
            name=op.f("fk_steer_region_id_partner_id_partner"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_steer_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_steer")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_steer_region_id_id")),
    )
    op.create_index(op.f("ix_steer_region_id"), "steer", ["region_id"], unique=False)
    op.create_index(op.f("ix_steer_request_id"), "steer", ["request_id"], unique=False)
    op.create_index(
        "uq_steer_live",
        "steer",
        ["request_id", "partner_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    _record_hands()
    op.execute(SEARCH)
    op.create_index(
        "ix_partner_search", "partner", [sa.text("search_words(name, neighbourhood, about)")], postgresql_using="gin"
    )
    op.create_index("ix_fund_search", "fund", [sa.text("search_words(title, text, story)")], postgresql_using="gin")


def _record_hands() -> None:
    """Rankings say who was pinned, and proposals by whom; nobody was before."""
    op.add_column(
        "ranking",
        sa.Column("pinned", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False),
    )
    op.alter_column("ranking", "pinned", server_default=None)
    op.add_column("proposal", sa.Column("steer_id", sa.Integer(), nullable=True))
    op.add_column("proposal", sa.Column("rank_after", sa.Integer(), nullable=True))
    op.execute("UPDATE proposal SET rank_after = rank")
    op.alter_column("proposal", "rank_after", nullable=False)
    op.create_foreign_key(
        op.f("fk_proposal_region_id_steer_id_steer"),
        "proposal",
        "steer",
        ["region_id", "steer_id"],
        ["region_id", "id"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    op.drop_index("ix_fund_search", table_name="fund")
    op.drop_index("ix_partner_search", table_name="partner")
    op.execute("DROP FUNCTION search_words(varchar, varchar, varchar)")
    op.execute("DROP FUNCTION folded(text)")
    op.drop_constraint(op.f("fk_proposal_region_id_steer_id_steer"), "proposal", type_="foreignkey")
    op.drop_column("proposal", "rank_after")
    op.drop_column("proposal", "steer_id")
    op.drop_column("ranking", "pinned")
    op.drop_table("steer")
