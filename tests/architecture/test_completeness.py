"""What must be complete: documented settings, sentences for refusals, one home for each concept."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re

import matchmaker
from matchmaker.errors import DomainError
from matchmaker.settings import Settings
from matchmaker.web import failures
from tests.architecture.conftest import ROOT, sources

GRAB_BAGS = {"utils", "util", "helpers", "helper", "common", "misc"}
LONGEST_FILE = 350
LONGEST_FUNCTION = 50


def load_all() -> None:
    """Import every module, so that every class of theirs is known."""
    for module in pkgutil.walk_packages(matchmaker.__path__, "matchmaker."):
        importlib.import_module(module.name)


def refusals(kind: type[DomainError] = DomainError) -> set[type[DomainError]]:
    """Every kind of refusal, and kinds of kinds."""
    direct = set(kind.__subclasses__())
    return direct.union(*(refusals(each) for each in direct))


def test_every_setting_is_described() -> None:
    described = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = set(re.findall(r"^\| `([A-Z_]+)`", described, re.MULTILINE))
    assert {spec.metadata["env"] for spec in Settings.__dataclass_fields__.values()} <= rows


def test_nobody_else_reads_the_environment() -> None:
    # The model's libraries are told by it to stay off the network; the parents of other processes hand it on.
    allowed = {"settings.py", "embedding.py"}
    for file in sources():
        if file.name not in allowed and {"embedded", "bench"}.isdisjoint(file.parts):
            assert not re.search(r"\bos\.(environ|getenv)\b", file.read_text(encoding="utf-8")), file


def test_every_refusal_has_its_sentence() -> None:
    load_all()
    ours = {kind for kind in refusals() if kind.__module__.startswith("matchmaker.")}
    assert ours <= set(failures.SENTENCES), ours - set(failures.SENTENCES)


def test_there_is_no_grab_bag() -> None:
    for file in sources():
        assert file.stem not in GRAB_BAGS, file


def test_files_and_functions_stay_short() -> None:
    for file in sources():
        tree = ast.parse(text := file.read_text(encoding="utf-8"))
        assert len(text.splitlines()) <= LONGEST_FILE, file
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.end_lineno is not None:
                body = node.end_lineno - node.body[0].lineno + 1
                assert body <= LONGEST_FUNCTION + docstring_lines(node), f"{file}: {node.name}"


def docstring_lines(node: ast.FunctionDef) -> int:
    return len((ast.get_docstring(node) or "").splitlines())
