"""Everything that can plan an instance, by name; each is imported only in the process that runs it."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.ours import Priced
from matchmaker.bench.planning.rules import Chosen


@dataclass(frozen=True)
class Method:
    """One way to plan: where it is, and what it is called on paper."""

    place: str
    label: str

    def load(self) -> Callable[[Instance], Chosen | Priced]:
        """The function. Raises ImportError where its library is not installed."""
        module, name = self.place.split(":")
        found: Callable[[Instance], Chosen | Priced] = getattr(importlib.import_module(f"{__package__}.{module}"), name)
        return found


METHODS = {
    "ours": Method("ours:planned", "ours"),
    "ours_dial_0": Method("ours:planned_for_closeness", "ours, dial at 0"),
    "auction": Method("ours:auctioned", "our auction alone"),
    "greedy": Method("rules:greedy", "greedy, first come first served"),
    "round_robin": Method("rules:round_robin", "round-robin"),
    "fairrec": Method("fairrec:fairrec_repaired", "FairRec + repair"),
    "do_et_al": Method("do_et_al:do_et_al_repaired", "Do et al. 2021 + repair"),
    "do_et_al_no_offset": Method("do_et_al:do_et_al_repaired_no_offset", "Do et al. 2021 without offset + repair"),
    "highs": Method("transport:highs", "HiGHS, transport"),
    "highs_slots": Method("transport:highs_slots", "HiGHS, slots"),
    "milp_slots": Method("transport:milp_slots", "HiGHS branch and bound, slots"),
    "ortools_flow": Method("flow:ortools_flow", "OR-tools flow, transport"),
    "ortools_slots": Method("flow:ortools_slots", "OR-tools flow, slots"),
}
"""Transport: largest total relevance. Slots: largest relevance weighted by place, as our auction alone does."""
EXACT_BY_SLOT = ("highs_slots", "milp_slots", "ortools_slots")
"""Their plan is worth all that can be had, relevance weighted by place."""
