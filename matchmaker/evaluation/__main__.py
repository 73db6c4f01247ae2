"""Measure the production ranker on judged sets.

scripts/evaluate SET_DIR [--out RUN.jsonl] [--json], or scripts/evaluate --leave-one-out [SET_DIR ...] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from matching.evaluate import PRODUCTION, figures, rank_all
from matching.left_out import leave_one_out
from matchmaker.embedding import Encoder, ModelNotFound
from matchmaker.evaluation.files import BadSet, check_out, read_set, write_run
from matchmaker.evaluation.plot import reliability
from matchmaker.evaluation.tables import as_json, crossed_as_json, crossed_table, table

PUBLIC_SETS = Path(__file__).resolve().parents[2].parent / "shared" / "data"
_SHOWN_PROBLEMS = 10


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate; 0 when done, 2 with lines on standard error when something cannot be read or written."""
    options = _options(arguments)
    try:
        return _across_sets(options) if options.leave_one_out else _one_set(options)
    except BadSet as bad:
        _complain(bad.problems)
    except (ModelNotFound, OSError) as problem:
        _complain([str(problem)])
    return 2


def _one_set(options: argparse.Namespace) -> int:
    if len(options.set_dirs) != 1:
        raise BadSet(["name one SET_DIR, or ask for --leave-one-out"])
    if options.out:
        check_out(options.out)
    judged = read_set(options.set_dirs[0])
    encoder = Encoder(options.model, threads=os.cpu_count())
    runs = rank_all(judged, _announced(encoder))
    found = figures(judged, runs)
    if options.out:
        write_run(options.out, judged, runs[PRODUCTION])
    print(json.dumps(as_json(judged, found, encoder.name)) if options.json else table(judged, found))
    return 0


def _across_sets(options: argparse.Namespace) -> int:
    folders = options.set_dirs or sorted(path.parent for path in PUBLIC_SETS.glob("*/qrels.tsv"))
    if len(folders) < 2:
        raise BadSet([f"--leave-one-out needs two sets at least; none are named, and {PUBLIC_SETS} has no two"])
    if options.plot:
        check_out(options.plot)
    sets = {folder.name: read_set(folder) for folder in folders}
    encoder = Encoder(options.model, threads=os.cpu_count())
    found = leave_one_out(sets, _announced(encoder))
    if options.plot:
        options.plot.write_text(reliability(found.calibration), encoding="utf-8")
    print(json.dumps(crossed_as_json(found, encoder.name)) if options.json else crossed_table(found))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/evaluate", description=(__doc__ or "").split("\n")[0])
    parser.add_argument(
        "set_dirs", type=Path, nargs="*", metavar="SET_DIR", help="folder of requests.jsonl, partners.jsonl, qrels.tsv"
    )
    parser.add_argument("--out", type=Path, metavar="RUN.jsonl", help="write the production ranking here")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    parser.add_argument("--model", help="name or folder of an embedding model; the bundled one without it")
    parser.add_argument(
        "--leave-one-out",
        action="store_true",
        help="measure on each set what was learnt on all others; the public sets where none are named",
    )
    parser.add_argument(
        "--plot", type=Path, metavar="PLOT.svg", help="with --leave-one-out: draw the reliability of rho"
    )
    return parser.parse_args(arguments)


def _announced(encoder: Encoder) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """The encoder, saying on standard error what it is about to do, for a large set takes minutes; no text twice."""
    known: dict[str, NDArray[np.float32]] = {}

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new:
            print(f"evaluate: reading {len(new)} texts", file=sys.stderr, flush=True)
            known.update(zip(new, encoder.encode(new), strict=True))
        if not texts:
            return np.zeros((0, encoder.dimension), dtype=np.float32)
        return np.stack([known[text] for text in texts])

    return encode


def _complain(problems: Sequence[str]) -> None:
    for problem in problems[:_SHOWN_PROBLEMS]:
        print(f"evaluate: {problem}", file=sys.stderr)
    if len(problems) > _SHOWN_PROBLEMS:
        print(f"evaluate: and {len(problems) - _SHOWN_PROBLEMS} more", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
