"""The review page at size: how long from a key press to "stored, and the next one painted"?

    python scripts/bench_review.py [--utterances 100000 --codes 200 --decisions 1000000] [--database-url URL]

Makes a project of invented words in a temporary folder, serves it, and drives Debian's chromium: decisions in
the queue view and in the reading view, and the time until a transcript of 3,000 utterances can be used.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from sqlalchemy import func, insert, select

from autocode.codebook import Code, Codebook
from autocode.codebook.yaml_format import write_yaml
from autocode.records import Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, ReviewStore, create_project, open_project
from autocode.store.tables import assignments, codebook_versions, codes, decisions, insert_many, utterances

A_TRANSCRIPT = 3000
DECISION = (
    "utterance_id", "code_id", "coder_id", "applies", "blind", "decided_at", "codebook_id", "withdrawn",
)  # fmt: skip
BROWSER = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-quic", "--no-first-run",
]  # fmt: skip


def made_up_codebook(n: int) -> Codebook:
    """Ten themes, and the other codes under them."""
    themes = [Code(id=f"theme{i}", name=f"Theme {i}") for i in range(10)]
    rest = [
        Code(id=f"code{i}", name=f"Code number {i}", parent=f"theme{i % 10}", definition="An invented code.")
        for i in range(n - 10)
    ]
    return Codebook(name="bench", codes=(*themes, *rest))


def made_up_transcript(number: int, book: Codebook, rng: np.random.Generator) -> tuple[Transcript, Coding]:
    """Two speakers who say invented words, three suggestions an answer."""
    words = np.array([f"word{i}" for i in range(2000)])
    name, parts, turns, at = f"interview{number:03}", list[str](), list[Turn](), 0
    for index in range(A_TRANSCRIPT):
        is_question = index % 6 == 0
        said = " ".join(words[rng.integers(0, 2000, 6 if is_question else 18)]) + (
            "?" if is_question else "."
        )
        speaker, role = ("INT", "interviewer") if is_question else ("Anna", "respondent")
        turns.append(Turn(index, speaker, role, said, at, at + len(said)))  # type: ignore[arg-type]
        parts.append(said)
        at += len(said) + 1
    text = "\n".join(parts)
    transcript = Transcript(id=name, text=text, turns=tuple(turns), format="txt", sha256=name)
    units = tuple(
        Utterance(f"{name}:{t.index}", name, t.index, t.index, t.speaker, t.role, t.text, t.start_char,
                  t.end_char, codable=t.role == "respondent")
        for t in turns
    )  # fmt: skip
    codable = [unit for unit in units if unit.codable]
    scores = rng.random((len(codable), len(book.ids)), np.float32)
    best = np.argsort(-scores, axis=1)[:, :3]
    suggestions = tuple(
        Suggestion(unit.id, book.ids[column], float(scores[row, column]), None, "review")
        for row, unit in enumerate(codable)
        for column in best[row]
    )
    return transcript, Coding(units, suggestions, scores, book.ids)


def make_project(folder: Path, *, n_utterances: int, n_codes: int, n_decisions: int, url: str | None) -> None:
    """A project with so many utterances and stored decisions of four coders."""
    rng, book = np.random.default_rng(0), made_up_codebook(n_codes)
    settings = f"[store]\ndatabase_url = {json.dumps(url)}\n" if url else ""
    with create_project(folder, settings_toml=settings, codebook_yaml=write_yaml(book), guide_yaml="",
                        url=url) as project:  # fmt: skip
        store, people = project.store, ReviewStore(project.store)
        store.add_codebook(book.digest, book.model_dump_json())
        for number in range(-(-n_utterances // A_TRANSCRIPT)):
            transcript, coding = made_up_transcript(number, book, rng)
            store.add_transcript(transcript)
            store.save_coding("bench", transcript.id, coding, segmentation="bench")
        lead = people.add_account("Mia", "lead")
        others = [people.add_account(f"Coder {i}", "coder").key for i in range(4)]
        with store._database.write() as connection:
            insert_many(connection, codes, ("name",), [
                (code,) for code in sorted(set(book.ids) - set(connection.scalars(select(codes.c.name))))
            ])  # fmt: skip
            units = np.array(list(connection.scalars(select(utterances.c.id).order_by(utterances.c.id))))
            code_keys = np.array(list(connection.scalars(select(codes.c.id))))
            version = connection.scalar(select(codebook_versions.c.id))
            now = datetime.now(UTC).replace(tzinfo=None).isoformat(sep=" ")
            stamp = now if url is None else datetime.now(UTC)
            for start in range(0, n_decisions, 100_000):
                n = min(100_000, n_decisions - start)
                chosen = zip(
                    units[rng.integers(0, len(units), n)].tolist(),
                    code_keys[rng.integers(0, len(code_keys), n)].tolist(),
                    rng.choice(others, n).tolist(), (rng.random(n) < 0.3).tolist(), strict=True,
                )  # fmt: skip
                rows = [(u, c, who, a, False, stamp, version, False) for u, c, who, a in chosen]
                insert_many(connection, decisions, DECISION, rows)
            half = units[: len(units) // 2].tolist()  # Mia has finished half of it
            for part in range(0, len(half), 10_000):
                connection.execute(insert(assignments), [
                    {"coder_id": lead.key, "utterance_id": u, "arm": "assisted",
                     "assigned_at": datetime.now(UTC), "done_at": datetime.now(UTC),
                     "first_codes": "[]", "suggested": "[]"}
                    for u in half[part : part + 10_000]
                ])  # fmt: skip
            n_stored = connection.scalar(select(func.count()).select_from(decisions))
    print(f"{len(units)} utterances, {n_codes} codes, {n_stored} stored decisions")


def serve_project(folder: Path, port: int) -> None:
    """What the child process does."""
    from autocode.web import serve

    with open_project(folder) as project:
        serve(project, port=port, learn=False, sign_in_as="Mia", ready=lambda link: print(link, flush=True))


TIMED = """() => {
  window.times = [];
  let pressed = 0;
  document.addEventListener("keydown", () => { pressed = performance.now(); }, true);
  document.addEventListener("stored", () => requestAnimationFrame(() => setTimeout(() => {
    window.times.push(performance.now() - pressed); })));
}"""


def measure(link: str, *, n: int) -> dict[str, float]:
    """Milliseconds in a real browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=BROWSER
        )
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.goto(link)
        root = link.partition("/start")[0]
        found = dict[str, float]()
        clock = time.perf_counter()
        page.goto(f"{root}/queue?order=transcript")
        found["queue, first page"] = 1000 * (time.perf_counter() - clock)
        for name, path in (("queue", "/queue?order=transcript"), ("reading", "/read/interview020")):
            page.goto(root + path)
            page.wait_for_timeout(500)
            page.evaluate(TIMED)
            if name == "reading":
                page.keyboard.press("j")
            for index in range(n):
                page.keyboard.press("1" if index % 2 == 0 else "Enter")
                while page.evaluate("window.times.length") <= index:
                    page.wait_for_timeout(5)
            times = np.array(page.evaluate("window.times"))
            found[f"{name}, median"] = float(np.median(times))
            found[f"{name}, 95th percentile"] = float(np.percentile(times, 95))
        loads = []
        for number in (21, 22, 23):
            page.goto(f"{root}/read/interview{number:03}", wait_until="load")
            loads.append(page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd"))
        found["a transcript of 3,000 utterances, until it can be used"] = float(np.median(loads))
        browser.close()
    return found


def main() -> None:
    """Print a table of milliseconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--utterances", type=int, default=100_000)
    parser.add_argument("--codes", type=int, default=200)
    parser.add_argument("--decisions", type=int, default=1_000_000)
    parser.add_argument("--presses", type=int, default=100)
    parser.add_argument("--database-url")
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve_project(options.serve, 8790)
        return
    with tempfile.TemporaryDirectory() as place:
        folder, clock = Path(place) / "study", time.perf_counter()
        make_project(folder, n_utterances=options.utterances, n_codes=options.codes,
                     n_decisions=options.decisions, url=options.database_url)  # fmt: skip
        print(f"made in {time.perf_counter() - clock:.0f} s")
        command = [sys.executable, __file__, "--serve", str(folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout is not None
                for name, value in measure(server.stdout.readline().strip(), n=options.presses).items():
                    print(f"{name:60} {value:8.0f} ms")
            finally:
                server.terminate()


if __name__ == "__main__":
    main()
