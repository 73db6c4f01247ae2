"""``scripts/plan``: plan an instance that lies in a file, with the numbers of a policy.

INSTANCE.npz holds candidates, relevance, capacity, school, need, group and slots as `matching.plans.Instance` describes
them, and may hold waiting_days, past and past_weight. P.json is an object: ``{"dial": 60}``, or any of the policy's
numbers (``{"alpha": 4, "alpha2": 2, "beta": 0.1}``); what it leaves out is as in the default policy. PLAN.npz gets
chosen [R, K] (partners, best first, padded with -1), price [P], and the parts of every score: relevance, gross and
bid [R, K], need and deficit [R], boost [P].
"""

from __future__ import annotations

import argparse
import json
import sys
import time
import zipfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from matching.equity import Policy
from matching.planner import plan
from matching.plans import Instance, Plan
from matching.walk import ROUNDS

NEEDED = ("candidates", "relevance", "capacity", "school", "need", "group", "slots")
OPTIONAL = ("waiting_days", "past", "past_weight")
WRITTEN = ("chosen", "price", "relevance", "gross", "bid", "need", "deficit", "boost", "picked")


class Unusable(ValueError):
    """A file that is not what it should be; its message is one line."""


def read_instance(path: Path) -> Instance:
    """The instance in a file. Raises Unusable."""
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {name: file[name] for name in (*NEEDED, *OPTIONAL) if name in file.files}
    except (OSError, EOFError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise Unusable(f"{path}: not a readable .npz file ({error})") from None
    if missing := [name for name in NEEDED if name not in arrays]:
        raise Unusable(f"{path}: lacks {', '.join(missing)}")
    try:
        return Instance(**{**arrays, "slots": int(arrays["slots"])})
    except (TypeError, ValueError) as error:
        raise Unusable(f"{path}: {error}") from None


def read_policy(path: Path | None) -> Policy:
    """The policy in a file; the default one without a file. Raises Unusable."""
    if path is None:
        return Policy()
    try:
        numbers: Any = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(numbers, dict):
            raise Unusable(f"{path}: a policy is an object with numbers")
        if "dial" in numbers:
            if len(numbers) > 1:
                raise Unusable(f"{path}: a dial stands for all numbers, none can stand beside it")
            return Policy.at(float(numbers["dial"]))
        return Policy(**numbers)
    except Unusable:
        raise
    except (OSError, ValueError, TypeError) as error:
        raise Unusable(f"{path}: {error}") from None


def told(made: Plan, seconds: float) -> dict[str, Any]:
    """What is printed of a plan: the objective, the certificate and the time."""
    proven = asdict(made.certificate)
    proven["empty"] = len(made.certificate.empty)
    return {
        "objective": made.objective,
        "quality_kept": made.certificate.quality,
        **proven,
        "policy": asdict(made.policy),
        "stopped": made.stopped,
        "seconds": seconds,
    }


def main(arguments: list[str] | None = None) -> int:
    """Plan one file. Returns the exit status: 2 for a file that cannot be used."""
    parser = argparse.ArgumentParser(
        prog="scripts/plan", description=(__doc__ or "").split(": ", 1)[1].split("\n", 1)[0]
    )
    parser.add_argument("instance", type=Path, metavar="INSTANCE.npz")
    parser.add_argument("--out", type=Path, metavar="PLAN.npz", required=True)
    parser.add_argument("--policy", type=Path, metavar="P.json", help='{"dial": 60}, or the policy\'s numbers')
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="auctions at most (%(default)s)")
    parser.add_argument("--seed", type=int, default=0, help="0: requests bid in the order of what they could have")
    parser.add_argument("--time-limit", type=float, metavar="SECONDS", help="then the best plan so far is written")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    given = parser.parse_args(arguments)
    try:
        instance, policy = read_instance(given.instance), read_policy(given.policy)
        begun = time.perf_counter()
        made = plan(instance, policy, rounds=given.rounds, seed=given.seed, time_limit=given.time_limit)
        seconds = time.perf_counter() - begun
        np.savez(given.out, **{name: getattr(made, name) for name in WRITTEN})
    except (Unusable, OSError) as error:
        print(f"plan: {error}", file=sys.stderr)
        return 2
    figures = told(made, seconds)
    if given.json:
        print(json.dumps(figures))
    else:
        for name, value in figures.items():
            print(f"{name.replace('_', ' '):<16} {value if not isinstance(value, float) else f'{value:.6g}'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
