"""Transcribers' marks, and text without them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.segment.backchannels import is_backchannel
from autocode.segment.clean import clean
from autocode.segment.marks import find_marks, without_marks


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("We [inaudible 00:01:02] went", ["unclear"]),
        ("(laughs) Yes [laughter]", ["event", "event"]),
        ("Well (3.0) no (.) maybe (2 sec)", ["pause", "pause", "pause"]),
        ("((sighs)) No ((looks out of the window))", ["comment", "comment"]),
        ("{vocalsound} so <laugh> yes *chuckles*", ["event", "event", "event"]),
        ("[00:12:31] And [at 01:02]", ["time", "time"]),
        ("[00.12.31] on (01.12.03), [00:12:31:07]", ["time", "time"]),
        ("I wan- I wanted", ["cutoff"]),
        ("[long pause] (pause) [...] [?]", ["pause", "pause", "pause", "unclear"]),
        ("(ler) ja (naurahtaa) joo [skratt] (lacht) [rires] (uhørbart)", ["event"] * 5 + ["unclear"]),
        ("♪♪ [Music]", ["event", "event"]),
    ],
)
def test_marks(text: str, kinds: list[str]) -> None:
    assert [mark.kind for mark in find_marks(text)] == kinds


@pytest.mark.parametrize(
    "text",
    [
        "[Company A] signed",
        "the office (in Bergen)",
        "we work in the (music industry)",
        "the (latter point) matters",
        "Vor- und Nachteile",
        "inn- og utland",
        "well-known and -- yes - so",
        "it grew (by 3.5 percent)",
        "a < b and b > c",
    ],
)
def test_content_is_no_mark(text: str) -> None:
    assert find_marks(text) == []
    assert without_marks(text) == text


@given(st.text())
def test_marks_lie_in_order_within_the_text(text: str) -> None:
    ends = [0]
    for mark in find_marks(text):
        assert ends[-1] <= mark.start_char < mark.end_char <= len(text)
        ends.append(mark.end_char)


@pytest.mark.parametrize(
    ("text", "language", "cleaned"),
    [
        ("Um, I I think (laughs) we  we were we were trusted.", "en", "I think we were trusted."),
        ("I wan- I wanted, uh, to\n leave.", "en", "I wanted, to leave."),
        ("No. No way.", "en", "No. No way."),
        ("It was 20 20 then.", "en", "It was 20 20 then."),
        ("um die Firma", "de", "um die Firma"),
        ("Ähm, also äh wir", "de", "also wir"),
        ("det er er bra, eh", "nb", "det er bra,"),
        ("euh oui", "fr", "oui"),
        ("Um. Uh.", "en", "Um. Uh."),
        ("(laughs)", "en", "(laughs)"),
        ("", "en", ""),
    ],
)
def test_clean(text: str, language: str, cleaned: str) -> None:
    assert clean(text, language=language) == cleaned


@given(st.text(), st.sampled_from(["en", "nb", "xx"]))
def test_clean_loses_no_text_that_has_a_word(text: str, language: str) -> None:
    cleaned = clean(text, language=language)
    assert bool(cleaned) == bool(text.split())
    assert cleaned == " ".join(cleaned.split())


@pytest.mark.parametrize("text", ["", "...", "(laughs)", "We left.", "Yeah but we left.", "no", "ok " * 7])
def test_no_backchannel(text: str) -> None:
    assert not is_backchannel(text)
