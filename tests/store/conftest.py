"""A store on SQLite and on PostgreSQL, and made-up interviews to keep in it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import numpy as np
import pytest

from autocode.records import Evidence, Role, Suggestion, Transcript, Turn, Utterance
from autocode.store import Coding, Project, Store, create_project
from autocode.store.database import sqlite_url

CODES = ("trust", "gap", "leap")
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def build_transcript(name: str = "anna", *, n_answers: int = 3, sha256: str | None = None) -> Transcript:
    """An interviewer asks and Anna answers, `n_answers` times; nothing in it was ever said."""
    lines: list[tuple[str, Role, str]] = []
    for i in range(n_answers):
        lines += [
            ("INT", "interviewer", f"Question {i}?"),
            ("Anna", "respondent", f"Ünswer {i} of {name}. 😀 Yes."),
        ]
    text, turns = "", []
    for index, (speaker, role, said) in enumerate(lines):
        text += f"{speaker}: "
        start = len(text)
        text += said
        turns.append(
            Turn(
                index,
                speaker,
                role,
                said,
                start,
                len(text),
                index * 2.5,
                index * 2.5 + 0.1,
                f"u{index}",
                {"page": 1},
            )
        )
        text += "\n"
    return Transcript(
        id=name,
        text=text,
        turns=tuple(turns),
        format="txt",
        source=f"{name}.txt",
        sha256=f"sha-of-{name}" if sha256 is None else sha256,
        language="en",
        warnings=("row 3: no time",),
        meta={"wave": 1},
    )


def build_coding(transcript: Transcript, *, salt: int = 0, min_chars: int = 0) -> Coding:
    """One utterance a turn; respondents' of at least `min_chars` are coded, two suggestions each."""
    utterances = tuple(
        Utterance(
            id=f"{transcript.id}:{turn.index}",
            transcript_id=transcript.id,
            index=turn.index,
            turn_index=turn.index,
            speaker=turn.speaker,
            role=turn.role,
            text=turn.text,
            start_char=turn.start_char,
            end_char=turn.end_char,
            start_s=turn.start_s,
            codable=turn.role == "respondent" and len(turn.text) >= min_chars,
            backchannel=turn.index == 1,
            meta={"words": [1, 2]} if turn.index == 1 else {},
        )
        for turn in transcript.turns
    )
    codable = [utterance for utterance in utterances if utterance.codable]
    scores = np.random.default_rng(salt).random((len(codable), len(CODES)), np.float32)
    suggestions: list[Suggestion] = []
    for utterance, row in zip(codable, scores, strict=True):
        cue = Evidence("cue", utterance.text[:6], 0.25, 0, 6)
        suggestions.append(Suggestion(utterance.id, "gap", float(row[1]), 0.125, "accept", (cue,)))
        why = (Evidence("definition", "Knowledge “is” missing.", 1 / 3), cue)
        suggestions.append(Suggestion(utterance.id, "trust", float(row[0]), None, "review", why))
    return Coding(utterances, tuple(suggestions), scores, CODES)


def assert_same_coding(found: Coding, expected: Coding) -> None:
    assert found.utterances == expected.utterances
    assert found.suggestions == expected.suggestions
    assert found.code_ids == expected.code_ids
    assert found.scores.dtype == np.float32
    np.testing.assert_array_equal(found.scores, expected.scores)


@pytest.fixture
def make_transcript() -> Callable[..., Transcript]:
    return build_transcript


@pytest.fixture
def make_coding() -> Callable[..., Coding]:
    return build_coding


@pytest.fixture
def same_coding() -> Callable[[Coding, Coding], None]:
    return assert_same_coding


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A project's future folder; its name has what a URL would stumble over."""
    return tmp_path / "my study #1 100%25?"


@pytest.fixture
def project(folder: Path) -> Iterator[Project]:
    with create_project(
        folder, settings_toml="seed = 0\n", codebook_yaml="codes: []\n", guide_yaml=""
    ) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store whose clock gains a second at each look."""
    if request.param == "sqlite":
        url: object = sqlite_url(tmp_path / "autocode.db")
    else:
        url = request.getfixturevalue("postgres_database")
    ticks = count()
    with Store(url, create=True, clock=lambda: NOON + timedelta(seconds=next(ticks))) as made:  # type: ignore[arg-type]
        yield made


@pytest.fixture(scope="session")
def postgres_scratch(postgres_server: str) -> Iterator[str]:
    """The URL of a database that belongs to this session of tests."""
    from sqlalchemy import create_engine, make_url, text

    name = f"autocode_test_{os.getpid()}"
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(postgres_server).set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


@pytest.fixture
def postgres_database(postgres_scratch: str) -> Iterator[str]:
    """The URL of an empty database."""
    from sqlalchemy import create_engine, text

    yield postgres_scratch
    engine = create_engine(postgres_scratch)
    with engine.begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    engine.dispose()


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a PostgreSQL server: AUTOCODE_TEST_POSTGRES, or one started for these tests."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    if given := os.environ.get("AUTOCODE_TEST_POSTGRES"):
        yield given
        return
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs here, and AUTOCODE_TEST_POSTGRES is not set")
    user = _server_user()
    if user is None:
        pytest.skip("PostgreSQL does not run as root, and there is no user 'postgres'")
    place = Path(tempfile.mkdtemp(prefix="autocode-pg-"))
    if os.geteuid() == 0:
        shutil.chown(place, user)

    def call(*command: str) -> None:
        as_user = {"user": user} if os.geteuid() == 0 else {}
        subprocess.run(command, check=True, cwd=place, stdout=subprocess.DEVNULL, timeout=60, **as_user)

    data = str(place / "data")
    call(f"{programs}/initdb", "-D", data, "-U", "autocode", "--auth=trust", "--encoding=UTF8", "--no-sync")
    settings = f"-c listen_addresses='' -c unix_socket_directories='{place}' -c fsync=off"
    call(f"{programs}/pg_ctl", "-D", data, "-w", "-l", str(place / "log"), "-o", settings, "start")
    try:
        yield f"postgresql+psycopg://autocode@/postgres?host={place}"
    finally:
        call(f"{programs}/pg_ctl", "-D", data, "-w", "-m", "immediate", "stop")
        shutil.rmtree(place, ignore_errors=True)


def _postgres_programs() -> Path | None:
    candidates = [Path(found).parent] if (found := shutil.which("initdb")) else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next(
        (path for path in candidates if (path / "pg_ctl").exists() and (path / "initdb").exists()), None
    )


def _server_user() -> str | None:
    if os.geteuid() != 0:
        return pwd.getpwuid(os.geteuid()).pw_name
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return None
