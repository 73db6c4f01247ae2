"""Who is marked in the decision form: what the plan would do, or what was sent and came back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matchmaker.queries.candidates import Candidate
from matchmaker.web.desk.forms import ApproveForm
from models import ProposalState

PRESELECTED = 2
"""Backups that are marked beforehand."""


@dataclass(frozen=True)
class Marks:
    """Ids of proposals: whom to invite first, and the backups in their order."""

    first: int | None
    backups: tuple[int, ...]


def of_form(form: ApproveForm) -> Marks:
    """What was marked when the form was sent."""
    return Marks(form.proposal.data, tuple(form.backups))


def preselected(people: Sequence[Candidate], waiting: frozenset[int], wanted: int | None = None) -> Marks:
    """The first open candidate, and the next two that nothing speaks against. Whoever already stands behind another
    choice of this request comes last; the partner who is ``wanted`` comes first, if they are among the open ones."""
    open_ones = [each for each in people if each.state is ProposalState.OPEN]
    free = [each for each in open_ones if each.id not in waiting]
    chosen = [each for each in open_ones if each.partner.id == wanted]
    first = next(iter(chosen or free or open_ones), None)
    behind = [each.id for each in free if each is not first and not each.cautions]
    return Marks(first.id if first else None, tuple(behind[:PRESELECTED]))
