"""Plans of a whole region with the places they give, and where a policy's numbers stand on the dial.

Revision ID: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _plan()
    _planned_place()
    op.add_column("region", sa.Column("plan_id", sa.Integer(), nullable=True))
    op.add_column("region", sa.Column("plan_hour", sa.Integer(), server_default="2", nullable=False))
    op.alter_column("region", "plan_hour", server_default=None)
    op.create_check_constraint(op.f("ck_region_plan_hour"), "region", "plan_hour BETWEEN 0 AND 23")
    op.create_foreign_key(
        "fk_region_plan", "region", "plan", ["id", "plan_id"], ["region_id", "id"], ondelete="RESTRICT"
    )
    op.add_column("equity_policy", sa.Column("dial", sa.Float(), nullable=True))
    op.add_column("equity_policy", sa.Column("back_to", sa.Integer(), nullable=True))
    op.add_column("equity_policy", sa.Column("trial_id", sa.Integer(), nullable=True))
    op.create_check_constraint(op.f("ck_equity_policy_dial"), "equity_policy", "dial BETWEEN 0 AND 100")
    op.create_check_constraint(op.f("ck_equity_policy_back_to"), "equity_policy", "back_to < version")
    op.create_foreign_key(
        "fk_equity_policy_trial",
        "equity_policy",
        "plan",
        ["region_id", "trial_id"],
        ["region_id", "id"],
        ondelete="RESTRICT",
    )


def _plan() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "plan",
        sa.Column("kind", _one_of("kind", "nightly", "asked", "trial"), nullable=False),
        sa.Column(
            "state",
            _one_of("state", "waiting", "running", "done", "cancelled", "overtaken", "failed"),
            nullable=False,
        ),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("numbers", json, nullable=False),
        sa.Column("after_id", sa.Integer(), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("asked_by_id", sa.Integer(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by_id", sa.Integer(), nullable=True),
        sa.Column("holder", sa.String(), nullable=True),
        sa.Column("heartbeat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rounds_done", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.Column("figures", json, nullable=False),
        sa.Column("terms", json, nullable=False),
        *_region_owned(),
        sa.CheckConstraint("rounds_done BETWEEN 0 AND rounds", name=op.f("ck_plan_rounds")),
        sa.CheckConstraint("(state IN ('waiting', 'running')) = (finished_at IS NULL)", name=op.f("ck_plan_finished")),
        _of_region("plan", "policy_id", "equity_policy"),
        _of_region("plan", "after_id", "plan"),
        *(
            sa.ForeignKeyConstraint(
                [column], ["account.id"], name=op.f(f"fk_plan_{column}_account"), ondelete="SET NULL"
            )
            for column in ("asked_by_id", "cancelled_by_id")
        ),
        *_keys("plan"),
    )
    op.create_index(op.f("ix_plan_region_id"), "plan", ["region_id"], unique=False)
    op.create_index(op.f("ix_plan_region_id_asked_at"), "plan", ["region_id", "asked_at"], unique=False)
    op.create_index(
        "uq_plan_under_way",
        "plan",
        ["region_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('waiting', 'running') AND kind <> 'trial'"),
    )


def _planned_place() -> None:
    op.create_table(
        "planned_place",
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("relevance", sa.Float(), nullable=False),
        sa.Column("gross", sa.Float(), nullable=False),
        sa.Column("bid", sa.Float(), nullable=False),
        sa.Column("price", sa.Float(), nullable=False),
        sa.Column("picked", sa.Boolean(), nullable=False),
        *_region_owned(),
        sa.CheckConstraint("extract(day from period) = 1", name=op.f("ck_planned_place_period")),
        sa.CheckConstraint("place >= 1", name=op.f("ck_planned_place_place")),
        _of_region("planned_place", "plan_id", "plan", "CASCADE"),
        _of_region("planned_place", "request_id", "learning_request"),
        _of_region("planned_place", "partner_id", "partner"),
        sa.UniqueConstraint("plan_id", "request_id", "place", name=op.f("uq_planned_place_plan_id_request_id_place")),
        sa.UniqueConstraint(
            "plan_id", "request_id", "partner_id", name=op.f("uq_planned_place_plan_id_request_id_partner_id")
        ),
        *_keys("planned_place"),
    )
    op.create_index(op.f("ix_planned_place_region_id"), "planned_place", ["region_id"], unique=False)


def _one_of(name: str, *values: str) -> sa.Enum:
    return sa.Enum(*values, name=name, native_enum=False, create_constraint=True, length=24)


def _of_region(table: str, column: str, target: str, ondelete: str = "RESTRICT") -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["region_id", column],
        [f"{target}.region_id", f"{target}.id"],
        name=op.f(f"fk_{table}_region_id_{column}_{target}"),
        ondelete=ondelete,
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
    op.drop_constraint("fk_equity_policy_trial", "equity_policy", type_="foreignkey")
    for column in ("trial_id", "back_to", "dial"):
        op.drop_column("equity_policy", column)
    op.drop_constraint("fk_region_plan", "region", type_="foreignkey")
    op.drop_column("region", "plan_hour")
    op.drop_column("region", "plan_id")
    op.drop_table("planned_place")
    op.drop_table("plan")
