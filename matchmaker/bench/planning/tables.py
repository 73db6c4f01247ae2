"""The comparisons as text, and as Markdown for the documentation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from matchmaker.bench.planning.methods import METHODS

COLUMNS = {
    "seconds": ("seconds", "{:.3f}"),
    "processor_seconds": ("of the processor", "{:.3f}"),
    "time_to_ours": ("x ours", "{:.2f}"),
    "time_to_auction": ("x auction", "{:.2f}"),
    "peak_mb": ("MB", "{:.0f}"),
    "quality": ("quality", "{:.4f}"),
    "served_ndcg": ("served nDCG", "{:.4f}"),
    "worst_schools": ("worst 10 % schools", "{:.4f}"),
    "worst_requests": ("worst 1 % requests", "{:.4f}"),
    "group_tv": ("TV", "{:.4f}"),
    "filled": ("filled", "{:.3f}"),
    "left_empty": ("empty", "{:d}"),
    "rescuable": ("of them rescuable", "{:d}"),
}


def lines(found: Mapping[str, Any]) -> Iterator[str]:
    """All tables of `matchmaker.bench.plan.measure`, line by line, as Markdown."""
    if "online" in found:
        online = found["online"]
        yield (
            f"One request of {online['candidates']} candidates ranked anew at the prices in force: "
            f"{online['rerank_us']} microseconds, {online['ratio']} times a plain sort"
        )
    for part in ("by_size", "by_scarcity"):
        levels = found.get(part, {})
        if isinstance(levels, str):
            yield levels
            continue
        for title, level in levels.items():
            yield ""
            yield f"{title}, {level['candidates']:,} candidates"
            yield ""
            yield from _table(level["methods"])


def _table(methods: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield from _row("method", (label for label, _ in COLUMNS.values()))
    yield from _row("---", ("---:" for _ in COLUMNS))
    for name, figures in methods.items():
        if "did_not_finish" in figures:
            yield f"| {METHODS[name].label} | did not finish: {figures['did_not_finish']} |" + " |" * (len(COLUMNS) - 1)
        else:
            yield from _row(METHODS[name].label, (_cell(figures.get(key), form) for key, (_, form) in COLUMNS.items()))


def _row(first: str, cells: Iterator[str]) -> Iterator[str]:
    yield f"| {first} | {' | '.join(cells)} |"


def _cell(value: Any, form: str) -> str:
    return "" if value is None else form.format(value)
