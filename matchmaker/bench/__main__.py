"""``scripts/bench [propose|web|embed] [--json]``: run one bench, or all of them."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from matchmaker.bench import embed, propose, web
from matchmaker.embedded.errors import EmbeddedError

BENCHES = {"propose": propose, "web": web, "embed": embed}


def main() -> int:
    """Run what was asked for and print its figures."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=(__doc__ or "").split(":", 1)[1].strip())
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    figures: dict[str, dict[str, Any]] = {}
    try:
        for name in arguments.names or BENCHES:
            figures[name] = BENCHES[name].measure()
    except EmbeddedError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(figures))
        return 0
    for name, found in figures.items():
        print(f"{name}")
        for key, value in found.items():
            print(f"  {key.replace('_', ' '):<44} {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
