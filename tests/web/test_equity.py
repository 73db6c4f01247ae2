"""The Equity page with schools named, the Fairness report with nobody named, and every figure as a file."""

from __future__ import annotations

import csv
import io
import itertools
import re
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import LearningRequest, Partner, Plan, RequestState, School
from tests import factories as f
from tests.cast import Cast
from tests.queries.regions import asks, in_effect, schools
from tests.web.conftest import Browser

NAMED = ("headline", "promises", "service", "afterwards", "exposure", "lorenz", "waiting", "load", "schools", "wanted")
PUBLIC = tuple(name for name in NAMED if name != "schools")
MOST_QUERIES = 12
HEADERS = {
    "promises": ["promise", "kept", "value", "limit", "of"],
    "lorenz": ["share_of_schools", "share_before", "share_plan"],
    "schools": ["school", "place_in_line", "open_requests", "share_before", "share_plan", "why"],
    "wanted": ["subject", "languages", "area", "requests", "schools", "kept_away_by"],
}


@pytest.fixture
def region(cast: Cast) -> list[School]:
    """Twenty-two schools, a plan over ten of them, requests met, old, and with nobody."""
    listed = schools(cast.region, 12, locale="city-large")
    listed += [f.SchoolFactory(region=cast.region, name=f"Named Far {at}", locale="rural-remote") for at in range(10)]
    for at, school in enumerate(listed):
        asks(school, met=at % 2 == 0)
    old = asks(listed[0], days=20)
    nobody = asks(listed[1], days=5, state=RequestState.NONE_YET, title="=1+1 is a formula")
    f.RankingFactory(region=cast.region, of=nobody, excluded={"distance": 7})
    half = [at * at / 100 for at in range(11)]
    in_effect(
        cast.region,
        [(school, 1, 0.5, 0.9 - at / 20) for at, school in enumerate(listed[:10])],
        groups=[
            {"group": 2, "merit": 0.6, "before": 0.5, "after": 0.7},
            {"group": 3, "merit": 0.4, "before": 0.5, "after": 0.3},
        ],
        lorenz=(half, [at / 10 for at in range(11)]),
        picked=[old],
        places=[(old, cast.ramon)],
        quality=0.9649,
    )
    f.current().commit()
    return listed


def text(page: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.get_data(as_text=True)))


def table(answer: Any) -> list[list[str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.get_data(as_text=True).removeprefix("\ufeff"))))


def test_schools_are_named_and_a_broken_promise_is_told_as_plainly_as_a_kept_one(
    cast: Cast, region: list[School], browse
) -> None:
    page = text(browse(cast.fran).get("/equity"))
    assert "Named School 0" in page and "Named School 9" in page
    assert "Named School 8" not in page  # gains nothing, gives nothing
    assert "Named School 8" in text(browse(cast.fran).get("/equity/schools"))
    assert "Not yet: at least 97%" in page
    assert "Kept: nobody over" in page
    assert "97.0%" not in page and "96.5%" in page


def test_in_public_nobody_is_named(cast: Cast, region: list[School], session: Session, visitor: Browser) -> None:
    told = (School.name, School.neighbourhood, Partner.name, LearningRequest.title)
    names = {name for column in told for (name,) in session.query(column)}
    assert len(names) > 40
    for path in ("/fairness", *(f"/fairness/{name}.csv" for name in PUBLIC)):
        page = visitor.get(path).get_data(as_text=True)
        assert not [name for name in names if name in page], path


def test_the_public_has_no_file_of_schools(region: list[School], visitor: Browser) -> None:
    assert visitor.get("/fairness/schools.csv").status_code == 404
    assert visitor.get("/fairness/no-such-figure.csv").status_code == 404


def test_every_figure_is_a_file(cast: Cast, region: list[School], browse) -> None:
    for name in NAMED:
        answer = browse(cast.fran).get(f"/equity/{name}.csv")
        rows = table(answer)
        assert len(rows) > 1 and len({len(row) for row in rows}) == 1
        assert rows[0] == HEADERS.get(name, rows[0])
        assert re.fullmatch(r"[a-z0-9_]+", "".join(rows[0]))
        assert "attachment" in answer.headers["Content-Disposition"]


def test_the_dial_is_drawn_and_is_a_file(cast: Cast, region: list[School], browse, session: Session) -> None:
    plan = session.get_one(Plan, cast.region.plan_id)
    curve = [(0, 0.999, True), (60, 0.981, True), (100, 0.955, False)]
    given = {"first_quarter": 0.9, "worst_tenth": 0.5}
    points = [{"dial": at, "kept": kept, "selectable": may, **given} for at, kept, may in curve]
    plan.figures = {**plan.figures, "curve": points}
    session.flush()
    assert [[row[0], row[1], row[4]] for row in table(browse(cast.fran).get("/equity/dial.csv"))[1:]] == [
        ["0", "0.9990", "yes"], ["60", "0.9810", "yes"], ["100", "0.9550", "no"]
    ]  # fmt: skip
    page = text(browse(cast.fran).get("/equity"))
    assert "Past 76 the promise to keep 97% of closeness would not hold." in page


def test_a_spreadsheet_runs_nothing(cast: Cast, region: list[School], browse, session: Session) -> None:
    region[0].name = '=HYPERLINK("http://evil.example")'
    session.flush()
    rows = table(browse(cast.fran).get("/equity/schools.csv"))
    assert rows[1][0] == '\'=HYPERLINK("http://evil.example")'
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "@", "\t"))]


def test_figures_of_a_file_are_those_counted_by_hand(cast: Cast, region: list[School], browse) -> None:
    moved = table(browse(cast.marisol).get("/equity/schools.csv"))
    first = dict(zip(moved[0], moved[1], strict=True))
    assert (first["school"], first["share_before"], first["share_plan"]) == ("Named School 0", "0.5000", "0.9000")
    wanted = dict(zip(*table(browse(cast.marisol).get("/equity/wanted.csv"))[:2], strict=True))
    assert (wanted["subject"], wanted["requests"], wanted["schools"]) == ("science", "1", "Named School 1")
    assert wanted["kept_away_by"] == "distance"
    service = [dict(zip(SERVICE, row, strict=True)) for row in table(browse(cast.marisol).get("/equity/service.csv"))]
    assert {row["group"]: (row["posted"], row["met"]) for row in service if row["by"] == "locale"} == LOCALES


SERVICE = ("by", "group", "withheld", "schools", "posted", "met", "share", "low", "high", "before", "plan")
LOCALES = {"city": ("14", "6"), "rural": ("", ""), "unknown": ("", "")}
"""The cast's own school has no locale: its figures would follow from the whole, so the smaller group goes with it."""


def test_pages_ask_few_questions_and_every_picture_has_words_and_a_table(
    cast: Cast, region: list[School], browse, queries: list[str]
) -> None:
    browser = browse(cast.marisol)
    for path in ("/equity", "/fairness"):
        queries.clear()
        page = browser.get(path).get_data(as_text=True)
        assert len(queries) <= MOST_QUERIES, "\n".join(queries)
        _in_order(page[page.index("<main") : page.index("</main>")])


def _in_order(main: str) -> None:
    levels = [int(level) for level in re.findall(r"<h([1-6])", main)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(levels))
    figures = re.findall(r"<figure.*?</figure>", main, re.DOTALL)
    assert len(figures) >= 5
    for figure in figures:
        if "<svg viewBox" in figure and 'role="img"' in figure:
            assert "<title" in figure and "<desc" in figure and "<table" in figure and "chart__say" in figure
    assert "style=" not in main and "<script" not in main


@pytest.mark.parametrize("path", ["/equity", "/fairness"])
def test_a_region_without_anything_yet_says_so(path: str, cast: Cast, browse) -> None:
    browser = browse(cast.ada)
    assert "There is no plan yet." in text(browser.get(path))
    assert [browser.get(f"{path}/{name}.csv").status_code for name in PUBLIC] == [200] * len(PUBLIC)


def test_a_network_of_one_school_says_nothing_of_it_in_public(cast: Cast, session: Session, browse) -> None:
    asks(cast.school, met=True)
    in_effect(cast.region, [(cast.school, 1, 0.31, 0.87)])
    session.commit()
    page = text(browse().get("/fairness"))
    assert "31%" not in page and "87%" not in page
    assert "87%" in text(browse(cast.fran).get("/equity"))
