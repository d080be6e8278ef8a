"""Small project files and a small coded project, built by hand."""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from autocode.codebook import read_codebook
from autocode.records import Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, Project, Request, ReviewStore, create_project

CODE, USER, SOURCE = (f"{digit * 8}-{digit * 4}-4{digit * 3}-8{digit * 3}-{digit * 12}" for digit in "213")
Write = Callable[..., Path]


def project_xml(selections: Sequence[tuple[int, int, str]], *, origin: str = "test", path: str = "") -> str:
    """A project with one code, one user, one source and these selections, each coded once."""
    inner = "".join(
        f'<PlainTextSelection guid="{n:08d}-0000-4000-8000-000000000000" startPosition="{start}" '
        f'endPosition="{end}" name={quoteattr(name)}><Coding guid="{n:08d}-0000-4000-8000-000000000001" '
        f'creatingUser="{USER}"><CodeRef targetGUID="{CODE}"/></Coding></PlainTextSelection>'
        for n, (start, end, name) in enumerate(selections)
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><Project xmlns="urn:QDA-XML:project:1.0" name="p" '
        f'origin="{origin}"><Users><User guid="{USER}" name="Ann"/></Users><CodeBook><Codes><Code '
        f'guid="{CODE}" name="trust" isCodable="true"/></Codes></CodeBook><Sources>'
        f'<TextSource guid="{SOURCE}" '
        f'name="A" plainTextPath="{path or f"internal://{SOURCE}.txt"}">{inner}</TextSource></Sources></Project>'
    )


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a .qdpx with this text (its bytes) and XML."""

    def call(text: bytes, xml: str, *, name: str = "p.qdpx", packed: bool = True) -> Path:
        path = tmp_path / name
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
            archive.writestr("project.qde", xml)
            archive.writestr(f"sources/{SOURCE}.txt", text)
        return path

    return call


NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
CODEBOOK = """\
name: partners
codes:
  - {id: cooperation, name: Cooperation}
  - {id: trust, parent: cooperation, name: Trust, definition: "Relied on, <b>really</b>."}
  - {id: conflict, parent: cooperation, name: "=Conflict"}
"""
TURNS = (
    ("Interviewer", "interviewer", "How is it with *them*?"),
    ("Anna Berg", "respondent", "We trust Tom. They pay late."),
    ("Interviewer", "interviewer", "And you, Anna?"),
    ("Anna Berg", "respondent", "=1+1\x1b[31m, we wait."),
)
PAY_LATE = "They pay late."


def interview(id: str = "anna") -> tuple[Transcript, tuple[Utterance, ...]]:
    """Four turns; the second is cut into two utterances."""
    text, turns, cuts = "", list[Turn](), list[tuple[int, int, int]]()
    for index, (speaker, role, said) in enumerate(TURNS):
        text += f"{speaker}: "
        start = len(text)
        text += f"{said}\n"
        turns.append(Turn(index, speaker, role, said, start, start + len(said), 10.0 * index))  # type: ignore[arg-type]
        middle = start + len("We trust Tom. ") if index == 1 else start
        cuts += [(index, a, b) for a, b in ((start, middle), (middle, start + len(said))) if a < b]
    units = tuple(
        Utterance(
            f"{id}:{n}", id, n, turn, turns[turn].speaker, turns[turn].role, text[a:b], a, b,
            turns[turn].start_s if a == turns[turn].start_char else None,
            codable=turns[turn].role == "respondent",
        )
        for n, (turn, a, b) in enumerate(cuts)
    )  # fmt: skip
    return Transcript(id, text, tuple(turns), "text", "anna.txt", "sha", meta={"firm": "Berg AG"}), units


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Mia is done with the first two statements, blind; she coded two words of the second as conflict. Ben
    is done with the first, after he saw the suggestion; it was agreed on then. Trust is suggested there.
    """
    with create_project(tmp_path / "study", settings_toml="", codebook_yaml=CODEBOOK, guide_yaml="") as made:
        transcript, units = interview()
        made.store.add_transcript(transcript)
        suggested = tuple(
            Suggestion("anna:1", code, 0.8, 0.75, "review") for code in ("trust", "cooperation")
        )
        scores = np.zeros((3, 3), np.float32)
        codes = ("cooperation", "trust", "conflict")
        made.store.save_coding("run", "anna", Coding(units, suggested, scores, codes), segmentation="s")
        review = ReviewStore(made.store)
        digest = read_and_add_codebook(made)
        reading = review.reading("anna")
        _, first, second, _, _ = reading.keys
        mia, ben = review.add_account("Mia", "lead"), review.add_account("Ben", "coder")
        place = transcript.text.index("pay late")
        span = [reading.transcript_key, place, place + len("pay late"), "conflict", True]
        review.act(mia.key, Request(
            "key-1", "code", [["code", first, "trust", True], ["done", first, True],
                              ["code", second, "conflict", True], ["span", *span], ["done", second, True]],
            digest, arms={first: "blind", second: "blind"}, times=[NOON] * 5,
        ))  # fmt: skip
        review.act(ben.key, Request(
            "key-2", "code", [["code", first, "trust", False], ["code", first, "conflict", True],
                              ["done", first, True]], digest, suggested={first: ["trust"]}, times=[NOON] * 3,
        ))  # fmt: skip
        review.act(review.consensus(), Request(
            "key-3", "code", [["code", first, "trust", True], ["done", first, True]], digest,
            times=[NOON] * 2,
        ))  # fmt: skip
        yield made


def read_and_add_codebook(project: Project) -> str:
    """The digest of the codebook, which is known to the store then."""
    book = read_codebook(project.codebook_path)
    project.store.add_codebook(book.digest, book.model_dump_json())
    return book.digest
