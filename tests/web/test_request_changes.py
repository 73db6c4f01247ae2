"""A teacher changes what she asked: the form, what it says when somebody was quicker, and what the desk shows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from models import AuditEvent, IntroductionState, LearningRequest, ProposalState, RequestState, Window
from tests import factories as f
from tests.cast import Cast
from tests.web.test_requests import form
from tests.web.world import World


def words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def sent(request: LearningRequest, version: int = 1, **changed: Any) -> dict[str, Any]:
    """What the page of a world's request holds, with something else in it."""
    stored = {name: str(getattr(request, name)) for name in ("title", "text", "grade", "subject", "students", "place")}
    second = {"windows-1-date": "2026-10-08", "windows-1-starts": "09:20"}
    given = {**stored, **second, "formats": list(request.formats), "version": str(version), **changed}
    return form(**given)


def test_a_request_is_changed_and_says_so(session: Session, cast: Cast, world: World, browse) -> None:
    teacher, path = browse(cast.ana.account), f"/requests/{world.asked.id}"
    assert f"{path}/change" in words(teacher.get(path)) and f"{path}/change" not in words(browse(cast.ben).get(path))
    page = words(teacher.get(f"{path}/change"))
    assert world.asked.title in page and 'value="2026-10-08"' in page and 'name="version"' in page
    same = teacher.post(f"{path}/change", sent(world.asked), follow_redirects=True)
    assert "Nothing is different" in words(same) and world.asked.version == 1
    named = sent(world.asked, place="With my student Mateo Ríos")
    assert "Is “Mateo Ríos” a student?" in words(teacher.post(f"{path}/change", named))
    wrong = teacher.post(f"{path}/change", sent(world.asked, students="0"))
    assert wrong.status_code == 422 and "between 1 and 2000" in words(wrong) and world.asked.version == 1
    said = sent(world.asked, place="The courtyard")
    for _click in range(2):
        page = words(teacher.post(f"{path}/change", said, follow_redirects=True))
        assert "keeps its place in line" in page and "You changed them on Monday, September 14." in page
        assert f'data-draft-arrived="{said["form_key"]}"' in page
    assert (world.asked.version, world.asked.place) == (2, "The courtyard")
    assert len(session.scalars(select(AuditEvent).where(AuditEvent.tag == "requests:request:changed")).all()) == 1


def test_whoever_was_quicker_is_not_written_over(session: Session, cast: Cast, world: World, browse) -> None:
    teacher, path = browse(cast.ana.account), f"/requests/{world.asked.id}/change"
    teacher.post(path, sent(world.asked, place="The courtyard"))
    late = teacher.post(path, sent(world.asked, place="The gym"))
    assert late.status_code == 409 and world.asked.place == "The courtyard"
    for shown in ("What stands now", "The courtyard", 'value="The gym"', 'name="version" type="hidden" value="2"'):
        assert shown in words(late), shown
    assert teacher.post(path, sent(world.asked, 2, place="The gym")).status_code == 302, "once that was read"
    assert world.asked.place == "The gym"
    chosen = f"/requests/{world.invited.request_id}"
    refused = teacher.post(f"{chosen}/change", sent(world.invited.request, place="The gym"))
    assert refused.status_code == 409 and 'value="The gym"' in words(refused), "what was written is not lost"
    assert "Save the change" not in words(refused) and "Somebody was chosen" in words(refused)
    assert teacher.get(f"{chosen}/change").headers["Location"] == chosen
    assert "please write to them, or take the request back" in words(teacher.get(chosen))
    world.invited.become(IntroductionState.ACCEPTED, at=f.NOW)
    assert "move the visit" in words(teacher.get(chosen))


def test_dates_that_no_page_could_have_made_are_kept(session: Session, cast: Cast, browse) -> None:
    start = datetime(2026, 10, 5, 16, 20, tzinfo=UTC)
    times = [(start + timedelta(days=day), start + timedelta(days=day, minutes=35 + day)) for day in range(-22, 4)]
    ahead = [(begins, ends) for begins, ends in times if begins > f.NOW and begins.weekday() < 5][-5:]
    asked = f.LearningRequestFactory(region=cast.region, asked_by=cast.ana, windows=[times[0], *ahead])
    path = f"/requests/{asked.id}/change"
    page = words(browse(cast.ana.account).get(path))
    assert page.count('type="date"') == 5, "what has gone by is not offered again"
    given = MultiDict(sent(asked, place="The gym"))
    for place, (begins, _) in enumerate(ahead):
        given[f"windows-{place}-date"], given[f"windows-{place}-starts"] = begins.date().isoformat(), "09:20"
    given["minutes"] = str(int((ahead[0][1] - ahead[0][0]).total_seconds()) // 60)
    assert browse(cast.ana.account).post(path, given.to_dict(flat=False)).status_code == 302
    assert asked.place == "The gym"
    stored = session.execute(select(Window.starts_at, Window.ends_at).where(Window.request_id == asked.id)).all()
    assert {tuple(each) for each in stored} == {times[0], *ahead}


def test_the_desk_says_that_the_list_is_made_anew(session: Session, cast: Cast, world: World, browse) -> None:
    path, coordinator = f"/desk/{world.asked.id}", browse(cast.marisol)
    drawn = f"/desk/live?request={world.asked.id}&ranking={world.ranking.id}"
    browse(cast.ana.account).post(f"/requests/{world.asked.id}/change", sent(world.asked, place="The courtyard"))
    page = words(coordinator.get(path))
    assert "is being made anew, which usually takes" in page and "the place." in page
    assert "Approve, next" not in page and "Closer look" in page
    assert "data-off" in words(coordinator.get(drawn)) and "its list of people is being made anew" in words(
        coordinator.get(drawn)
    )
    old = {"ranking": world.ranking.id, "proposal": world.first.id, "view": "section=ready"}
    assert coordinator.post(f"{path}/approve", old).status_code == 409
    assert (world.first.state, world.asked.state) == (ProposalState.SUPERSEDED, RequestState.PROPOSED)
    ranking = f.RankingFactory(region=cast.region, of=world.asked)
    f.ProposalFactory(region=cast.region, of=world.asked, found_in=ranking, who=cast.ramon)
    page = words(coordinator.get(path))
    assert "Approve, next" in page and "Changed by the teacher" in page and "being made anew" not in page
