"""A parent to be killed: runs servers in the folder it is given, says so in one line, and waits for its end.

With ``stubborn`` its only child ignores every polite signal, so that somebody has to clear it away.
"""

import json
import signal
import sys
from contextlib import closing
from pathlib import Path

from matchmaker.embedded.child import Child, Spec
from matchmaker.embedded.home import Home
from matchmaker.embedded.lock import record_children, sole_parent
from matchmaker.embedded.services import embedded_services

STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(600)"
)


def run_servers(root: Path) -> None:
    with embedded_services(root, mailbox=True, durable=True):
        tell(root)


def run_stubborn(root: Path) -> None:
    home = Home.at(root)
    with sole_parent(home, print):
        child = Child(Spec(name="stubborn", command=(sys.executable, "-c", STUBBORN)), home.log)
        child.start()
        record_children(home, [child])
        while "up" not in child.log.read_text():
            signal.sigtimedwait([], 0.01)
        tell(root)


def tell(root: Path) -> None:
    print(json.dumps(json.loads((root / "run" / "children.json").read_text())), flush=True)
    with closing(sys.stdin) as other_end:
        other_end.read()


if __name__ == "__main__":
    {"servers": run_servers, "stubborn": run_stubborn}[sys.argv[1]](Path(sys.argv[2]))
