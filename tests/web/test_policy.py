"""The dial, its trials and every version: turned without a script, decided with a reason, nothing lost on the way."""

from __future__ import annotations

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask_babel import force_locale
from sqlalchemy import select
from sqlalchemy.orm import Session

from matching.equity import Policy
from models import EquityPolicy, Plan, PlanKind, PlanState
from tests import factories as f
from tests.cast import Cast

PAGE = "/equity/policy"
WHY = "The council wants schools reached least to come first this fall."
CURVE = [
    {"dial": dial, "kept": kept, "first_quarter": 0.4 + dial / 250, "worst_tenth": 0.3, "selectable": kept >= 0.97}
    for dial, kept in ((0.0, 1.0), (20.0, 0.995), (40.0, 0.99), (60.0, 0.98), (80.0, 0.96), (100.0, 0.93))
]


@pytest.fixture
def planned(session: Session, cast: Cast) -> None:
    """A plan in effect, with the dial's picture."""
    cast.region.plan_id = f.PlanFactory(region=cast.region, figures={"curve": CURVE}).id


def compared(cast: Cast, before: float, after: float, quality: float = 0.98) -> dict[str, Any]:
    both = {"before": before, "after": after}
    return {
        "requests": 8,
        "quality": {"before": 0.99, "after": quality},
        "met": {"before": 6.0, "after": 7.0},
        "worst_tenth": both,
        "gini": {"before": 0.21, "after": 0.18},
        "quarters": [both] * 4,
        "schools": [{"school_id": cast.school.id, "requests": 8, **both}],
    }


def tried(cast: Cast, quality: float = 0.98, last_month: float = 0.98, **facts: Any) -> Plan:
    """A finished trial of the dial at 40."""
    figures = {
        "requests": 8,
        "people": 5,
        "certificate": {"quality": quality, "softened": 0},
        "tonight": compared(cast, 0.5, 0.75, quality),
        "last_month": compared(cast, 0.75, 0.5, last_month),
    }
    known = {"kind": PlanKind.TRIAL, "numbers": {**asdict(Policy.at(40)), "dial": 40.0}, "figures": figures}
    made: Plan = f.PlanFactory(region=cast.region, **{**known, "finished_at": f.NOW - timedelta(hours=1), **facts})
    return made


def text(answer: Any) -> str:
    return str(answer.get_data(as_text=True))


def newest(session: Session, cast: Cast) -> EquityPolicy:
    of_region = select(EquityPolicy).where(EquityPolicy.region_id == cast.region.id)
    return session.scalars(of_region.order_by(EquityPolicy.version.desc())).first()


def trials(session: Session) -> list[Plan]:
    return list(session.scalars(select(Plan).where(Plan.kind == PlanKind.TRIAL)))


def test_the_dial_is_drawn_with_its_promise_and_a_table_behind(session: Session, cast: Cast, planned, browse) -> None:
    newest(session, cast).dial = 60.0
    page = text(browse(cast.marisol).get(PAGE))
    assert "At 60: closeness kept 98.0%, schools first in line get 64.0%." in page
    assert "Past 70 the promise to keep 97% of closeness would not hold." in page
    assert "no, cannot be chosen" in page and 'type="range"' in page and "style=" not in page
    assert "A network admin decides: " in page and cast.ada.name in page


def test_a_region_without_a_plan_has_its_dial_all_the_same(cast: Cast, browse) -> None:
    page = text(browse(cast.marisol).get(PAGE))
    assert "There is no plan yet to draw the dial from." in page and "Try this setting" in page


def test_a_funder_reads_and_turns_nothing(cast: Cast, planned, browse) -> None:
    page = text(browse(cast.fran).get(PAGE))
    assert "Every version and its reason" in page and "Try this setting" not in page
    page = text(browse(cast.fran).get(f"{PAGE}/trials/{tried(cast).id}"))
    assert "What would change" in page and "<textarea" not in page


@pytest.mark.parametrize(
    ("sent", "position"),
    [
        ({"dial": "30", "slider": "60", "was": "60"}, 30),  # the number was written
        ({"dial": "60", "slider": "45", "was": "60"}, 45),  # the slider was moved, without a script
        ({"dial": "30", "slider": "45", "was": "60"}, 30),
        ({"dial": "0"}, 0),
        ({"dial": "70"}, 70),
    ],
)
def test_whatever_was_moved_is_tried(session: Session, cast: Cast, planned, browse, sent, position: int) -> None:
    answer = browse(cast.marisol).post(f"{PAGE}/try", sent)
    [plan] = trials(session)
    assert (answer.status_code, answer.headers["Location"]) == (302, f"{PAGE}/trials/{plan.id}")
    assert plan.numbers["dial"] == position and Policy.of(plan.numbers) == Policy.at(position)


@pytest.mark.parametrize("wrong", ["", "x", "-1", "101", "71", "1e9", "99999999999999999999", "40.5"])
def test_what_is_no_position_is_said_beside_the_field(session: Session, cast: Cast, planned, browse, wrong) -> None:
    answer = browse(cast.marisol).post(f"{PAGE}/try", {"dial": wrong})
    page = text(answer)
    assert answer.status_code == 422 and not trials(session)
    assert 'id="dial-error"' in page and 'aria-invalid="true"' in page
    [field] = re.findall(r'<input[^>]* name="dial"[^>]*>', page)
    assert f'value="{wrong}"' in field, "what was written is still there"


def test_a_trial_says_how_far_it_is_and_is_cancelled(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.marisol)
    where = browser.post(f"{PAGE}/try", {"dial": "30"}).headers["Location"]
    page = text(browser.get(where))
    assert f'data-follow="{where}"' in page and "waiting for its turn" in page and "What would change" not in page
    assert browser.post(f"{where}/cancel").headers["Location"] == PAGE
    assert "The trial was cancelled on" in text(browser.get(where))
    assert trials(session)[0].state is PlanState.CANCELLED


def test_a_finished_trial_names_who_gains_and_who_gives(cast: Cast, browse) -> None:
    page = " ".join(text(browse(cast.ada).get(f"{PAGE}/trials/{tried(cast).id}")).split())
    tonight, month = page.split('<div class="card"><section')[1:]
    assert cast.school.name in tonight.split("Schools that give")[0]
    assert "No school gives more than half a percent." in tonight
    assert cast.school.name in month.split("Schools that give", 1)[1]
    assert "50.0% → <strong>75.0%</strong>" in page and "6 → <strong>7</strong>" in page


def test_an_admin_puts_a_trial_into_effect_with_a_reason(session: Session, cast: Cast, browse) -> None:
    plan, browser = tried(cast), browse(cast.ada)
    assert f'action="{PAGE}/trials/{plan.id}/activate"' in text(browser.get(f"{PAGE}/trials/{plan.id}"))
    for _again in range(2):
        answer = browser.post(f"{PAGE}/trials/{plan.id}/activate", {"rationale": WHY, "seen": "1"})
        assert (answer.status_code, answer.headers["Location"]) == (302, PAGE)
    version = newest(session, cast)
    assert (version.version, version.dial, version.rationale, version.author_id) == (2, 40, WHY, cast.ada.id)
    page = text(browser.get(PAGE))
    assert "Version 2 is in effect." in page and WHY in page and cast.ada.name in page


@pytest.mark.parametrize("why", ["", "   ", "because", "x" * 4001, "a reason with \x07 in it, long enough"])
def test_no_reason_no_version(session: Session, cast: Cast, browse, why: str) -> None:
    plan = tried(cast)
    answer = browse(cast.ada).post(f"{PAGE}/trials/{plan.id}/activate", {"rationale": why, "seen": "1"})
    assert answer.status_code == 422 and newest(session, cast).version == 1
    page = text(answer)
    assert 'id="rationale-error"' in page and why.strip()[:50] in page


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"quality": 0.96}, "tonight the promise to keep 97% of closeness would not hold"),
        ({"last_month": 0.96}, "requests the promise to keep 97% of closeness would not hold"),
        ({"quality": 0.96, "last_month": 0.96}, "would hold neither tonight nor over last month"),
        ({"finished_at": f.NOW - timedelta(days=8)}, "This trial is too old to decide by."),
    ],
)
def test_what_cannot_take_effect_says_so_and_keeps_the_words(session: Session, cast: Cast, browse, facts, said) -> None:
    plan, browser = tried(cast, **facts), browse(cast.ada)
    page = text(browser.get(f"{PAGE}/trials/{plan.id}"))
    assert said in page and "<textarea" not in page
    answer = browser.post(f"{PAGE}/trials/{plan.id}/activate", {"rationale": WHY, "seen": "1"})
    assert answer.status_code == 409 and WHY in text(answer) and newest(session, cast).version == 1


def test_a_version_that_came_in_between_is_shown_first(session: Session, cast: Cast, browse) -> None:
    plan = tried(cast)
    f.EquityPolicyFactory(region=cast.region, version=2)
    answer = browse(cast.ada).post(f"{PAGE}/trials/{plan.id}/activate", {"rationale": WHY, "seen": "1"})
    page = text(answer)
    assert answer.status_code == 409 and newest(session, cast).version == 2
    assert "Version 2 has taken effect since the page was drawn." in page and WHY in page


def test_one_step_back_and_what_the_history_says_of_it(session: Session, cast: Cast, browse) -> None:
    browser = browse(cast.ada)
    assert "Go back one step" not in text(browser.get(PAGE))
    f.EquityPolicyFactory(region=cast.region, version=2, dial=80.0)
    answer = browser.post(f"{PAGE}/back", {"rationale": "no", "seen": "2"})
    assert answer.status_code == 422 and 'id="rationale-error"' in text(answer)
    for _again in range(2):
        assert browser.post(f"{PAGE}/back", {"rationale": WHY, "seen": "2"}).status_code == 302
    assert (newest(session, cast).version, newest(session, cast).back_to) == (3, 1)
    assert "Taken up again from version 1." in text(browser.get(PAGE))
    answer = browser.post(f"{PAGE}/back", {"rationale": WHY, "seen": "1"})
    assert answer.status_code == 409 and WHY in text(answer), "the words are still in the form"
    assert "Go back one step" in text(browse(cast.marisol).get(PAGE))
    assert "<textarea" not in text(browse(cast.marisol).get(PAGE))


def test_only_trials_have_a_page_here(cast: Cast, browse) -> None:
    plan = f.PlanFactory(region=cast.region)
    for answer in (
        browse(cast.ada).get(f"{PAGE}/trials/{plan.id}"),
        browse(cast.ada).post(f"{PAGE}/trials/{plan.id}/activate", {"rationale": WHY, "seen": "1"}),
        browse(cast.ada).post(f"{PAGE}/trials/{plan.id}/cancel"),
    ):
        assert answer.status_code == 404


def test_a_share_that_never_changes_is_still_written_as_each_reader_writes_it(app: Flask) -> None:
    with app.test_request_context():
        template = app.jinja_env.from_string("{{ 1|percent }}")
        assert template.render() == "100%"
        with force_locale("es"):
            assert template.render() == "100\u00a0%"
