"""FairRec: every partner is shown at least so often, and no request envies another by more than one partner.

From the paper: Patro, Biswas, Ganguly, Gummadi and Chakraborty, "FairRec: Two-sided fairness for personalized
recommendations in two-sided platforms" (WWW 2020), algorithms 1 and 2. Candidate lists are shorter here than the
paper's, where everybody may be shown to everybody; a copy that nobody may take is left over.
"""

from __future__ import annotations

import math

import numpy as np

from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.rules import Chosen, repaired
from matchmaker.bench.planning.turns import Columns, fill_up, in_turn, partners

GUARANTEE = 0.8
"""Share of an equal exposure that each partner is promised."""


def fairrec(instance: Instance) -> Chosen:
    """The paper's lists, which know no capacity."""
    return partners(instance.candidates, _lists(instance))


def fairrec_repaired(instance: Instance) -> Chosen:
    """The same, made to fit the capacities by turns."""
    return repaired(instance, _lists(instance))


def _lists(instance: Instance) -> Columns:
    requests, offered = len(instance.candidates), len(instance.capacity)
    copies = math.floor(GUARANTEE * requests * instance.slots / offered)
    rounds = math.ceil(copies * offered / requests)
    nothing = np.empty((requests, 0), np.int32)
    each = np.full(offered, copies, np.int64)
    taken: Columns = in_turn(instance.candidates, each, instance.arrival, instance.slots, rounds, nothing)
    fill_up(instance.candidates, taken)
    return taken
