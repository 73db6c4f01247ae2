"""Our planner beside its peers: exact solvers, and rules and papers rewritten, on the same instances.

Two comparisons. By size: invented instances (seed 1) of 1,000, 10,000 and 100,000 requests, the last with twenty
million candidates, and one where need falls on schools at random. By scarcity: the instance of
../shared/data/capacity_plan, its capacities as given and scaled to shares of the wanted slots; ``--plot FILE.svg``
draws it, and ``--frontier FILE.svg`` what positions of the policy's dial give. Each method plans in a process of its
own on one thread, and is stopped when it takes too long or too much memory; it is not asked again about a larger
instance. Ratios are of the processor's time, which other work on the machine disturbs less. Also timed: ranking one
request anew between two plans.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from matchmaker.bench.planning import frontier, instances, online
from matchmaker.bench.planning.instances import Instance
from matchmaker.bench.planning.methods import EXACT_BY_SLOT, METHODS
from matchmaker.bench.planning.plot import over_scarcity
from matchmaker.bench.planning.race import Limits, Result, race
from matchmaker.bench.planning.synthetic import NeedBy, synthetic
from matchmaker.embedded.home import PROJECT

SIZES = (1_000, 10_000, 100_000)
"""Requests of the invented instances."""
LISTS = (50, 200)
LARGE, LONG_LISTS = 100_000, (246, 246)
"""From so many requests on, lists are of a length that makes twenty million candidates of a hundred thousand lists."""
BY_CHANCE = 1_000
"""Requests of the instance where need is unrelated to short lists."""
SEED = 1
SHARES: tuple[float | None, ...] = (0.5, 0.7, 0.9, None, 1.25)
"""Capacity over wanted slots; None is as given."""
SHARED = PROJECT.parent / "shared" / "data" / "capacity_plan" / "instance.npz"
BY_SIZE = (
    "ours",
    "ours_dial_0",
    "auction",
    "greedy",
    "round_robin",
    "fairrec",
    "do_et_al",
    "highs",
    "ortools_flow",
    "ortools_slots",
)
BY_SCARCITY = tuple(name for name in BY_SIZE if name != "highs")
"""HiGHS and OR-tools solve the same transport problem; the faster one stands for both."""


def add_options(parser: argparse.ArgumentParser) -> None:
    """What may be asked of this bench."""
    group = parser.add_argument_group("plan")
    group.add_argument("--sizes", nargs="*", type=int, default=SIZES, metavar="N", help="requests, default 1k 10k 100k")
    group.add_argument("--methods", nargs="+", choices=METHODS, metavar="METHOD", help=", ".join(METHODS))
    group.add_argument("--seconds", type=float, default=Limits.seconds, help="after which a method is stopped")
    group.add_argument("--no-scarcity", action="store_true", help="by size only")
    group.add_argument("--frontier", type=Path, metavar="FILE.svg", help="draw what positions of the dial give")
    group.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw all methods over scarcity")


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Both comparisons, method by method."""
    limits = Limits(seconds=options.seconds)
    with tempfile.TemporaryDirectory(prefix="mm-plan-") as folder:
        found: dict[str, Any] = {"limits": vars(limits), "seed": SEED, "online": online.measure()}
        found["by_size"] = by_size(sorted(options.sizes), options.methods or BY_SIZE, Path(folder), limits)
        if options.frontier and SHARED.exists():
            found["by_dial"] = frontier.frontier(instances.read(SHARED))
            options.frontier.write_text(frontier.drawn(found["by_dial"]), encoding="utf-8")
        if not options.no_scarcity:
            found["by_scarcity"] = by_scarcity(options.methods or BY_SCARCITY, Path(folder), limits)
    if options.plot and isinstance(found.get("by_scarcity"), dict):
        options.plot.write_text(over_scarcity(found["by_scarcity"]), encoding="utf-8")
    return found


def by_size(sizes: list[int], names: tuple[str, ...], folder: Path, limits: Limits) -> dict[str, Any]:
    """Every method on invented instances, the smallest first; who does not finish one is spared the larger."""
    found: dict[str, Any] = {}
    failed: dict[str, str] = {}
    for size, need_by in [(size, NeedBy.SCARCITY) for size in sizes] + [(BY_CHANCE, NeedBy.CHANCE)] * bool(sizes):
        shortest, longest = LONG_LISTS if size >= LARGE else LISTS
        instance = synthetic(size, shortest, longest, SEED, need_by)
        title = f"{size} requests" + (", need by chance" if need_by is NeedBy.CHANCE else "")
        able = [name for name in names if name not in failed or need_by is NeedBy.CHANCE]
        figures = compared(title, instance, able, folder, limits)
        figures["methods"] |= {name: {"did_not_finish": failed[name]} for name in names if name not in able}
        for name, each in figures["methods"].items():
            if "did_not_finish" in each:
                failed.setdefault(name, f"nor with {size} requests: {each['did_not_finish']}")
        found[title] = figures
    return found


def by_scarcity(names: tuple[str, ...], folder: Path, limits: Limits) -> dict[str, Any] | str:
    """Every method on the shared instance with less and with more room; a sentence where it is not there."""
    if not SHARED.exists():
        return "not measured: ../shared/data/capacity_plan is not beside this checkout"
    given = instances.read(SHARED)
    found: dict[str, Any] = {}
    for share in SHARES:
        title = "as given" if share is None else f"{share:g} of demand"
        instance = given if share is None else instances.scaled(given, share)
        found[title] = compared(title, instance, names, folder, limits)
    return found


def compared(
    title: str, instance: Instance, names: list[str] | tuple[str, ...], folder: Path, limits: Limits
) -> dict[str, Any]:
    """All methods on one instance, with ratios to ours and quality beside the best that is known."""
    results = race(instance, names, folder, limits, lambda result: tell(title, result))
    figures = {result.name: result.figures() for result in results}
    finished = {result.name: result for result in results if result.measures is not None}
    for name, result in finished.items():
        for ours in ("ours", "auction"):
            if ours in finished and name != ours:
                ratio = result.processor_seconds / finished[ours].processor_seconds
                figures[name][f"time_to_{ours}"] = round(ratio, 3)
        if "ours" in finished:
            figures[name]["memory_to_ours"] = round(result.peak_mb / finished["ours"].peak_mb, 3)
    bound = lowest_bound(finished)
    for name, result in finished.items():
        if bound is not None and result.measures is not None:
            figures[name]["quality"] = round(result.measures.weighted / bound, 6)
    return {"candidates": int((instance.candidates >= 0).sum()), "bound": bound, "methods": figures}


def lowest_bound(finished: Mapping[str, Result]) -> float | None:
    """What no plan exceeds, relevance weighted by place: an exact plan's worth, else what prices prove."""
    exact = [each.measures.weighted for name, each in finished.items() if name in EXACT_BY_SLOT and each.measures]
    proven = [each.bound for each in finished.values() if each.bound is not None]
    return min(exact or proven, default=None)


def tell(title: str, result: Result) -> None:
    """Say how far the race is; the whole takes minutes."""
    said = f"stopped: {result.stopped}" if result.stopped else f"{result.seconds:.2f} s, {result.peak_mb:.0f} MB"
    print(f"bench plan: {title}: {result.name}: {said}", file=sys.stderr, flush=True)
