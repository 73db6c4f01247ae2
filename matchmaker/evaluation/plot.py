"""A reliability plot: what rho said beside what came true."""

from __future__ import annotations

from matching.metrics import Calibration

_SIDE, _EDGE = 320, 48
_LARGEST, _SMALLEST = 14.0, 3.0


def reliability(found: Calibration) -> str:
    """The plot as SVG: a dot a bin, as large as its share of the pairs; on the line, rho means what it says."""
    dots = "\n".join(
        f'<circle cx="{_x(each.predicted):.1f}" cy="{_y(each.observed):.1f}" r="{_radius(each.share):.1f}"'
        f' fill="#0b5a5e" fill-opacity=".75"><title>said {each.predicted:.2f}, came true {each.observed:.2f},'
        f" {each.share:.1%} of pairs</title></circle>"
        for each in found.bins
    )
    marks = "\n".join(
        f'<text x="{_x(at):.0f}" y="{_y(0) + 20:.0f}" text-anchor="middle">{at:.1f}</text>'
        f'<text x="{_x(0) - 8:.0f}" y="{_y(at) + 5:.0f}" text-anchor="end">{at:.1f}</text>'
        for at in (0.0, 0.5, 1.0)
    )
    size = _SIDE + 2 * _EDGE
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" width="{size}" height="{size}"
 role="img" aria-label="Reliability of rho; expected calibration error {found.ece:.3f}" font-family="sans-serif"
 font-size="14" fill="#1e2426">
<rect width="{size}" height="{size}" fill="#ffffff"/>
<rect x="{_EDGE}" y="{_EDGE}" width="{_SIDE}" height="{_SIDE}" fill="none" stroke="#777268"/>
<line x1="{_x(0)}" y1="{_y(0)}" x2="{_x(1)}" y2="{_y(1)}" stroke="#777268" stroke-dasharray="4 4"/>
{marks}
<text x="{size / 2}" y="{size - 8}" text-anchor="middle">what rho said</text>
<text x="{_EDGE}" y="{_EDGE - 14}">what came true; expected calibration error {found.ece:.3f}</text>
{dots}
</svg>
"""


def _x(value: float) -> float:
    return _EDGE + value * _SIDE


def _y(value: float) -> float:
    return _EDGE + (1.0 - value) * _SIDE


def _radius(share: float) -> float:
    return float(_SMALLEST + (_LARGEST - _SMALLEST) * share**0.5)
