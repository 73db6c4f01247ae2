"""Beside the decision: on hold and taken up again, given to somebody, noted for colleagues, compared, the way out."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from matchmaker.web.desk import way_out
from models import Clearance, IntroductionState, LearningRequest, Note, OutboxItem, RequestState
from tests import factories as f
from tests.cast import Cast
from tests.web.conftest import Browser
from tests.web.world import World


def page_of(browser: Browser, request: LearningRequest, query: str = "") -> str:
    return browser.get(f"/desk/{request.id}{query}").get_data(as_text=True)


@pytest.fixture
def marisol(cast: Cast, browse) -> Browser:
    return browse(cast.marisol)


def test_one_press_puts_a_request_on_hold_and_goes_on(cast: Cast, world: World, marisol: Browser) -> None:
    following = f.ProposalFactory(region=cast.region).request
    form = re.search(r'<form[^>]*action="(/desk/\d+/hold)"[^>]*data-key="h"', page_of(marisol, world.asked))
    assert form is not None and form[1] == f"/desk/{world.asked.id}/hold"
    answer = marisol.post(form[1])
    assert answer.headers["Location"] == f"/desk/{following.id}"
    assert "On hold until Thursday, September 17." in page_of(marisol, following)
    assert world.asked.title in marisol.get("/desk?section=held").get_data(as_text=True)


def test_a_held_request_says_until_when_by_whom_and_why_to_coordinators(
    cast: Cast, world: World, browse, marisol: Browser
) -> None:
    reason = {"until": "2026-09-28", "reason": "The principal must agree."}
    marisol.post(f"/desk/{world.asked.id}/hold", reason)
    page = page_of(browse(cast.ben), world.asked)
    assert "Until Monday, September 28, by Marisol Vega." in page
    assert "The principal must agree." in page
    assert "/hold" not in page
    browse(cast.ben).post(f"/desk/{world.asked.id}/release")
    assert "Until Monday" not in page_of(marisol, world.asked)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Marisol Vega is finding something out first, and looks again on Monday, September 28."),
        ("es", "Marisol Vega está averiguando algo antes y vuelve a ver la solicitud el lunes 28 de septiembre."),
    ],
)
def test_the_teacher_reads_who_looks_again_and_when_never_why(
    cast: Cast, world: World, browse, marisol: Browser, language: str, sentence: str
) -> None:
    marisol.post(f"/desk/{world.asked.id}/hold", {"until": "2026-09-28", "reason": "The principal must agree."})
    ana = browse(cast.ana.account)
    ana.get(f"/language/{language}")
    page = ana.get(f"/requests/{world.asked.id}").get_data(as_text=True)
    assert sentence in page
    assert "must agree" not in page


@pytest.mark.parametrize(
    ("until", "said"),
    [
        ("2026-09-14", "Please choose a day from tomorrow on."),
        ("2026-11-30", "Please choose a day within the next 20 school days"),
        ("someday", "Please choose a day."),
    ],
)
def test_a_day_that_cannot_be_is_said_beside_it_and_the_reason_kept(
    session: Session, world: World, marisol: Browser, until: str, said: str
) -> None:
    answer = marisol.post(f"/desk/{world.asked.id}/hold", {"until": until, "reason": "A call first"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert 'value="A call first"' in page
    session.refresh(world.asked)
    assert world.asked.held_until is None


def test_what_a_colleague_decided_meanwhile_is_shown_instead_of_a_hold(
    session: Session, cast: Cast, world: World, browse, marisol: Browser
) -> None:
    decision = {"ranking": world.ranking.id, "proposal": world.first.id}
    browse(cast.ben).post(f"/desk/{world.asked.id}/approve", decision)
    answer = marisol.post(f"/desk/{world.asked.id}/hold", follow_redirects=True)
    page = answer.get_data(as_text=True)
    assert "Somebody is asked for this request, and nobody else is wanted." in page
    assert "Decided" in page


def test_a_request_is_given_to_oneself_and_to_a_colleague(
    session: Session, cast: Cast, world: World, marisol: Browser
) -> None:
    assert "Nobody looks after this request yet" in page_of(marisol, world.asked)
    # The button's own value comes before that of the list beside it.
    marisol.post(f"/desk/{world.asked.id}/assign", {"account": [cast.marisol.id, cast.ada.id]})
    assert "Marisol Vega looks after this request" in page_of(marisol, world.asked)
    marisol.post(f"/desk/{world.asked.id}/assign", {"account": cast.ben.id})
    assert "Ben Yazzie looks after this request" in page_of(marisol, world.asked)
    assert marisol.post(f"/desk/{world.asked.id}/assign", {"account": cast.olga.id}).status_code == 404
    assert marisol.post(f"/desk/{world.asked.id}/assign", {"account": "me"}).status_code == 400
    marisol.post(f"/desk/{world.asked.id}/assign", {"account": ""})
    session.refresh(world.asked)
    assert world.asked.assigned_to_id is None


def test_a_note_is_read_by_colleagues_and_removed_by_its_author_or_an_admin(
    session: Session, cast: Cast, world: World, browse, marisol: Browser
) -> None:
    answer = marisol.post(f"/desk/{world.asked.id}/notes", {"text": "She has no bus.\nCall before noon."})
    assert answer.headers["Location"] == f"/desk/{world.asked.id}#notes"
    note = session.scalars(select(Note).order_by(Note.id.desc())).first()
    assert note is not None
    remove = f"/desk/notes/{note.id}/remove"
    for account, may in ((cast.marisol, True), (cast.ben, False), (cast.ada, True)):
        page = page_of(browse(account), world.asked)
        assert "She has no bus.\nCall before noon." in page
        assert "Marisol Vega, Sep 14" in page
        assert (remove in page) is may
    assert browse(cast.ben).post(remove).status_code == 403
    assert browse(cast.ada).post(remove).headers["Location"] == f"/desk/{world.asked.id}#notes"
    assert marisol.post(remove).status_code == 404


def test_a_note_about_a_partner_goes_back_to_the_partner(session: Session, cast: Cast, marisol: Browser) -> None:
    answer = marisol.post(f"/people/{cast.ramon.id}/notes", {"text": "Call after noon."})
    assert answer.headers["Location"] == f"/people/{cast.ramon.id}#notes"
    assert session.scalars(select(Note.text).where(Note.partner_id == cast.ramon.id)).all() == ["Call after noon."]


def test_no_teacher_or_partner_reads_a_note(session: Session, cast: Cast, world: World, browse) -> None:
    f.NoteFactory(region=cast.region, of=world.asked, author=cast.ben, text="Between ourselves.")
    f.NoteFactory(region=cast.region, request_id=None, partner_id=cast.esperanza.id, text="Between ourselves.")
    esperanza = session.get_one(type(cast.ana.account), cast.esperanza.account_id)
    for account, path in (
        (cast.ana.account, f"/requests/{world.asked.id}"),
        (cast.ana.account, "/requests"),
        (esperanza, "/profile"),
    ):
        answer = browse(account).get(path)
        assert answer.status_code == 200
        assert "Between ourselves." not in answer.get_data(as_text=True)
    for item in session.scalars(select(OutboxItem)):
        assert "Between ourselves." not in str(item.payload)


def test_a_possible_student_in_a_note_is_asked_about_once_and_the_words_kept(
    session: Session, world: World, marisol: Browser
) -> None:
    path, text = f"/desk/{world.asked.id}/notes", "Mateo drew a map of the wash."
    before = session.scalar(select(func.count(Note.id)))
    answer = marisol.post(path, {"text": text})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Is “Mateo” a student?" in page
    assert text in page
    assert session.scalar(select(func.count(Note.id))) == before
    other = {"text": "Xochitl drew a map.", "asked": "Mateo", "no_student_named": "1"}
    assert marisol.post(path, other).status_code == 422, "an answer counts for the names it was given for"
    assert marisol.post(path, {"text": text, "asked": "Mateo", "no_student_named": "1"}).status_code == 302


@pytest.mark.parametrize(("text", "said"), [("", "Please write a few words."), ("x" * 2001, "2000 characters")])
def test_a_note_without_words_or_with_too_many_comes_back(world: World, marisol: Browser, text: str, said: str) -> None:
    answer = marisol.post(f"/desk/{world.asked.id}/notes", {"text": text})
    assert answer.status_code == 422
    assert said in answer.get_data(as_text=True)


def cells(page: str, row: str) -> list[str]:
    """What a row of the comparison says, without its marks."""
    found = re.search(rf'<th scope="row">{row}</th>(.*?)</tr>', page, re.DOTALL)
    assert found is not None, row
    inside = re.findall(r"<td[^>]*>(.*?)</td>", found[1], re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", cell).split()) for cell in inside]


def test_people_are_compared_side_by_side(session: Session, cast: Cast, world: World, marisol: Browser) -> None:
    for days in (3, 40, 100):
        suggested = f.ProposalFactory(region=cast.region, who=cast.ramon)
        f.IntroductionFactory(
            region=cast.region, suggested=suggested, state=IntroductionState.NOT_NOW,
            invited_at=f.NOW - timedelta(days=days),
        )  # fmt: skip
    query = f"p={world.first.id}&p={world.second.id}"
    for page in (
        marisol.get(f"/desk/{world.asked.id}/compare?{query}").get_data(as_text=True),
        page_of(marisol, world.asked, f"?{query}"),
    ):
        assert cells(page, "Closeness") == ["0.70", "0.50"]
        assert "<strong>0.70</strong>" in page
        assert cells(page, "Times asked this school year") == ["0", "2"]
        assert cells(page, "Last invited") == ["never", "3 days ago"]
        assert cells(page, "Languages") == ["English, Spanish", "English, Spanish"]
        assert "If picked first" not in page, "no plan is in effect to tell"
        assert re.search(r'role="region" tabindex="0" aria-label="Comparison of 2 people"', page)


def test_the_comparison_tells_who_would_do_without(
    session: Session, cast: Cast, world: World, marisol: Browser
) -> None:
    others = [f.LearningRequestFactory(region=cast.region, asked_by=cast.tomas, title=f"Other {n}") for n in (1, 2)]
    plan = f.PlanFactory(region=cast.region)
    for other, bid in zip(others, (0.3, 0.1), strict=True):
        f.PlannedPlaceFactory(region=cast.region, made=plan, of=other, who=cast.esperanza, bid=bid)
    cast.region.plan_id = plan.id
    page = marisol.get(f"/desk/{world.asked.id}/compare?p={world.first.id}&p={world.second.id}").get_data(as_text=True)
    esperanza, ramon = cells(page, "If picked first")
    # Two visits a month: one for this class, one left for whoever of the two needs her most.
    assert "Other 2" in esperanza and "Other 1" not in esperanza
    assert ramon == "Nothing else moves"


@pytest.mark.parametrize("query", ["", "?p=1", "?p=x&p=y", "?p=999&p=998"])
def test_fewer_than_two_are_not_compared(world: World, marisol: Browser, query: str) -> None:
    page = marisol.get(f"/desk/{world.asked.id}/compare{query}").get_data(as_text=True)
    assert "Mark two to four people" in page


def test_those_who_are_marked_are_ticked_for_the_comparison(world: World, marisol: Browser) -> None:
    page = page_of(marisol, world.asked)
    ticked = re.findall(r'name="p" value="(\d+)" form="compare" checked', page)
    assert ticked == [str(world.first.id), str(world.second.id)]
    assert re.search(r'<form[^>]*id="compare"[^>]*method="get"[^>]*data-key="c"', page)


def nobody_for(cast: Cast, excluded: dict[str, int]) -> LearningRequest:
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, state=RequestState.NONE_YET)
    f.RankingFactory(region=cast.region, of=asked, eligible=0, excluded=excluded)
    return asked


def test_the_funnel_goes_from_everybody_to_nobody_in_five_steps_at_most() -> None:
    one_each = dict.fromkeys(way_out.LEFT, 1)
    assert [step.left for step in way_out.funnel(one_each, 0)] == [13, 6, 4, 2, 0]
    short = way_out.funnel({"full": 3, "distance": 4}, 0)
    assert [(step.left, step.words) for step in short[1:]] == [
        (3, "travel as far as the school, or meet online"), (0, "have a visit left that month"),
    ]  # fmt: skip


def test_whoever_is_kept_by_one_thing_alone_is_named_with_what_helps(
    session: Session, cast: Cast, marisol: Browser
) -> None:
    for partner in (cast.esperanza, cast.ramon):
        partner.monthly_capacity = 0
    about = {"title": "Arroyo walks", "text": "Why an arroyo floods after a storm."}
    ends = f.PartnerFactory(
        region=cast.region, name="Ruth Amado", clearance=Clearance.CLEARED, clearance_expires_on=date(2026, 8, 30)
    )
    far = f.PartnerFactory(region=cast.region, name="Far Away", latitude=35.0, longitude=-111.6)
    twice = f.PartnerFactory(region=cast.region, name="Kept Twice", latitude=35.0, longitude=-111.6, monthly_capacity=0)
    other = f.PartnerFactory(region=cast.region, name="Knows Radios", monthly_capacity=0)
    for partner in (ends, far, twice):
        f.FundFactory(region=cast.region, owner=partner, **about)
    f.FundFactory(region=cast.region, owner=other, title="Radios", text="Tubes and circuits.", story="I mend radios.")
    page = page_of(marisol, nobody_for(cast, {"clearance": 1, "distance": 2, "full": 3}))
    near = page[page.index("Closest to a yes") : page.index("What would let them be asked")]
    assert "Ruth Amado" in near and "ends on Sunday, August 30" in near
    assert re.search(rf'action="/people/picked/renewals".*?name="who" value="{ends.id}"', near, re.DOTALL)
    assert "Offer an online visit" in near and "Could%20your%20class%20meet%20somebody%20online" in near
    assert "Kept Twice" not in near and "Knows Radios" not in near
    assert "knowledge we are looking for" in page and '/equity#wanted"' in page


def test_help_with_renewing_sends_its_mail_and_comes_back(session: Session, cast: Cast, marisol: Browser) -> None:
    cast.ramon.clearance_expires_on = date(2026, 8, 30)
    asked = nobody_for(cast, {"clearance": 1})
    answer = marisol.post("/people/picked/renewals", {"who": cast.ramon.id, "back": f"/desk/{asked.id}"})
    assert answer.headers["Location"] == f"/desk/{asked.id}"
    assert session.scalar(select(OutboxItem.kind).where(OutboxItem.kind == "clearance_renewal"))


def test_putting_somebody_forward_leads_to_the_decision(
    session: Session, cast: Cast, world: World, marisol: Browser
) -> None:
    lupe = f.PartnerFactory(region=cast.region, name="Lupe")
    search = marisol.get(f"/desk/{world.asked.id}/people?q=Lupe").get_data(as_text=True)
    form = re.search(rf'<form action="(/desk/{world.asked.id}/pin/{lupe.id})".*?</form>', search, re.DOTALL)
    assert form is not None and 'name="back"' not in form[0]
    assert marisol.post(form[1]).headers["Location"] == f"/desk/{world.asked.id}"


def test_whoever_is_on_the_desk_is_marked_first_from_the_search(cast: Cast, world: World, marisol: Browser) -> None:
    search = marisol.get(f"/desk/{world.asked.id}/people?q=Ramon").get_data(as_text=True)
    link = re.search(rf'href="(/desk/{world.asked.id}\?first={cast.ramon.id})"', search)
    assert link is not None
    page = marisol.get(link[1]).get_data(as_text=True)
    assert re.search(rf'name="proposal" value="{world.second.id}"[^>]*checked', page)
    assert re.search(rf'name="backup" value="{world.first.id}"[^>]*checked', page)


def test_the_desk_asks_few_questions_with_all_of_this_on_it(
    session: Session, cast: Cast, world: World, marisol: Browser, queries: list[str]
) -> None:
    nobody = nobody_for(cast, {"full": 7, "paused": 2})
    world.asked.assigned_to_id, world.asked.held_by_id = cast.ben.id, cast.ben.id
    world.asked.held_until = f.NOW + timedelta(days=3)
    for path in (f"/desk/{world.asked.id}", f"/desk/{nobody.id}"):
        session.commit()
        session.expunge_all()
        queries.clear()
        assert marisol.get(path).status_code == 200
        assert len(queries) <= 12, (path, queries)


def test_a_hold_of_another_region_cannot_be_reached(session: Session, cast: Cast, world: World, browse) -> None:
    olga = browse(cast.olga)
    for path in ("hold", "release", "assign", "notes"):
        assert olga.post(f"/desk/{world.asked.id}/{path}", {"text": "x"}).status_code == 404
    assert session.get_one(LearningRequest, world.asked.id).held_until is None
    assert browse(cast.marisol).post(f"/people/{cast.paz.id}/notes").status_code == 404
