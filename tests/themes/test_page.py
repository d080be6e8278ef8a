"""The themes' page on unusual input says what is missing; it is readable in the dark and names nobody."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from autocode.codebook import read_codebook
from autocode.config import Settings
from autocode.read import read_transcripts
from autocode.themes import find_themes
from autocode.themes.page import OWN_STYLE, write_page
from autocode.themes.project import told
from tests.themes.conftest import SUBJECTS, coded

TWINS = """
codes:
  - {id: firm, name: Firm}
  - {id: a, name: Learning, parent: firm, definition: We learn from the tax office., cues: [tax]}
  - {id: state, name: State}
  - {id: b, name: Learning, parent: state, definition: Dogs learn in the office., cues: [dog, dogs]}
"""
FLAT = "codes:\n  - {id: zebra, name: Zebra, definition: A zebra crosses the savanna., cues: [zebra]}\n"


def page_of(
    tmp_path: Path, book: str, settings: Settings, *, ids: Sequence[str] = ("i0", "i1"), cases: str = "",
    says: Callable[[str], str] = str,
) -> str:  # fmt: skip
    """The page of interviews in which Anna Dahl says all on dogs and taxes, each time alike."""
    (tmp_path / "book.yaml").write_text(book, encoding="utf-8")
    path = tmp_path / "u.jsonl"
    texts = [says(text) for text in (*SUBJECTS["dogs"], *SUBJECTS["taxes"])]
    row = {"speaker": "Anna Dahl", "role": "respondent"}
    rows = [
        {**row, "transcript_id": id, "utterance_id": f"{id}-{n}", "text": text}
        for id in ids for n, text in enumerate(texts)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    coder, codings = coded(path, read_codebook(tmp_path / "book.yaml"), settings)
    known = {id: {"wave": value} for id, value in zip(ids, cases.split(), strict=False)}
    found = find_themes(coder, codings, n_runs=1)
    return write_page(told(found, codings, list(read_transcripts(path)), cases=known))


def section(page: str, name: str) -> str:
    """What a section says, without its marks."""
    (body,) = re.findall(rf'<h2 id="{name}">(.*?)</section>', page, re.DOTALL)
    return " ".join(re.sub(r"<[^>]*>", " ", body).split())


def test_one_interview_a_flat_codebook_and_no_code(tmp_path: Path, hashing: Settings) -> None:
    page = page_of(tmp_path, FLAT, hashing, ids=("i0",))
    assert "Nothing is known of the interviews" in section(page, "groups")
    assert "cases.yaml" in section(page, "groups")
    assert "No statement carries a code" in section(page, "codes")
    assert "needs 6 interviews or more (4 for the base and 2 for a run), and there are 1" in section(
        page, "saturation"
    )
    assert "<svg" not in page  # no curve of one interview
    assert "in 1 run with other seeds and none with fewer interviews" in section(page, "how")


def test_twins_are_told_apart_and_waves_stand_beside_each_other(tmp_path: Path, hashing: Settings) -> None:
    page = page_of(tmp_path, TWINS, hashing, ids=("i0", "i1", "i2"), cases="2016 2016 2017")
    assert not re.search(r">\s*Learning\b", page)
    assert {"Firm &gt; Learning", "State &gt; Learning"} <= set(re.findall(r"\w+ &gt; \w+", page))
    rows = re.findall(r"<tr>.*?</tr>", page[page.index("table-by-1") :], re.DOTALL)
    heads, *others = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in rows[:3]]
    assert heads == ["theme", "2016", "2017"]
    for _, first, second in others:  # the same is said in every interview
        n, share = re.fullmatch(r"(\d+) \((.*)\)", first).groups()  # type: ignore[union-attr]
        assert second == f"{int(n) // 2} ({share})"


def test_files_named_after_people_are_numbers(tmp_path: Path, hashing: Settings) -> None:
    """Interviews are numbered by their files' names: anna_dahl is 1; its third utterance is 1.3."""
    page = page_of(tmp_path, TWINS, hashing, ids=("boris_lund", "anna_dahl"))
    assert not re.search("anna|dahl|boris|lund", page, re.IGNORECASE)
    text = SUBJECTS["dogs"][2]
    places = re.findall(re.escape(text.replace("'", "&#x27;")) + r"<footer>R1, (\d\.\d+)<", page)
    assert set(places) <= {"1.3", "2.3"}
    assert re.findall(r"<footer>R1, \d\.\d+</footer>", page)


def test_dark_and_light_have_the_same_colours_by_name() -> None:
    """A colour of its own would be of one of the two only."""
    assert not re.search(r"#[0-9a-f]{3,6}\b", OWN_STYLE)


def test_words_that_may_be_names_are_counted(tmp_path: Path, hashing: Settings) -> None:
    """Anna Dahl speaks, and is a number; of Quillon nobody has said what it is."""
    page = page_of(tmp_path, TWINS, hashing, says=lambda text: f"{text} So Quillon and Anna Dahl know.")
    assert "So Quillon and [R1] know." in page
    assert "Anna" not in page
    assert re.search(r"[1-9] words? with a capital in the statements of themes may be names;", page)
    quiet = page_of(tmp_path, TWINS, hashing, says=lambda text: text.lower().replace("mia", "she"))
    assert "may be names" not in quiet
