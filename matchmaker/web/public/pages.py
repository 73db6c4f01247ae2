"""A network's landing page, how it works, and the language switch."""

from __future__ import annotations

from flask import abort, g, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_login import current_user

from matching.equity import DEFAULT_DIAL, Policy
from matching.plans import KEPT
from matchmaker import outbox
from matchmaker.extensions import db
from matchmaker.i18n import LANGUAGES
from matchmaker.queries import network, public_face, rankings
from matchmaker.web import context
from matchmaker.web.context import local_path
from matchmaker.web.public import shown
from matchmaker.web.public.area import blueprint

PAIRS = 3


@blueprint.get("/")
def landing() -> ResponseReturnValue:
    """What the network is, shown by what met what; the first page of all where there is no network yet."""
    if g.region is None:
        return render_template("public/landing.html", counts=None, pairs=[], others=[])
    return render_template(
        "public/landing.html",
        counts=network.counts(db.session, g.region.id),
        pairs=shown.pairs(db.session, g.region.id, PAIRS),
        others=public_face.other_regions(db.session, g.region),
    )


@blueprint.get("/how")
def how() -> ResponseReturnValue:
    return render_template("public/how.html")


@blueprint.get("/how/turns")
def turns() -> ResponseReturnValue:
    """How equity works here, in plain words, with the numbers of the policy in effect."""
    version = rankings.policy_in_effect(db.session, context.region().id)
    policy = Policy.of(version.numbers)
    return render_template("public/turns.html", version=version, policy=policy, usual=DEFAULT_DIAL, kept=KEPT)


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    return render_template("public/privacy.html")


@blueprint.get("/language/<code>")
def language(code: str) -> ResponseReturnValue:
    """Choose the language of every page from now on; a signed-in person's account remembers it."""
    if code not in LANGUAGES:
        abort(404)
    session["language"] = code
    if current_user.is_authenticated and current_user.language != code:
        current_user.language = code
        outbox.commit(db.session)
    return redirect(local_path(request.args.get("next")) or "/")
