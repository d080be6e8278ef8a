"""A small coded project behind the review page, called as an ASGI application without a socket."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from typing import Any

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from autocode.records import Evidence, Role, Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, Project, Request, create_project
from autocode.store.decided import Arm
from autocode.web.app import create_app
from autocode.web.guard import sha256
from autocode.web.session import COOKIE
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
def codebook_yaml() -> str:
    """The project's codebook; a module may have one of its own."""
    return CODEBOOK


@pytest.fixture
def names() -> tuple[str, ...]:
    """Ids of the project's transcripts; a module may have others."""
    return "anna", "carl"


@pytest.fixture
def project(tmp_path: Path, codebook_yaml: str, names: tuple[str, ...]) -> Iterator[Project]:
    """Two coded transcripts, `anna` and `carl`, with a codebook of five codes; no encoder was asked."""
    settings = '[embed]\nencoder = "hashing"\n'
    with create_project(
        tmp_path / "study", settings_toml=settings, codebook_yaml=codebook_yaml, guide_yaml=""
    ) as made:
        for name in names:
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


def token_of(client: TestClient) -> str:
    """The token of a browser's sign-in, out of its cookie."""
    (token,) = (value for name, value in client.cookies.items() if name.startswith("autocode_review_"))
    return str(token)


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


@dataclass
class Person:
    """Somebody's browser, with what it asks for checked to be answered as expected."""

    client: TestClient
    csrf: str

    def get(self, path: str, status: int = 200) -> str:
        answer = self.client.get(path)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, status: int = 303, **fields: object) -> str:
        answer = self.client.post(path, data={"csrf": self.csrf, **fields})
        assert answer.status_code == status, answer.text
        return answer.headers.get("location", answer.text)

    def api(self, path: str, status: int = 200, **body: object) -> Any:
        body = {"key": token_hex(16), **body}
        answer = self.client.post(path, json=body, headers={"x-csrf-token": self.csrf})
        assert answer.status_code == status, answer.text
        return answer.json()

    def decide(self, unit: int, code: str, applies: bool | None) -> Any:
        return self.api("/api/act", codes=[{"unit": unit, "code": code, "applies": applies}])

    def change(self, do: str, code: str = "", status: int = 303, **fields: object) -> str:
        """Change the codebook by the form."""
        version = field_of(self.get(f"/codebook/change?do={do}&code={code}"), "version")
        return self.post("/codebook/change", status, do=do, code=code, version=version, **fields)

    def note(self, kind: str, target: object = "", text: str = "A note.", status: int = 200) -> Any:
        return self.api("/api/memo", status, kind=kind, target=str(target), text=text)

    def notes(self, kind: str, target: object = "") -> Any:
        answer = self.client.get(f"/api/memos/{kind}", params={"target": str(target)})
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture
def person(app: FastAPI, review: Review) -> Callable[..., Person]:
    """The browser of somebody, signed in without a passphrase."""

    def made(name: str = "Mia", role: str = "lead") -> Person:
        account = review.people.account(name) or review.people.add_account(name, role)  # type: ignore[arg-type]
        browser = visitor(app)
        review.people.sign_in(account.key, sha256(token := token_hex(16)))
        browser.cookies.set(app.state.web.cookie(COOKIE), token)
        return Person(browser, field_of(browser.get("/").text, "csrf"))

    return made


@pytest.fixture
def mia(person: Callable[..., Person]) -> Person:
    """The browser of a lead."""
    return person()


Finish = Callable[..., None]


@pytest.fixture
def finish(review: Review) -> Finish:
    """Lets somebody finish units with the same codes; `trust` was suggested for each."""

    def finished(name: str, units: Iterable[int], codes: Iterable[str], arm: Arm = "blind") -> None:
        coder = review.people.account(name)
        assert coder is not None
        for unit in units:
            changes = [*(["code", unit, code, True] for code in codes), ["done", unit, True]]
            request = Request(
                f"key-{coder.key}-{unit}-{review.people.last_action()}", "done", changes,
                review.codebook.digest, arms={unit: arm}, suggested={unit: ["trust"]},
            )  # fmt: skip
            review.people.act(coder.key, request)

    return finished
