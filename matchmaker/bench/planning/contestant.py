"""``python -m matchmaker.bench.planning.contestant METHOD INSTANCE.npz PLAN.npz``: plan once, in a process of its own.

Writes the plan and prints one JSON object: seconds by the clock and of the processor, and megabytes. The method is
run on a tiny instance first, so that nothing is imported or compiled within the time.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from pathlib import Path

import numpy as np

from matchmaker.bench.planning import instances
from matchmaker.bench.planning.methods import METHODS
from matchmaker.bench.planning.ours import Priced
from matchmaker.bench.planning.synthetic import synthetic

_STATUS = Path("/proc/self/status")


def main(name: str, source: str, target: str) -> None:
    """Run one method on one instance."""
    plan = METHODS[name].load()
    plan(synthetic(20, 12, 14, seed=0))
    instance = instances.read(Path(source))
    loaded = megabytes("VmRSS")
    clock, processor = time.perf_counter(), time.process_time()
    found = plan(instance)
    spent = {"seconds": time.perf_counter() - clock, "processor_seconds": time.process_time() - processor}
    np.savez(target, **(vars(found) if isinstance(found, Priced) else {"chosen": found}))
    print(json.dumps(spent | {"peak_mb": megabytes("VmHWM"), "loaded_mb": loaded}))


def megabytes(what: str) -> float:
    """Resident memory of this process, now (VmRSS) or at its highest (VmHWM).

    Where Linux tells, it is asked: a new process inherits the maximum that getrusage knows from its parent.
    """
    if _STATUS.exists():
        found = re.search(rf"^{what}:\s+(\d+) kB", _STATUS.read_text(), re.MULTILINE)
        if found is not None:
            return int(found[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
