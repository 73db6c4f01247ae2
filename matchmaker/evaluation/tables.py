"""Figures for a person, and as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from matching.evaluate import BM25, EMBEDDING, FUSION, MEASURES, PRODUCTION, TFIDF, Figures, JudgedSet
from matching.left_out import LEARNT, SINGLE, Crossed, LeftOut, best_single
from matching.score import Weights

_LABELS = {
    TFIDF: "TF-IDF",
    BM25: "BM25",
    EMBEDDING: "embedding, whole text",
    FUSION: "rank fusion of the three",
    LEARNT: "learnt on the other sets",
    PRODUCTION: "production",
}
_WIDTH = 30


def as_json(judged: JudgedSet, found: Mapping[str, Figures], model: str) -> dict[str, Any]:
    """The figures as plain values; a standard error that cannot be told (one request) is null."""
    size = {"requests": len(judged.request_ids), "partners": len(judged.partner_ids)}
    about = {"judged": len(judged.judgements), "weights": Weights().version, "model": model}
    return {**size, **about, "systems": _systems(found)}


def crossed_as_json(found: Crossed, model: str) -> dict[str, Any]:
    """The same for sets left out one at a time."""
    sets = {
        name: {
            "systems": _systems(left.figures),
            "best_single": best_single(left.figures),
            "learnt": dict(left.mix),
            "ece": left.calibration.ece,
        }
        for name, left in found.sets.items()
    }
    return {
        "weights": Weights().version,
        "model": model,
        "learning_travels": found.learning_travels,
        "calibration": _plain(asdict(found.calibration)),
        "slope": found.slope,
        "midpoint": found.midpoint,
        "sets": sets,
    }


def _systems(found: Mapping[str, Figures]) -> dict[str, Any]:
    return {name: _plain(asdict(system)) for name, system in found.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def table(judged: JudgedSet, found: Mapping[str, Figures]) -> str:
    """Mean and standard error of each system, and production's paired lead over it."""
    about = (
        f"{len(judged.judgements)} judged of {len(judged.request_ids)} requests, "
        f"{len(judged.partner_ids)} partners, weights {Weights().version}"
    )
    return "\n".join([about, "", *_rows(found)])


def crossed_table(found: Crossed) -> str:
    """The same for sets left out one at a time, with what was learnt and how well rho is calibrated."""
    lines: list[str] = []
    for name, left in found.sets.items():
        lines += [f"{name}, left out", "", *_rows(left.figures), "", *_verdict(left), ""]
    travels = "does" if found.learning_travels else "does not"
    return "\n".join(
        [
            *lines,
            f"learning on public sets {travels} beat the plain sum by two paired standard errors on every set left out",
            f"rho on held-out requests of all sets, first ten places: expected calibration error "
            f"{found.calibration.ece:.3f} (map of all: slope {found.slope:.2f}, midpoint {found.midpoint:.2f})",
            *(
                f"  said {each.predicted:.2f}, came true {each.observed:.2f}, share of pairs {each.share:.3f}"
                for each in found.calibration.bins
            ),
        ]
    )


def _rows(found: Mapping[str, Figures]) -> list[str]:
    head = f"{'':{_WIDTH}}" + "".join(f"{measure:>16}" for measure in (*MEASURES, "production leads"))
    lines = [head]
    for name, system in found.items():
        cells = [_shown(system.measures[measure].mean, system.measures[measure].error) for measure in MEASURES]
        cells.append("" if name == PRODUCTION else _shown(system.lead.mean, system.lead.error, "+"))
        lines.append(f"{_label(name):{_WIDTH}}" + "".join(f"{cell:>16}" for cell in cells))
    return [*lines, "lead: paired on ndcg@10, standard errors clustered by relevant partners"]


def _verdict(left: LeftOut) -> list[str]:
    best = best_single(left.figures)
    lead = left.figures[best].lead
    behind = "behind it by more than one standard error" if lead.mean < -lead.error else "not behind it"
    mix = ", ".join(f"{name} {weight:.2f}" for name, weight in left.mix.items())
    return [
        f"best alone: {_label(best)}; production is {behind}",
        f"learnt on the others: {mix}",
        f"rho with a map of the others, first ten places: expected calibration error {left.calibration.ece:.3f}",
    ]


def _label(name: str) -> str:
    return _LABELS.get(name, name.replace(SINGLE, "alone: ").replace("_", " "))


def _shown(mean: float, error: float, sign: str = "") -> str:
    return f"{mean:{sign}.3f} \u00b1 {error:.3f}"
