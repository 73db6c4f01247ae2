"""What other programs and other ways to sign in need, and what partners let everybody read.

Revision ID: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

QUEUES = "'ranking', 'planning', 'mail'"
SHEETS = "'schools', 'teachers', 'partners', 'funds'"


def upgrade() -> None:
    for make in (_programs, _webhooks, _sign_in, _columns):
        make()


def _programs() -> None:
    op.create_table(
        "api_token",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("hint", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("scopes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("cardinality(scopes) > 0", name=op.f("ck_api_token_scopes")),
        sa.CheckConstraint("length(trim(name)) BETWEEN 1 AND 80", name=op.f("ck_api_token_name")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_api_token_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_api_token_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_api_token_digest")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_api_token_region_id_id")),
    )
    op.create_index(op.f("ix_api_token_account_id"), "api_token", ["account_id"], unique=False)
    op.create_index(op.f("ix_api_token_region_id"), "api_token", ["region_id"], unique=False)
    op.create_table(
        "api_reply",
        sa.Column("token_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("location", sa.String(), nullable=True),
        sa.Column("body", postgresql.JSONB(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(key) BETWEEN 1 AND 200", name=op.f("ck_api_reply_key")),
        sa.ForeignKeyConstraint(
            ["region_id", "token_id"],
            ["api_token.region_id", "api_token.id"],
            name=op.f("fk_api_reply_region_id_token_id_api_token"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_api_reply_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_reply")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_api_reply_region_id_id")),
        sa.UniqueConstraint("token_id", "key", name=op.f("uq_api_reply_token_id_key")),
    )
    op.create_index(op.f("ix_api_reply_created_at"), "api_reply", ["created_at"], unique=False)
    op.create_index(op.f("ix_api_reply_region_id"), "api_reply", ["region_id"], unique=False)


def _webhooks() -> None:
    op.create_table(
        "webhook",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("events", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("seed", sa.Uuid(), nullable=False),
        sa.Column("made_by_id", sa.Integer(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_status", sa.String(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resting_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("url ~ '^https?://' AND length(url) <= 500", name=op.f("ck_webhook_url")),
        sa.CheckConstraint("cardinality(events) > 0", name=op.f("ck_webhook_events")),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_webhook_failures")),
        sa.ForeignKeyConstraint(
            ["made_by_id"], ["account.id"], name=op.f("fk_webhook_made_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_webhook_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_webhook")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_webhook_region_id_id")),
        sa.UniqueConstraint("region_id", "url", name=op.f("uq_webhook_region_id_url")),
    )
    op.create_index(op.f("ix_webhook_region_id"), "webhook", ["region_id"], unique=False)
    op.drop_constraint(op.f("ck_outbox_queue"), "outbox", type_="check")
    op.create_check_constraint(op.f("ck_outbox_queue"), "outbox", f"queue IN ({QUEUES}, 'webhooks')")


def _sign_in() -> None:
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("issuer", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("email", sa.String(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_identity_account_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity")),
        sa.UniqueConstraint("account_id", "issuer", name=op.f("uq_identity_account_id_issuer")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_identity_issuer_subject")),
    )
    op.create_table(
        "passkey",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Integer(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("transports", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("extensions", sa.String(), nullable=True),
        sa.Column("backup_state", sa.Boolean(), nullable=False),
        sa.Column("device_type", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("usage", sa.String(), nullable=False),
        sa.Column("lastuse_datetime", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["account.id"], name=op.f("fk_passkey_user_id_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkey")),
        sa.UniqueConstraint("credential_id", name=op.f("uq_passkey_credential_id")),
    )
    op.create_index(op.f("ix_passkey_user_id"), "passkey", ["user_id"], unique=False)


def _columns() -> None:
    op.add_column("account", sa.Column("links_used", sa.Integer(), server_default="0", nullable=False))
    op.alter_column("account", "links_used", server_default=None)
    op.add_column("account", sa.Column("tf_primary_method", sa.String(), nullable=True))
    op.add_column("account", sa.Column("tf_totp_secret", sa.String(), nullable=True))
    op.add_column("account", sa.Column("tf_last_counter", sa.BigInteger(), nullable=True))
    op.add_column("account", sa.Column("mf_recovery_codes", postgresql.ARRAY(sa.Text()), nullable=True))
    op.add_column("account", sa.Column("fs_webauthn_user_handle", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_account_fs_webauthn_user_handle"), "account", ["fs_webauthn_user_handle"])
    op.add_column("partner", sa.Column("public_since", sa.DateTime(timezone=True), nullable=True))
    op.add_column("partner", sa.Column("public_name", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("partner", "public_name", server_default=None)
    op.add_column("region", sa.Column("second_step_required", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.alter_column("region", "second_step_required", server_default=None)
    op.create_check_constraint(op.f("ck_partner_public"), "partner", "public_since IS NOT NULL OR NOT public_name")
    op.drop_constraint(op.f("ck_sheet_import_kind"), "sheet_import", type_="check")
    op.create_check_constraint(
        op.f("ck_sheet_import_kind"), "sheet_import", f"kind IN ({SHEETS}, 'clearances', 'requests')"
    )


def downgrade() -> None:
    op.execute("DELETE FROM sheet_import WHERE kind = 'clearances'")
    op.drop_constraint(op.f("ck_sheet_import_kind"), "sheet_import", type_="check")
    op.create_check_constraint(op.f("ck_sheet_import_kind"), "sheet_import", f"kind IN ({SHEETS}, 'requests')")
    op.drop_constraint(op.f("ck_partner_public"), "partner", type_="check")
    op.drop_column("region", "second_step_required")
    op.drop_column("partner", "public_name")
    op.drop_column("partner", "public_since")
    op.drop_constraint(op.f("uq_account_fs_webauthn_user_handle"), "account", type_="unique")
    op.drop_column("account", "fs_webauthn_user_handle")
    op.drop_column("account", "mf_recovery_codes")
    op.drop_column("account", "tf_last_counter")
    op.drop_column("account", "tf_totp_secret")
    op.drop_column("account", "tf_primary_method")
    op.drop_column("account", "links_used")
    op.drop_index(op.f("ix_api_reply_region_id"), table_name="api_reply")
    op.drop_index(op.f("ix_api_reply_created_at"), table_name="api_reply")
    op.drop_table("api_reply")
    op.execute("DELETE FROM outbox WHERE queue = 'webhooks'")
    op.drop_constraint(op.f("ck_outbox_queue"), "outbox", type_="check")
    op.create_check_constraint(op.f("ck_outbox_queue"), "outbox", f"queue IN ({QUEUES})")
    op.drop_index(op.f("ix_webhook_region_id"), table_name="webhook")
    op.drop_table("webhook")
    op.drop_index(op.f("ix_passkey_user_id"), table_name="passkey")
    op.drop_table("passkey")
    op.drop_table("identity")
    op.drop_index(op.f("ix_api_token_region_id"), table_name="api_token")
    op.drop_index(op.f("ix_api_token_account_id"), table_name="api_token")
    op.drop_table("api_token")
