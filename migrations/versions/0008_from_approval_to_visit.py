"""What happens between an approval and a visit that was held: answers, dates, safety, reflections, tasks, mail choices.

Revision ID: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

DELAYS = "undo_seconds >= 0 AND answer_days > 0"
MORE_DELAYS = (
    f"{DELAYS} AND remind_days > 0 AND limit_days > 0 AND task_days > 0 AND notice_days > 0 AND daily_mails > 0"
)


def upgrade() -> None:
    for make in (
        _heartbeat,
        _clearance_rule,
        _closure,
        _family_school,
        _message,
        _other_time,
        _reflection,
        _task,
        _visit,
    ):
        make()
    _regions()
    _people()
    _introductions()
    _mails()


def _heartbeat() -> None:
    op.create_table(
        "heartbeat",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("holder", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_heartbeat")),
    )


def _clearance_rule() -> None:
    op.create_table(
        "clearance_rule",
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=True),
        sa.Column("repeated", sa.Boolean(), nullable=True),
        sa.Column("own_child", sa.Boolean(), nullable=True),
        sa.Column("overnight", sa.Boolean(), nullable=True),
        sa.Column("required", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=False),
        *_region_owned(),
        sa.CheckConstraint("position >= 1", name=op.f("ck_clearance_rule_position")),
        sa.UniqueConstraint(
            "region_id",
            "position",
            deferrable=True,
            initially="DEFERRED",
            name=op.f("uq_clearance_rule_region_id_position"),
        ),
        *_keys("clearance_rule"),
    )
    op.create_index(op.f("ix_clearance_rule_region_id"), "clearance_rule", ["region_id"])


def _closure() -> None:
    op.create_table(
        "closure",
        sa.Column("first_on", sa.Date(), nullable=False),
        sa.Column("last_on", sa.Date(), nullable=False),
        sa.Column("kind", _one_of("kind", "holiday", "testing"), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_region_owned(),
        sa.CheckConstraint("last_on >= first_on", name=op.f("ck_closure_order")),
        sa.UniqueConstraint("region_id", "first_on", "kind", name=op.f("uq_closure_region_id_first_on_kind")),
        *_keys("closure"),
    )
    op.create_index(op.f("ix_closure_region_id"), "closure", ["region_id"])


def _family_school() -> None:
    op.create_table(
        "family_school",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        *_region_owned(),
        _of_region("family_school", "partner_id", "partner", "CASCADE"),
        _of_region("family_school", "school_id", "school", "CASCADE"),
        sa.UniqueConstraint("partner_id", "school_id", name=op.f("uq_family_school_partner_id_school_id")),
        *_keys("family_school"),
    )
    op.create_index(op.f("ix_family_school_region_id"), "family_school", ["region_id"])


def _message() -> None:
    op.create_table(
        "message",
        sa.Column("introduction_id", sa.Integer(), nullable=False),
        sa.Column("side", _one_of("side", "teacher", "partner", "coordinator"), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by_mail", sa.Boolean(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=True),
        *_region_owned(),
        sa.CheckConstraint("length(trim(text)) BETWEEN 1 AND 10000", name=op.f("ck_message_words")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["account.id"], name=op.f("fk_message_author_id_account"), ondelete="SET NULL"
        ),
        _of_region("message", "introduction_id", "introduction"),
        sa.UniqueConstraint("introduction_id", "form_key", name=op.f("uq_message_introduction_id_form_key")),
        *_keys("message"),
    )
    op.create_index(op.f("ix_message_region_id"), "message", ["region_id"])


def _other_time() -> None:
    op.create_table(
        "other_time",
        sa.Column("introduction_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        *_region_owned(),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_other_time_order")),
        _of_region("other_time", "introduction_id", "introduction", "CASCADE"),
        sa.UniqueConstraint("introduction_id", "starts_at", name=op.f("uq_other_time_introduction_id_starts_at")),
        *_keys("other_time"),
    )
    op.create_index(op.f("ix_other_time_region_id"), "other_time", ["region_id"])


def _reflection() -> None:
    op.create_table(
        "reflection",
        sa.Column("introduction_id", sa.Integer(), nullable=False),
        sa.Column("side", _one_of("side", "teacher", "partner", "coordinator"), nullable=False),
        sa.Column("took_place", sa.Boolean(), nullable=False),
        sa.Column("again", _one_of("again", "yes", "perhaps", "no"), nullable=True),
        sa.Column("note", sa.String(), nullable=False),
        sa.Column("story", sa.String(), nullable=False),
        sa.Column("first_name", sa.String(), nullable=False),
        sa.Column("consent", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("shared_by_id", sa.Integer(), nullable=True),
        *_region_owned(),
        sa.CheckConstraint("side <> 'coordinator'", name=op.f("ck_reflection_whose")),
        sa.CheckConstraint("length(story) <= 4000 AND length(note) <= 4000", name=op.f("ck_reflection_words")),
        sa.CheckConstraint(
            "shared_at IS NULL OR (consent AND length(trim(story)) > 0)", name=op.f("ck_reflection_shared")
        ),
        _of_region("reflection", "introduction_id", "introduction"),
        sa.ForeignKeyConstraint(
            ["shared_by_id"], ["account.id"], name=op.f("fk_reflection_shared_by_id_account"), ondelete="SET NULL"
        ),
        sa.UniqueConstraint("introduction_id", "side", name=op.f("uq_reflection_introduction_id_side")),
        *_keys("reflection"),
    )
    op.create_index(op.f("ix_reflection_region_id"), "reflection", ["region_id"])
    op.create_index(
        "ix_reflection_shared",
        "reflection",
        ["region_id", "shared_at"],
        postgresql_where=sa.text("shared_at IS NOT NULL"),
    )


def _task() -> None:
    op.create_table(
        "task",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column(
            "kind",
            _one_of(
                "kind",
                "nobody_left",
                "no_answer",
                "no_date",
                "mail_came_back",
                "clearance_ends",
                "cancelled",
                "unclear",
            ),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("introduction_id", sa.Integer(), nullable=True),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_by_id", sa.Integer(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        *_region_owned(),
        sa.CheckConstraint("num_nonnulls(request_id, introduction_id, partner_id) >= 1", name=op.f("ck_task_about")),
        sa.ForeignKeyConstraint(
            ["done_by_id"], ["account.id"], name=op.f("fk_task_done_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name=op.f("fk_task_owner_id_account"), ondelete="RESTRICT"
        ),
        _of_region("task", "introduction_id", "introduction"),
        _of_region("task", "partner_id", "partner"),
        _of_region("task", "request_id", "learning_request"),
        *_keys("task"),
    )
    op.create_index("ix_task_due", "task", ["region_id", "due_on"], postgresql_where=sa.text("done_at IS NULL"))
    op.create_index(op.f("ix_task_region_id"), "task", ["region_id"])
    op.create_index(
        "uq_task_open", "task", ["region_id", "key"], unique=True, postgresql_where=sa.text("done_at IS NULL")
    )


def _visit() -> None:
    op.create_table(
        "visit",
        sa.Column("introduction_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("supervised", sa.Boolean(), nullable=False),
        sa.Column("staff_name", sa.String(), nullable=False),
        sa.Column("second_adult", sa.String(), nullable=False),
        sa.Column("room", sa.String(), nullable=False),
        sa.Column("sign_in", sa.String(), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", _one_of("cancelled_by", "teacher", "partner", "coordinator"), nullable=True),
        sa.Column("cancel_reason", sa.String(), nullable=False),
        *_region_owned(),
        sa.CheckConstraint("(cancelled_at IS NULL) = (cancelled_by IS NULL)", name=op.f("ck_visit_cancelled")),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_visit_order")),
        sa.CheckConstraint("sequence >= 0", name=op.f("ck_visit_sequence")),
        _of_region("visit", "introduction_id", "introduction"),
        sa.UniqueConstraint("introduction_id", name=op.f("uq_visit_introduction_id")),
        *_keys("visit"),
    )
    op.create_index(op.f("ix_visit_region_id"), "visit", ["region_id"])
    op.create_index(op.f("ix_visit_region_id_starts_at"), "visit", ["region_id", "starts_at"])


def _filled(table: str, column: str, kind: sa.types.TypeEngine, value: str) -> None:
    """A column that rows of before get a value for, and that has no default of its own afterwards."""
    op.add_column(table, sa.Column(column, kind, server_default=sa.text(value), nullable=False))
    op.alter_column(table, column, server_default=None)


def _regions() -> None:
    days = {"remind_days": 3, "limit_days": 10, "task_days": 2, "notice_days": 2}
    hours = {"quiet_from": 20, "quiet_until": 7, "daily_mails": 5}
    for column, number in {**days, **hours}.items():
        _filled("region", column, sa.Integer(), str(number))
    _filled("region", "conversations_read", sa.Boolean(), "true")
    op.drop_constraint(op.f("ck_region_delays"), "region")
    op.create_check_constraint(op.f("ck_region_delays"), "region", MORE_DELAYS)
    op.create_check_constraint(
        op.f("ck_region_quiet"), "region", "quiet_from BETWEEN 0 AND 24 AND quiet_until BETWEEN 0 AND 23"
    )


def _people() -> None:
    _filled("school", "bells", postgresql.JSONB(astext_type=sa.Text()), "'[]'")
    for table in ("partner", "teacher"):
        _filled(table, "feed_key", sa.Uuid(), "gen_random_uuid()")
        op.create_unique_constraint(op.f(f"uq_{table}_feed_key"), table, ["feed_key"])
    op.add_column("partner", sa.Column("free_from", sa.Time(), nullable=True))
    op.add_column("partner", sa.Column("free_until", sa.Time(), nullable=True))
    op.add_column("partner", sa.Column("clearance_issued_on", sa.Date(), nullable=True))
    op.add_column("partner", sa.Column("paused_until", sa.Date(), nullable=True))
    op.create_check_constraint(op.f("ck_partner_hours"), "partner", "free_until > free_from")
    op.create_check_constraint(op.f("ck_partner_pause"), "partner", "paused_until IS NULL OR paused_at IS NOT NULL")


def _introductions() -> None:
    _filled("learning_request", "partners_wanted", sa.Integer(), "1")
    _filled("learning_request", "overnight", sa.Boolean(), "false")
    op.create_check_constraint(
        op.f("ck_learning_request_partners_wanted"), "learning_request", "partners_wanted BETWEEN 1 AND 10"
    )
    op.add_column("introduction", sa.Column("first_id", sa.Integer(), nullable=True))
    op.add_column("introduction", sa.Column("reminded_at", sa.DateTime(timezone=True), nullable=True))
    via = _one_of("answered_via", "link", "page", "phone", "in_person")
    op.add_column("introduction", sa.Column("answered_via", via, nullable=True))
    op.add_column("introduction", sa.Column("answered_by_id", sa.Integer(), nullable=True))
    op.create_index(
        op.f("ix_introduction_first_id"), "introduction", ["first_id"], postgresql_where=sa.text("first_id IS NOT NULL")
    )
    op.create_foreign_key(
        op.f("fk_introduction_answered_by_id_account"),
        "introduction",
        "account",
        ["answered_by_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_foreign_key(
        op.f("fk_introduction_region_id_first_id_introduction"),
        "introduction",
        "introduction",
        ["region_id", "first_id"],
        ["region_id", "id"],
        ondelete="RESTRICT",
    )


def _mails() -> None:
    op.add_column("outbox", sa.Column("recipient", sa.String(), nullable=True))
    _filled("outbox", "bounces", sa.Integer(), "0")
    op.create_index(
        "ix_outbox_recipient", "outbox", ["recipient", "done_at"], postgresql_where=sa.text("recipient IS NOT NULL")
    )
    kinds = _one_of("kind", "asking", "agreed", "afterwards")
    op.add_column("suppression", sa.Column("kind", kinds, nullable=True))
    op.drop_constraint(op.f("uq_suppression_region_id_email"), "suppression", type_="unique")
    op.create_unique_constraint(
        op.f("uq_suppression_region_id_email_kind"),
        "suppression",
        ["region_id", "email", "kind"],
        postgresql_nulls_not_distinct=True,
    )


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
    op.drop_constraint(op.f("uq_suppression_region_id_email_kind"), "suppression", type_="unique")
    op.execute("DELETE FROM suppression WHERE kind IS NOT NULL")
    op.create_unique_constraint(op.f("uq_suppression_region_id_email"), "suppression", ["region_id", "email"])
    op.drop_column("suppression", "kind")
    op.drop_index("ix_outbox_recipient", table_name="outbox")
    op.drop_constraint(op.f("ck_region_delays"), "region")
    op.drop_constraint(op.f("ck_region_quiet"), "region")
    op.create_check_constraint(op.f("ck_region_delays"), "region", DELAYS)
    for table, columns in ADDED.items():
        for column in columns:
            op.drop_column(table, column)
    for table in MADE:
        op.drop_table(table)


ADDED = {
    "outbox": ("bounces", "recipient"),
    "introduction": ("answered_by_id", "answered_via", "reminded_at", "first_id"),
    "learning_request": ("overnight", "partners_wanted"),
    "partner": ("paused_until", "clearance_issued_on", "free_until", "free_from", "feed_key"),
    "teacher": ("feed_key",),
    "school": ("bells",),
    "region": (
        "conversations_read",
        "daily_mails",
        "quiet_until",
        "quiet_from",
        "notice_days",
        "task_days",
        "limit_days",
        "remind_days",
    ),
}
MADE = (
    "visit",
    "task",
    "reflection",
    "other_time",
    "message",
    "family_school",
    "closure",
    "clearance_rule",
    "heartbeat",
)
