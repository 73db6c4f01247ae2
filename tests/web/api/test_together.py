"""Several obvious requests approved by one call, each with what became of it, and taken back by another."""

from __future__ import annotations

from sqlalchemy.orm import Session

from models import Introduction, IntroductionState, Proposal
from tests import factories as f
from tests.cast import Cast
from tests.web.api.conftest import Programs
from tests.web.api.test_shown import CONTACT, keys
from tests.web.test_desk_bulk import obvious


def test_obvious_ones_are_approved_together_each_as_it_stands_and_taken_back_together(
    session: Session, cast: Cast, program: Programs
) -> None:
    rows = [obvious(cast, "Who carries the water?"), obvious(cast, "Who hears the owls?")]
    close = obvious(cast, "Who reads clouds?", behind=0)
    staff = program(cast.marisol)
    told = staff.call("GET", "/proposals/obvious", Accept_Language="es").get_json()
    assert "ventaja de 0.03 o más" in told["rule"] and (told["least_lead"], told["more"]) == (0.03, 0)
    shown = {f"{each['request_id']}:{each['ranking_id']}:{each['proposal_id']}": each for each in told["items"]}
    assert set(shown) == set(rows), "no close call"
    assert not keys(told) & CONTACT and all(len(each["backups"]) == 2 for each in told["items"])

    names = ("request_id", "ranking_id", "proposal_id")
    picked = [{name: shown[row][name] for name in (*names, "backups")} for row in rows]
    picked.append(dict(zip(names, map(int, close.split(":")), strict=True)))
    # The second has changed since it was read.
    f.ProposalFactory(region=cast.region, of=session.get_one(Proposal, picked[1]["proposal_id"]).request)
    answers = [staff.call("POST", "/proposals/approve-obvious", {"picked": picked}, Idempotency_Key="b") for _ in "12"]
    done = answers[0].get_json()
    assert answers[1].get_json() == done and answers[1].headers["Idempotency-Replayed"] == "true"
    assert [each["request"]["title"] for each in done["approved"]] == ["Who carries the water?"]
    left = {each["title"]: each["code"] for each in done["left"]}
    assert left == {"Who hears the owls?": "request_changed", "Who reads clouds?": "not_obvious"}
    assert all(each["detail"].endswith(".") for each in done["left"])

    undone = staff.call("POST", f"/introductions/{done['approved'][0]['id']}/undo-batch").get_json()
    assert [each["state"] for each in undone["taken_back"]] == ["undone"] and undone["gone"] == []
    made = session.get_one(Introduction, done["approved"][0]["id"])
    assert made.state is IntroductionState.UNDONE
