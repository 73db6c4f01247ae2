"""``scripts/bench [propose|web|desk|embed|mail|plan] [--json]``: run one bench, or all of them."""

from __future__ import annotations

import argparse
import importlib
import json
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from matchmaker.bench import plan
from matchmaker.bench.planning import tables
from matchmaker.embedded.errors import EmbeddedError

Figures = Mapping[str, Any]
BENCHES = ("propose", "web", "desk", "embed", "mail", "plan")
"""Modules beside this one."""


def main() -> int:
    """Run what was asked for and print its figures."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(__doc__ or "").split(":", 1)[1].strip())
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    plan.add_options(parser)
    arguments = parser.parse_args()
    figures: dict[str, Figures] = {}
    try:
        for name in arguments.names or BENCHES:
            figures[name] = plan.measure(arguments) if name == "plan" else measured(name)
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(figures))
        return 0
    for name, found in figures.items():
        print(f"{name}")
        for line in tables.lines(found) if name == "plan" else listed(found):
            print(line)
    return 0


def measured(name: str) -> Figures:
    """The figures of a bench without options; it is imported only now, since it loads much."""
    found: Figures = importlib.import_module(f"{__package__}.{name}").measure()
    return found


def listed(found: Figures) -> Iterable[str]:
    """A line a figure."""
    return (f"  {key.replace('_', ' '):<44} {value}" for key, value in found.items())


if __name__ == "__main__":
    sys.exit(main())
