"""How long do large projects take to come in and to go out? Made-up projects in a temporary folder.

    python scripts/bench_exchange.py [--interviews 100] [--codings 20000] [--only refi-qda docx ...]

The promise: 100 interviews with 20,000 codings come in within 20 s, and go out within 10 s in every format.
"""

from __future__ import annotations

import argparse
import html
import json
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import fuzz_samples

from autocode.exchange import Choice, gather, import_plan, plan_import, read_project, save
from autocode.exchange.formats import FORMATS
from autocode.store import Project, create_project

IN_S, OUT_S = 20.0, 10.0
N_CODES, N_CODERS, N_TURNS = 50, 3, 160
WORDS = (
    "the", "firm", "we", "trust", "them", "market", "port", "risk", "growth", "people", "partner", "they",
    "learn", "fast", "never", "late", "export", "ship", "winter", "board", "money", "plan", "because",
    "when", "somebody", "called", "naïve", "question", "about", "and", "then", "nothing",
)  # fmt: skip
DAY = "2024-05-02 10:30:00"


def interview(random: Random, number: int) -> str:
    """An interview of some 8,000 words."""
    lines = []
    for turn in range(N_TURNS):
        speaker, n = ("Interviewer", 1) if turn % 2 == 0 else (f"Person {number}", 7)
        speaker = f"{speaker} ({turn // 3:02d}:{turn % 3 * 20:02d})"
        sentences = (" ".join(random.choices(WORDS, k=random.randint(6, 20))).capitalize() for _ in range(n))
        lines.append(f"{speaker}: {'. '.join(sentences)}.")
    return "\n".join(lines)


def places(random: Random, text: str, n: int) -> list[tuple[int, int]]:
    """Stretches of a text: sentences for the most part, parts of them, and some that are longer."""
    found = []
    starts = [at for at in range(1, len(text)) if text[at - 1] == " " and text[at].isupper()]
    for _ in range(n):
        start = random.choice(starts)
        end = text.find(".", start) + 1 or len(text)
        end = min(len(text), end + random.choice((0, 0, 0, 80, 300, -3 if end - start > 10 else 0)))
        found.append((start, end))
    return found


def qualcoder(folder: Path, texts: Sequence[str], n_codings: int) -> Path:
    """A project as QualCoder keeps it."""
    random, path = Random(2), folder / "study.qda" / "data.qda"
    path.parent.mkdir()
    path.write_bytes(fuzz_samples.database(fuzz_samples.QUALCODER))
    base = sqlite3.connect(path)
    for table in ("source", "code_name", "annotation", "case_text", "cases", "attribute", "code_image"):
        base.execute(f"DELETE FROM {table}")
    names = [f"coder {n}" for n in range(N_CODERS)]
    rows: list[tuple[Any, ...]] = [(n, f"code {n}", "", 2, "", DAY, "", None) for n in range(1, N_CODES + 1)]
    _insert(base, "code_name", rows)
    _insert(base, "source", [
        (n, f"interview {n}.txt", text, None, "", "coder 0", DAY, None, None)
        for n, text in enumerate(texts, 1)
    ])  # fmt: skip
    _insert(base, "cases", [(n, f"firm {n}", "", names[0], DAY) for n in range(1, len(texts) + 1)])
    _insert(base, "case_text", [
        (n, n, n, 0, len(text), names[0], DAY, "") for n, text in enumerate(texts, 1)
    ])  # fmt: skip
    for number, text in enumerate(texts, 1):
        marked = places(random, text, n_codings // len(texts))
        _insert(base, "code_text", [
            (None, random.randint(1, N_CODES), number, text[a:b], a, b, random.choice(names), DAY,
             "a memo" if random.random() < 0.05 else "", None, None)
            for a, b in marked
        ])  # fmt: skip
    base.commit()
    base.close()
    return path.parent


def taguette(folder: Path, texts: Sequence[str], n_codings: int) -> Path:
    """A project as Taguette exports it: one highlight a coding."""
    random, path = Random(3), folder / "study.sqlite3"
    path.write_bytes(fuzz_samples.database(fuzz_samples.TAGUETTE))
    base = sqlite3.connect(path)
    for table in ("documents", "tags", "highlights", "highlight_tags", "commands"):
        base.execute(f"DELETE FROM {table}")
    _insert(base, "tags", [(n, 1, f"code {n}", "", None) for n in range(1, N_CODES + 1)])
    at = 0
    for number, text in enumerate(texts, 1):
        page = "\n".join(f"<p>{html.escape(line)}</p>" for line in text.split("\n"))
        row = (number, f"interview {number}", "", "a.html", DAY, 1, "LEFT_TO_RIGHT", page)
        _insert(base, "documents", [row])
        for a, b in places(random, text, n_codings // len(texts)):
            at += 1
            tag = random.randint(1, N_CODES)
            place = (len(text[:a].encode()), len(text[:b].encode()))
            _insert(base, "highlights", [(at, number, *place, html.escape(text[a:b]))])
            _insert(base, "highlight_tags", [(at, tag)])
            told = {"type": "highlight_add", "highlight_id": at, "tags": [tag]}
            _insert(base, "commands", [(at, DAY, f"coder {at % N_CODERS}", 1, number, json.dumps(told))])
    base.commit()
    base.close()
    return path


def _insert(base: sqlite3.Connection, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    base.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({', '.join('?' * len(rows[0]))})", rows)


def empty_project(folder: Path) -> Project:
    """A project with nothing in it."""
    return create_project(folder, settings_toml="", codebook_yaml="name: x\ncodes: []\n", guide_yaml="")


def bring_in(folder: Path, path: Path) -> tuple[Project, str]:
    """Import a file into a new project; the project, and how long each step took."""
    project = empty_project(folder)
    began = time.process_time()
    opened = read_project(path)
    read = time.process_time()
    plan = plan_import(project, opened)
    planned = time.process_time()
    stored = import_plan(project, plan)
    done = time.process_time()
    steps = f"read {read - began:.1f}, plan {planned - read:.1f}, store {done - planned:.1f}"
    return project, f"{steps}; {stored.decisions:,} decisions, {stored.spans:,} spans"


def told(name: str, limit_s: float, work: Callable[[], Any]) -> tuple[Any, bool]:
    """What some work gives, and whether it kept its time; prints a line.

    The processor's time counts: on a machine with nothing else to do the clock says the same.
    """
    began, clock = time.process_time(), time.perf_counter()
    found = work()
    seconds, waited = time.process_time() - began, time.perf_counter() - clock
    more = found[1] if isinstance(found, tuple) and isinstance(found[1], str) else ""
    verdict = "" if seconds < limit_s else "TOO LONG "
    print(
        f"{name:22} {seconds:6.1f} s of {limit_s:g} s ({waited:.1f} s by the clock) {verdict}{more}",
        flush=True,
    )
    return found, seconds < limit_s


def main() -> int:
    """Run; 1 where a promise is broken."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--interviews", type=int, default=100)
    parser.add_argument("--codings", type=int, default=20_000)
    parser.add_argument("--only", nargs="*", default=["taguette", *FORMATS])
    given = parser.parse_args()
    random = Random(1)
    texts = [interview(random, number) for number in range(1, given.interviews + 1)]
    print(f"{len(texts)} interviews of {len(texts[0]):,} characters, {given.codings:,} codings")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        source = qualcoder(folder, texts, given.codings)
        (project, _), kept = told("in: qualcoder", IN_S, lambda: bring_in(folder / "a", source))
        if "taguette" in given.only:
            path = taguette(folder, texts, given.codings)
            (other, _), in_time = told("in: taguette", IN_S, lambda: bring_in(folder / "b", path))
            other.close()
            kept &= in_time
        for name in (name for name in FORMATS if name in given.only):
            format = FORMATS[name]
            path = folder / f"out-{name}{format.suffix}"
            choice = Choice(("everybody",), suggestions=format.suggestions)

            def write(format=format, path=path, choice=choice) -> None:  # type: ignore[no-untyped-def]
                save(format, format.files(gather(project, choice)), path)

            kept &= told(f"out: {name}", OUT_S, write)[1]
        path = folder / "out-refi-qda.qdpx"
        if path.exists():
            (other, _), in_time = told("in: refi-qda", IN_S, lambda: bring_in(folder / "c", path))
            other.close()
            kept &= in_time
        project.close()
    return int(not kept)


if __name__ == "__main__":
    raise SystemExit(main())
