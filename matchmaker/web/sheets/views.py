"""Spreadsheets read in and written out. A file is handed in, shown for what it would do, and confirmed."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, abort, flash, g, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from matchmaker import audit, outbox
from matchmaker.clock import utc_now
from matchmaker.extensions import db
from matchmaker.policies import Permission, permits
from matchmaker.queries import paging, sheets
from matchmaker.services.sheets import applying, exporting, undoing
from matchmaker.services.sheets import everything as whole
from matchmaker.services.sheets.faults import RowsWrong, SheetOvertaken, UnreadableSheet
from matchmaker.services.sheets.reading import LARGEST, MOST_ROWS
from matchmaker.services.sheets.tables import COLUMNS
from matchmaker.services.sheets.writing import template as written_template
from matchmaker.web import context, failures
from matchmaker.web.sheets import words
from matchmaker.web.sheets.forms import ConfirmForm, SheetForm
from models import RowOutcome, SheetImport, SheetKind

blueprint = Blueprint("sheets", __name__, url_prefix="/people/sheets")
blueprint.before_request(context.sign_in_first)

A_KIND = f"<any({','.join(SheetKind)}):kind>"
FORM_AROUND = 20_000
SHOWN = 20
CONTACTS = frozenset({"email", "phone"})


@blueprint.url_value_preprocessor
def _take_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Files may be larger than the forms of other pages."""
    if endpoint == "sheets.check":
        request.max_content_length = LARGEST + FORM_AROUND


@blueprint.get("")
def index() -> ResponseReturnValue:
    """Templates, a file to hand in, what was read in so far, and all of it to take along."""
    return _index(SheetForm(_kinds()))


@blueprint.get(f"/template/{A_KIND}.csv")
def template(kind: str) -> ResponseReturnValue:
    """An empty spreadsheet with one row that shows how it is filled in."""
    _require(SheetKind(kind))
    return _file(written_template(COLUMNS[SheetKind(kind)], str(get_locale())), f"{kind}-template")


@blueprint.get(f"/export/{A_KIND}.csv")
def export(kind: str) -> ResponseReturnValue:
    """Everything of a kind, in the columns that are read."""
    _require(SheetKind(kind))
    region = context.region()
    text = exporting.export(db.session, g.actor, region, SheetKind(kind), str(get_locale()), utc_now)
    name = f"{region.slug}-{kind}-{utc_now():%Y-%m-%d}"
    outbox.commit(db.session)
    return _file(text, name)


@blueprint.get("/everything.zip")
def everything() -> ResponseReturnValue:
    """All that the region owns, in one archive."""
    region = context.region()
    context.require(Permission.EXPORT_REGION, region)
    whole.record(db.session, g.actor, region, utc_now)
    outbox.commit(db.session)
    parts = whole.stream(db.session, region, str(get_locale()), utc_now)
    named = {"Content-Disposition": f'attachment; filename="{region.slug}-{utc_now():%Y-%m-%d}.zip"'}
    return Response(stream_with_context(parts), mimetype="application/zip", headers=named)


@blueprint.post("/check")
def check() -> ResponseReturnValue:
    """Hand in a file. Nothing is read in before somebody has seen what it does."""
    form = SheetForm(_kinds())
    if not form.validate_on_submit():
        return _index(form)
    kind, sent = SheetKind(form.kind.data), form.file.data
    with sent.stream as stream:
        data = stream.read()
    try:
        handed = applying.hand_in(db.session, g.actor, context.region(), kind, sent.filename or "", data, utc_now)
    except UnreadableSheet as error:
        form.file.errors = [words.unreadable(error)]
        return _index(form)
    shown_at = url_for("sheets.show", import_id=handed.id)
    outbox.commit(db.session)
    return redirect(shown_at)


@blueprint.get("/<row:import_id>")
def show(import_id: int) -> ResponseReturnValue:
    """What a file would do; once it was read in, what it did."""
    handed = _handed(import_id)
    return _done(handed) if handed.applied_at else _look(handed)


@blueprint.post("/<row:import_id>/apply")
def apply(import_id: int) -> ResponseReturnValue:
    """Read a file in as it was shown."""
    _handed(import_id)
    form = ConfirmForm()
    if not form.validate():
        abort(422)
    try:
        applying.confirm(db.session, g.actor, import_id, form.digest.data, form.terms, utc_now)
    except (SheetOvertaken, RowsWrong) as changed:
        db.session.rollback()
        flash(failures.sentence(changed), "warn")
        return redirect(url_for("sheets.show", import_id=import_id))
    outbox.commit(db.session)
    flash(_("The spreadsheet was read in. It can be taken back as a whole."), "ok")
    return redirect(url_for("sheets.show", import_id=import_id))


@blueprint.post("/<row:import_id>/undo")
def undo(import_id: int) -> ResponseReturnValue:
    """Take an import back, as far as nothing has happened since."""
    _handed(import_id)
    taken = undoing.take_back(db.session, g.actor, import_id, utc_now)
    kept = sheets.counts(db.session, [taken])[taken.id].get("kept", 0)
    outbox.commit(db.session)
    if kept:
        flash(
            ngettext(
                "Taken back, but for %(num)s row that stays.", "Taken back, but for %(num)s rows that stay.", kept
            ),
            "warn",
        )
    else:
        flash(_("Taken back. Everything is as it was before."), "ok")
    return redirect(url_for("sheets.show", import_id=import_id))


def _index(form: SheetForm) -> ResponseReturnValue:
    region = context.region()
    context.require(Permission.MANAGE_PEOPLE, region)
    page = paging.fetch(db.session, sheets.of_region(region.id), request.args.get("page", 1, type=int))
    shown = render_template(
        "sheets/index.html",
        form=form,
        kinds=_kinds(),
        may_take_all=permits(g.actor, Permission.EXPORT_REGION, region),
        imports=page.rows,
        counts=sheets.counts(db.session, page.rows),
        words=words,
        most_rows=MOST_ROWS,
        largest=LARGEST // 1_000_000,
        **page.place,
    )
    return shown, 422 if form.errors else 200


def _look(handed: SheetImport) -> ResponseReturnValue:
    plan = applying.look(db.session, handed, utc_now())
    page = paging.cut(plan.faults, request.args.get("page", 1, type=int))
    shown = render_template(
        "sheets/look.html",
        handed=handed,
        plan=plan,
        form=ConfirmForm(formdata=None, digest=plan.digest),
        new=plan.of(RowOutcome.CREATED),
        changed=plan.of(RowOutcome.CHANGED),
        counts={outcome.value: len(plan.of(outcome)) for outcome in RowOutcome},
        words=words,
        most=SHOWN,
        until=handed.at + applying.KEPT_FOR,
        wrong=len(plan.wrong_rows),
        faults=page.rows,
        **page.place,
    )
    for step in plan.of(RowOutcome.CHANGED)[:SHOWN]:
        if CONTACTS & step.before.keys():
            audit.record(db.session, g.actor, audit.Tag.CONTACTS_SEEN, step.subject, at=utc_now())
    outbox.commit(db.session)
    return shown


def _done(handed: SheetImport) -> ResponseReturnValue:
    page = paging.fetch(db.session, sheets.rows(handed.id), request.args.get("page", 1, type=int))
    return render_template(
        "sheets/done.html",
        handed=handed,
        rows=page.rows,
        labels=exporting.labels(db.session, handed, page.rows, utc_now()),
        counts=sheets.counts(db.session, [handed])[handed.id],
        words=words,
        columns={column.name for column in COLUMNS[handed.kind]},
        **page.place,
    )


def _kinds() -> list[SheetKind]:
    """The kinds that the reader may read in and write out."""
    return [kind for kind in SheetKind if permits(g.actor, _permission(kind), context.region())]


def _permission(kind: SheetKind) -> Permission:
    return Permission.DOCUMENT_SCHOOL if kind is SheetKind.SCHOOLS else Permission.MANAGE_PEOPLE


def _require(kind: SheetKind) -> None:
    context.require(_permission(kind), context.region())


def _handed(import_id: int) -> SheetImport:
    handed = db.session.get_one(SheetImport, import_id)
    context.require(_permission(handed.kind), handed)
    return handed


def _file(text: str, name: str) -> Response:
    disposition = f'attachment; filename="{name}.csv"'
    return Response(text, mimetype="text/csv", headers={"Content-Disposition": disposition})
