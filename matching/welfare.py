"""What a plan is worth: concave in the utilities of schools and requests, with a bounded penalty on groups not shown.

    F = lean * sum_r B_s psi_alpha(U_s) + sum_r psi_alpha2(x_r)
        + what the last tenth of schools and the last fiftieth of requests have, once more
        - beta * sum_g (T_g - E_g)+,            psi_a(u) = u^(1-a) / (1-a)

U_s is the mean utility of a school's requests with what it had before, x_r a request's utility beside what it could
have had without competition, E_g the exposure of a group of partners and T_g the share that its relevance merits.
All are measured in the network's own means, so that a school and a request in the middle weigh one each, whatever the
scale of relevance. Both extra terms are concave (the mean of the lowest share of anything is: Rockafellar and Uryasev,
"Optimization of conditional value-at-risk", 2000), and say what the powers alone say weakly: nobody is left far behind.

Linearised at any point, F is an auction with W = factor_r * relevance + boost_g, and bounded from above by it: the
gradient for the powers, weights between 0 and 1 for the last ones, a boost between 0 and beta for each group
(Frank and Wolfe, 1956; for rankings with such welfare Do et al., "Two-sided fairness in rankings via Lorenz
dominance", 2021, without capacities).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from matching.auction import Market
from matching.equity import Policy

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

LAST_SCHOOLS = 0.1
"""The share of requests, by how their schools are served, that counts once more."""
LAST_REQUESTS = 0.02
"""The share of requests, by what they get of what they could have had, that counts once more."""
MOST_WEIGHT = 4.0
"""A school or a request weighs at most so many times what one in the middle does, and at least that part of it."""
LEAST_IDEAL = 0.25
"""A request is measured beside at least this share of the median request's best: a poor match is no scarce good."""
AGAIN = 0.75
"""How much they count once more, beside a school or a request in the middle."""

_SCHOOL_STRIDE, _REQUEST_STRIDE = 2.0, 1.0  # How fast the weights of the last move towards who has least.


def psi(share: Floats, power: float) -> Floats:
    """Value of a share of the mean: concave for `power` > 0, a straight line where its slope reaches `MOST_WEIGHT`."""
    inside = _inside(share, power)
    value = np.log(inside) if power == 1.0 else (inside ** (1.0 - power) - 1.0) / (1.0 - power)
    return np.asarray(value + inside**-power * (share - inside))


def slope(share: Floats, power: float) -> Floats:
    """Derivative of `psi`, between 1 / `MOST_WEIGHT` and `MOST_WEIGHT`."""
    return np.asarray(_inside(share, power) ** -power)


def _inside(share: Floats, power: float) -> Floats:
    """The share, as far as its weight stays within bounds."""
    if power == 0.0:
        return np.ones_like(share)
    return np.clip(share, MOST_WEIGHT ** (-1.0 / power), MOST_WEIGHT ** (1.0 / power))


def last_weights(value: Floats, size: Floats, share: float) -> Floats:
    """Weights in [0, 1] that pick the lowest `share` of a population; the one at the edge counts partly.

    Parameters
    ----------
    value, size
        [n] what each has, and how much of the population it is.
    """
    weights = np.zeros(len(value))
    left = share * size.sum()
    for at in np.argsort(value, kind="stable"):
        if left <= 0 or size[at] <= 0:
            if left <= 0:
                break
            continue
        weights[at] = min(left / size[at], 1.0)
        left -= weights[at] * size[at]
    return weights


def within_share(weights: Floats, size: Floats, share: float) -> Floats:
    """The nearest weights in [0, 1] that sum to `share` of a population, by one common shift."""
    if share <= 0 or size.sum() <= 0:
        return np.zeros_like(weights)
    low, high = float(weights.min()) - 1.0, float(weights.max())
    # The sum falls with the shift; 60 halvings reach float64's precision.
    for _ in range(60):
        middle = (low + high) / 2
        if np.clip(weights - middle, 0.0, 1.0) @ size > share * size.sum():
            low = middle
        else:
            high = middle
    return np.clip(weights - high, 0.0, 1.0)


@dataclass(frozen=True, eq=False)
class Society:
    """Whose utility counts: the requests of a market by school, and the partners by group.

    Attributes
    ----------
    school
        int64 [R] school of each request.
    need
        [S] documented need B, at least 1.
    past, past_weight
        [S] mean utility of a school's settled requests, and how many they count as (0: no history).
    group
        int64 [P] group of each partner.
    """

    market: Market
    school: Indices
    need: Floats
    past: Floats
    past_weight: Floats
    group: Indices

    @cached_property
    def ideal(self) -> Floats:
        """[R] utility in [0, 1] that each request is measured beside; see `LEAST_IDEAL`. 0 without candidates."""
        best = self.market.ideal / self.market.place_weights.sum()
        some = best > 0
        least = LEAST_IDEAL * float(np.median(best[some])) if some.any() else 0.0
        return np.where(some, np.maximum(best, least), 0.0)

    @cached_property
    def middle(self) -> float:
        """Harmonic mean of `ideal`: what turns a share of the ideal into utility, for the network as a whole."""
        some = self.ideal > 0
        return float(1.0 / np.mean(1.0 / self.ideal[some])) if some.any() else 1.0

    @cached_property
    def per_ideal(self) -> Floats:
        """[R] what relevance is multiplied with to count as a share of the ideal: 1 in the middle of the network."""
        some = self.ideal > 0
        return np.asarray(self.middle * np.divide(1.0, self.ideal, out=np.zeros_like(self.ideal), where=some))

    @cached_property
    def requests_of(self) -> Floats:
        """[S] requests of each school."""
        return np.bincount(self.school, minlength=len(self.need)).astype(np.float64)

    @cached_property
    def merit(self) -> Floats:
        """[G] share of each group in the relevance of all candidates."""
        named = self.market.candidates >= 0
        merit = np.bincount(
            self.market.candidates[named], self.market.relevance[named], minlength=len(self.market.capacity)
        )
        by_group = np.bincount(self.group, merit, minlength=int(self.group.max(initial=-1)) + 1)
        return by_group / max(float(by_group.sum()), 1e-12)

    def schools(self, utility: Floats) -> Floats:
        """[S] mean utility of each school with its past; 0 where there is neither."""
        total = np.bincount(self.school, utility, minlength=len(self.need)) + self.past * self.past_weight
        count = self.requests_of + self.past_weight
        return np.divide(total, count, out=np.zeros_like(total), where=count > 0)

    def share(self, utility: Floats) -> Floats:
        """[R] utility beside the ideal, in [0, 1]; 1 for a request without candidates, which no plan can serve."""
        return np.divide(utility, self.ideal, out=np.ones_like(utility), where=self.ideal > 0)

    def utility(self, columns: Indices) -> Floats:
        """[R] utility in [0, 1] of a plan given as columns of the market's candidates."""
        rho = np.take_along_axis(self.market.relevance, np.maximum(columns, 0), axis=1)
        weights = self.market.place_weights / self.market.place_weights.sum()
        return np.asarray(np.where(columns >= 0, rho, 0.0).astype(np.float64) @ weights)

    def exposure(self, columns: Indices) -> Floats:
        """[G] exposure of each group: the place weights, scaled to sum 1 a request, of its partners' places."""
        weights = self.market.place_weights / self.market.place_weights.sum()
        partner = np.take_along_axis(self.market.candidates, np.maximum(columns, 0), axis=1)
        taken = columns >= 0
        shown = np.broadcast_to(weights, columns.shape)[taken]
        return np.asarray(np.bincount(self.group[partner[taken]], shown, minlength=len(self.merit)), dtype=np.float64)


@dataclass(frozen=True, eq=False)
class Point:
    """Where welfare is linearised: utilities, and the weights of the last schools and requests and of the groups.

    Attributes
    ----------
    utility
        [R] of any plan, or of a mixture of plans.
    last_school, last_request
        [S] and [R] in [0, 1].
    boost
        [G] in [0, most_boost].
    """

    utility: Floats
    last_school: Floats
    last_request: Floats
    boost: Floats


@dataclass(frozen=True, eq=False)
class Welfare:
    """F for one society and one policy, in units of utility.

    Attributes
    ----------
    school_middle, request_middle
        Means that schools and requests are measured in: those of the plan that asks for closeness alone.
    shown
        Exposure there is to share out, over all groups.
    """

    society: Society
    policy: Policy
    school_middle: float
    request_middle: float
    shown: float

    @classmethod
    def around(cls, society: Society, policy: Policy, columns: Indices) -> Welfare:
        """Welfare measured in the means of one plan."""
        utility = society.utility(columns)
        schools = society.schools(utility)[society.school]
        return cls(
            society,
            policy,
            max(float(schools.mean()) if len(schools) else 1.0, 1e-9),
            max(float(society.share(utility).mean()) if len(utility) else 1.0, 1e-9),
            float(society.exposure(columns).sum()),
        )

    @property
    def lean(self) -> float:
        """How much schools count beside requests: 0 where alpha is 0, half and half from the default on."""
        return min(self.policy.alpha / Policy().alpha, 1.0)

    @property
    def most_boost(self) -> float:
        """The largest boost in units of W: beta of the network's middle ideal, so never above beta."""
        return self.policy.beta * self.society.middle

    @property
    def _last_request(self) -> float:
        return min(self.policy.alpha2 / Policy().alpha2, 1.0)

    @cached_property
    def _population(self) -> Floats:
        """[S] how much of the population a school is: its requests, old ones included, if it has any now."""
        requests = self.society.requests_of
        return np.where(requests > 0, requests + self.society.past_weight, 0.0)

    @cached_property
    def _asking(self) -> Floats:
        """[R] 1 for a request that somebody could come to."""
        return (self.society.ideal > 0).astype(np.float64)

    @cached_property
    def _need(self) -> Floats:
        return np.asarray(self.society.need**self.policy.need_power)

    def school_factor(self, point: Point) -> Floats:
        """[S] what a unit of utility weighs by its school: need, and what the school had; 1 in the middle."""
        share = self.society.schools(point.utility) / self.school_middle
        return np.asarray(self._need * slope(share, self.policy.alpha))

    def factor(self, point: Point, school_factor: Floats | None = None) -> Floats:
        """[R] the derivative of F by a request's utility: what its relevance is multiplied with.

        `school_factor` [S], if given, stands for what schools weigh at the point.
        """
        society, lean = self.society, self.lean
        schools = self.school_factor(point) if school_factor is None else school_factor
        share = society.share(point.utility) / self.request_middle
        powers = lean * schools[society.school] + slope(share, self.policy.alpha2) * society.per_ideal
        last = AGAIN * (
            lean * point.last_school[society.school] + self._last_request * point.last_request * society.per_ideal
        )
        return np.where(society.ideal > 0, powers / (1.0 + lean) + last, 0.0)

    def value(self, columns: Indices) -> float:
        """F of a plan."""
        utility, exposure = self.society.utility(columns), self.society.exposure(columns)
        schools, share = self.society.schools(utility), self.society.share(utility)
        last = Point(
            utility,
            last_weights(schools, self._population, LAST_SCHOOLS),
            last_weights(share, self._asking, LAST_REQUESTS),
            np.where(exposure < self._due, self.most_boost, 0.0),
        )
        return self._smooth(utility) + self._others(utility, last) + float(last.boost @ exposure)

    def most(self, point: Point, linear_bound: float) -> float:
        """What no plan's F can exceed, from what no plan's linearised worth can exceed (`auction.bound` at W).

        Every term of F lies below its linearisation at any point, and below any admissible weights of the last and
        any admissible boosts; what is left is the auction's own bound.
        """
        smooth = self._smooth(point.utility) - float(self._slopes(point) @ point.utility)
        return smooth + self._constant(point) + linear_bound

    def _slopes(self, point: Point) -> Floats:
        nothing = np.zeros_like(point.last_request)
        return self.factor(Point(point.utility, np.zeros_like(point.last_school), nothing, point.boost))

    def _smooth(self, utility: Floats) -> float:
        society = self.society
        schools = society.schools(utility) / self.school_middle
        population = self._population
        by_school = self.school_middle * float((self._need * population) @ psi(schools, self.policy.alpha))
        some = society.ideal > 0
        share = society.share(utility)[some] / self.request_middle
        by_request = self.request_middle * society.middle * float(psi(share, self.policy.alpha2).sum())
        return (self.lean * by_school + by_request) / (1.0 + self.lean)

    def _others(self, utility: Floats, point: Point) -> float:
        society = self.society
        schools = self.lean * float((self._population * point.last_school) @ society.schools(utility))
        some = society.ideal > 0
        requests = society.middle * float(point.last_request[some] @ society.share(utility)[some])
        return AGAIN * (schools + self._last_request * requests) - float(point.boost @ self._due)

    def _constant(self, point: Point) -> float:
        """What of the linearised other terms does not depend on the plan: past service, and what groups are due."""
        nobody = np.zeros_like(point.utility)
        return self._others(nobody, point)

    @cached_property
    def _due(self) -> Floats:
        """[G] exposure that a group's relevance merits."""
        return self.society.merit * self.shown

    def last(self, utility: Floats, point: Point) -> tuple[Floats, Floats]:
        """[S] and [R] weights of the last, moved from those of a point towards who has least now."""
        schools = self.society.schools(utility) / self.school_middle
        share = self.society.share(utility) / self.request_middle
        return (
            within_share(point.last_school - _SCHOOL_STRIDE * schools, self._population, LAST_SCHOOLS),
            within_share(point.last_request - _REQUEST_STRIDE * share, self._asking, LAST_REQUESTS),
        )

    def overlooked(self, exposure: Floats) -> Floats:
        """[G] how far each group stays below its due, as a share of it in [-1, 1]; negative where it is above."""
        error = np.divide(self._due - exposure, self._due, out=np.zeros_like(exposure), where=self._due > 1e-9)
        return np.clip(error, -1.0, 1.0)
