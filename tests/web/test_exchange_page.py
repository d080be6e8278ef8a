"""Exchange on the page: who may, what is written, and that nothing is stored before it was looked at."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import time
import zipfile
from collections.abc import Callable

import pytest
from starlette.testclient import TestClient

from autocode.exchange import FORMATS
from autocode.store import Request
from autocode.web.exchanging import MAX_UPLOAD, UPLOAD
from autocode.web.guard import MAX_BODY
from autocode.web.state import Review

SignIn = Callable[[str, str], TestClient]
Units = dict[str, list[int]]


def finished(client: TestClient) -> str:
    """The job's page when the job is done."""
    for _ in range(200):
        page = client.get("/exchange/job").text
        if 'hx-trigger="every 1s"' not in page:
            return page
        time.sleep(0.05)
    raise AssertionError("the job does not end")


def exported(client: TestClient, name: str, **form: str) -> bytes:
    answer = client.post("/exchange/export", data={"format": name, **form})
    assert (answer.status_code, answer.headers["location"]) == (303, "/exchange/job")
    page = finished(client)
    assert "Ready:" in page, page
    return client.get("/exchange/download").content


def uploaded(client: TestClient, name: str, content: bytes) -> str:
    answer = client.post(UPLOAD, files={"file": (name, content)})
    assert answer.status_code == 303, answer.text
    return finished(client)


def decide(review: Review, unit: int) -> None:
    mia = review.people.account("Mia")
    assert mia is not None
    changes = [["code", unit, "trust", True], ["done", unit, True]]
    review.people.act(mia.key, Request(f"key-of-{unit}-0", "decide", changes, review.codebook.digest))


def test_a_format_is_written_and_downloaded(client: TestClient, review: Review, units: Units) -> None:
    page = client.get("/exchange").text
    assert all(f'value="{name}"' in page for name in FORMATS)
    decide(review, units["anna"][0])
    content = exported(client, "quotes-csv", coder="Mia")
    (row,) = csv.DictReader(io.StringIO(content.decode()))
    assert (row["transcript"], row["coder"]) == ("anna", "Mia")
    named = client.get("/exchange/download").headers["content-disposition"]
    assert 'filename="study-quotes-csv.csv"' in named
    (folder,) = review.project.folder.glob(".exchange-*")
    assert [stat.S_IMODE(path.stat().st_mode) for path in (folder, *folder.iterdir())] == [0o700, 0o600]
    with zipfile.ZipFile(io.BytesIO(exported(client, "dataset"))) as archive:
        assert sorted(archive.namelist()) == [
            "codebook.json",
            "codes.jsonl",
            "coverage.jsonl",
            "utterances.jsonl",
        ]
    assert not folder.exists(), "the files of an earlier job are gone"
    assert b"trust" in exported(client, "prodigy", suggestions="yes", names="no")


def test_coders_do_not_read_what_others_decided(client: TestClient, signed_in: SignIn) -> None:
    coder, reader = signed_in("Ben", "coder"), signed_in("Rea", "reader")
    assert "/exchange" not in coder.get("/").text
    for answer in (
        coder.get("/exchange"), coder.get("/exchange/download"),
        coder.post("/exchange/export", data={"format": "dataset"}),
        coder.post(UPLOAD, files={"file": ("a.json", b"[]")}),
        reader.post(UPLOAD, files={"file": ("a.json", b"[]")}),
        reader.post("/exchange/import"),
    ):  # fmt: skip
        assert answer.status_code == 403
    assert exported(reader, "matrix")
    assert "Import" not in reader.get("/exchange").text
    assert client.get("/exchange/download").status_code == 404, "somebody else's file"


def test_forms_need_their_token(client: TestClient) -> None:
    del client.headers["X-CSRF-Token"]
    for path in ("/exchange/export", "/exchange/import"):
        assert client.post(path, data={"format": "dataset"}).status_code == 403
    assert client.post(UPLOAD, files={"file": ("a.json", b"[]")}).status_code == 403


def test_answers_are_looked_at_then_stored(client: TestClient, review: Review) -> None:
    rows = [json.loads(line) for line in exported(client, "prodigy").decode().splitlines()]
    for row in rows:
        row |= {"answer": "accept", "accept": ["trust"], "_annotator_id": "<i>eva</i>"}
    content = "\n".join(map(json.dumps, rows)).encode()
    page = uploaded(client, "../../eva's answers.jsonl", content)
    assert "Nothing is stored yet" in page
    assert "6 utterances with 6 decisions are new" in page
    assert "<i>eva" not in page
    assert [one.name for one in review.people.accounts()] == ["Mia"]
    assert client.post("/exchange/import", data={"coder-0": "Eva"}).status_code == 303
    page = finished(client)
    assert re.findall(r"<li>([^<]*)</li>", page) == ["coders: 1", "decisions: 6", "finished utterances: 6"]
    assert [one.name for one in review.people.accounts()] == ["Mia", "Eva"]
    assert client.post("/exchange/import").status_code == 409, "once is enough"


def test_a_project_comes_in_with_its_preview(client: TestClient, review: Review, units: Units) -> None:
    decide(review, units["anna"][0])
    content = exported(client, "refi-qda")
    page = uploaded(client, "study.qdpx", content)
    assert "Nothing is stored yet" in page
    assert "(there already)" in page
    assert client.post("/exchange/import").status_code == 303
    assert "Nothing new" in finished(client)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.qdpx", b"PK\x03\x04 no", "a.qdpx: not a project archive"),
        ("a.json", b"[1", "a.json: not valid JSON"),
    ],
)
def test_files_that_cannot_be_read(client: TestClient, name: str, content: bytes, words: str) -> None:
    page = uploaded(client, name, content)
    assert words in page
    assert ".exchange-" not in page, "where it lay is nobody's matter"
    assert client.post("/exchange/import").status_code == 409


def test_only_uploads_may_be_large(client: TestClient) -> None:
    large = b"[" + b" " * (MAX_BODY + 1)
    assert "not valid JSON" in uploaded(client, "large.json", large)
    assert client.post("/exchange/export", data={"format": large}).status_code == 413
    length = {"content-length": str(MAX_UPLOAD + 1)}
    assert client.post(UPLOAD, headers=length, content=b"").status_code == 413
    assert client.post(UPLOAD, data={"no": "file"}).status_code == 400


def test_unknown_formats_and_coders(client: TestClient) -> None:
    answer = client.post("/exchange/export", data={"format": "pdf"})
    assert (answer.status_code, "no such format" in answer.text) == (400, True)
    client.post("/exchange/export", data={"format": "dataset", "coder": "Nobody at all"})
    assert "there is no coder" in finished(client)
