"""All methods over scarcity, drawn: one panel a measure, capacity from left to right, one line a method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from matchmaker.bench.planning.methods import METHODS

PANELS = {
    "served_ndcg": "served nDCG",
    "worst_schools": "utility, worst 10 % of schools",
    "worst_requests": "nDCG, worst 1 % of requests",
    "group_tv": "groups' distance from merit (less is better)",
}
STYLES = {
    "ours": ("#0b5a5e", 4, ""),
    "ours_utilitarian": ("#0b5a5e", 2, "2 4"),
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
        f"\n{_panel(found, names, key, title)}\n</g>"
        for at, (key, title) in enumerate(PANELS.items())
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
{panels}
{legend}
</svg>
"""


def _panel(found: Mapping[str, Any], names: Sequence[str], key: str, title: str) -> str:
    levels = list(found)
    values = {name: _values(found, name, key) for name in names}
    known = [value for each in values.values() for value in each if value is not None]
    low, high = (min(known), max(known)) if known else (0.0, 1.0)
    low, high = low - 0.05 * (high - low), high + 0.05 * (high - low) + 1e-9

    def x(at: int) -> float:
        return _WIDE * (at + 0.5) / len(levels)

    def y(value: float) -> float:
        return _HIGH * (high - value) / (high - low)

    marks = [
        f'<text x="{x(at):.0f}" y="{_HIGH + 18}" text-anchor="middle">{level.removesuffix(" of demand")}</text>'
        for at, level in enumerate(levels)
    ]
    for part in (0.0, 0.5, 1.0):
        value = low + part * (high - low)
        marks.append(f'<text x="-6" y="{y(value) + 4:.0f}" text-anchor="end">{value:.3f}</text>')
    drawn = [
        _line(name, [(x(at), y(v), v, levels[at]) for at, v in enumerate(values[name]) if v is not None])
        for name in reversed(names)
    ]
    frame = f'<rect width="{_WIDE}" height="{_HIGH}" fill="none" stroke="#777268"/><text y="-9">{title}</text>'
    return "\n".join([frame, *marks, *drawn])


def _values(found: Mapping[str, Any], name: str, key: str) -> list[float | None]:
    return [level["methods"].get(name, {}).get(key) for level in found.values()]


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
