"""Invented interviews on planted subjects: four respondents, each says three statements on each subject."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from autocode.codebook import Codebook, read_codebook
from autocode.config import Settings
from autocode.pipeline import CodedTranscript, Coder
from autocode.read import read_transcripts
from tests.cli.conftest import CODEBOOK

SUBJECTS: dict[str, Sequence[str]] = {
    "trust": (
        "Um, we trust our partner completely and nobody checks what they deliver.",
        "I can rely on everything that our partner promises, you know.",
        "There is trust between our firms, and it took years, kind of.",
        "We trust them with our prices, and they trust us with theirs.",
        "My partner keeps his promises, so I rely on him without a contract.",
        "Trust came slowly, uh, after they had kept their word for years.",
        "We never control the partner's reports because we trust them.",
        "If they promise a date, we rely on it, that's the trust we have.",
        "Honestly, I trust the partner more than our own bank.",
        "Because of that trust, um, no lawyer ever read the agreement with the partner.",
        "They trust our figures and we rely on their figures as well.",
        "It is a partner that you can rely on, we trust each other.",
    ),
    "dogs": (
        "Um, two colleagues bring their dogs to the office every morning.",
        "The dogs sleep under the desks, kind of, while everybody works.",
        "My dog barks when the postman comes into the office.",
        "We made a rule that dogs must be on a leash in the corridor.",
        "One of the dogs ate, you know, a sandwich from the desk.",
        "Walking the dog at lunch gives me a break from the office.",
        "Some colleagues are allergic to dogs, so uh, one floor is without dogs.",
        "The puppy that Mia brings is everybody's favourite dog.",
        "A bowl of water for the dogs stands beside the printer.",
        "Well, I mean, the dog helps me to calm down after meetings.",
        "There are four dogs now and a waiting list for more dogs.",
        "We even had a birthday cake for the oldest office dog.",
    ),
    "taxes": (
        "The tax office asked for the receipts of the last five years.",
        "Um, our accountant files the tax return at the end of May.",
        "We paid far too much tax in the first year, you know.",
        "The auditor found an error in the tax declaration again.",
        "Value added tax is complicated when you invoice abroad, kind of.",
        "Every receipt goes to the accountant for the tax return.",
        "The new tax law, uh, costs us two days of accounting a month.",
        "We had an audit and the tax inspector sat here for a week.",
        "I leave the taxes to the accountant, I mean, all of it.",
        "A refund of tax came after the auditor had corrected it.",
        "The tax inspector wanted to see each invoice and each receipt.",
        "Tax deadlines are what our accountant worries about most.",
    ),
    "ski": (
        "In winter we ski in the mountains every weekend with the family.",
        "Um, the snow was deep and the ski slopes were empty that day.",
        "My daughter learned to ski before she could ride a bicycle.",
        "We took the ski lift up to the glacier and the snow was perfect.",
        "I broke my ski on the last slope, you know, in wet snow.",
        "The cabin in the mountains is kind of our place for skiing.",
        "Cross-country skiing through the snowy forest is what I like best.",
        "There was so little snow that the ski lifts stayed closed.",
        "After skiing we sit by the fire in the mountain cabin.",
        "The ski instructor showed the children how to brake in snow.",
        "Uh, waxing the skis takes longer than skiing down the slope.",
        "Fresh snow on the mountain and new skis, I mean, what else.",
    ),
}  # fmt: skip
RESPONDENTS = ("Anna Dahl", "Boris Lund", "Carla Moe", "Dina Vik")


def write_interviews(path: Path, subjects: Sequence[str]) -> Path:
    """Tidy utterances: one interview for each respondent, who says every fourth statement of each subject."""
    rows = []
    for number, name in enumerate(RESPONDENTS):
        said = [text for subject in subjects for text in SUBJECTS[subject][number :: len(RESPONDENTS)]]
        for index, text in enumerate(["How is it going here these days, in general?", *said]):
            who = ("Ivar", "interviewer") if index == 0 else (name, "respondent")
            rows.append(
                {"transcript_id": f"i{number}", "utterance_id": f"i{number}-{index}", "speaker": who[0],
                 "role": who[1], "text": text}
            )  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A codebook of four codes, of which only trust is a planted subject."""
    path = tmp_path / "book.yaml"
    path.write_text(CODEBOOK, encoding="utf-8")
    return path


@pytest.fixture
def codebook(book: Path) -> Codebook:
    return read_codebook(book)


def coded(
    path: Path, codebook: Codebook, settings: Settings | None = None
) -> tuple[Coder, list[CodedTranscript]]:
    coder = Coder(codebook, settings=settings)
    return coder, [coder.code(transcript) for transcript in read_transcripts(path)]
