"""Desks that people share: notes, kept views, holds, colleagues of an organisation, merged profiles, imported sheets.

Revision ID: 0009
Revises: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

CHECKS = {
    "ck_partner_itself": "organisation_id <> id AND merged_into_id <> id",
    "ck_partner_person_of_organisation": "kind = 'person' OR organisation_id IS NULL",
    "ck_partner_merged": "merged_into_id IS NULL OR reviewed_at IS NULL",
}

STATES = "'draft', 'posted', 'proposed', 'none_yet', 'placed', 'scheduled', 'done', 'withdrawn'"


def upgrade() -> None:
    for make in (_desk, _imports, _requests, _partners, _keys):
        make()


def _desk() -> None:
    op.create_table(
        "saved_view",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column(
            "page",
            sa.Enum("desk", "people", name="page", native_enum=False, create_constraint=True, length=24),
            nullable=False,
        ),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 40 AND length(query) <= 500", name=op.f("ck_saved_view_words")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_saved_view_account_id_account"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_saved_view_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_view")),
        sa.UniqueConstraint(
            "account_id", "region_id", "page", "name", name=op.f("uq_saved_view_account_id_region_id_page_name")
        ),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_saved_view_region_id_id")),
    )
    op.create_index(op.f("ix_saved_view_region_id"), "saved_view", ["region_id"], unique=False)
    op.create_table(
        "note",
        sa.Column("request_id", sa.Integer(), nullable=True),
        sa.Column("partner_id", sa.Integer(), nullable=True),
        sa.Column("author_id", sa.Integer(), nullable=True),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("written_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("length(text) BETWEEN 1 AND 2000", name=op.f("ck_note_text")),
        sa.CheckConstraint("num_nonnulls(request_id, partner_id) = 1", name=op.f("ck_note_about")),
        sa.ForeignKeyConstraint(
            ["author_id"], ["account.id"], name=op.f("fk_note_author_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "partner_id"],
            ["partner.region_id", "partner.id"],
            name=op.f("fk_note_region_id_partner_id_partner"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id", "request_id"],
            ["learning_request.region_id", "learning_request.id"],
            name=op.f("fk_note_region_id_request_id_learning_request"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_note_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_note_region_id_id")),
    )
    op.create_index(op.f("ix_note_partner_id"), "note", ["partner_id"], unique=False)
    op.create_index(op.f("ix_note_region_id"), "note", ["region_id"], unique=False)
    op.create_index(op.f("ix_note_request_id"), "note", ["request_id"], unique=False)


def _imports() -> None:
    op.create_table(
        "sheet_import",
        sa.Column(
            "kind",
            sa.Enum(
                "schools",
                "teachers",
                "partners",
                "funds",
                "requests",
                name="kind",
                native_enum=False,
                create_constraint=True,
                length=24,
            ),
            nullable=False,
        ),
        sa.Column("file_name", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("content", sa.String(), nullable=True),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("undone_at >= applied_at AND applied_at >= at", name=op.f("ck_sheet_import_order")),
        sa.CheckConstraint("undone_at IS NULL OR applied_at IS NOT NULL", name=op.f("ck_sheet_import_applied_first")),
        sa.CheckConstraint("applied_at IS NULL OR content IS NULL", name=op.f("ck_sheet_import_content_until_applied")),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_sheet_import_by_id_account"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_sheet_import_region_id_region"), ondelete="RESTRICT"
        ),
        sa.ForeignKeyConstraint(
            ["undone_by_id"], ["account.id"], name=op.f("fk_sheet_import_undone_by_id_account"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sheet_import")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_sheet_import_region_id_id")),
    )
    op.create_index(op.f("ix_sheet_import_region_id"), "sheet_import", ["region_id"], unique=False)
    op.create_index(op.f("ix_sheet_import_region_id_at"), "sheet_import", ["region_id", "at"], unique=False)
    op.create_table(
        "imported_row",
        sa.Column("import_id", sa.Integer(), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column(
            "outcome",
            sa.Enum(
                "created", "changed", "unchanged", name="outcome", native_enum=False, create_constraint=True, length=24
            ),
            nullable=False,
        ),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("before", postgresql.JSONB(), nullable=False),
        sa.Column("after", postgresql.JSONB(), nullable=False),
        sa.Column("kept", sa.String(), nullable=True),
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("region_id", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["region_id", "import_id"],
            ["sheet_import.region_id", "sheet_import.id"],
            name=op.f("fk_imported_row_region_id_import_id_sheet_import"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["region_id"], ["region.id"], name=op.f("fk_imported_row_region_id_region"), ondelete="RESTRICT"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_imported_row")),
        sa.UniqueConstraint("region_id", "id", name=op.f("uq_imported_row_region_id_id")),
    )
    op.create_index(op.f("ix_imported_row_import_id_line"), "imported_row", ["import_id", "line"], unique=False)
    op.create_index(op.f("ix_imported_row_region_id"), "imported_row", ["region_id"], unique=False)


def _requests() -> None:
    op.add_column("learning_request", sa.Column("source_key", sa.String(), nullable=True))
    op.add_column("learning_request", sa.Column("assigned_to_id", sa.Integer(), nullable=True))
    op.add_column("learning_request", sa.Column("held_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column("learning_request", sa.Column("held_by_id", sa.Integer(), nullable=True))
    op.add_column("learning_request", sa.Column("held_for", sa.String(), server_default="", nullable=False))
    op.create_unique_constraint(
        op.f("uq_learning_request_region_id_source_key"), "learning_request", ["region_id", "source_key"]
    )
    op.create_foreign_key(
        op.f("fk_learning_request_assigned_to_id_account"),
        "learning_request",
        "account",
        ["assigned_to_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.create_foreign_key(
        op.f("fk_learning_request_held_by_id_account"),
        "learning_request",
        "account",
        ["held_by_id"],
        ["id"],
        ondelete="SET NULL",
    )
    op.alter_column("learning_request", "held_for", server_default=None)
    # A hold is a date now, which no state goes with; nothing ever entered the one there was.
    op.drop_constraint(op.f("ck_learning_request_state"), "learning_request", type_="check")
    op.create_check_constraint(op.f("ck_learning_request_state"), "learning_request", f"state IN ({STATES})")


def _partners() -> None:
    op.add_column("partner", sa.Column("organisation_id", sa.Integer(), nullable=True))
    op.add_column("partner", sa.Column("merged_into_id", sa.Integer(), nullable=True))
    op.add_column("partner", sa.Column("source_key", sa.String(), nullable=True))
    op.create_index(op.f("ix_partner_merged_into_id"), "partner", ["merged_into_id"], unique=False)
    op.create_index(op.f("ix_partner_organisation_id"), "partner", ["organisation_id"], unique=False)
    op.create_unique_constraint(op.f("uq_partner_region_id_source_key"), "partner", ["region_id", "source_key"])
    op.create_foreign_key(
        op.f("fk_partner_region_id_organisation_id_partner"),
        "partner",
        "partner",
        ["region_id", "organisation_id"],
        ["region_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_foreign_key(
        op.f("fk_partner_region_id_merged_into_id_partner"),
        "partner",
        "partner",
        ["region_id", "merged_into_id"],
        ["region_id", "id"],
        ondelete="RESTRICT",
    )
    for name, condition in CHECKS.items():
        op.create_check_constraint(op.f(name), "partner", condition)


def _keys() -> None:
    op.add_column("fund", sa.Column("source_key", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_fund_region_id_source_key"), "fund", ["region_id", "source_key"])
    op.add_column("school", sa.Column("source_key", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_school_region_id_source_key"), "school", ["region_id", "source_key"])
    op.add_column("teacher", sa.Column("source_key", sa.String(), nullable=True))
    op.create_unique_constraint(op.f("uq_teacher_region_id_source_key"), "teacher", ["region_id", "source_key"])


def downgrade() -> None:
    op.drop_constraint(op.f("ck_learning_request_state"), "learning_request", type_="check")
    op.create_check_constraint(op.f("ck_learning_request_state"), "learning_request", f"state IN ({STATES}, 'on_hold')")
    for name in CHECKS:
        op.drop_constraint(op.f(name), "partner", type_="check")
    op.drop_constraint(op.f("uq_teacher_region_id_source_key"), "teacher", type_="unique")
    op.drop_column("teacher", "source_key")
    op.drop_constraint(op.f("uq_school_region_id_source_key"), "school", type_="unique")
    op.drop_column("school", "source_key")
    op.drop_constraint(op.f("fk_partner_region_id_merged_into_id_partner"), "partner", type_="foreignkey")
    op.drop_constraint(op.f("fk_partner_region_id_organisation_id_partner"), "partner", type_="foreignkey")
    op.drop_constraint(op.f("uq_partner_region_id_source_key"), "partner", type_="unique")
    op.drop_index(op.f("ix_partner_organisation_id"), table_name="partner")
    op.drop_index(op.f("ix_partner_merged_into_id"), table_name="partner")
    op.drop_column("partner", "source_key")
    op.drop_column("partner", "merged_into_id")
    op.drop_column("partner", "organisation_id")
    op.drop_constraint(op.f("fk_learning_request_held_by_id_account"), "learning_request", type_="foreignkey")
    op.drop_constraint(op.f("fk_learning_request_assigned_to_id_account"), "learning_request", type_="foreignkey")
    op.drop_constraint(op.f("uq_learning_request_region_id_source_key"), "learning_request", type_="unique")
    op.drop_column("learning_request", "held_for")
    op.drop_column("learning_request", "held_by_id")
    op.drop_column("learning_request", "held_until")
    op.drop_column("learning_request", "assigned_to_id")
    op.drop_column("learning_request", "source_key")
    op.drop_constraint(op.f("uq_fund_region_id_source_key"), "fund", type_="unique")
    op.drop_column("fund", "source_key")
    op.drop_index(op.f("ix_note_request_id"), table_name="note")
    op.drop_index(op.f("ix_note_region_id"), table_name="note")
    op.drop_index(op.f("ix_note_partner_id"), table_name="note")
    op.drop_table("note")
    op.drop_index(op.f("ix_imported_row_region_id"), table_name="imported_row")
    op.drop_index(op.f("ix_imported_row_import_id_line"), table_name="imported_row")
    op.drop_table("imported_row")
    op.drop_index(op.f("ix_sheet_import_region_id_at"), table_name="sheet_import")
    op.drop_index(op.f("ix_sheet_import_region_id"), table_name="sheet_import")
    op.drop_table("sheet_import")
    op.drop_index(op.f("ix_saved_view_region_id"), table_name="saved_view")
    op.drop_table("saved_view")
