"""The first schema.

Revision ID: 0001
Revises:
"""

import sqlalchemy as sa
from alembic import op
from pgvector.sqlalchemy import VECTOR
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# What CHECK cannot say, because it looks at another table: nobody gives more units a month than they set.
CAPACITY_GUARD = """
CREATE FUNCTION refuse_unit_beyond_capacity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.unit > (SELECT monthly_capacity FROM partner WHERE id = NEW.partner_id) THEN
        RAISE EXCEPTION 'unit % is beyond the monthly capacity of partner %', NEW.unit, NEW.partner_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'capacity_unit_within_capacity';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER capacity_unit_within_capacity BEFORE INSERT ON capacity_unit
    FOR EACH ROW EXECUTE FUNCTION refuse_unit_beyond_capacity();
"""


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS vector")
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("password", sa.String(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("fs_uniquifier", sa.String(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_account_email_lower")),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_account_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
        sa.UniqueConstraint("fs_uniquifier", name=op.f("uq_account_fs_uniquifier")),
    )
    op.create_table(
        "global_role",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_global_role")),
        sa.UniqueConstraint("name", name=op.f("uq_global_role_name")),
    )
    op.create_table(
        "region",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("slug", sa.String(), nullable=False),
        sa.Column("name", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("short_name", sa.String(), nullable=False),
        sa.Column("about", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("time_zone", sa.String(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("postal_address", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("office_hours", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("undo_seconds", sa.Integer(), nullable=False),
        sa.Column("answer_days", sa.Integer(), nullable=False),
        sa.Column("clearance_required", sa.Boolean(), nullable=False),
        sa.Column("embedding_model", sa.String(), nullable=True),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name=op.f("ck_region_slug")),
        sa.CheckConstraint("cardinality(languages) > 0", name=op.f("ck_region_languages")),
        sa.CheckConstraint("undo_seconds >= 0 AND answer_days > 0", name=op.f("ck_region_delays")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_region")),
        sa.UniqueConstraint("slug", name=op.f("uq_region_slug")),
    )
    op.create_table(
        "account_global_role",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("global_role_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_global_role_account_id_account"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["global_role_id"],
            ["global_role.id"],
            name=op.f("fk_account_global_role_global_role_id_global_role"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("account_id", "global_role_id", name=op.f("pk_account_global_role")),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("subject_kind", sa.String(), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=True),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["account.id"], name=op.f("fk_audit_event_actor_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_audit_event_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_event")),
    )
    op.create_index(op.f("ix_audit_event_region_id_at"), "audit_event", ["region_id", "at"], unique=False)
    op.create_index(
        op.f("ix_audit_event_subject_kind_subject_id"),
        "audit_event",
        ["subject_kind", "subject_id"],
        unique=False,
    )
    op.create_table(
        "district",
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_district_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_district")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_district_region_id_id")),
        sa.UniqueConstraint("region_id", "name", name=op.f("uq_district_region_id_name")),
    )
    op.create_index(op.f("ix_district_region_id"), "district", ["region_id"], unique=False)
    op.create_table(
        "embedding",
        sa.Column(
            "owner_kind",
            sa.Enum(
                "fund",
                "partner",
                "request",
                name="owner_kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("owner_id", sa.Integer(), nullable=False),
        sa.Column("piece", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("text_hash", sa.String(), nullable=False),
        sa.Column("vector", VECTOR(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("piece >= 0", name=op.f("ck_embedding_piece")),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_embedding_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_embedding")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_embedding_region_id_id")),
        sa.UniqueConstraint(
            "region_id",
            "model",
            "owner_kind",
            "owner_id",
            "piece",
            name=op.f("uq_embedding_region_id_model_owner_kind_owner_id_piece"),
        ),
    )
    op.create_index(op.f("ix_embedding_region_id"), "embedding", ["region_id"], unique=False)
    op.create_table(
        "equity_policy",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("numbers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("rationale", sa.String(), nullable=False),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(trim(rationale)) > 0", name=op.f("ck_equity_policy_rationale_written")),
        sa.ForeignKeyConstraint(
            ["author_id"],
            ["account.id"],
            name=op.f("fk_equity_policy_author_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_equity_policy_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equity_policy")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_equity_policy_region_id_id")),
        sa.UniqueConstraint("region_id", "version", name=op.f("uq_equity_policy_region_id_version")),
    )
    op.create_index(op.f("ix_equity_policy_region_id"), "equity_policy", ["region_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "role",
            sa.Enum(
                "teacher",
                "partner",
                "coordinator",
                "admin",
                "funder",
                name="role",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("vouched_by_id", sa.Integer(), nullable=True),
        sa.Column("since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("until IS NULL OR since IS NULL OR until >= since", name=op.f("ck_membership_order")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_membership_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_membership_region_id_region"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["vouched_by_id"],
            ["account.id"],
            name=op.f("fk_membership_vouched_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_membership")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_membership_region_id_id")),
    )
    op.create_index(op.f("ix_membership_region_id"), "membership", ["region_id"], unique=False)
    op.create_index(
        "uq_membership_current",
        "membership",
        ["account_id", "region_id", "role"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("uid", sa.Uuid(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=True),
        sa.Column(
            "queue",
            sa.Enum(
                "ranking",
                "planning",
                "mail",
                name="queue",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("last_error", sa.String(), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("done_at IS NULL OR failed_at IS NULL", name=op.f("ck_outbox_one_end")),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_outbox_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
        sa.UniqueConstraint("uid", name=op.f("uq_outbox_uid")),
    )
    op.create_index(op.f("ix_outbox_region_id"), "outbox", ["region_id"], unique=False)
    op.create_index(
        "ix_outbox_put_aside",
        "outbox",
        ["region_id"],
        unique=False,
        postgresql_where=sa.text("failed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_outbox_waiting",
        "outbox",
        ["queue", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.create_table(
        "partner",
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column(
            "kind",
            sa.Enum("person", "organisation", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("contact_name", sa.String(), nullable=True),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("about", sa.String(), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("formats", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("weekdays", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("sharing", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("neighbourhood", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("radius_miles", sa.Integer(), nullable=True),
        sa.Column("online", sa.Boolean(), nullable=False),
        sa.Column("monthly_capacity", sa.Integer(), nullable=False),
        sa.Column(
            "clearance",
            sa.Enum(
                "cleared",
                "in_process",
                "none",
                "unknown",
                name="clearance",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("clearance_issuer", sa.String(), nullable=True),
        sa.Column("clearance_expires_on", sa.Date(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("ck_partner_place")
        ),
        sa.CheckConstraint("length(trim(name)) > 0", name=op.f("ck_partner_name")),
        sa.CheckConstraint("monthly_capacity >= 0", name=op.f("ck_partner_capacity")),
        sa.CheckConstraint("radius_miles > 0", name=op.f("ck_partner_radius")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_partner_account_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_partner_region_id_region"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"],
            ["account.id"],
            name=op.f("fk_partner_reviewed_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partner")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_partner_region_id_id")),
    )
    op.create_index(op.f("ix_partner_region_id"), "partner", ["region_id"], unique=False)
    op.create_index(
        "uq_partner_account",
        "partner",
        ["region_id", "account_id"],
        unique=True,
        postgresql_where=sa.text("account_id IS NOT NULL"),
    )
    op.create_table(
        "suppression",
        sa.Column("email", sa.String(), nullable=False),
        sa.Column(
            "reason",
            sa.Enum(
                "asked",
                "bounced",
                "complained",
                name="reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("email = lower(email)", name=op.f("ck_suppression_email_lower")),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_suppression_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppression")),
        sa.UniqueConstraint("region_id", "email", name=op.f("uq_suppression_region_id_email")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_suppression_region_id_id")),
    )
    op.create_index(op.f("ix_suppression_region_id"), "suppression", ["region_id"], unique=False)
    op.create_table(
        "fund",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("story", sa.String(), nullable=False),
        sa.Column(
            "kind",
            sa.Enum("credentialed", "practice", name="kind", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("grades", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(trim(title)) > 0", name=op.f("ck_fund_title")),
        sa.ForeignKeyConstraint(
            ["region_id", "partner_id"],
            ["partner.region_id", "partner.id"],
            name=op.f("fk_fund_region_id_partner_id_partner"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_fund_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fund")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_fund_region_id_id")),
    )
    op.create_index(op.f("ix_fund_partner_id"), "fund", ["partner_id"], unique=False)
    op.create_index(op.f("ix_fund_region_id"), "fund", ["region_id"], unique=False)
    op.create_table(
        "school",
        sa.Column("district_id", sa.Integer(), nullable=True),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("neighbourhood", sa.String(), nullable=False),
        sa.Column("latitude", sa.Double(), nullable=True),
        sa.Column("longitude", sa.Double(), nullable=True),
        sa.Column("grade_low", sa.Integer(), nullable=True),
        sa.Column("grade_high", sa.Integer(), nullable=True),
        sa.Column("students", sa.Integer(), nullable=True),
        sa.Column("poverty_value", sa.Double(), nullable=True),
        sa.Column("poverty_measure", sa.String(), nullable=True),
        sa.Column("poverty_year", sa.Integer(), nullable=True),
        sa.Column("poverty_source", sa.String(), nullable=True),
        sa.Column("locale", sa.String(), nullable=True),
        sa.Column("title_i", sa.Boolean(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "locale IN ('city-large', 'city-midsize', 'city-small', 'suburban-large', 'suburban-midsize',"
            " 'suburban-small', 'town-fringe', 'town-distant', 'town-remote', 'rural-fringe', 'rural-distant',"
            " 'rural-remote')",
            name=op.f("ck_school_locale"),
        ),
        sa.CheckConstraint(
            "grade_low BETWEEN 0 AND 12 AND grade_high BETWEEN grade_low AND 12",
            name=op.f("ck_school_grades"),
        ),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("ck_school_place")
        ),
        sa.CheckConstraint("poverty_value BETWEEN 0 AND 100", name=op.f("ck_school_poverty_percent")),
        sa.CheckConstraint(
            "poverty_value IS NULL OR (poverty_measure IS NOT NULL AND poverty_year IS NOT NULL"
            " AND poverty_source IS NOT NULL)",
            name=op.f("ck_school_poverty_documented"),
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "district_id"],
            ["district.region_id", "district.id"],
            name=op.f("fk_school_region_id_district_id_district"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_school_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_school")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_school_region_id_id")),
        sa.UniqueConstraint("region_id", "name", name=op.f("uq_school_region_id_name")),
    )
    op.create_index(op.f("ix_school_region_id"), "school", ["region_id"], unique=False)
    op.create_table(
        "teacher",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("phone", sa.String(), nullable=False),
        sa.Column("grades", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("subjects", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_teacher_account_id_account"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "school_id"],
            ["school.region_id", "school.id"],
            name=op.f("fk_teacher_region_id_school_id_school"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_teacher_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_teacher")),
        sa.UniqueConstraint("region_id", "account_id", name=op.f("uq_teacher_region_id_account_id")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_teacher_region_id_id")),
    )
    op.create_index(op.f("ix_teacher_region_id"), "teacher", ["region_id"], unique=False)
    op.create_index(op.f("ix_teacher_school_id"), "teacher", ["school_id"], unique=False)
    op.create_table(
        "learning_request",
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("language", sa.String(), nullable=False),
        sa.Column("grade", sa.Integer(), nullable=True),
        sa.Column("subject", sa.String(), nullable=True),
        sa.Column("students", sa.Integer(), nullable=True),
        sa.Column("formats", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("place", sa.String(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "draft",
                "posted",
                "proposed",
                "none_yet",
                "placed",
                "scheduled",
                "done",
                "on_hold",
                "withdrawn",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("posted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("form_key", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("state = 'draft' OR posted_at IS NOT NULL", name=op.f("ck_learning_request_posted")),
        sa.CheckConstraint("grade BETWEEN 0 AND 12", name=op.f("ck_learning_request_grade")),
        sa.CheckConstraint(
            "length(title) BETWEEN 1 AND 200 AND length(text) BETWEEN 1 AND 60000",
            name=op.f("ck_learning_request_words"),
        ),
        sa.CheckConstraint("students BETWEEN 1 AND 2000", name=op.f("ck_learning_request_students")),
        sa.ForeignKeyConstraint(
            ["region_id", "school_id"],
            ["school.region_id", "school.id"],
            name=op.f("fk_learning_request_region_id_school_id_school"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "teacher_id"],
            ["teacher.region_id", "teacher.id"],
            name=op.f("fk_learning_request_region_id_teacher_id_teacher"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"],
            ["region.id"],
            name=op.f("fk_learning_request_region_id_region"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_learning_request")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_learning_request_region_id_id")),
        sa.UniqueConstraint("teacher_id", "form_key", name=op.f("uq_learning_request_teacher_id_form_key")),
    )
    op.create_index(op.f("ix_learning_request_region_id"), "learning_request", ["region_id"], unique=False)
    op.create_index(
        op.f("ix_learning_request_region_id_state_posted_at"),
        "learning_request",
        ["region_id", "state", "posted_at"],
        unique=False,
    )
    op.create_index(op.f("ix_learning_request_teacher_id"), "learning_request", ["teacher_id"], unique=False)
    op.create_table(
        "separation",
        sa.Column("teacher_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("named_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["named_by_id"],
            ["account.id"],
            name=op.f("fk_separation_named_by_id_account"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "partner_id"],
            ["partner.region_id", "partner.id"],
            name=op.f("fk_separation_region_id_partner_id_partner"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "teacher_id"],
            ["teacher.region_id", "teacher.id"],
            name=op.f("fk_separation_region_id_teacher_id_teacher"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_separation_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_separation")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_separation_region_id_id")),
        sa.UniqueConstraint("teacher_id", "partner_id", name=op.f("uq_separation_teacher_id_partner_id")),
    )
    op.create_index(op.f("ix_separation_region_id"), "separation", ["region_id"], unique=False)
    op.create_table(
        "ranking",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("request_version", sa.Integer(), nullable=False),
        sa.Column("policy_id", sa.Integer(), nullable=False),
        sa.Column("ranked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("eligible", sa.Integer(), nullable=False),
        sa.Column("excluded", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("candidates", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("versions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("eligible >= 0", name=op.f("ck_ranking_eligible")),
        sa.ForeignKeyConstraint(
            ["region_id", "policy_id"],
            ["equity_policy.region_id", "equity_policy.id"],
            name=op.f("fk_ranking_region_id_policy_id_equity_policy"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "request_id"],
            ["learning_request.region_id", "learning_request.id"],
            name=op.f("fk_ranking_region_id_request_id_learning_request"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_ranking_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ranking")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_ranking_region_id_id")),
    )
    op.create_index(op.f("ix_ranking_region_id"), "ranking", ["region_id"], unique=False)
    op.create_index(op.f("ix_ranking_request_id_ranked_at"), "ranking", ["request_id", "ranked_at"], unique=False)
    op.create_table(
        "request_window",
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("ends_at > starts_at", name=op.f("ck_request_window_order")),
        sa.ForeignKeyConstraint(
            ["region_id", "request_id"],
            ["learning_request.region_id", "learning_request.id"],
            name=op.f("fk_request_window_region_id_request_id_learning_request"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_request_window_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_window")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_request_window_region_id_id")),
    )
    op.create_index(op.f("ix_request_window_region_id"), "request_window", ["region_id"], unique=False)
    op.create_index(op.f("ix_request_window_request_id"), "request_window", ["request_id"], unique=False)
    op.create_table(
        "proposal",
        sa.Column("ranking_id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("fund_id", sa.Integer(), nullable=True),
        sa.Column(
            "state",
            sa.Enum(
                "open",
                "approved",
                "passed",
                "superseded",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("rank_before", sa.Integer(), nullable=False),
        sa.Column("relevance", sa.Double(), nullable=False),
        sa.Column("need", sa.Double(), nullable=False),
        sa.Column("deficit", sa.Double(), nullable=False),
        sa.Column("boost", sa.Double(), nullable=False),
        sa.Column("price", sa.Double(), nullable=False),
        sa.Column("score", sa.Double(), nullable=False),
        sa.Column("features", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reasons", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("why", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("boost >= 0 AND price >= 0 AND need > 0 AND deficit > 0", name=op.f("ck_proposal_parts")),
        sa.CheckConstraint("relevance BETWEEN 0 AND 1", name=op.f("ck_proposal_relevance")),
        sa.ForeignKeyConstraint(
            ["region_id", "fund_id"],
            ["fund.region_id", "fund.id"],
            name=op.f("fk_proposal_region_id_fund_id_fund"),
            ondelete="SET NULL (fund_id)",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "partner_id"],
            ["partner.region_id", "partner.id"],
            name=op.f("fk_proposal_region_id_partner_id_partner"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "ranking_id"],
            ["ranking.region_id", "ranking.id"],
            name=op.f("fk_proposal_region_id_ranking_id_ranking"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "request_id"],
            ["learning_request.region_id", "learning_request.id"],
            name=op.f("fk_proposal_region_id_request_id_learning_request"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_proposal_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
        sa.UniqueConstraint("ranking_id", "partner_id", name=op.f("uq_proposal_ranking_id_partner_id")),
        sa.UniqueConstraint("ranking_id", "rank", name=op.f("uq_proposal_ranking_id_rank")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_proposal_region_id_id")),
    )
    op.create_index(op.f("ix_proposal_region_id"), "proposal", ["region_id"], unique=False)
    op.create_index(op.f("ix_proposal_request_id_state"), "proposal", ["request_id", "state"], unique=False)
    op.create_table(
        "introduction",
        sa.Column("key", sa.Uuid(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=False),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "approved",
                "undone",
                "invited",
                "accepted",
                "other_times",
                "not_now",
                "lapsed",
                "withdrawn",
                "introduced",
                "scheduled",
                "met",
                "cancelled",
                "not_held",
                "reflected",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_by", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("window_id", sa.Integer(), nullable=True),
        sa.Column(
            "not_now_reason",
            sa.Enum(
                "busy",
                "far",
                "not_mine",
                "health",
                "unsaid",
                name="not_now_reason",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=True,
        ),
        sa.Column("introduced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("due_at >= approved_at", name=op.f("ck_introduction_due")),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["account.id"],
            name=op.f("fk_introduction_approved_by_id_account"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "partner_id"],
            ["partner.region_id", "partner.id"],
            name=op.f("fk_introduction_region_id_partner_id_partner"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "proposal_id"],
            ["proposal.region_id", "proposal.id"],
            name=op.f("fk_introduction_region_id_proposal_id_proposal"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "request_id"],
            ["learning_request.region_id", "learning_request.id"],
            name=op.f("fk_introduction_region_id_request_id_learning_request"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "window_id"],
            ["request_window.region_id", "request_window.id"],
            name=op.f("fk_introduction_region_id_window_id_request_window"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_introduction_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_introduction")),
        sa.UniqueConstraint("key", name=op.f("uq_introduction_key")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_introduction_region_id_id")),
    )
    op.create_index(op.f("ix_introduction_partner_id"), "introduction", ["partner_id"], unique=False)
    op.create_index(op.f("ix_introduction_region_id"), "introduction", ["region_id"], unique=False)
    op.create_index(
        "uq_introduction_live",
        "introduction",
        ["request_id", "partner_id"],
        unique=True,
        postgresql_where=sa.text(
            "state IN ('accepted', 'approved', 'introduced', 'invited', 'other_times', 'scheduled')"
        ),
    )
    op.create_table(
        "backup",
        sa.Column("introduction_id", sa.Integer(), nullable=False),
        sa.Column("proposal_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "promoted",
                "dropped",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("position >= 1", name=op.f("ck_backup_position")),
        sa.ForeignKeyConstraint(
            ["region_id", "introduction_id"],
            ["introduction.region_id", "introduction.id"],
            name=op.f("fk_backup_region_id_introduction_id_introduction"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "proposal_id"],
            ["proposal.region_id", "proposal.id"],
            name=op.f("fk_backup_region_id_proposal_id_proposal"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_backup_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_backup")),
        sa.UniqueConstraint("introduction_id", "position", name=op.f("uq_backup_introduction_id_position")),
        sa.UniqueConstraint("introduction_id", "proposal_id", name=op.f("uq_backup_introduction_id_proposal_id")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_backup_region_id_id")),
    )
    op.create_index(op.f("ix_backup_region_id"), "backup", ["region_id"], unique=False)
    op.create_table(
        "capacity_unit",
        sa.Column("partner_id", sa.Integer(), nullable=False),
        sa.Column("period", sa.Date(), nullable=False),
        sa.Column("unit", sa.Integer(), nullable=False),
        sa.Column("introduction_id", sa.Integer(), nullable=False),
        sa.Column("held_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("extract(day from period) = 1", name=op.f("ck_capacity_unit_period")),
        sa.CheckConstraint("unit >= 1", name=op.f("ck_capacity_unit_unit")),
        sa.ForeignKeyConstraint(
            ["region_id", "introduction_id"],
            ["introduction.region_id", "introduction.id"],
            name=op.f("fk_capacity_unit_region_id_introduction_id_introduction"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "partner_id"],
            ["partner.region_id", "partner.id"],
            name=op.f("fk_capacity_unit_region_id_partner_id_partner"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_capacity_unit_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_capacity_unit")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_capacity_unit_region_id_id")),
    )
    op.create_index(op.f("ix_capacity_unit_region_id"), "capacity_unit", ["region_id"], unique=False)
    op.create_index(
        "uq_capacity_unit_held",
        "capacity_unit",
        ["partner_id", "period", "unit"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_index(
        "uq_capacity_unit_introduction",
        "capacity_unit",
        ["introduction_id"],
        unique=True,
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.create_table(
        "state_change",
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("proposal_id", sa.Integer(), nullable=True),
        sa.Column("introduction_id", sa.Integer(), nullable=True),
        sa.Column("backup_id", sa.Integer(), nullable=True),
        sa.Column("before", sa.String(), nullable=False),
        sa.Column("after", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.Integer(), nullable=True),
        sa.Column("reason", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(request_id, proposal_id, introduction_id, backup_id) = 1",
            name=op.f("ck_state_change_one_noun"),
        ),
        sa.ForeignKeyConstraint(
            ["actor_id"], ["account.id"], name=op.f("fk_state_change_actor_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "backup_id"],
            ["backup.region_id", "backup.id"],
            name=op.f("fk_state_change_region_id_backup_id_backup"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "introduction_id"],
            ["introduction.region_id", "introduction.id"],
            name=op.f("fk_state_change_region_id_introduction_id_introduction"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "proposal_id"],
            ["proposal.region_id", "proposal.id"],
            name=op.f("fk_state_change_region_id_proposal_id_proposal"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "request_id"],
            ["learning_request.region_id", "learning_request.id"],
            name=op.f("fk_state_change_region_id_request_id_learning_request"),
            ondelete="RESTRICT",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_state_change_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_state_change")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_state_change_region_id_id")),
    )
    op.create_index(op.f("ix_state_change_backup_id"), "state_change", ["backup_id"], unique=False)
    op.create_index(op.f("ix_state_change_introduction_id"), "state_change", ["introduction_id"], unique=False)
    op.create_index(op.f("ix_state_change_proposal_id"), "state_change", ["proposal_id"], unique=False)
    op.create_index(op.f("ix_state_change_region_id"), "state_change", ["region_id"], unique=False)
    op.create_index(op.f("ix_state_change_request_id"), "state_change", ["request_id"], unique=False)
    op.execute(CAPACITY_GUARD)


def downgrade() -> None:
    op.drop_index(op.f("ix_state_change_request_id"), table_name="state_change")
    op.drop_index(op.f("ix_state_change_region_id"), table_name="state_change")
    op.drop_index(op.f("ix_state_change_proposal_id"), table_name="state_change")
    op.drop_index(op.f("ix_state_change_introduction_id"), table_name="state_change")
    op.drop_index(op.f("ix_state_change_backup_id"), table_name="state_change")
    op.drop_table("state_change")
    op.drop_index(
        "uq_capacity_unit_introduction",
        table_name="capacity_unit",
        postgresql_where=sa.text("released_at IS NULL"),
    )
    op.drop_index("uq_capacity_unit_held", table_name="capacity_unit", postgresql_where=sa.text("released_at IS NULL"))
    op.drop_index(op.f("ix_capacity_unit_region_id"), table_name="capacity_unit")
    op.drop_table("capacity_unit")
    op.drop_index(op.f("ix_backup_region_id"), table_name="backup")
    op.drop_table("backup")
    op.drop_index(
        "uq_introduction_live",
        table_name="introduction",
        postgresql_where=sa.text(
            "state IN ('accepted', 'approved', 'introduced', 'invited', 'other_times', 'scheduled')"
        ),
    )
    op.drop_index(op.f("ix_introduction_region_id"), table_name="introduction")
    op.drop_index(op.f("ix_introduction_partner_id"), table_name="introduction")
    op.drop_table("introduction")
    op.drop_index(op.f("ix_proposal_request_id_state"), table_name="proposal")
    op.drop_index(op.f("ix_proposal_region_id"), table_name="proposal")
    op.drop_table("proposal")
    op.drop_index(op.f("ix_request_window_request_id"), table_name="request_window")
    op.drop_index(op.f("ix_request_window_region_id"), table_name="request_window")
    op.drop_table("request_window")
    op.drop_index(op.f("ix_ranking_request_id_ranked_at"), table_name="ranking")
    op.drop_index(op.f("ix_ranking_region_id"), table_name="ranking")
    op.drop_table("ranking")
    op.drop_index(op.f("ix_separation_region_id"), table_name="separation")
    op.drop_table("separation")
    op.drop_index(op.f("ix_learning_request_teacher_id"), table_name="learning_request")
    op.drop_index(op.f("ix_learning_request_region_id_state_posted_at"), table_name="learning_request")
    op.drop_index(op.f("ix_learning_request_region_id"), table_name="learning_request")
    op.drop_table("learning_request")
    op.drop_index(op.f("ix_teacher_school_id"), table_name="teacher")
    op.drop_index(op.f("ix_teacher_region_id"), table_name="teacher")
    op.drop_table("teacher")
    op.drop_index(op.f("ix_school_region_id"), table_name="school")
    op.drop_table("school")
    op.drop_index(op.f("ix_fund_region_id"), table_name="fund")
    op.drop_index(op.f("ix_fund_partner_id"), table_name="fund")
    op.drop_table("fund")
    op.drop_index(op.f("ix_suppression_region_id"), table_name="suppression")
    op.drop_table("suppression")
    op.drop_index("uq_partner_account", table_name="partner", postgresql_where=sa.text("account_id IS NOT NULL"))
    op.drop_index(op.f("ix_partner_region_id"), table_name="partner")
    op.drop_table("partner")
    op.drop_index("ix_outbox_put_aside", table_name="outbox", postgresql_where=sa.text("failed_at IS NOT NULL"))
    op.drop_index(
        "ix_outbox_waiting",
        table_name="outbox",
        postgresql_where=sa.text("done_at IS NULL AND failed_at IS NULL"),
    )
    op.drop_index(op.f("ix_outbox_region_id"), table_name="outbox")
    op.drop_table("outbox")
    op.drop_index("uq_membership_current", table_name="membership", postgresql_where=sa.text("until IS NULL"))
    op.drop_index(op.f("ix_membership_region_id"), table_name="membership")
    op.drop_table("membership")
    op.drop_index(op.f("ix_equity_policy_region_id"), table_name="equity_policy")
    op.drop_table("equity_policy")
    op.drop_index(op.f("ix_embedding_region_id"), table_name="embedding")
    op.drop_table("embedding")
    op.drop_index(op.f("ix_district_region_id"), table_name="district")
    op.drop_table("district")
    op.drop_index(op.f("ix_audit_event_subject_kind_subject_id"), table_name="audit_event")
    op.drop_index(op.f("ix_audit_event_region_id_at"), table_name="audit_event")
    op.drop_table("audit_event")
    op.drop_table("account_global_role")
    op.drop_table("region")
    op.drop_table("global_role")
    op.drop_table("account")
    op.execute("DROP FUNCTION refuse_unit_beyond_capacity()")
