"""Who asks the questions?"""

from __future__ import annotations

import gzip
import json
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from autocode.demo import transcripts as demo_transcripts
from autocode.read import read_transcript, unknown_overrides
from autocode.read.roles import (
    declared_roles,
    ends_in_question,
    guess_roles,
    habits,
    is_label_word,
    label_roles,
)

DATA = Path(__file__).parents[3] / "shared" / "data"


@pytest.mark.parametrize(
    ("asks", "answers"),
    [
        ("Interviewer", "Interviewee"),
        ("Interviewer 1", "Participant_03"),
        ("INTERVIEWER", "respondent nr.2"),
        ("I", "R"),
        ("I1", "B2"),
        ("I", "P 03"),
        ("R", "P1"),  # the researcher and a participant
        ("Q", "A"),
        ("M", "P4"),
        ("Moderator", "Teilnehmerin 3"),
        ("Interviewerin", "Befragte"),
        ("Intervjuer", "Informant"),
        ("Intervjuare", "IP"),
        ("Haastattelija", "Haastateltava 2"),
        ("Enquêteur", "Enquêtée"),
        ("Entrevistadora", "Entrevistado"),
        ("Intervistatore", "Intervistata"),
        ("Therapist", "Client"),
        ("Counsellor", "Patient 7"),
        ("Anna Berg (interviewer)", "Bo Lund (respondent)"),
        ("Host", "Guest"),
    ],
)
def test_words_in_the_labels(asks: str, answers: str) -> None:
    assert label_roles([answers, asks]) == {asks: "interviewer", answers: "respondent"}


def test_words_that_say_nothing_or_something_else() -> None:
    assert label_roles(["Anna", "Speaker 1", "SPEAKER_00"]) == {}
    assert label_roles(["Therapist", "Interviewer"])["Therapist"] == "respondent"  # studied, not treating
    assert label_roles(["Interpreter", "I", "R"])["Interpreter"] == "other"
    assert label_roles(["A", "B"]) == {}


def test_label_words() -> None:
    assert all(
        map(is_label_word, ["I", "P03", "R1", "Respondent nr.2", "SPEAKER_00", "Speaker A", "Male 2", "IP"])
    )
    assert not any(map(is_label_word, ["Person 3", "X", "The participant", "Our client said", "Anna", "10"]))


def test_role_words_of_tidy_files() -> None:
    roles, warnings = declared_roles(["Interviewer", "interviewee", "negotiator", "other", "facilitator"])
    assert list(roles.values()) == ["interviewer", "respondent", "respondent", "other", "interviewer"]
    assert warnings == []
    assert declared_roles(["therapist", "client"])[0] == {"therapist": "interviewer", "client": "respondent"}
    assert declared_roles(["therapist", "interviewer"])[0]["therapist"] == "respondent"


def test_an_unknown_role_is_a_respondent_only_if_nobody_else_is() -> None:
    roles, warnings = declared_roles(["interviewer", "wizard"])
    assert roles["wizard"] == "respondent"
    assert warnings == ["the role 'wizard' is not known; it was taken as 'respondent'"]
    assert declared_roles(["participant", "wizard"])[0]["wizard"] == "other"


@pytest.mark.parametrize(
    "text",
    [
        *("Why?", "Why?”", "(Why?)", "لماذا؟", "为什么？", "Why? \n"),
        *("Why? (laughs)", "“Why?” [00:12:03] [crosstalk]", "Why? 1:02:03", "Why? (she smiles and waves) "),
    ],
)
def test_questions(text: str) -> None:
    assert ends_in_question(text)
    assert not ends_in_question(text + " I wonder.")


def test_a_clear_interviewer_needs_no_warning() -> None:
    turns = [("X", "And how did that go?"), ("Y", "It went well, we sold some of it and kept the rest.")] * 4
    roles, warnings = guess_roles(habits(turns), {})
    assert roles == {"X": "interviewer", "Y": "respondent"}
    assert warnings == []


def test_a_likely_interviewer_comes_with_a_warning() -> None:
    turns = [("Y", "It went well."), ("X", "And how did that go?"), ("Y", "Well, we sold some.")]
    roles, warnings = guess_roles(habits(turns), {})
    assert roles["X"] == "interviewer"
    assert "'X' asks the only question and is taken" in warnings[0]
    assert "--speaker NAME=interviewer" in warnings[0]


def test_two_questions_where_nobody_else_asks_are_clear() -> None:
    turns = [("X", "How did it go?"), ("Y", "It went well, we sold all of it.")] * 2
    assert guess_roles(habits(turns), {}) == ({"X": "interviewer", "Y": "respondent"}, [])
    roles, warnings = guess_roles(habits([*turns, ("X", "I see."), ("Y", "Do you?"), ("X", "Yes.")]), {})
    assert roles["X"] == "interviewer"
    assert "'X' asks 2 of the 3 questions" in warnings[0]


def test_questions_without_their_marks_are_said_to_be_that() -> None:
    turns = [("X", "How did it go."), ("Y", "It went well."), ("X", "I see."), ("Y", "We sold all of it.")]
    roles, warnings = guess_roles(habits(turns), {})
    assert roles == {"X": "interviewer", "Y": "respondent"}
    assert "'X' begins 1 turn like a question, though without a question mark, and is" in warnings[0]


def test_in_doubt_everybody_is_a_respondent() -> None:
    turns = [("X", "It went well."), ("Y", "So it did."), ("Z", "Indeed it did, or did it?")] * 3
    roles, warnings = guess_roles(habits(turns), {"Z": "other"})
    assert roles == {"X": "respondent", "Y": "respondent", "Z": "other"}
    assert "nobody clearly asks" in warnings[0]


def test_there_is_one_guessed_interviewer_at_most() -> None:
    turns = [("X", "Why?"), ("Y", "Why not?"), ("Z", "Because of it all.")] * 5
    assert list(guess_roles(habits(turns), {})[0].values()).count("interviewer") <= 1


@pytest.mark.parametrize(
    ("asked", "role"),
    [("Why was that?", "interviewer"), ("Really, was that so for all of you?", "respondent")],
)
def test_who_asks_beside_a_labelled_interviewer(asked: str, role: str) -> None:
    turns = [
        ("X", asked),
        ("Y", "Why not?"),
        ("Z", "Because of it all, as I had said to her once then, and so it was."),
    ] * 3
    roles, warnings = guess_roles(habits(turns), {"Y": "interviewer"})
    assert roles == {"X": role, "Y": "interviewer", "Z": "respondent"}
    assert ["'X' mostly asks too" in one for one in warnings] == [True] * (role == "interviewer")
    assert guess_roles(habits(turns), {"Y": "interviewer", "Z": "other"})[0]["X"] == "respondent"


@pytest.mark.parametrize(
    ("label", "role"),
    [
        ("Interivewer", "interviewer"), ("Interviwer 2", "interviewer"), ("Interviewe", "respondent"),
        ("Interviews", "respondent"), ("Moderatro", "respondent"), ("Respondnet", "respondent"),
    ],
)  # fmt: skip
def test_a_misspelt_label_has_the_role_of_the_one_beside_it(tmp_path: Path, label: str, role: str) -> None:
    path = tmp_path / "a.txt"
    right = "Interviewer: Why?\nRespondent: So.\n" * 3
    path.write_text(f"{right}{label}: And then.\nRespondent: We left.\n" * 2)
    transcript = read_transcript(path)
    assert transcript.speakers == {"Interviewer": "interviewer", "Respondent": "respondent", label: role}
    assert [f"'{label}' is spelt almost like" in one for one in transcript.warnings] == [True] * (
        role == "interviewer"
    )


@pytest.mark.parametrize(
    "pair",
    [
        "Befrager Befragter", "Intervjuare Intervjuad", "Intervjuaren Intervjuade", "Intervjuer Intervjuet",
        "Intervjuer Intervjuede", "Interviewer Interviewede", "Questioner Questionee",
        "Interviewer Intervieweed", "Investigator Investigated",
    ],
)  # fmt: skip
def test_two_words_that_are_spelt_alike_are_two_roles(tmp_path: Path, pair: str) -> None:
    path = tmp_path / "a.txt"
    asks, answers = pair.split()
    path.write_text(_talk(asks, answers) + f"{asks}: Why?\n{answers}: So.\n")
    assert read_transcript(path).speakers == {asks: "interviewer", answers: "respondent"}


def test_somebody_answers_for_all_that_the_label_is_misspelt(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Interviewer: Why?\nInterviewer: Well?\nInterviewer: So?\nIntervewer: We sold it.\n")
    transcript = read_transcript(path)
    assert transcript.speakers == {"Interviewer": "interviewer", "Intervewer": "respondent"}
    assert any("'Intervewer' is spelt almost like 'interviewer', but" in one for one in transcript.warnings)


def test_turns_of_all_interviewers_count_beside_a_misspelt_one(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    text = (
        "Interviewer 1: Why?\nAna: So.\n" * 4 + "Interviewer 2: And?\nAna: No.\nIntervewer: Oh?\nAna: Yes.\n"
    )
    path.write_text(text)
    assert read_transcript(path).speakers["Intervewer"] == "interviewer"


def test_somebody_called_memo_is_no_note(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text(_talk("Interviewer", "Memo") + _talk("Interviewer", "Ana"))
    assert read_transcript(path).speakers["Memo"] == "respondent"
    path.write_text(_talk("Interviewer", "Ana") + "Memo: I was there.\nAna: Oh.\nMemo: Yes.\n")
    rare = read_transcript(path)
    assert rare.speakers["Memo"] == "other"
    assert (
        "'Memo' is taken for notes, which are not coded; correct with --speaker NAME=respondent"
        in rare.warnings
    )
    assert read_transcript(path, speakers={"Memo": "respondent"}).warnings == ()


def test_the_user_knows_better(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Interviewer: Why?\nAnna Berg: So.\nInterviewer: And?\nAnna Berg: No.\n")
    told = {"anna  BERG": "interviewer", "interviewer": "respondent", "Nobody": "other"}
    transcript = read_transcript(path, speakers=told)
    assert transcript.speakers == {"Interviewer": "respondent", "Anna Berg": "interviewer"}
    assert transcript.warnings == ()
    assert unknown_overrides([transcript], told) == ["Nobody"]


def test_one_speaker_is_a_respondent_with_a_warning(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("Respondent: I begin.\n\nAnd go on.\n")
    transcript = read_transcript(path)
    assert transcript.speakers == {"Respondent": "respondent"}
    assert transcript.warnings == (
        "only 'Respondent' speaks, so everything is taken as said by one respondent; "
        "if several people speak, begin their turns with 'Name:'",
    )


def test_one_speaker_whose_label_is_a_letter_is_a_respondent(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_text("I: We went to Chile first.\n\nI: And then to Peru.\n")
    transcript = read_transcript(path)
    assert transcript.speakers == {"I": "respondent"}
    assert len(transcript.warnings) == 1


@pytest.mark.parametrize(
    ("label", "role"), [("Interviewer", "interviewer"), ("Moderatorin", "interviewer"), ("Tolk", "other")]
)
def test_one_speaker_whose_label_says_the_role_keeps_it(tmp_path: Path, label: str, role: str) -> None:
    path = tmp_path / "a.txt"
    path.write_text(f"{label}: Hello there?\n{label}: Hello again?\n")
    transcript = read_transcript(path)
    assert transcript.speakers == {label: role}
    assert transcript.warnings == (
        f"only '{label}' speaks, {role} by the label, so there is nothing to code; "
        "begin the turns of the others with 'Name:', or give --speaker NAME=respondent",
    )


@pytest.mark.shared
@pytest.mark.parametrize(("corpus", "n_right"), [("pdpilot", 7), ("founders", 50)])
def test_interviewers_of_real_interviews_are_found_without_their_labels(corpus: str, n_right: int) -> None:
    path = DATA / corpus / "utterances.jsonl.gz"
    if not path.exists():
        pytest.skip("the shared corpora are absent")
    turns: dict[str, list[tuple[str, str]]] = defaultdict(list)
    gold: dict[str, dict[str, Counter[str]]] = defaultdict(lambda: defaultdict(Counter))
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            said = turns[row["transcript_id"]]
            if said and said[-1][0] == row["speaker"]:
                said[-1] = (row["speaker"], f"{said[-1][1]} {row['text']}")
            else:
                said.append((row["speaker"], row["text"]))
            gold[row["transcript_id"]][row["speaker"]][row["role"]] += 1
    right = 0
    for transcript_id, said in turns.items():
        roles, _ = guess_roles(habits(said), {})
        asking = [speaker for speaker, role in roles.items() if role == "interviewer"]
        right += [gold[transcript_id][one].most_common(1)[0][0] for one in asking] == ["interviewer"]
    assert right == n_right


def test_a_second_interviewer_is_found_and_said() -> None:
    growth = next(path for path in demo_transcripts() if path.stem == "fjordlift_growth_2023")
    transcript = read_transcript(growth)
    assert transcript.speakers == {
        "Ingvild Kaarstad": "interviewer",
        "Tomas Rehnvik": "interviewer",
        "Camille Aubrac-Dahl": "respondent",
    }
    assert transcript.warnings == (
        "roles are a guess: 'Tomas Rehnvik' mostly asks too and is taken as a further interviewer; "
        "correct with --speaker NAME=respondent",
    )


def test_who_talks_most_and_asks_after_it_is_a_doubt() -> None:
    """ "..., you know?" at the end of long turns is no question of an interviewer."""
    turns = [
        ("Eva", "Tell me how it began."),
        ("Tom", "We began in 2010 in a garage with two friends who knew the market, you know?"),
        ("Eva", "Okay. And then?"),
        ("Tom", "Then we sold to Germany, where we had a friend whom we trusted a lot, right?"),
        ("Eva", "I see."),
        ("Tom", "And he never asked for a contract, can you believe that?"),
        ("Eva", "Go on."),
        ("Tom", "So we grew and grew until the crisis came and took it all away, you know?"),
        ("Eva", "Who helped you in the crisis?"),
        ("Tom", "Nobody helped us at all, the bank was gone, and that was it, you know?"),
    ]
    _, warnings = guess_roles(habits(turns), {})
    assert any("roles are a guess: 'Tom' asks 5 of the 7 questions" in one for one in warnings)


def test_two_interviewers_who_share_the_questions() -> None:
    turns = []
    for n in range(12):
        turns += [(["Kari", "Ola"][n % 2], "How did that go?")]
        turns += [("Ben", "It went very well for us and we sold a lot of it there.")]
    roles, warnings = guess_roles(habits(turns), {})
    assert roles == {"Kari": "interviewer", "Ola": "interviewer", "Ben": "respondent"}
    assert any("is taken as a further interviewer" in one for one in warnings)


def test_a_carer_beside_a_name_is_known_by_what_is_asked() -> None:
    assert label_roles(["Therapist", "Mary"]) == {}
    asks = [("Therapist", "How was your day?"), ("Mary", "It was hard, and I slept badly.")] * 4
    assert guess_roles(habits(asks), label_roles(["Therapist", "Mary"]))[0]["Therapist"] == "interviewer"
    studied = [("Anna", "How was your shift?"), ("Nurse", "It was hard, and nobody came.")] * 4
    assert guess_roles(habits(studied), label_roles(["Anna", "Nurse"]))[0]["Nurse"] == "respondent"
    assert label_roles(["Nurse 1", "Nurse 2"]) == {"Nurse 1": "respondent", "Nurse 2": "respondent"}


ASKED = [
    ("How did you come to trade with Chile?", "We met them at a fair in May. It was pure luck for us."),
    ("And who wrote first?", "They did. They wrote to us a week after that."),
    ("Was there a contract?", "No, there was a handshake and nothing else."),
]


def _talk(asks: str, answers: str, asked: list[tuple[str, str]] = ASKED) -> str:
    return "".join(f"{asks}: {question}\n{answers}: {answer}\n" for question, answer in asked)


@pytest.mark.parametrize("labels", ["R I", "P R", "E I", "A I", "Res Int", "RES PAR"])
def test_letters_that_the_questions_contradict(tmp_path: Path, labels: str) -> None:
    path = tmp_path / "a.txt"
    asks, answers = labels.split()
    path.write_text(_talk(asks, answers))
    transcript = read_transcript(path)
    assert transcript.speakers == {asks: "interviewer", answers: "respondent"}
    assert [f"'{asks}' asks all of the 3 questions" in one for one in transcript.warnings] == [True]
    told = read_transcript(path, speakers={answers: "interviewer"})
    assert told.speakers[answers] == "interviewer"
    assert told.speakers[asks] == label_roles([asks, answers]).get(asks, "respondent")


@pytest.mark.parametrize(
    ("text", "n_warnings"),
    [
        (_talk("I", "R"), 0),
        (_talk("IR", "IE") + "IE: So.\n", 0),
        (_talk("Interviewer", "I") + _talk("I", "Interviewer"), 0),  # a word is no letter
        (_talk("R", "I", [("In May?", "Yes."), ("Why?", "So.")]), 1),  # too little, but worth a word
        ("I: Tell me.\nR: We went to Chile and sold it all there, you know?\nI: Go on.\n" * 3, 0),
        ("I1: Why?\nR: So we went to Chile.\nI2: How?\nR: By ship, as one did then.\n" * 3, 0),
        ("M: Why?\nP1: So it was for us.\nM: How?\nP2: Was it? It was by ship, I think.\n" * 3, 0),
    ],
)
def test_letters_that_keep_their_role(tmp_path: Path, text: str, n_warnings: int) -> None:
    path = tmp_path / "a.txt"
    path.write_text(text)
    transcript = read_transcript(path)
    assert transcript.speakers == transcript.speakers | label_roles(transcript.speakers)
    assert len(transcript.warnings) == n_warnings
