"""Codes made-up transcripts one after another, skipping those that are done. Run, and killed, by a test.

python writer.py FOLDER N
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from autocode.records import Evidence, Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, create_project, open_project

CODES = ("a", "b", "c", "d")
SENTENCE = "Nobody said this sentence. "


def main(folder: Path, n: int) -> None:
    """Add all transcripts, then save a coding for each that has none."""
    if not (folder / "autocode.toml").exists():
        create_project(folder, settings_toml="", codebook_yaml="", guide_yaml="").close()
    with open_project(folder) as project, project.lock():
        for number in range(n):
            project.store.add_transcript(transcript(number))
        print("coding", flush=True)
        done = project.store.done("key")
        for number in range(n):
            if f"t{number}" not in done:
                project.store.save_coding("key", f"t{number}", coding(number), segmentation="s")
        print("finished", flush=True)


def transcript(number: int) -> Transcript:
    """Sentences, one a turn, more of them in later transcripts."""
    said = [f"{number}/{i}: {SENTENCE}" for i in range(40 + number)]
    starts = [sum(len(s) for s in said[:i]) for i in range(len(said))]
    turns = tuple(
        Turn(i, "Anna", "respondent", s, at, at + len(s))
        for i, (s, at) in enumerate(zip(said, starts, strict=True))
    )
    return Transcript(f"t{number}", "".join(said), turns, "txt", sha256=str(number))


def coding(number: int) -> Coding:
    """Every code suggested for every utterance."""
    name = f"t{number}"
    utterances = tuple(
        Utterance(
            f"{name}:{t.index}", name, t.index, t.index, t.speaker, t.role, t.text, t.start_char, t.end_char
        )
        for t in transcript(number).turns
    )
    scores = np.random.default_rng(number).random((len(utterances), len(CODES)), np.float32)
    suggestions = tuple(
        Suggestion(u.id, code, float(score), None, "review", (Evidence("words", u.text[:9], 0.5, 0, 9),))
        for u, row in zip(utterances, scores, strict=True)
        for code, score in zip(CODES, row, strict=True)
    )
    return Coding(utterances, suggestions, scores, CODES)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
