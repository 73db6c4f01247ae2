"""What each position of the policy's dial gives, measured and drawn: where closeness and fairness fight each other.

Each position is planned without softening, so that what breaks the promise of quality can be seen; such positions are
drawn hollow, for nobody can choose them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matching.equity import DEFAULT_DIAL, Policy
from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.measures import measure
from matchmaker.bench.planning.ours import asked

DIALS = tuple(range(0, 101, 10))
PANELS = {
    "worst_schools": "worst 10 % of schools",
    "worst_requests": "worst 1 % of requests",
    "group_tv": "groups' distance from merit",
}
_WIDE, _HIGH, _EDGE, _TOP = 250, 220, 70, 40


def frontier(instance: Instance) -> list[dict[str, Any]]:
    """Figures of the plan at every position of `DIALS`."""
    from matching.planner import plan

    found = []
    for dial in DIALS:
        made = plan(asked(instance), Policy.at(dial), soften=False)
        figures = measure(instance, made.chosen)
        found.append(
            {"dial": dial, "quality": made.certificate.quality, "feasible": made.certificate.feasible}
            | {name: getattr(figures, name) for name in ("served_ndcg", *PANELS)}
        )
    return found


def drawn(found: Sequence[dict[str, Any]]) -> str:
    """The picture as SVG: one panel a measure over served nDCG, one point a position, the default one marked."""
    width, high = len(PANELS) * (_WIDE + _EDGE) + 20, _HIGH + _TOP + 60
    panels = "\n".join(
        f'<g transform="translate({_EDGE + at * (_WIDE + _EDGE)} {_TOP})">\n{_panel(found, key, title)}\n</g>'
        for at, (key, title) in enumerate(PANELS.items())
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {high}" width="{width}" height="{high}"
 role="img" aria-label="Positions of the policy's dial: served nDCG against three measures of fairness"
 font-family="sans-serif" font-size="13" fill="#1e2426">
<rect width="{width}" height="{high}" fill="#ffffff"/>
{panels}
<text x="{width / 2:.0f}" y="{high - 10}" text-anchor="middle">served nDCG; numbers are positions of the dial,
 the large point the default, a hollow one breaks the promise of quality</text>
</svg>
"""


def _panel(found: Sequence[dict[str, Any]], key: str, title: str) -> str:
    across, up = _scale([each["served_ndcg"] for each in found]), _scale([each[key] for each in found])
    points = [(_WIDE * _part(each["served_ndcg"], across), _HIGH * (1 - _part(each[key], up)), each) for each in found]
    marks = "".join(
        f'<text x="{_WIDE * at:.0f}" y="{_HIGH + 18}" text-anchor="middle">{_at(at, across):.4f}</text>'
        f'<text x="-6" y="{_HIGH * (1 - at) + 4:.0f}" text-anchor="end">{_at(at, up):.3f}</text>'
        for at in (0.0, 0.5, 1.0)
    )
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _ in points)
    dots = "\n".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{7 if each["dial"] == DEFAULT_DIAL else 4}" stroke="#0b5a5e"'
        f' fill="{"#0b5a5e" if each["feasible"] else "#ffffff"}"><title>{each["dial"]}: served nDCG'
        f" {each['served_ndcg']:.4f}, {title} {each[key]:.4f}</title></circle>"
        f'<text x="{x + 9:.1f}" y="{y - 6:.1f}" font-size="11">{each["dial"]}</text>'
        for x, y, each in points
    )
    return (
        f'<text y="-12">{title}</text><rect width="{_WIDE}" height="{_HIGH}" fill="none" stroke="#777268"/>'
        f'{marks}<polyline points="{path}" fill="none" stroke="#0b5a5e" stroke-width="1"/>\n{dots}'
    )


def _scale(values: Sequence[float]) -> tuple[float, float]:
    """Ends of an axis, with some room at both."""
    room = 0.1 * max(max(values) - min(values), 1e-3)
    return min(values) - room, max(values) + room


def _part(value: float, scale: tuple[float, float]) -> float:
    return (value - scale[0]) / (scale[1] - scale[0])


def _at(part: float, scale: tuple[float, float]) -> float:
    return scale[0] + part * (scale[1] - scale[0])
