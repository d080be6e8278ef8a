"""A small coded project behind the review page, called as an ASGI application without a socket."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from autocode.records import Evidence, Role, Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, Project, create_project
from autocode.web.app import create_app
from autocode.web.state import Review

HOST = "127.0.0.1:8710"
START_KEY = "start-key-of-the-tests"
PASSPHRASE = "a long passphrase"

# Names and texts hold what a page that forgets to escape would carry out.
CODEBOOK = """\
name: partners
codes:
  - id: cooperation
    name: Cooperation
    definition: How two firms work together.
  - id: trust
    parent: cooperation
    name: Trust & "good will" <script>alert(1)</script>
    definition: The partner is relied on {{1234*5}} without control.
    cues: [trust]
    colour: "#1F77B4"
  - id: conflict
    parent: cooperation
    name: Conflict
    definition: The partners quarrel about money.
  - id: often
    name: Often
  - id: seldom
    name: Seldom
exclusive_groups:
  - [often, seldom]
"""
CODES = ("cooperation", "trust", "conflict", "often", "seldom")
SPEAKER = "<script>alert('s')</script>\"O'Neil\" {{1234*5}}"
ANSWERS = (
    "We trust them <script>alert('t')</script> completely.",
    "\"Quotes\" and 'quotes' & {{1234*5}} <img src=x onerror=alert(1)>.",
    "There was a quarrel about the invoices.",
)
SCORE, PROBABILITY = 0.7718, 0.6649  # of `trust` on every answer: what a blind coder must not see


def build_transcript(name: str) -> Transcript:
    """Three questions with three answers; nothing in it was ever said."""
    lines: list[tuple[str, Role, str]] = []
    for index, answer in enumerate(ANSWERS):
        lines += [
            ("Interviewer", "interviewer", f"Question {index} for {name}?"),
            (SPEAKER, "respondent", answer),
        ]
    text, turns = "", list[Turn]()
    for index, (speaker, role, said) in enumerate(lines):
        text += f"{speaker}: "
        start = len(text)
        text += said
        turns.append(Turn(index, speaker, role, said, start, len(text), index * 2.5))
        text += "\n"
    return Transcript(
        id=name, text=text, turns=tuple(turns), format="txt", source=f"{name}.txt", sha256=f"sha-of-{name}",
        language="en",
    )  # fmt: skip


def build_coding(transcript: Transcript) -> Coding:
    """One utterance a turn; `trust` is suggested for every answer, with one piece of evidence."""
    utterances = tuple(
        Utterance(
            id=f"{transcript.id}:{turn.index}", transcript_id=transcript.id, index=turn.index,
            turn_index=turn.index, speaker=turn.speaker, role=turn.role, text=turn.text,
            start_char=turn.start_char, end_char=turn.end_char, start_s=turn.start_s,
            codable=turn.role == "respondent",
        )
        for turn in transcript.turns
    )  # fmt: skip
    codable = [one for one in utterances if one.codable]
    scores = np.full((len(codable), len(CODES)), 0.125, np.float32)
    scores[:, CODES.index("trust")] = SCORE
    suggestions = tuple(
        Suggestion(one.id, "trust", SCORE, PROBABILITY, "review", (Evidence("cue", "trust", 0.5, 3, 8),))
        for one in codable
    )
    return Coding(utterances, suggestions, scores, CODES)


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Two coded transcripts, `anna` and `carl`, with a codebook of five codes; no encoder was asked."""
    settings = '[embed]\nencoder = "hashing"\n'
    with create_project(
        tmp_path / "study", settings_toml=settings, codebook_yaml=CODEBOOK, guide_yaml=""
    ) as made:
        for name in ("anna", "carl"):
            transcript = build_transcript(name)
            made.store.add_transcript(transcript)
            made.store.save_coding("run", name, build_coding(transcript), segmentation="s")
        yield made


@pytest.fixture
def review(project: Project) -> Iterator[Review]:
    """The project as its page sees it; nothing is learnt in the background."""
    made = Review(project, learn=False)
    yield made
    made.close()


@pytest.fixture
def app(review: Review) -> FastAPI:
    """The page of the project."""
    return create_app(review, hosts=[HOST], start_key=START_KEY)


def visitor(app: FastAPI) -> TestClient:
    """A browser that nobody has signed in with; answers that lead elsewhere are not followed."""
    return TestClient(app, base_url=f"http://{HOST}", follow_redirects=False, raise_server_exceptions=False)


def field_of(page: str, name: str) -> str:
    """The value of a hidden field of a form."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found is not None, page
    return found[1]


def ready(client: TestClient) -> TestClient:
    """The client with the token that its page's script would send."""
    found = re.search(r'data-csrf="([0-9a-f]{64})"', client.get("/settings").text)
    assert found is not None
    client.headers["X-CSRF-Token"] = found[1]
    return client


@pytest.fixture
def anonymous(app: FastAPI) -> TestClient:
    """A browser that nobody has signed in with."""
    return visitor(app)


@pytest.fixture
def client(app: FastAPI) -> TestClient:
    """The browser of Mia, who leads: she came by the link in the terminal."""
    browser = visitor(app)
    welcome = browser.get("/start", params={"key": START_KEY})
    answer = browser.post(
        "/start", data={"csrf": field_of(welcome.text, "csrf"), "key": START_KEY, "name": "Mia"}
    )
    assert answer.status_code == 303, answer.text
    return ready(browser)


SignIn = Callable[[str, str], TestClient]


@pytest.fixture
def signed_in(app: FastAPI, client: TestClient) -> SignIn:
    """Makes an account with a role, and gives its browser."""

    def sign_in(name: str, role: str) -> TestClient:
        made = client.post("/people", data={"name": name, "role": role, "passphrase": PASSPHRASE})
        assert made.status_code == 303, made.text
        browser = visitor(app)
        csrf = field_of(browser.get("/sign-in").text, "csrf")
        answer = browser.post("/sign-in", data={"csrf": csrf, "name": name, "passphrase": PASSPHRASE})
        assert answer.status_code == 303, answer.text
        return ready(browser)

    return sign_in


@pytest.fixture
def units(review: Review) -> dict[str, list[int]]:
    """The keys of each transcript's answers."""
    found: dict[str, list[int]] = {}
    pool = review.pool()
    for key, place in zip(pool.keys.tolist(), pool.transcripts, strict=True):
        found.setdefault(place, []).append(key)
    return found
