"""One instance, many methods: each in its own process on one thread, stopped when it takes too long or too much."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from matchmaker.bench.planning.bound import upper_bound
from matchmaker.bench.planning.instances import Instance, written
from matchmaker.bench.planning.measures import Measures, measure
from matchmaker.embedded.home import PROJECT

_ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
}
_LOOK_EVERY = 0.05
"""Seconds between two looks at how much memory a method takes."""


@dataclass(frozen=True)
class Limits:
    """What a method may take of the clock, reading the instance included, and of the memory."""

    seconds: float = 300.0
    megabytes: float = 8000.0


@dataclass(frozen=True)
class Result:
    """How a method did. Where it did not finish, `stopped` says why and there are no figures.

    `bound` is what its prices prove: no plan has more relevance weighted by place.
    """

    name: str
    stopped: str | None = None
    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_mb: float = 0.0
    loaded_mb: float = 0.0
    measures: Measures | None = None
    bound: float | None = None

    def figures(self) -> dict[str, Any]:
        """For print: flat."""
        if self.measures is None:
            return {"did_not_finish": self.stopped}
        spent = {
            "seconds": round(self.seconds, 4),
            "processor_seconds": round(self.processor_seconds, 4),
            "peak_mb": round(self.peak_mb),
            "loaded_mb": round(self.loaded_mb),
        }
        return spent | {name: round(value, 5) for name, value in asdict(self.measures).items()}


def race(
    instance: Instance, names: Iterable[str], folder: Path, limits: Limits, tell: Callable[[Result], None]
) -> list[Result]:
    """Let all methods plan the same instance, one after the other, and measure their plans."""
    source = folder / "instance.npz"
    written(instance, source)
    results: list[Result] = []
    for name in names:
        results.append(run(name, instance, source, limits))
        tell(results[-1])
    source.unlink()
    return results


def run(name: str, instance: Instance, source: Path, limits: Limits) -> Result:
    """Let one method plan the instance that the file holds."""
    target = source.with_name(f"{name}.npz")
    command = (sys.executable, "-m", "matchmaker.bench.planning.contestant", name, str(source), str(target))
    environment = {**os.environ, **_ONE_THREAD}
    log = source.with_name(f"{name}.log")
    with (
        log.open("w+") as said,
        subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=said, stderr=subprocess.STDOUT) as process,
    ):
        stopped = watch(process, limits)
    words = log.read_text().strip().splitlines() or [""]
    log.unlink()
    if stopped is None and process.returncode != 0:
        stopped = f"ended with status {process.returncode}: {words[-1]}"
    if stopped is not None:
        return Result(name, stopped)
    with np.load(target) as plan:
        measures = measure(instance, plan["chosen"])
        bound = upper_bound(instance, plan["price"]) if "price" in plan else None
    target.unlink()
    return Result(name, measures=measures, bound=bound, **json.loads(words[-1]))


def watch(process: subprocess.Popen[bytes], limits: Limits) -> str | None:
    """Wait for a process to end; stop it and say why when it takes more than it may."""
    started, look = time.monotonic(), psutil.Process(process.pid)
    while True:
        try:
            process.wait(_LOOK_EVERY)
            return None
        except subprocess.TimeoutExpired:
            over = _over(look, started, limits)
        if over is not None:
            process.kill()
            process.wait()
            return over


def _over(process: psutil.Process, started: float, limits: Limits) -> str | None:
    if time.monotonic() - started > limits.seconds:
        return f"over {limits.seconds:g} seconds"
    try:
        held = process.memory_info().rss / 1e6
    except psutil.NoSuchProcess:
        return None
    return f"over {limits.megabytes:g} MB" if held > limits.megabytes else None
