"""The review page's learner at size: how long from a stored decision until there are new suggestions?

    python scripts/bench_live_page.py [--utterances 10000 --codes 50 --labelled 2000 --encoder default]

A project of invented words in a temporary folder, its store and its learner as the page uses them, without a
browser. Measured with nothing else to learn, and while everything is being learnt anew.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from autocode.batch import code_project, project_coder
from autocode.codebook import Code, Codebook
from autocode.codebook.yaml_format import write_yaml
from autocode.records import Transcript, Turn
from autocode.store import Account, Project, Request, create_project
from autocode.web.live import AT_ONCE, Live
from autocode.web.state import Review

A_TRANSCRIPT = 200  # answers
N_WORDS = 3000


def made_up_transcript(number: int, rng: np.random.Generator) -> Transcript:
    """Answers of some invented words each, every sixth turn a question."""
    name, turns, at = f"interview{number:03}", list[Turn](), 0
    for index in range(A_TRANSCRIPT + A_TRANSCRIPT // 5):
        asks = index % 6 == 0
        said = " ".join(f"word{i}" for i in rng.zipf(1.3, 6 if asks else 12) % N_WORDS) + (
            "?" if asks else ""
        )
        who = ("INT", "interviewer") if asks else ("Anna", "respondent")
        turns.append(Turn(index, *who, said, at, at + len(said)))  # type: ignore[arg-type]
        at += len(said) + 1
    return Transcript(name, "\n".join(turn.text for turn in turns), tuple(turns), "txt", sha256=name)


class Coder:
    """Somebody who finishes one utterance after another, each with a few codes at random."""

    def __init__(self, review: Review, account: Account, rng: np.random.Generator) -> None:
        assert review.live is not None
        self._review, self.live, self._account, self._rng = review, review.live, account, rng
        units = review.pool().keys.copy()
        rng.shuffle(units)
        self._units: Iterator[int] = iter(units.tolist())
        self._n = 0

    def finish(self, n: int) -> None:
        """Store what is said of `n` utterances, and let the learner hear of it."""
        book, changes = self._review.codebook, list[list[object]]()
        for unit in (next(self._units) for _ in range(n)):
            codes = self._rng.choice(book.ids, self._rng.integers(1, 4), replace=False).tolist()
            changes += [["code", unit, code, True] for code in codes] + [["done", unit, True]]
        self._n += 1
        outcome = self._review.people.act(
            self._account.key, Request(f"action-{self._n:06}", "bulk", changes, book.digest)
        )
        self.live.heard(outcome)

    def timed(self) -> float:
        """Seconds from a stored decision to new suggestions."""
        version = self.live.version
        self.finish(1)
        clock = time.perf_counter()
        while self.live.version == version:
            time.sleep(0.001)
        return time.perf_counter() - clock


def make_project(folder: Path, *, n_utterances: int, n_codes: int, encoder: str) -> Project:
    """A coded project."""
    rng = np.random.default_rng(0)
    book = Codebook(name="bench", codes=tuple(
        Code(id=f"c{i}", name=f"word{i + 10}", definition=f"What is said of word{i + 500}.")
        for i in range(n_codes)
    ))  # fmt: skip
    settings = f'[embed]\nencoder = "{encoder}"\n[segment]\nunit = "turn"\n'
    project = create_project(folder, settings_toml=settings, codebook_yaml=write_yaml(book), guide_yaml="")
    for number in range(n_utterances // A_TRANSCRIPT):
        project.store.add_transcript(made_up_transcript(number, rng))
    code_project(project, project_coder(project))
    return project


def told(what: str, seconds: list[float]) -> None:
    """One line of the result."""
    ms = 1000 * np.array(seconds)
    print(f"{what:40} {len(ms):3} decisions: median {np.median(ms):5.0f} ms, p95 "
          f"{np.percentile(ms, 95):5.0f} ms, most {ms.max():5.0f} ms", flush=True)  # fmt: skip


def learnt(live: Live) -> float:
    """Wait until all has been learnt; the seconds that it took."""
    clock = time.perf_counter()
    assert live.wait(600), live.problem
    assert not live.problem, live.problem
    return time.perf_counter() - clock


def main() -> None:
    """Print the times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--utterances", type=int, default=10_000)
    parser.add_argument("--codes", type=int, default=50)
    parser.add_argument("--labelled", type=int, default=2000)
    parser.add_argument("--trainings", type=int, default=3, help="during which decisions are timed")
    parser.add_argument("--encoder", default="default")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = make_project(
            Path(folder) / "study", n_utterances=options.utterances, n_codes=options.codes,
            encoder=options.encoder,
        )  # fmt: skip
        review = Review(project)
        assert review.live is not None
        account = review.people.add_account("Mia", "lead")
        coder = Coder(review, account, np.random.default_rng(1))
        for _ in range(options.labelled // 100):
            coder.finish(100)
        review.live.start()
        print(f"first: reading {len(review.pool().keys)} utterances and learning from {options.labelled}: "
              f"{learnt(review.live):.1f} s", flush=True)  # fmt: skip
        told("nothing else to learn", [coder.timed() for _ in range(50)])
        beside: list[float] = []
        for _ in range(options.trainings):
            coder.finish(AT_ONCE + 1)  # so many at once are learnt with everything else
            while not review.live.training:
                time.sleep(0.001)
            clock, times = time.perf_counter(), list[float]()
            while review.live.training:
                times.append(coder.timed())
            print(f"everything learnt anew in {time.perf_counter() - clock:.1f} s", flush=True)
            beside += times[:-1]  # the last may be the new model itself
            told("while that was done", times[:-1])
            learnt(review.live)
        told("while everything is learnt anew, all", beside)
        review.close()
        project.store.close()


if __name__ == "__main__":
    main()
