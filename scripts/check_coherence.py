"""How often are codes marked that hold together, and how often those that don't?

    python scripts/check_coherence.py DATASET_DIR [--far DATASET_DIR] [--sizes 10 20 40 80] [--trials 100]

On a coded dataset, with codes of n statements made on purpose from statements that people coded:

- "halves": n random statements of a code, and n others of the same code: "overlaps" is a hit;
- "two codes": n random statements each of two codes that hardly share any: "overlaps" is a false alarm;
- "merged": one code of n, half of them from one code, half from another: "two meanings?" is a hit;
- "far": as "merged", but the second half is of another dataset (`--far`), as if these interviews had it;
- "one code": n random statements of one code: "two meanings?" and "little in common" are false alarms;
- "none": n random statements of the dataset: "little in common" is a hit, "two meanings?" a false alarm.

People's codes are taken for the truth, which they are not: two of theirs may mean the same, and one of theirs
two things. So the codes and pairs that are marked most often are named, to be read.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.codebook import Code, Codebook
from autocode.config import SegmentConfig, Settings
from autocode.dataset import read_dataset
from autocode.pipeline import Coder
from autocode.themes.holding import Coded, Held, Holding, Pair, hold_together
from autocode.themes.theme import MIN_WORDS

Rows = NDArray[np.intp]
AT_ONCE = 20  # trials that share their random draws
SHARED = 0.1  # of the smaller code's statements, that two different codes may share


@dataclass(frozen=True)
class Corpus:
    """Statements of `MIN_WORDS` words or more, without codes, and the rows that each code has."""

    said: Coded
    rows_of: dict[str, Rows]

    def codes(self, n: int) -> list[str]:
        """Codes with n statements or more."""
        return [code for code, rows in self.rows_of.items() if len(rows) >= n]

    def pairs(self, n: int) -> list[tuple[str, str]]:
        """Pairs of different codes with n statements or more that the other does not carry."""
        found = []
        for a, b in combinations(self.codes(n), 2):
            least = min(len(self.rows_of[a]), len(self.rows_of[b]))
            both = len(np.intersect1d(self.rows_of[a], self.rows_of[b]))
            if both <= SHARED * least and least - both >= n:
                found.append((a, b))
        return found

    def only(self, a: str, b: str) -> Rows:
        """Rows of `a` that do not carry `b`."""
        return np.setdiff1d(self.rows_of[a], self.rows_of[b])


@dataclass(frozen=True)
class Trial:
    """Codes made on purpose."""

    made_of: str
    codes: tuple[Rows, ...]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--far", type=Path)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 20, 40, 80])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--top", action="store_true", help="raise every code to the topmost above it")
    parser.add_argument("--without", nargs="+", default=[], help="codes that are none, such as 'other'")
    options = parser.parse_args()
    corpus = read(options.dataset, top=options.top, without=options.without)
    other = read(options.far, top=options.top, without=options.without) if options.far else None
    n_interviews = len(set(corpus.said.interviews))
    print(f"{len(corpus.said.vectors)} statements, {n_interviews} interviews", flush=True)
    for n in options.sizes:
        for line in measured(corpus, n, options.trials):
            print(f"{n:3} statements  {line}", flush=True)
        if other is not None:
            print(f"{n:3} statements  {far(corpus, other, n, options.trials)}", flush=True)


def read(folder: Path, *, top: bool, without: Sequence[str]) -> Corpus:
    """The long statements that somebody looked at; they carry a code if any person applied it."""
    dataset = read_dataset(folder)
    coder = Coder(dataset.codebook, settings=Settings(segment=SegmentConfig(unit="turn")))
    kept = dataset.codings.units & dataset.codable
    turns = [
        (one.id, turn) for one in dataset.transcripts for turn in one.turns
        if turn.unit_id in kept and len(turn.text.split()) >= MIN_WORDS
    ]  # fmt: skip
    vectors = coder.embedder.embed([coder.segmenter.clean(turn.text) for _, turn in turns])
    rows_of: defaultdict[str, set[int]] = defaultdict(set)
    for row, (_, turn) in enumerate(turns):
        for units in dataset.codings.by_coder.values():
            for code in units.get(str(turn.unit_id), ()):
                rows_of[[code, *dataset.codebook.ancestors(code)][-1] if top else code].add(row)
    said = Coded(
        [where for where, _ in turns], [f"{where} {turn.speaker}" for where, turn in turns],
        [()] * len(turns), np.ones(len(turns), np.bool_), vectors,
    )  # fmt: skip
    return Corpus(said, {id: np.array(sorted(rows)) for id, rows in rows_of.items() if id not in without})


def measured(corpus: Corpus, n: int, n_trials: int) -> Iterator[str]:
    """A line a question."""
    generator = np.random.default_rng(n)

    def some(rows: Rows, size: int) -> Rows:
        return generator.choice(rows, size, replace=False)

    def halves(code: str) -> Trial:
        both = some(corpus.rows_of[code], 2 * n)
        return Trial(code, (both[:n], both[n:]))

    def two(pair: tuple[str, str], size: int) -> Trial:
        a, b = pair
        return Trial(" + ".join(pair), (some(corpus.only(a, b), size), some(corpus.only(b, a), size)))

    def merged(pair: tuple[str, str]) -> Trial:
        trial = two(pair, n // 2)
        return replace(trial, codes=(np.concatenate(trial.codes),))

    single, wide, pairs = corpus.codes(n), corpus.codes(2 * n), corpus.pairs(n)
    small_pairs = corpus.pairs(n // 2)
    everything = np.arange(len(corpus.said.vectors))
    yield from told("halves", [halves(one) for one in over(wide, n_trials)], corpus, overlaps=True)
    yield from told("two codes", [two(one, n) for one in over(pairs, n_trials)], corpus, overlaps=True)
    yield from told("merged", [merged(one) for one in over(small_pairs, n_trials)], corpus)
    ones = [Trial(one, (some(corpus.rows_of[one], n),)) for one in over(single, n_trials)]
    yield from told("one code", ones, corpus)
    yield from told("none", [Trial("any", (some(everything, n),)) for _ in range(n_trials)], corpus)


def far(corpus: Corpus, other: Corpus, n: int, n_trials: int) -> str:
    """How often two meanings are found where one half is from elsewhere, and nobody else speaks of it."""
    generator = np.random.default_rng(n)
    said, found = corpus.said, 0
    for here, there in zip(
        over(corpus.codes(n // 2), n_trials), over(other.codes(n // 2), n_trials), strict=True
    ):
        rows = generator.choice(corpus.rows_of[here], n // 2, replace=False)
        strange = generator.choice(other.rows_of[there], n // 2, replace=False)
        where = [said.interviews[row] for row in generator.choice(rows, n // 2)]
        both = Coded(
            [*said.interviews, *where], [*said.respondents, *map(str, where)],
            [*said.codes, *([()] * len(where))], np.ones(len(said.codes) + len(where), np.bool_),
            np.concatenate([said.vectors, other.said.vectors[strange]]),
        )  # fmt: skip
        made = np.concatenate([rows, np.arange(len(said.codes), len(both.codes))])
        (code,) = held([Trial("far", (made,))], both).codes
        found += code.halves is not None and code.halves.flagged
    return f"{'far':9}  {'two meanings?':16}  {found / n_trials:4.0%} of {n_trials}"


def over(things: Sequence[Any], n: int) -> list[Any]:
    """`n` of them, each as often as any other, to one."""
    return [things[number % len(things)] for number in range(n)] if things else []


def told(kind: str, trials: Sequence[Trial], corpus: Corpus, *, overlaps: bool = False) -> Iterator[str]:
    """How often these are marked, and which most often."""
    if not trials:
        yield f"{kind}: no code has so many"
        return
    looked_for: dict[str, Callable[[Held], bool]] = {
        "two meanings?": lambda one: one.halves is not None and one.halves.flagged,
        "little in common": lambda one: one.little_in_common,
    }
    marked = defaultdict[str, Counter[str]](Counter)
    for start in range(0, len(trials), AT_ONCE):
        some = trials[start : start + AT_ONCE]
        found = held(some, corpus.said)
        pairs = {(one.a, one.b): one for one in found.pairs}
        for number, trial in enumerate(some):
            if overlaps:
                marked["overlaps"][trial.made_of] += is_marked(pairs, number)
            else:
                for mark, is_so in looked_for.items():
                    marked[mark][trial.made_of] += is_so(found.codes[number])
    times = Counter(trial.made_of for trial in trials)
    for mark, counts in marked.items():
        most = [f"{name} {count}/{times[name]}" for name, count in counts.most_common(4) if count]
        yield (
            f"{kind:9}  {mark:16}  {sum(counts.values()) / len(trials):4.0%} of {len(trials)}, "
            f"{len(times)} different: {', '.join(most)}"
        )


def is_marked(pairs: dict[tuple[str, str], Pair], number: int) -> bool:
    """Do the two codes of a trial overlap?"""
    pair = pairs.get((f"a{number}", f"b{number}")) or pairs.get((f"b{number}", f"a{number}"))
    return pair is not None and pair.flagged


def held(trials: Sequence[Trial], said: Coded) -> Holding:
    """What is said of the codes of these trials."""
    made = {
        f"{letter}{number}": rows
        for number, trial in enumerate(trials)
        for letter, rows in zip("ab", trial.codes, strict=False)
    }
    codes: list[set[str]] = [set() for _ in said.codes]
    for id, rows in made.items():
        for row in rows.tolist():
            codes[row].add(id)
    book = Codebook(name="made", codes=tuple(Code(id=id, name=id) for id in made))
    return hold_together(book, replace(said, codes=codes))


if __name__ == "__main__":
    main()
