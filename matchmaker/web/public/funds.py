"""What neighbors know and let everybody read: to look through, and by area on a map."""

from __future__ import annotations

from flask import current_app, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from matchmaker.extensions import db
from matchmaker.queries import asset_map as drawn
from matchmaker.queries import paging, public_face
from matchmaker.web import context, fields, labels
from matchmaker.web.public import shown
from matchmaker.web.public.area import blueprint
from models.codes import SUBJECTS

WIDE, NARROW = (720, 430), (340, 620)
"""The map's canvas where there is room, and on a phone."""
LONGEST_SEARCH = 100


@blueprint.get("/funds")
def funds() -> ResponseReturnValue:
    """The funds of knowledge whose owners let everybody read them."""
    region = context.region()
    areas = public_face.areas(db.session, region.id)
    used = public_face.languages(db.session, region.id)
    wanted = _wanted(areas)
    page = paging.fetch(db.session, public_face.funds(region.id, wanted), request.args.get("page", 1, type=int))
    return render_template(
        "public/funds.html",
        funds=shown.funds(page.rows, areas),
        wanted=wanted,
        subjects=fields.choices([("", _("Any subject")), *((code, labels.SUBJECTS[code]) for code in SUBJECTS)]),
        grades=fields.choices([("", _("Any grade")), *((number, labels.grade(number)) for number in range(13))]),
        written_in=fields.choices([("", _("Any language")), *((code, labels.own_language(code)) for code in used)]),
        areas=fields.choices([("", _("Anywhere")), *((area.name, area.name) for area in areas.named.values())]),
        **page.place,
    )


@blueprint.get("/map")
def asset_map() -> ResponseReturnValue:
    """In which areas people know something that everybody may read: areas, never addresses."""
    areas = public_face.areas(db.session, context.region().id)
    named, secret = list(areas.named.values()), current_app.config["SETTINGS"].secret_key
    maps = [(width, height, drawn.houses(named, secret, width, height)) for width, height in (WIDE, NARROW)]
    return render_template("public/map.html", areas=areas, maps=maps)


def _wanted(areas: public_face.Areas) -> public_face.Wanted:
    """What the address asks for; what it cannot be is not asked for."""
    subject, grade = request.args.get("subject", ""), request.args.get("grade", type=int)
    return public_face.Wanted(
        subject=subject if subject in SUBJECTS else "",
        grade=grade if grade in range(13) else None,
        language=request.args.get("language", "")[:20],
        area=areas.of(request.args.get("area", "")),
        words=request.args.get("words", "")[:LONGEST_SEARCH].strip(),
    )
