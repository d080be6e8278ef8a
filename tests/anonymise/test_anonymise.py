"""Names in texts: what becomes a placeholder, what is left, and what a key keeps."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocode.anonymise import anonymise, format_key, make_key, make_plan, read_key, read_names, remaining
from autocode.anonymise.names import Key, Name
from autocode.errors import AnonymiseError
from autocode.records import Role, Transcript, Turn

WORDS = frozenset(("will", "shell", "the", "we", "he", "and", "then", "apple"))
KEY = Key(
    (
        Name("Person 1", "person", ("Dr. Smith", "Smith", "Anna Smith")),
        Name("Person 2", "person", ("Smithson",)),
        Name("Person 3", "person", ("Will",), exact=frozenset({"Will"})),
        Name("Person 4", "person", ("Åse O'Brien", "Åse")),
        Name("Person 5", "person", ("Al",)),
        Name("Person 6", "person", ("James",)),
        Name("Firm 1", "firm", ("Nord",)),
        Name("Firm 2", "firm", ("Nord-Line Systems",)),
        Name("Phone 1", "phone", ("+47 912 34 567",)),
        Name("", "keep", ("Norway",)),
    )
)


@pytest.mark.parametrize(
    ("said", "wanted"),
    [
        ("Dr. Smith and SMITH met smith.", "[Person 1] and [Person 1] met [Person 1]."),
        ("Smith's, Smith’s, the Smiths", "[Person 1]'s, [Person 1]’s, the [Person 1]s"),
        ("a blacksmith, Smithsonian, Smithson", "a blacksmith, Smithsonian, [Person 2]"),
        ("Will said that we will.", "[Person 3] said that we will."),
        ("Al is not in also, Als or alas", "[Person 5] is not in also, Als or alas"),
        ("James' and Jameses, not Jamess", "[Person 6]' and [Person 6]es, not Jamess"),
        ("Nord Line  Systems bought Nord-based firms", "[Firm 2] bought [Firm 1]-based firms"),
        ("ÅSE O’BRIEN; A\u030ase", "[Person 4]; [Person 4]"),
        ("in Norway", "in Norway"),
        ("as [Person 1] of [Nord] said", "as [Person 1] of [[Firm 1]] said"),
        ("write to anna.smith@nord.no now", "write to [E-mail] now"),
        ("see www.nord.no/smith or https://nord.io/a.", "see [Link] or [Link]."),
        ("on 91234567, my mobile, or +47 91 23 45 67", "on 91234567, my mobile, or [Phone 1]"),
        ("my mobile is 91234567", "my mobile is [Phone 1]"),
        ("1 200 000 in 2016-2017, on 12.05.2016", "1 200 000 in 2016-2017, on 12.05.2016"),
    ],
)
def test_what_becomes_of_it(said: str, wanted: str) -> None:
    assert anonymise(said, KEY) == wanted
    assert anonymise(wanted, KEY) == wanted or said == wanted or "[[" in wanted


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("name", ["Jürgen", "Zoë", "Šárka", "Voß"])
def test_a_name_with_an_accent_may_be_shouted(name: str, form: Literal["NFC", "NFD"]) -> None:
    key = Key((Name("Person 1", "person", (name,), exact=frozenset({name})),))
    small = name.lower()
    said = unicodedata.normalize(form, f"{name.upper()}! {name.upper()}'s {name}, {small}")
    wanted = f"[Person 1]! [Person 1]'s [Person 1], {unicodedata.normalize(form, small)}"
    assert anonymise(said, key) == wanted


def test_endings_are_those_of_the_language() -> None:
    names = (Name("Firm 1", "firm", ("Nokia",)),)
    said = "Nokiassa, Nokian, Nokias"
    assert anonymise(said, Key(names, language="fi")) == "[Firm 1]ssa, [Firm 1]n, Nokias"
    assert anonymise(said, Key(names, language="sv")) == "Nokiassa, [Firm 1]n, [Firm 1]s"


@given(
    st.lists(st.sampled_from(["Smith", "Åse", "Nord", "will", "at", "a@b.no", "x", ". ", "'s "]), max_size=20)
)
def test_no_name_is_left_and_twice_is_once(words: list[str]) -> None:
    text = unicodedata.normalize("NFC", " ".join(words))
    once = anonymise(text, KEY)
    assert not {"Smith", "Åse", "Nord", "a@b.no"} & set(once.split())
    assert anonymise(once, KEY) == once


# Lists and keys


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def ordinary(word: str) -> bool:
    return word in WORDS


def test_a_list_in_a_table_and_in_yaml_are_the_same(tmp_path: Path) -> None:
    table = "text,kind,also,placeholder,case\nDr. Smith,Person,Smith; A. Smith,the CEO,\nShell,firm,,,any\n"
    yaml = (
        "names:\n  - {text: Dr. Smith, kind: person, also: [Smith], placeholder: '[the CEO]'}\n"
        "  - {text: A. Smith, kind: person, placeholder: the CEO}\n  - {text: Shell, kind: firm, case: any}\n"
    )
    smith = Name("the CEO", "person", ("Dr. Smith", "Smith", "A. Smith"))
    shell = Name("", "firm", ("Shell",))
    for file, text in (("names.csv", table), ("names.yaml", yaml)):
        assert read_names(written(tmp_path / file, text), ordinary=ordinary) == (smith, shell)


@pytest.mark.parametrize(
    ("file", "text", "message"),
    [
        ("n.csv", "text,kind\nBo,persn\n", "n.csv, line 2: the kind of a name is none of person"),
        ("n.csv", "text,kind\nBo,persn\n", "did you mean 'person'?"),
        (
            "n.csv",
            "text,kindd\nBo,person\n",
            "n.csv, line 1: there is no column 'kindd'; did you mean 'kind'?",
        ),
        ("n.csv", "text,kind\nBo,person\nbo,firm\n", "n.csv, line 3: the same name stands in line 2 already"),
        ("n.csv", "text\nBo\n", "n.csv, line 2: the kind of a name is missing"),
        (
            "n.csv",
            "text,kind,placeholder\nBo,person,A\nX,firm,A\n",
            "line 3: has the placeholder of line 2 but",
        ),
        ("n.yaml", "names:\n- {text: Bo, kinds: firm}\n", "n.yaml, line 2: a name has no key 'kinds'"),
        ("n.csv", "text,kind\n--,person\n", "there is no letter or digit in a name"),
    ],
)
def test_a_list_with_a_mistake(tmp_path: Path, file: str, text: str, message: str) -> None:
    with pytest.raises(AnonymiseError) as error:
        read_names(written(tmp_path / file, text), ordinary=ordinary)
    assert message in str(error.value)
    assert "Bo" not in str(error.value).replace("n.", "")


def interview(id: str, *turns: tuple[str, Role, str]) -> Transcript:
    text, made = "", list[Turn]()
    for index, (speaker, role, said) in enumerate(turns):
        made.append(Turn(index, speaker, role, said, len(text), len(text) + len(said)))
        text += said + "\n"
    return Transcript(id, text, tuple(made), "text")


FIRST = interview(
    "a",
    ("Ida Holm", "interviewer", "Thank you, Bo. And [Person 1]?"),
    ("Bo Berg", "respondent", "Ida, I am at bo@nord.no. Kari Berg is my boss."),
)
SECOND = interview(
    "b",
    ("Ida Holm", "interviewer", "Where is Nord?"),
    ("Respondent 1", "respondent", "Ask Bo Berg of Nord. Berg knows, bo@nord.no."),
    ("Kari Berg", "respondent", "Yes."),
)


def test_a_key_names_everybody_once_and_stays_the_same() -> None:
    listed = (Name("", "firm", ("Nord",)),)
    key = make_key([SECOND, FIRST], listed=listed, ordinary=ordinary)
    assert key.speakers == {
        ("a", "Ida Holm"): "Interviewer 1", ("a", "Bo Berg"): "Respondent 1",
        ("b", "Ida Holm"): "Interviewer 1", ("b", "Respondent 1"): "Respondent 2",
        ("b", "Kari Berg"): "Respondent 3",
    }  # fmt: skip
    assert key.interviews == {"a": "interview_01", "b": "interview_02"}
    said = [anonymise(turn.text, key) for one in (FIRST, SECOND) for turn in one.turns]
    assert said == [
        "Thank you, [Respondent 1]. And [Person 1]?",
        "[Interviewer 1], I am at [E-mail 1]. [Respondent 3] is my boss.",
        "Where is [Firm 1]?",
        # two people are called Berg, and [Person 1] is somebody else in the first interview
        "Ask [Respondent 1] of [Firm 1]. [Person 2] knows, [E-mail 1].",
        "Yes.",
    ]
    third = interview("0", ("Liv", "respondent", "Liv of Nord; liv@x.no"))
    later = make_key([third, FIRST, SECOND], listed=listed, known=key, ordinary=ordinary)
    assert [anonymise(turn.text, later) for one in (FIRST, SECOND) for turn in one.turns] == said
    assert anonymise(third.text, later) == "[Respondent 4] of [Firm 1]; [E-mail 2]\n"
    assert later.interviews["0"] == "interview_03"


def test_a_key_reads_back_and_the_list_may_change_it(tmp_path: Path) -> None:
    key = make_key([FIRST], listed=(Name("", "firm", ("Nord",)),), ordinary=ordinary, coders=["Ann"])
    path = written(tmp_path / "key.yaml", format_key(key))
    again = read_key(path, ordinary=ordinary)
    assert format_key(again) == format_key(key)
    assert again.coders == {"Ann": "Coder 1"}
    renamed = make_key(
        [FIRST], known=again, ordinary=ordinary,
        listed=(Name("the supplier", "firm", ("Nord", "Nordic")), Name("", "keep", ("Ida",))),
    )  # fmt: skip
    assert (
        anonymise("Ida of Nordic, Nord and Bo", renamed)
        == "Ida of [the supplier], [the supplier] and [Respondent 1]"
    )
    with pytest.raises(AnonymiseError, match=r"the key has as \[Interviewer 1\] and \[Respondent 1\]"):
        make_key([FIRST], known=again, listed=(Name("", "person", ("Ida", "Bo")),), ordinary=ordinary)


# What remains


def test_what_may_be_a_name_remains_in_the_list() -> None:
    texts = [
        (("a", 0), "We met Vaasa Marine. The Apple was good and then the apple fell; an apple."),
        (
            ("a", 1),
            "Zorbex called. Then I'm off to Oslo, she said. Mr. Vik and [Person 1] Holm came on Monday.",
        ),
        (("b", 0), "“Well, Oslo?” Norwegians will. Apple. Then we went."),
    ]
    found = {
        one.text: (one.n, one.inside, one.places)
        for one in remaining(texts, known=["norwegians"], ordinary=lambda word: word in {*WORDS, "well"})
    }
    assert found == {
        "Vaasa Marine": (1, 1, (("a", 0),)),
        "Oslo": (2, 2, (("a", 1), ("b", 0))),
        "Zorbex": (1, 0, (("a", 1),)),
        "Vik": (1, 1, (("a", 1),)),
        "Holm": (1, 1, (("a", 1),)),
    }


def test_a_plan_counts_and_tells_of_small_letters() -> None:
    said = interview("a", ("I", "interviewer", "Will, will you?"), ("R", "respondent", "Will will. Nord!"))
    key = make_key(
        [said], listed=(Name("", "person", ("Will",), exact=frozenset({"Will"})),), ordinary=ordinary
    )
    plan = make_plan([said], key, ordinary=ordinary)
    assert [(name.placeholder, n) for name, n in plan.n_replaced.items()] == [("Person 1", 2)]
    assert plan.left_small == {"Will": 2}
    assert [(one.text, one.inside) for one in plan.remaining] == [("Nord", 0)]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Ali", "ALİ geldi."),
        ("Aydin", "Aydın Bey"),
        ("Ilhan", "İLHAN"),
        ("İbrahim", "İbrahim ve"),
        ("Irmak", "ırmak"),
    ],
)
def test_the_four_letters_i_of_turkish(name: str, said: str) -> None:
    assert anonymise(said, Key((Name("Person 1", "person", (name,)),))).startswith("[Person 1]")


@pytest.mark.parametrize(
    ("name", "said", "wanted"),
    [
        ("王小明", "我叫王小明,在北京工作。", "我叫[Person 1],在北京工作。"),
        ("田中", "田中さんは行きます。", "[Person 1]さんは行きます。"),
        ("민수", "민수는 갔다.", "[Person 1]는 갔다."),
        ("สมชาย", "คุณสมชายมา", "คุณ[Person 1]มา"),
    ],
)
def test_names_between_letters_where_no_spaces_are_written(name: str, said: str, wanted: str) -> None:
    assert anonymise(said, Key((Name("Person 1", "person", (name,)),))) == wanted


def test_a_missing_blank_is_no_link_and_an_apostrophe_part_of_an_address() -> None:
    key = Key(())
    for said in ("That's it.No we did not.", "In 2016.No one knew.", "So be it.De facto."):
        assert anonymise(said, key) == said
    assert anonymise("See nordlys.no or NORDLYS.NO now.", key) == "See [Link] or [Link] now."
    assert anonymise("Write to o'brien@firm.com.", key) == "Write to [E-mail]."


def test_halves_of_a_double_surname_are_the_person_too() -> None:
    """Not those that are ordinary words, nor in small letters; what two people share is a name of its own."""
    talk = interview(
        "a",
        ("Zoë Møllar-Shell", "respondent", "Frau Møllar, a møllar. Shell pays."),
        ("Ida Quist-Lie", "respondent", "Ask Quist, Lie or Jean."),
        ("Bo Lie-Dahl", "respondent", "Yes."),
    )
    key = make_key([talk], ordinary=ordinary)
    assert [anonymise(turn.text, key) for turn in talk.turns] == [
        "Frau [Respondent 1], a møllar. Shell pays.", "Ask [Respondent 2], [Person 1] or Jean.", "Yes.",
    ]  # fmt: skip
