"""The mathematics stay loadable alone, and what a web process needs of them stays light."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import matching

MODULES = sorted(path.stem for path in Path(matching.__file__).parent.glob("*.py") if path.stem != "__init__")
LIGHT = ("need", "equity", "explain", "structure", "words", "metrics")


def loaded_by(*modules: str) -> set[str]:
    """Top-level packages in a fresh interpreter after importing modules of matching."""
    imports = "; ".join(f"import matching.{module}" for module in modules)
    code = f"import sys; {imports}; print(' '.join({{name.split('.')[0] for name in sys.modules}}))"
    root = Path(matching.__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_matching_loads_no_web_framework_and_no_database() -> None:
    found = loaded_by(*MODULES)
    assert "numpy" in found
    assert not found & {"flask", "sqlalchemy", "psycopg", "redis", "rq", "matchmaker", "models", "torch"}


@pytest.mark.parametrize("module", LIGHT)
def test_policy_and_reasons_load_without_the_lexical_index(module: str) -> None:
    assert not loaded_by(module) & {"sklearn", "scipy", "numba"}
