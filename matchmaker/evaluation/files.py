"""Judged sets on disk: reading one with every problem named, and writing what a ranker made of it.

Reads ids, texts and funds, and nothing else of a set: other fields can give the answer away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from matching.evaluate import JudgedSet, Run
from matching.reading import Profile

Read = TypeVar("Read")

_MOST_RELEVANCE = 20  # gains are 2^relevance


class BadSet(Exception):
    """A set that cannot be read; each of `problems` is one line that names the file and, where known, the row."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = tuple(problems)


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
