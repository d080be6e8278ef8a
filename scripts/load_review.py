"""Eight coders at once, the server killed twice: is every decision stored, and stored once?

    python scripts/load_review.py [--seconds 120 --rate 20] [--database-url postgresql+psycopg://...]

Coders send decisions over loopback, each with a key of its own, and send again what was not answered, as the
page does. In the end the database is compared with what was sent.
"""

from __future__ import annotations

import argparse
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from uuid import uuid4

import httpx
import numpy as np
from bench_review import make_project
from sqlalchemy import select

from autocode.store import ReviewStore, open_project
from autocode.store.tables import actions, decisions
from autocode.web.guard import hashed

N_CODERS = 8
PORT = 8791


class Coder(threading.Thread):
    """One browser: a decision now and then, sent until it is answered."""

    def __init__(self, name: str, passphrase: str, *, gap: float, until: float) -> None:
        super().__init__(daemon=True)
        self.coder, self.passphrase, self.gap, self.until = name, passphrase, gap, until
        self.sent: dict[str, tuple[int, str, bool]] = {}
        self.answered: set[str] = set()
        self.again, self.times = 0, list[float]()

    def run(self) -> None:
        """Sign in, then decide."""
        base = f"http://127.0.0.1:{PORT}"
        rng = np.random.default_rng(abs(hash(self.coder)) % 2**32)
        with httpx.Client(base_url=base, timeout=5) as client:
            page = client.get("/sign-in").text
            token = re.search(r'name="csrf" value="(\w+)"', page)
            assert token is not None
            client.post(
                "/sign-in", data={"csrf": token[1], "name": self.coder, "passphrase": self.passphrase}
            )
            page = client.get("/read/interview000").text
            csrf = re.search(r'data-csrf="(\w+)"', page)
            assert csrf is not None, f"{self.coder} is not signed in"
            units = [int(unit) for unit in re.findall(r'data-unit="(\d+)"', page)]
            while time.monotonic() < self.until:
                started = time.monotonic()
                key, unit = uuid4().hex, int(rng.choice(units))
                code, applies = f"code{int(rng.integers(0, 40))}", bool(rng.random() < 0.5)
                self.sent[key] = unit, code, applies
                body = {"key": key, "codes": [{"unit": unit, "code": code, "applies": applies}]}
                while True:
                    try:
                        answer = client.post("/api/act", json=body, headers={"x-csrf-token": csrf[1]})
                    except httpx.HTTPError:
                        self.again += 1
                        time.sleep(0.2)
                        continue
                    assert answer.status_code == 200, answer.text
                    break
                self.answered.add(key)
                self.times.append(time.monotonic() - started)
                time.sleep(max(0.0, self.gap - (time.monotonic() - started)))


def start_server(folder: Path) -> subprocess.Popen[str]:
    """A server, ready to answer."""
    code = (
        "import sys; from pathlib import Path; from autocode.store import open_project; "
        "from autocode.web import serve\n"
        f"with open_project(Path(sys.argv[1])) as project: serve(project, port={PORT}, learn=False, "
        "ready=lambda link: print(link, flush=True))"
    )
    server = subprocess.Popen([sys.executable, "-c", code, str(folder)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    server.stdout.readline()
    return server


def run(folder: Path, *, seconds: float, rate: float, kills: int = 2) -> dict[str, float]:
    """Let the coders work, kill the server `kills` times, and compare the database with what was sent."""
    with open_project(folder) as project:
        people = ReviewStore(project.store)
        names = [f"Reader {i}" for i in range(N_CODERS)]
        secret = hashed("a long passphrase")
        for name in names:
            people.add_account(name, "coder", passphrase_hash=secret)
    server = start_server(folder)
    until = time.monotonic() + seconds
    coders = [Coder(name, "a long passphrase", gap=N_CODERS / rate, until=until) for name in names]
    for coder in coders:
        coder.start()
    for _ in range(kills):
        time.sleep(seconds / (kills + 1))
        server.send_signal(signal.SIGKILL)
        server.wait()
        server = start_server(folder)
    for coder in coders:
        coder.join()
    server.terminate()
    server.wait()
    return compare(folder, coders)


def compare(folder: Path, coders: list[Coder]) -> dict[str, float]:
    """What is lost or doubled; and how long an answer took."""
    sent = {key: value for coder in coders for key, value in coder.sent.items()}
    with open_project(folder) as project, project.store._database.read() as connection:
        stored = dict(connection.execute(select(actions.c.key, actions.c.id)).all())
        n_rows = Counter(
            connection.scalars(select(decisions.c.action_id).where(decisions.c.action_id.is_not(None)))
        )
    times = np.array([t for coder in coders for t in coder.times])
    return {
        "sent": len(sent),
        "answered": sum(len(coder.answered) for coder in coders),
        "sent again": sum(coder.again for coder in coders),
        "lost": len(sent.keys() - stored.keys()),
        "doubled": sum(n_rows[stored[key]] != 1 for key in sent if key in stored),
        "not sent but stored": len(stored.keys() - sent.keys()),
        "answer, median ms": 1000 * float(np.median(times)),
        "answer, 95th percentile ms": 1000 * float(np.percentile(times, 95)),
    }


def main() -> None:
    """Print what became of the decisions; exit 1 if one was lost or doubled."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--rate", type=float, default=20.0, help="decisions a second, of all coders together")
    parser.add_argument("--database-url")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "study"
        make_project(folder, n_utterances=3000, n_codes=60, n_decisions=0, url=options.database_url)
        found = run(folder, seconds=options.seconds, rate=options.rate)
    for name, value in found.items():
        print(f"{name:30} {value:10.0f}")
    sys.exit(1 if found["lost"] or found["doubled"] or found["not sent but stored"] else 0)


if __name__ == "__main__":
    main()
