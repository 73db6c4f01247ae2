"""Every refusal becomes an answer here: the status, and one plain sentence with what to do next."""

from __future__ import annotations

from datetime import datetime

import structlog
from flask import Flask, Response, make_response, render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError, NoResultFound, OperationalError
from werkzeug.exceptions import HTTPException, SecurityError

from matchmaker.errors import Conflict, DomainError, Invalid, NotFound
from matchmaker.extensions import db
from matchmaker.services import (
    api_replies,
    api_tokens,
    bulk,
    capacity,
    clearances,
    closures,
    conversation,
    erasure,
    holds,
    identities,
    introductions,
    mail_choices,
    mending,
    merging,
    organisations,
    partners,
    policy,
    proposals,
    reflections,
    regions,
    relevance,
    requests,
    saved_views,
    sign_in_links,
    steering,
    tasks,
    unmerging,
    visits,
    webhooks,
)
from matchmaker.services.sheets import faults
from matchmaker.tokens import BadLink, ExpiredLink
from matchmaker.web import breakdown, context, filters
from matchmaker.web.api import problems
from models import NotAllowedInState

log = structlog.get_logger()

UNIQUE_VIOLATION = "23505"
"""PostgreSQL's code for a row that exists already."""

SENTENCES = {
    NotFound: _l("There is nothing at this address, or it is not yours to see."),
    Conflict: _l("This has changed since the page was drawn. Nothing was done."),
    Invalid: _l("Something in the form could not be used. Nothing was saved."),
    BadLink: _l("This link is not complete. Please open it again from the mail."),
    ExpiredLink: _l("This link has ended. Please call or write to us and we will sort it out."),
    api_replies.KeyUsed: _l("This key was sent along with another call before. Nothing was done."),
    api_tokens.TooManyTokens: _l(
        "You have %(most)s tokens that work already. Please end one first. Nothing was made."
    ),
    bulk.NotObvious: _l("This request no longer has a clear lead without cautions. Please decide it by itself."),
    bulk.TakenByAnother: _l("The last place of %(partner)s in that month went to “%(title)s”, which you picked too."),
    capacity.PartnerFull: _l("%(partner)s has given all visits of that month by now. Nothing was done."),
    clearances.NotCleared: _l(
        "The school clearance on file does not reach that day. Please choose an earlier day, or call us: a renewal"
        " often settles it. Nothing was changed."
    ),
    clearances.VisitBehind: _l("This visit is over or was called off, so there is nothing left to plan."),
    conversation.NotInvitedYet: _l("Nobody has been asked yet, so there is nobody to write to. Nothing was sent."),
    conversation.ConversationOver: _l(
        "Messages are no longer passed on here. Please call or write to us. Nothing was sent."
    ),
    conversation.NoWords: _l("A message holds between 1 and %(most)s characters. Nothing was sent."),
    conversation.NameInside: _l("The words name somebody. Nothing was sent."),
    conversation.ContactInside: _l(
        "Addresses and telephone numbers are exchanged once both have said yes. Nothing was sent."
    ),
    holds.NobodyElseWanted: _l(
        "Somebody is asked for this request, and nobody else is wanted. Nothing was put on hold."
    ),
    holds.NotAhead: _l("Please choose a day from tomorrow on."),
    holds.TooLong: _l(
        "Please choose a day within the next %(most)s school days; nobody waits longer for a second look."
    ),
    introductions.InvitationOver: _l("This invitation no longer stands. Nothing was changed."),
    introductions.AnsweredYes: _l("You have already said yes. To change it, please write or call."),
    introductions.NextPersonAsked: _l("Somebody else has been asked since. Thank you for coming back to it."),
    introductions.NoTimeProposed: _l("Please choose a time that lies ahead. Nothing was changed."),
    introductions.DateGone: _l("Please choose one of the dates that are still ahead."),
    tasks.NobodyToAsk: _l("There is no coordinator who could take this."),
    mail_choices.PauseInThePast: _l("Please choose a day that is still ahead."),
    merging.NotTwo: _l("These are not two profiles. Nothing was changed."),
    merging.NotOneKind: _l("One is a person and the other an organization: these are two. Nothing was changed."),
    merging.Merged: _l("This profile was merged into another."),
    merging.MergedAlready: _l("%(partner)s was merged into another profile before. Nothing was changed."),
    merging.StillUnderWay: _l(
        "%(partner)s is invited, expected or next in line for “%(request)s”. Let that end first, or keep this profile"
        " and let the other one go. Nothing was changed."
    ),
    unmerging.NotMerged: _l("This profile is not merged into another any more. Nothing was changed."),
    unmerging.MergedLongAgo: _l(
        "This merge is more than %(days)s days old and can no longer be taken back. Nothing was changed."
    ),
    mending.StillNeeded: _l(
        "Somebody waits for what this mail brings about, so it cannot be let go. Send it again, or decide on the page"
        " of its request."
    ),
    mending.NotTheirWish: _l("They asked to be left alone. Tick the box if they have asked for mails again since."),
    organisations.NotAPerson: _l("%(partner)s is an organization, and belongs to no other. Nothing was changed."),
    organisations.BelongsSomewhere: _l(
        "Somebody who belongs to %(organisation)s stays a person here. Leave it first to change this."
    ),
    organisations.HasPeople: _l("People belong to %(partner)s, so it stays an organization. Let them go first."),
    partners.KnownAlready: _l("%(partner)s is here already with this e-mail address. Nothing was saved."),
    partners.NothingToShow: _l("This profile has no fund of knowledge yet, so there is nothing to review."),
    proposals.AlreadyApproved: _l("%(by)s approved this request at %(at)s. Nothing was sent twice."),
    proposals.RequestChanged: _l("This request has changed since the page was drawn. Please look at it again."),
    proposals.NoLongerFree: _l("%(partner)s cannot be asked any more. Nothing was sent."),
    proposals.AlreadySent: _l("The invitation to %(partner)s has already left. Call or write instead."),
    policy.TrialNotFinished: _l("This trial has no result to decide by. Please try the setting again."),
    policy.TrialTooOld: _l(
        "This trial is more than %(days)s days old. Please try the setting again. Nothing was changed."
    ),
    policy.TrialOvertaken: _l(
        "Another version has taken effect since this trial. Please try the setting again. Nothing was changed."
    ),
    policy.PromiseNotKept: _l("At this setting the promise to keep %(percent)s %% of closeness does not hold."),
    policy.NoRationale: _l("Please write in words why, in %(least)s characters or more. Nothing was changed."),
    policy.VersionChanged: _l(
        "Version %(version)s has taken effect since the page was drawn. Please look at it first. Nothing was changed."
    ),
    policy.NothingBefore: _l("This is the first version; there is none to go back to. Nothing was changed."),
    relevance.TooFewDecisions: _l(
        "Only %(found)s requests hold a choice so far; %(needed)s are needed to learn from them. Nothing was changed."
    ),
    relevance.NotBetter: _l(
        "On requests that it had not seen, the new fit was not clearly better than what is in use. Nothing was changed."
    ),
    relevance.NothingToTakeBack: _l("The built-in weights are in use already. Nothing was changed."),
    reflections.NoVisitToTellOf: _l("There is no visit to tell about yet. Nothing was saved."),
    reflections.WrittenLongAgo: _l(
        "This was written more than 30 days ago and can no longer be changed here. Please call or write to us."
    ),
    reflections.StoryChanged: _l("The story was changed or taken back since you read it. Nothing was done."),
    regions.SecondStepFirst: _l(
        "Set up a second step for yourself first, under “Ways to sign in”; then ask your staff for one."
        " Nothing was saved."
    ),
    regions.RegionExists: _l("A region called %(slug)s is there already. Nothing was changed."),
    requests.PossibleStudentName: _l("The words may name a student. Nothing was saved."),
    requests.NoDateAhead: _l("Please offer at least one date that lies ahead."),
    requests.SomebodyChosen: _l(
        "Somebody was chosen for this request by its words and dates, so these stay as they are. Nothing was changed."
    ),
    requests.AlreadyAgreed: _l("Somebody has said yes to this request. Please write to us so that nobody waits."),
    closures.ClosureThere: _l("Days of this kind begin on that day already. Nothing was changed."),
    webhooks.TooManyWebhooks: _l("%(most)s addresses are told already. Please remove one first. Nothing was changed."),
    webhooks.ToldAlready: _l("That address is on the list already. Nothing was changed."),
    webhooks.NotAnAddress: _l("Please write the whole address, beginning with https://. Nothing was changed."),
    visits.DateChanged: _l("The date has changed since the page was drawn. Nothing was done; this is how it stands."),
    visits.VisitOver: _l("This visit can no longer be changed: it has begun, or it was called off."),
    visits.NotAhead: _l("Please choose a date that lies ahead."),
    visits.NotIntroduced: _l("The introductions are just leaving. Please try again in a few minutes."),
    saved_views.TooManyViews: _l("You keep %(most)s views of this page already. Please remove one first."),
    erasure.VisitAgreed: _l(
        "A visit is agreed, and somebody counts on it. Please call it off first. Nothing was erased."
    ),
    erasure.StaffStays: _l(
        "Whoever coordinates a network is released from that first; please ask another admin. Nothing was erased."
    ),
    identities.IdentityTaken: _l("That account has been connected to somebody else here. Nothing was changed."),
    identities.ProviderThere: _l("You sign in there as %(email)s already. Disconnect that first. Nothing was changed."),
    identities.LastWay: _l(
        "This is the only way to sign in that is left. Choose a password first. Nothing was changed."
    ),
    sign_in_links.LinkOver: _l("This link was used, or a newer one was. Ask for another on the page to sign in."),
    faults.UnreadableSheet: _l("This file cannot be read as a spreadsheet. Nothing was kept."),
    faults.SheetGone: _l("This spreadsheet waited too long and is not kept any more. Please hand it in again."),
    faults.SheetOvertaken: _l(
        "Something has changed since this was shown. Nothing was read in; this is what the spreadsheet does now."
    ),
    faults.RowsWrong: _l("Some rows are wrong. Nothing was read in. Say that they are left out, or put them right."),
    faults.NothingToApply: _l("There is nothing in this spreadsheet that is not here already."),
    faults.NotApplied: _l("This spreadsheet was never read in, so there is nothing to take back."),
    steering.NotEligible: _l("%(partner)s cannot be put forward for this request. Nothing was done."),
    steering.AlreadyDecided: _l("It is decided whom to ask for this request. Nothing was done."),
}
"""What a person reads for each refusal; a test checks that every DomainError has its sentence."""


def sentence(error: DomainError) -> str:
    """The sentence of a refusal, its facts filled in."""
    kind = next(kind for kind in type(error).__mro__ if kind in SENTENCES)
    facts = {key: filters.time(fact) if isinstance(fact, datetime) else fact for key, fact in error.facts.items()}
    return str(SENTENCES[kind]) % facts


def init_app(app: Flask) -> None:
    """Answer domain errors, missing rows and HTTP errors with our page; roll back whatever was begun."""
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(NoResultFound, lambda _: page(404))
    app.register_error_handler(NotAllowedInState, lambda _: page(409, str(SENTENCES[Conflict])))
    app.register_error_handler(OperationalError, _database_away)
    app.register_error_handler(IntegrityError, _collided)
    # A host that is not ours has no pages: none could be linked to.
    app.register_error_handler(SecurityError, lambda error: error.get_response())
    app.register_error_handler(HTTPException, _http)


def page(status: int, message: str | None = None) -> Response:
    """The error page of a status."""
    db.session.rollback()
    if context.by_program():
        return problems.answer(status, message)
    return make_response(render_template("errors/error.html", code=status, message=message), status)


def _refused(error: DomainError) -> Response:
    # Roll back before the sentence is read: its facts are plain values, not rows.
    db.session.rollback()
    if context.by_program():
        return problems.of(error, sentence(error))
    return page(error.status, sentence(error))


def _collided(error: IntegrityError) -> Response:
    # Two people did the same at the same moment and the database let one through; anything else is our mistake.
    if getattr(error.orig, "sqlstate", None) == UNIQUE_VIOLATION:
        return page(409, str(SENTENCES[Conflict]))
    raise error


def _database_away(error: OperationalError) -> Response:
    log.error("database_away", error=type(error.orig).__name__)
    if context.by_program():
        return problems.answer(503, headers={"Retry-After": "30"})
    return breakdown.page(503)


def _http(error: HTTPException) -> Response:
    if error.code is None or error.code < 400:
        return make_response(error.get_response())
    if error.code >= 500 and not context.by_program():
        return breakdown.page(error.code)
    db.session.rollback()
    answer = problems.of_http(error) if context.by_program() else page(error.code)
    # What the error itself has to say to a program: which methods are allowed, when to try again.
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            answer.headers[name] = value
    return answer
