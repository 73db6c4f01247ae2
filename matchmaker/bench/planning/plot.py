"""All methods over scarcity, drawn: one panel a measure, capacity from left to right, one line a method.

The panels are cut off below: a method that leaves requests with nobody is far outside.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from matchmaker.bench.planning.methods import METHODS

BASE = "do_et_al"
"""The peer that the first three panels count from."""


@dataclass(frozen=True)
class Panel:
    """One measure: its scale, and whether it is drawn as a multiple of BASE's or as it is."""

    title: str
    marks: tuple[float, ...]
    relative: bool = True


_TIMES_BASE = (0.8, 0.9, 1.0, 1.1)
PANELS = {
    "served_ndcg": Panel("served nDCG, beside Do et al.", _TIMES_BASE),
    "worst_schools": Panel("worst 10 % of schools, beside Do et al.", _TIMES_BASE),
    "worst_requests": Panel("worst 1 % of requests, beside Do et al.", _TIMES_BASE),
    "group_tv": Panel("groups' distance from merit; less is better", (0.0, 0.02, 0.04, 0.06), relative=False),
}
STYLES = {
    "ours": ("#0b5a5e", 4, ""),
    "ours_dial_0": ("#0b5a5e", 2, "8 3"),
    "auction": ("#0b5a5e", 2, "2 4"),
    "ortools_slots": ("#8a5a00", 2, "8 3"),
    "ortools_flow": ("#8a5a00", 2, "2 3"),
    "do_et_al": ("#a3304a", 2, ""),
    "round_robin": ("#4b4a9c", 2, ""),
    "fairrec": ("#777268", 2, ""),
    "greedy": ("#777268", 2, "4 4"),
}
_PLAIN = ("#1e2426", 1, "1 3")
_WIDE, _HIGH, _EDGE, _TOP = 300, 190, 62, 34
_LEGEND_LINE = 22


def over_scarcity(found: Mapping[str, Any]) -> str:
    """The picture as SVG, from the figures of `matchmaker.bench.plan.by_scarcity`."""
    names = [name for name in STYLES if any(name in level["methods"] for level in found.values())]
    names += [
        name for name in METHODS if name not in names and any(name in level["methods"] for level in found.values())
    ]
    width, rows = 2 * (_WIDE + _EDGE) + 20, (len(names) + 1) // 2
    high = 2 * (_HIGH + _TOP + 30)
    panels = "\n".join(
        f'<g transform="translate({_EDGE + at % 2 * (_WIDE + _EDGE)} {_TOP + at // 2 * (_HIGH + _TOP + 30)})">'
        f"\n{_panel(found, names, key, panel)}\n</g>"
        for at, (key, panel) in enumerate(PANELS.items())
    )
    legend = "\n".join(
        f'<g transform="translate({_EDGE + at // rows * (_WIDE + _EDGE)} {high + 20 + at % rows * _LEGEND_LINE})">'
        f'<line x2="34" {_stroke(name)}/><text x="42" y="5">{METHODS[name].label}</text></g>'
        for at, name in enumerate(names)
    )
    whole = high + 20 + rows * _LEGEND_LINE
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {whole}" width="{width}" height="{whole}"
 role="img" aria-label="All methods over scarcity: capacity over wanted slots from left to right"
 font-family="sans-serif" font-size="13" fill="#1e2426">
<rect width="{width}" height="{whole}" fill="#ffffff"/>
<clipPath id="frame"><rect width="{_WIDE}" height="{_HIGH}"/></clipPath>
{panels}
{legend}
</svg>
"""


def _panel(found: Mapping[str, Any], names: Sequence[str], key: str, panel: Panel) -> str:
    levels, low, high = list(found), panel.marks[0], panel.marks[-1]

    def x(at: int) -> float:
        return _WIDE * (at + 0.5) / len(levels)

    def y(value: float) -> float:
        return _HIGH * (high - value) / (high - low)

    columns = (
        f'<text x="{x(at):.0f}" y="{_HIGH + 18}" text-anchor="middle">{level.removesuffix(" of demand")}</text>'
        for at, level in enumerate(levels)
    )
    rows = (
        f'<line y1="{y(mark):.1f}" x2="{_WIDE}" y2="{y(mark):.1f}" stroke="#d9d5cc"/>'
        f'<text x="-6" y="{y(mark) + 4:.0f}" text-anchor="end">{mark:g}</text>'
        for mark in panel.marks
    )
    lines = (
        _line(name, [(x(at), y(drawn), value, levels[at]) for at, (drawn, value) in values.items()])
        for name in reversed(names)
        if (values := _values(found, name, key, panel))
    )
    frame = f'<rect width="{_WIDE}" height="{_HIGH}" fill="none" stroke="#777268"/><text y="-9">{panel.title}</text>'
    drawing = f'<g clip-path="url(#frame)">\n{chr(10).join(lines)}\n</g>'
    return "\n".join([*rows, frame, *columns, drawing])


def _values(found: Mapping[str, Any], name: str, key: str, panel: Panel) -> dict[int, tuple[float, float]]:
    """By level: what is drawn, and what was measured."""
    values: dict[int, tuple[float, float]] = {}
    for at, level in enumerate(found.values()):
        value, base = (level["methods"].get(each, {}).get(key) for each in (name, BASE))
        if value is not None and (base or not panel.relative):
            values[at] = (value / base if panel.relative else value, value)
    return values


def _line(name: str, points: Sequence[tuple[float, float, float, str]]) -> str:
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in points)
    dots = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_style(name)[0]}">'
        f"<title>{METHODS[name].label}, {level}: {value:.4f}</title></circle>"
        for x, y, value, level in points
    )
    return f'<polyline points="{path}" fill="none" {_stroke(name)}/>{dots}'


def _style(name: str) -> tuple[str, int, str]:
    return STYLES.get(name, _PLAIN)


def _stroke(name: str) -> str:
    colour, thick, dashes = _style(name)
    return f'stroke="{colour}" stroke-width="{thick}"' + (f' stroke-dasharray="{dashes}"' if dashes else "")
