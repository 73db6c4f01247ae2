"""Real servers and real processes in folders of their own."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from matchmaker.embedded.home import Home


def _folder() -> Iterator[Path]:
    # Not tmp_path: its names are long, and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="mm-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def root() -> Iterator[Path]:
    """An empty folder for one test."""
    yield from _folder()


@pytest.fixture
def home(root: Path) -> Home:
    return Home.at(root)


@pytest.fixture(scope="module")
def kept_root() -> Iterator[Path]:
    """A folder that the tests of a module start servers in one after the other."""
    yield from _folder()


@pytest.fixture
def taken_port() -> Iterator[int]:
    """A port somebody else listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]
