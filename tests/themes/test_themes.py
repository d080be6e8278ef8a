"""Planted subjects are found, named, held against the codebook, and come out the same every time."""

from __future__ import annotations

import csv
import json
import re
import stat
from pathlib import Path

import numpy as np
import pytest

from autocode.cli import main
from autocode.codebook import Codebook
from autocode.config import Settings
from autocode.errors import ThemesError, TooFewError
from autocode.records import Utterance
from autocode.respondents import respondents_of, spread
from autocode.themes import Found, find_themes, read_themes, write_themes
from autocode.themes.communities import ConsensusCommunities, joined
from autocode.themes.files import FILES
from autocode.themes.graph import nearest
from autocode.themes.map import places
from autocode.themes.theme import Theme
from tests.themes.conftest import RESPONDENTS, SUBJECTS, coded, write_interviews

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def found(tmp_path: Path, codebook: Codebook) -> Found:
    """Themes of all four subjects, by the real encoder."""
    return find_themes(*coded(write_interviews(tmp_path / "u.jsonl", list(SUBJECTS)), codebook))


def subjects_of(found: Found) -> dict[int, str]:
    """The planted subject that most statements of each theme are of, and that only."""
    subject = {text: name for name, texts in SUBJECTS.items() for text in texts}
    return {
        theme.id: max(names, key=names.count)
        for theme in found.themes
        if (names := [subject[statement.text] for statement in theme.statements])
    }


@pytest.mark.model
def test_planted_subjects_are_found(found: Found) -> None:
    assert set(subjects_of(found).values()) == set(SUBJECTS)
    assert found.share_unplaced < 0.2
    assert (found.n_statements, found.n_respondents, found.n_transcripts) == (48, 4, 4)
    best = max(found.themes, key=lambda one: one.n_statements)
    assert len(best.respondents) >= 3
    assert {one.respondent for one in best.statements[:3]} == set(list(best.respondents)[:3]) or (
        len({one.respondent for one in best.statements[:3]}) == 3
    )


@pytest.mark.model
def test_a_theme_outside_the_codebook_comes_first_and_one_inside_does_not(found: Found) -> None:
    subject = subjects_of(found)
    first = found.themes[0]
    assert first.emergent
    assert subject[first.id] != "trust"
    for theme in found.themes:
        if subject[theme.id] == "trust":
            assert not theme.emergent
            assert theme.nearest_code == "trust"
            assert theme.coverage > 0.5


@pytest.mark.model
def test_no_theme_is_called_um_or_kind_of(found: Found) -> None:
    words = {word for theme in found.themes for word in theme.words}
    assert words
    assert not words & {"um", "uh", "kind", "of", "you", "know", "mean", "well", "the", "we", "like"}
    names = {part.lower() for name in RESPONDENTS for part in name.split()}
    assert not words & names


@pytest.mark.model
def test_same_seed_same_bytes(tmp_path: Path, codebook: Codebook) -> None:
    path = write_interviews(tmp_path / "u.jsonl", list(SUBJECTS))
    for place in ("one", "two"):
        write_themes(find_themes(*coded(path, codebook), n_runs=2), tmp_path / place)
    for name in FILES:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()
        assert stat.S_IMODE((tmp_path / "one" / name).stat().st_mode) == 0o600


@pytest.mark.model
def test_the_files_say_the_same(tmp_path: Path, found: Found) -> None:
    write_themes(found, tmp_path / "out")
    told = json.loads((tmp_path / "out" / "themes.json").read_text())
    assert told["seed"] == 0
    assert told["theme_settings"]["detail"] == "some"
    with (tmp_path / "out" / "themes.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["theme"]) for row in rows] == [one["id"] for one in told["themes"]]
    with (tmp_path / "out" / "theme_members.csv").open(newline="") as file:
        members = list(csv.DictReader(file))
    assert (
        len(members)
        == len({row["utterance_id"] for row in members})
        == sum(one["n_statements"] for one in told["themes"])
    )
    stored = read_themes(tmp_path / "out")
    assert stored is not None
    assert stored.themes == found.themes
    assert sum(map(len, stored.members.values())) == len(found.placed)
    assert stored.transcripts == {"i0", "i1", "i2", "i3"}
    page = (tmp_path / "out" / "themes.html").read_text()
    assert not re.search(r"<script|<link|https?://|src=", page)
    assert not any(name in page for name in RESPONDENTS)
    assert all(theme.label in page for theme in found.themes)
    assert len(set(re.findall(r'\bid="([^"]+)"', page))) == len(re.findall(r'\bid="', page))


def test_too_few_statements_are_told_in_one_sentence(
    tmp_path: Path, codebook: Codebook, hashing: Settings
) -> None:
    path = tmp_path / "u.jsonl"
    row = {"transcript_id": "a", "speaker": "R", "role": "respondent"}
    texts = ["We trust our partner completely, always and in everything."] * 9 + ["Yes, we do."]
    path.write_text(
        "".join(json.dumps({**row, "utterance_id": f"a{n}", "text": t}) + "\n" for n, t in enumerate(texts))
    )
    with pytest.raises(ThemesError, match=r"at least 10 statements .* there are 9 \(1 more are shorter"):
        find_themes(*coded(path, codebook, hashing))


def test_the_same_words_over_and_over(tmp_path: Path, codebook: Codebook, hashing: Settings) -> None:
    path = tmp_path / "u.jsonl"
    row = {"transcript_id": "a", "speaker": "R", "role": "respondent"}
    text = "We trust our partner completely, always and in everything."
    path.write_text(
        "".join(json.dumps({**row, "utterance_id": f"a{n}", "text": text}) + "\n" for n in range(30))
    )
    found = find_themes(*coded(path, codebook, hashing), n_runs=1)
    assert 1 <= len(found.themes) <= 4
    assert found.stability.ari_resampled is None  # there is one interview
    assert "needs 6 interviews" in found.saturation_of_codes.sentence()
    assert not found.emergent


def test_nothing_but_function_words(tmp_path: Path, codebook: Codebook, hashing: Settings) -> None:
    path = tmp_path / "u.jsonl"
    row = {
        "transcript_id": "a",
        "speaker": "R",
        "role": "respondent",
        "text": "and so we are what we are, you know",
    }
    path.write_text("".join(json.dumps({**row, "utterance_id": f"a{n}"}) + "\n" for n in range(12)))
    with pytest.raises(ThemesError, match="could name a theme"):
        find_themes(*coded(path, codebook, hashing))


def test_a_level_of_detail_that_there_is_not(
    tmp_path: Path, book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_interviews(tmp_path / "u.jsonl", ["trust"])
    code = main(
        ["themes", str(path), "--codebook", str(book), "--out", str(tmp_path / "out"), "--detail", "all",
         "--encoder", "hashing"]
    )  # fmt: skip
    assert code == 2
    assert "no level of detail 'all'; use few, some, many" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_map_is_flat_and_the_same_however_it_is_turned() -> None:
    """Middles on a plane keep their distances; what is alike stands together."""
    angles = np.array([0.0, 0.1, 1.5, 3.0])
    flat = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    turn, _ = np.linalg.qr(np.random.default_rng(0).normal(size=(6, 6)))
    found = np.array(places(np.hstack([flat, np.zeros((4, 4))]).astype(np.float32)))
    turned = np.array(places((np.hstack([flat, np.zeros((4, 4))]) @ turn).astype(np.float32)))
    np.testing.assert_allclose(found, turned, atol=1e-3)
    assert np.abs(found).max() == 1.0
    apart = np.linalg.norm(found[:, None] - found[None], axis=2)
    true = np.linalg.norm(flat[:, None] - flat[None], axis=2)
    np.testing.assert_allclose(apart / apart[0, 3], true / true[0, 3], atol=1e-3)
    assert places(np.zeros((1, 3), np.float32)) == [(0.0, 0.0)]
    assert places(np.zeros((0, 3), np.float32)) == []


def test_the_nearest_by_brute_force() -> None:
    x = np.random.default_rng(0).normal(size=(60, 8)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    near = nearest(x, 5)
    cosine = x @ x.T
    np.fill_diagonal(cosine, -2)
    assert (near.rows == np.argsort(-cosine, axis=1)[:, :5]).all()
    kept = np.arange(0, 60, 2)
    fewer = nearest(x, 40).take(kept, 4)
    assert (fewer.rows == nearest(x[kept], 4).rows).all()


def test_communities_of_three_clouds() -> None:
    generator = np.random.default_rng(0)
    middles = np.eye(3, 12)
    x = np.vstack([middle + generator.normal(0, 0.1, (30, 12)) for middle in middles])
    truth = np.repeat(np.arange(3), 30)
    labels = ConsensusCommunities(most=3, seed=1).fit(x).labels_
    placed = labels >= 0
    assert placed.mean() >= 0.8
    for label in range(3):
        assert len(set(labels[placed & (truth == label)])) == 1
    assert len(set(labels[placed])) == 3


def test_communities_that_runs_put_together_are_joined_before_near_ones() -> None:
    labels = np.repeat(np.arange(3), 2)
    near = np.repeat(np.array([[1, 0, 0], [0, 1, 0], [0, 0.9, 0.1]], np.float32), 2, axis=0)  # the last two
    runs = np.array([[0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 1, 0]], np.int32)  # 0 with 2: 3 of 4; 1 with 2: 1 of 4
    first, second, third = joined(near, labels, runs, 2)[::2]
    assert first == third != second
    never = np.arange(6, dtype=np.int32)[None].repeat(2, axis=0)
    assert len(set(joined(near + np.eye(6, 3, dtype=np.float32) / 9, np.arange(6), never, 4))) == 4
    first, second, third = joined(near, labels, np.array([[0, 0, 1, 1, 2, 2]], np.int32), 2)[::2]
    assert first != second == third


@pytest.mark.parametrize(
    ("speaker", "same"),
    [("Mia Foss", True), ("anna-1", True), ("Manfred", True), ("Tom_agent", True), ("mturk_agent_1", False),
     ("Founder 2", False), ("CEO", False), ("Speaker_00", False), ("P2", False), ("Befragter", False),
     ("IP", False), ("Deltaker 2", False), ("Entrevistado", False), ("Speaker A", False),
     ("Befragte:r", False), ("Participant No. 3", False), ("Coach Lisa", True), ("Participant Maria", True),
     ("Person B", False), ("Expert A", False), ("Client 2 (male)", False), ("Client (Anna)", True),
     ("Guest Lee", True), ("Manager Bo", True)],
)  # fmt: skip
def test_whose_name_says_who_it_is(speaker: str, same: bool) -> None:
    said = [Utterance("u", one, 0, 0, speaker, "respondent", "x", 0, 1) for one in "ab"]
    assert (len(set(respondents_of(said).values())) == 1) == same


def test_respondents_and_spread() -> None:
    def said(transcript: str, speaker: str) -> Utterance:
        return Utterance("u", transcript, 0, 0, speaker, "respondent", "x", 0, 1)

    numbers = respondents_of(
        [said("a", "Respondent 1"), said("b", "Respondent 1"), said("a", "Mia Foss"), said("b", "mia foss")]
    )
    assert list(numbers.values()) == ["R1", "R2", "R3"]
    assert spread(["R1", "R1", "R2"], [0, 1, 2], 3) == [0, 2, 1]


def rows(path: Path, texts: dict[str, list[str]]) -> Path:
    """Statements of the respondents of some interviews."""
    base = {"role": "respondent"}
    said = [
        {**base, "transcript_id": t, "speaker": f"R{t}", "utterance_id": f"{t}{n}", "text": text}
        for t, own in texts.items()
        for n, text in enumerate(own)
    ]
    path.write_text("".join(json.dumps(one) + "\n" for one in said))
    return path


def test_interviews_that_share_one_word_only(tmp_path: Path, codebook: Codebook, hashing: Settings) -> None:
    one = ["My harbour was small and cold and grey", "A boat came late and it was slow"] * 3
    other = [
        "The harbour had tall cranes that lifted steel",
        "Every winter the engines broke again",
    ] * 3
    path = rows(tmp_path / "u.jsonl", {"a": one, "b": other})
    with pytest.raises(ThemesError, match="is hardly a word said in two interviews"):
        find_themes(*coded(path, codebook, hashing))


def test_statements_of_which_no_five_belong_together(
    tmp_path: Path, codebook: Codebook, hashing: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_interviews(tmp_path / "u.jsonl", ["trust"])
    monkeypatch.setattr("autocode.themes.find.find_topics", lambda *_: (np.full(8, -1), []))
    with pytest.raises(TooFewError, match="no 5 of these"):
        find_themes(*coded(path, codebook, hashing))


def test_a_theme_covered_by_exactly_a_third_is_not_new() -> None:
    theme = Theme.__new__(Theme)
    object.__setattr__(theme, "coverage", round(5 / 15, 4))
    assert not theme.is_new
    object.__setattr__(theme, "coverage", 0.3332)
    assert theme.is_new
