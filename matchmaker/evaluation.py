"""Measure the production ranker on a judged set: `scripts/evaluate SET_DIR [--out RUN.jsonl] [--json]`.

Reads ids, texts and funds, and nothing else of a set: other fields can give the answer away.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from matching.evaluate import (
    EMBEDDING,
    MEASURES,
    PRODUCTION,
    TFIDF,
    Figures,
    JudgedSet,
    Run,
    figures,
    rank_all,
)
from matching.reading import Profile
from matching.score import Weights
from matchmaker.embedding import Encoder, ModelNotFound

Read = TypeVar("Read")

_SHOWN_PROBLEMS = 10
_MOST_RELEVANCE = 20  # gains are 2^relevance
_LABELS = {TFIDF: "TF-IDF", EMBEDDING: "embedding, whole text", PRODUCTION: "production"}


class BadSet(Exception):
    """A set that cannot be read; each of `problems` is one line that names the file and, where known, the row."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate a set; 0 when done, 2 with lines on standard error when something cannot be read or written."""
    options = _options(arguments)
    try:
        if options.out:
            check_out(options.out)
        judged = read_set(options.set_dir)
        encoder = Encoder(options.model, threads=os.cpu_count())
        runs = rank_all(judged, _announced(encoder))
        found = figures(judged, runs)
        if options.out:
            write_run(options.out, judged, runs[PRODUCTION])
    except BadSet as bad:
        _complain(bad.problems)
        return 2
    except (ModelNotFound, OSError) as problem:
        _complain([str(problem)])
        return 2
    print(json.dumps(as_json(judged, found, encoder.name)) if options.json else table(judged, found))
    return 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/evaluate", description=(__doc__ or "").split(":")[0] + ".")
    parser.add_argument(
        "set_dir", type=Path, metavar="SET_DIR", help="folder of requests.jsonl, partners.jsonl, qrels.tsv"
    )
    parser.add_argument("--out", type=Path, metavar="RUN.jsonl", help="write the production ranking here")
    parser.add_argument("--json", action="store_true", help="print the figures as one JSON object")
    parser.add_argument("--model", help="name or folder of an embedding model; the bundled one without it")
    return parser.parse_args(arguments)


def _announced(encoder: Encoder) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """The encoder, saying on standard error what it is about to do: a large set takes minutes."""

    def encode(texts: Sequence[str]) -> NDArray[np.float32]:
        print(f"evaluate: reading {len(texts)} texts", file=sys.stderr, flush=True)
        return encoder.encode(texts)

    return encode


def _complain(problems: Sequence[str]) -> None:
    for problem in problems[:_SHOWN_PROBLEMS]:
        print(f"evaluate: {problem}", file=sys.stderr)
    if len(problems) > _SHOWN_PROBLEMS:
        print(f"evaluate: and {len(problems) - _SHOWN_PROBLEMS} more", file=sys.stderr)


def read_set(folder: Path) -> JudgedSet:
    """Read a set in the format requests.jsonl {id, text}, partners.jsonl {id, text or funds}, qrels.tsv.

    A partner with `funds` (a list of texts) is read by these, and `text`, when there, tells about the
    partner; without `funds` the text is the partner's only fund.

    Raises
    ------
    BadSet
        With every problem of every file, row by row; nothing is ranked unless all of a set can be read.
    """
    if not folder.is_dir():
        raise BadSet([f"{folder} is not a folder"])
    problems: list[str] = []
    requests = _read_rows(folder / "requests.jsonl", problems, _request_text)
    partners = _read_rows(folder / "partners.jsonl", problems, _profile)
    judgements = _read_judgements(folder / "qrels.tsv", problems, requests, partners)
    if not problems and not judgements:
        problems.append(f"{folder / 'qrels.tsv'}: no request has a relevant partner, nothing can be measured")
    if problems:
        raise BadSet(problems)
    return JudgedSet(tuple(requests), tuple(requests.values()), tuple(partners), tuple(partners.values()), judgements)


def _lines(path: Path, problems: list[str]) -> Iterator[tuple[str, str]]:
    """Pairs (where, line) of a file's lines that are not blank."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        problems.append(f"{path} is missing")
        return
    except UnicodeDecodeError as problem:
        problems.append(f"{path} is not UTF-8 text (byte {problem.start})")
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield f"{path}, line {number}", line.rstrip("\r")


def _read_rows(path: Path, problems: list[str], read: Callable[[dict[str, Any]], Read]) -> dict[str, Read]:
    """The rows of a file by id, in order; a row that cannot be read becomes a problem and is left out."""
    rows: dict[str, Read] = {}
    before = len(problems)
    for where, line in _lines(path, problems):
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("not a JSON object")
            identity = row.get("id")
            if not isinstance(identity, str) or not identity:
                raise ValueError("id is missing or not a text")
            if identity in rows:
                raise ValueError(f"id {identity!r} is there twice")
            rows[identity] = read(row)
        except (ValueError, RecursionError) as problem:
            problems.append(f"{where}: {_first_line(problem)}")
    if not rows and len(problems) == before:
        problems.append(f"{path} is empty")
    return rows


def _first_line(problem: Exception) -> str:
    if isinstance(problem, json.JSONDecodeError):
        return f"not valid JSON ({problem.msg} at column {problem.colno})"
    return str(problem).splitlines()[0]


def _request_text(row: dict[str, Any]) -> str:
    if not isinstance(row.get("text"), str):
        raise ValueError("text is missing or not a text")
    return str(row["text"])


def _profile(row: dict[str, Any]) -> Profile:
    text, funds = row.get("text"), row.get("funds")
    if text is not None and not isinstance(text, str):
        raise ValueError("text is not a text")
    if funds is None and text is None:
        raise ValueError("neither text nor funds")
    if funds is None:
        return Profile("", (str(text),))
    if not isinstance(funds, list) or not all(isinstance(fund, str) for fund in funds):
        raise ValueError("funds is not a list of texts")
    return Profile(text or "", tuple(funds))


def _read_judgements(
    path: Path, problems: list[str], requests: Mapping[str, str], partners: Mapping[str, Profile]
) -> dict[str, dict[str, int]]:
    """Relevance by request and partner, without the zeros."""
    judged: dict[str, dict[str, int]] = {}
    seen: set[tuple[str, str]] = set()
    for number, (where, line) in enumerate(_lines(path, problems)):
        cells = line.split("\t")
        if number == 0 and (len(cells) != 3 or not cells[2].isdigit()):
            continue  # the header
        complaint = _complaint(cells, requests, partners, seen)
        if complaint:
            problems.append(f"{where}: {complaint}")
        elif int(cells[2]) > 0:
            judged.setdefault(cells[0], {})[cells[1]] = int(cells[2])
    return judged


def _complaint(
    cells: list[str], requests: Mapping[str, str], partners: Mapping[str, Profile], seen: set[tuple[str, str]]
) -> str | None:
    """What is wrong with a row of judgements, if anything; remembers the pair."""
    if len(cells) != 3:
        return "not three columns divided by tabs"
    request, partner, relevance = cells
    if not (relevance.isascii() and relevance.isdigit() and int(relevance) <= _MOST_RELEVANCE):
        return f"relevance {relevance!r} is not a whole number from 0 to {_MOST_RELEVANCE}"
    if request not in requests:
        return f"request {request!r} is not in requests.jsonl"
    if partner not in partners:
        return f"partner {partner!r} is not in partners.jsonl"
    if (request, partner) in seen:
        return f"request {request!r} and partner {partner!r} are judged twice"
    seen.add((request, partner))
    return None


def check_out(path: Path) -> None:
    """Refuse an output path that cannot be written, before minutes are spent on ranking."""
    if path.is_dir() or not os.access(path.parent, os.W_OK):
        raise BadSet([f"{path} cannot be written"])


def write_run(path: Path, judged: JudgedSet, run: Run) -> None:
    """Write one line a request, {"request_id", "partners", "scores"} best first; whole or not at all."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8") as out:
        for request, order, scores in zip(judged.request_ids, run.order, run.scores, strict=True):
            line = {
                "request_id": request,
                "partners": [judged.partner_ids[partner] for partner in order],
                "scores": [round(float(scores[partner]), 6) for partner in order],
            }
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
    unfinished.replace(path)


def as_json(judged: JudgedSet, found: Mapping[str, Figures], model: str) -> dict[str, Any]:
    """The figures as plain values; a standard error that cannot be told (one request) is null."""
    systems = {name: _plain(asdict(system)) for name, system in found.items()}
    size = {"requests": len(judged.request_ids), "partners": len(judged.partner_ids)}
    return {**size, "judged": len(judged.judgements), "weights": Weights().version, "model": model} | {
        "systems": systems
    }


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    return None if isinstance(value, float) and math.isnan(value) else value


def table(judged: JudgedSet, found: Mapping[str, Figures]) -> str:
    """The figures for a person: mean and standard error, then production's lead over each baseline."""
    lines = [
        f"{len(judged.judgements)} judged of {len(judged.request_ids)} requests, "
        f"{len(judged.partner_ids)} partners, weights {Weights().version}",
        "",
        f"{'':24}" + "".join(f"{measure:>16}" for measure in MEASURES),
    ]
    for name, system in found.items():
        cells = "".join(
            f"{_shown(system.measures[measure].mean, system.measures[measure].error):>16}" for measure in MEASURES
        )
        lines.append(f"{_LABELS[name]:24}{cells}")
    lines += ["", "production ahead on ndcg@10, standard errors clustered by relevant partners:"]
    for name, system in found.items():
        if name != PRODUCTION:
            lines.append(f"{_LABELS[name]:24}{_shown(system.lead.mean, system.lead.error, '+'):>16}")
    return "\n".join(lines)


def _shown(mean: float, error: float, sign: str = "") -> str:
    return f"{mean:{sign}.3f} \u00b1 {error:.3f}"


if __name__ == "__main__":
    sys.exit(main())
