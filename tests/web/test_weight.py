"""A web process carries none of the ranker's libraries."""

from __future__ import annotations

import subprocess
import sys

HEAVY = ("torch", "sentence_transformers", "transformers", "sklearn", "scipy", "numba")
PROGRAM = f"""
import sys
from matchmaker import create_app
from matchmaker.settings import Settings
create_app(Settings("postgresql://h/d", "redis://h", "smtp://h", "k" * 32, "s", "http://h.example", environment="test"))
print([name for name in {HEAVY!r} if name in sys.modules])
"""


def test_building_the_application_loads_none_of_the_heavy_libraries() -> None:
    ran = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=120, check=True)
    assert ran.stdout.strip() == "[]"
