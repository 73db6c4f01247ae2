"""The one folder that keeps everything between runs: data, logs, sockets, mails, secrets."""

import hashlib
import os
import secrets
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from matchmaker.embedded.errors import EmbeddedError

PROJECT = Path(__file__).resolve().parents[2]

# A socket's path must fit sockaddr_un: 107 bytes on Linux, 103 on macOS.
SOCKET_PATH_BYTES = 103
LONGEST_SOCKET = "postgres/.s.PGSQL.5432"

# The only things a fresh start deletes; not "run", which holds the lock of whoever deletes.
STATE = ("postgres", "postgres.new", "redis", "mail", "log", "secret")


@dataclass(frozen=True)
class Home:
    """Where state lives. ``root`` is ``MATCHMAKER_HOME``, or ``var`` beside the code."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Home":
        """Make the folder and its parts where they are missing.

        Raises
        ------
        EmbeddedError
            When the folder cannot be written.
        """
        home = cls(root.expanduser().resolve())
        try:
            for folder in (home.root, home.run, home.log, home.mail):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedError(
                f"{root} cannot be written ({error.strerror}). Name another folder: MATCHMAKER_HOME=/some/folder"
            ) from error
        return home

    @property
    def run(self) -> Path:
        return self.root / "run"

    @property
    def log(self) -> Path:
        return self.root / "log"

    @property
    def mail(self) -> Path:
        return self.root / "mail"

    @property
    def postgres(self) -> Path:
        return self.root / "postgres"

    @property
    def redis(self) -> Path:
        return self.root / "redis"

    def sockets(self) -> Path:
        """The folder for Unix sockets: ``run``, or a short private one where that path is too long for a socket."""
        if len(os.fsencode(self.run / LONGEST_SOCKET)) <= SOCKET_PATH_BYTES:
            return self.run
        return _short_folder(hashlib.sha256(os.fsencode(self.root)).hexdigest()[:12])

    def secret(self, name: str) -> str:
        """The random value kept under ``secret/name``, made on first use and readable by its owner only."""
        folder = self.root / "secret"
        folder.mkdir(mode=0o700, exist_ok=True)
        path = folder / name
        if not path.exists():
            fresh = path.with_suffix(".new")
            fresh.touch(mode=0o600)
            fresh.write_text(secrets.token_urlsafe(48))
            fresh.replace(path)
        return path.read_text()

    def exists_already(self) -> bool:
        """Whether an earlier run left data here."""
        return self.postgres.exists() or self.redis.exists()

    def erase(self) -> None:
        """Delete what runs have left here, and nothing else that may lie in the folder."""
        for name in STATE:
            shutil.rmtree(self.root / name, ignore_errors=True)
        Home.at(self.root)


def _short_folder(name: str) -> Path:
    """A folder with a short path that belongs to us; it is found again by the next start, so its name is fixed."""
    folder = Path(tempfile.gettempdir()) / f"matchmaker-{name}"
    if len(os.fsencode(folder / LONGEST_SOCKET)) > SOCKET_PATH_BYTES:
        folder = Path("/tmp") / f"matchmaker-{name}"
    folder.mkdir(mode=0o711, exist_ok=True)
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid():
        raise EmbeddedError(f"{folder} belongs to someone else. Delete it, or set MATCHMAKER_HOME to a shorter path.")
    return folder
