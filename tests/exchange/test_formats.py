"""What each format holds, on one small interview whose contents are worked out by hand."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from autocode.codebook import Code, Codebook
from autocode.dataset import read_dataset
from autocode.errors import ExchangeError
from autocode.exchange import (
    FORMATS,
    Choice,
    Gathered,
    as_refi,
    check_place,
    format_named,
    gather,
    notes_on,
    save,
    save_archive,
)
from autocode.exchange.formats import n_written, written_of
from autocode.exchange.gathered import MACHINE, NOBODY, Interview, Unit, overlapped
from autocode.exchange.markdown_out import escaped
from autocode.exchange.tasks import tasks_of
from autocode.read import read_transcript
from autocode.records import Transcript, Turn, Utterance
from autocode.store import Project, Request, ReviewStore, Span
from tests.exchange.conftest import CODEBOOK, NOON, PAY_LATE, interview, read_and_add_codebook


def contents(gathered: Gathered, name: str) -> dict[str, bytes]:
    return dict(FORMATS[name].files(gathered))


def table(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode())))


PLACE = {"respondent": "Anna Berg", "role": "respondent", "question": "How is it with *them*?"}


def test_quotes_have_their_context_codes_and_coder(project: Project) -> None:
    rows = table(contents(gather(project), "quotes-csv")[""])
    assert [(row["quote"], row["codes"], row["coder"], row["given_by"], row["blind"]) for row in rows] == [
        ("We trust Tom.", "Cooperation > =Conflict", "Ben", "person", "no"),
        ("We trust Tom.", "Cooperation > Trust", "Mia", "person", "yes"),
        ("We trust Tom.", "Cooperation > Trust", "consensus", "agreement", ""),
        ("pay late", "Cooperation > =Conflict", "Mia", "person", "no"),
    ]
    span = rows[-1]
    assert {key: span[key] for key in PLACE} == PLACE
    assert (span["before"], span["after"], span["start"]) == ("We trust Tom. They", ".", "")
    assert (rows[0]["before"], rows[0]["after"], rows[0]["start"]) == ("", "They pay late.", "0:00:10")
    assert span["link"] == "http://127.0.0.1:8710/utterance/anna%3A2"
    assert span["decided_at"] == "2024-05-01T12:00:00+00:00"


def test_the_machine_is_marked_and_only_its_most_special_code_counts(project: Project) -> None:
    rows = table(contents(gather(project, Choice((NOBODY,), suggestions=True)), "quotes-csv")[""])
    assert [(row["codes"], row["coder"], row["given_by"], row["probability"]) for row in rows] == [
        ("Cooperation > Trust", MACHINE, "machine", "0.75")
    ]


def test_no_cell_is_a_formula_or_a_control_character(project: Project) -> None:
    from openpyxl import load_workbook

    review = ReviewStore(project.store)
    last = review.reading("anna").keys[-1]
    mia = review.account("Mia")
    assert mia is not None
    review.act(
        mia.key, Request("key-9", "code", [["code", last, "conflict", True]], read_and_add_codebook(project))
    )
    gathered = gather(project, Choice(("Mia",)))
    row = table(contents(gathered, "quotes-csv")[""])[-1]
    assert row["quote"] == "'=1+1[31m, we wait."
    sheet = load_workbook(io.BytesIO(contents(gathered, "quotes-xlsx")[""])).active
    assert sheet is not None
    cells = list(sheet.iter_rows())
    assert cells[-1][6].value == "'=1+1[31m, we wait."
    texts, numbers = [line[:14] + line[16:] for line in cells], [line[14:16] for line in cells[1:]]
    assert {cell.data_type for line in texts for cell in line if cell.value is not None} == {"s"}
    assert {cell.data_type for line in numbers for cell in line} == {"n"}
    assert sheet.auto_filter.ref == "A1:Q4"


def test_seen_and_not_given_is_0_and_not_seen_is_empty(project: Project) -> None:
    files = contents(gather(project), "matrix")
    rows = table(files["matrix.csv"])
    codes = ("utterance", "coder", "cooperation", "trust", "conflict")
    assert [tuple(row[name] for name in codes) for row in rows] == [
        ("anna:1", "Ben", "0", "0", "1"), ("anna:1", "Mia", "0", "1", "0"),
        ("anna:1", "consensus", "0", "1", "0"), ("anna:2", "Mia", "0", "0", "1"),
    ]  # fmt: skip
    assert table(files["labels.csv"])[2] == {
        "variable": "conflict", "code": "conflict", "label": "Cooperation > =Conflict",
    }  # fmt: skip
    syntax = files["matrix.sps"].decode()
    assert (
        "  utterance A6\n  transcript A4\n  speaker A9\n  role A10\n  coder A9\n  cooperation F1.0" in syntax
    )
    assert "VARIABLE LABELS conflict 'Cooperation > =Conflict'." in syntax


def test_only_blind_decisions(project: Project) -> None:
    gathered = gather(project, Choice(blind=True))
    rows = table(contents(gathered, "matrix")["matrix.csv"])
    assert [(row["utterance"], row["coder"]) for row in rows] == [("anna:1", "Mia"), ("anna:2", "Mia")]
    with pytest.raises(ExchangeError, match="never blind"):
        gather(project, Choice(("consensus",), blind=True))
    with pytest.raises(ExchangeError, match="no coder 'Mio'; did you mean 'Mia'"):
        gather(project, Choice(("Mio",)))


def test_a_dataset_is_what_its_reader_reads(project: Project, tmp_path: Path) -> None:
    save(FORMATS["dataset"], FORMATS["dataset"].files(gather(project)), tmp_path / "out")
    dataset = read_dataset(tmp_path / "out")
    assert dataset.codings.by_coder == {
        "Ben": {"anna:1": {"conflict"}}, "Mia": {"anna:1": {"trust"}, "anna:2": {"conflict"}},
        "consensus": {"anna:1": {"trust"}},
    }  # fmt: skip
    assert [turn.text for turn in dataset.transcripts[0].turns if turn.unit_id == "anna:2"] == [PAY_LATE]
    assert list(dataset.codebook.ids) == ["cooperation", "trust", "conflict"]


def test_a_dataset_holds_nothing_of_statements_that_are_only_begun(project: Project, tmp_path: Path) -> None:
    review, book = ReviewStore(project.store), read_and_add_codebook(project)
    second = review.reading("anna").keys[2]
    ben = review.account("Ben")
    assert ben is not None
    review.act(ben.key, Request("key-9", "code", [["code", second, "trust", False]], book))
    gathered = gather(project)
    save(FORMATS["dataset"], FORMATS["dataset"].files(gathered), tmp_path / "out")
    assert "anna:2" not in read_dataset(tmp_path / "out").codings.by_coder["Ben"]
    (note,) = notes_on(FORMATS["dataset"], gathered)
    assert note.startswith("what coders have begun and not finished, on 1 statement, is left out")


def test_a_dataset_has_what_other_tools_brought_which_know_no_finished_statements(project: Project) -> None:
    review, book = ReviewStore(project.store), read_and_add_codebook(project)
    first, second = review.reading("anna").keys[1:3]
    ben = review.account("Ben")
    assert ben is not None
    review.act(ben.key, Request("key-9", "code", [["code", second, "trust", False]], book))
    review.act(ben.key, Request("key-10", "done", [["done", first, False]], book))
    gathered = gather(project, Choice(("Ben",)))
    files = contents(gathered, "dataset")
    assert [json.loads(line) for line in files["codes.jsonl"].splitlines()] == [
        {"utterance_id": "anna:1", "coder": "Ben", "code": "conflict"}
    ]
    assert [json.loads(line)["utterance_id"] for line in files["coverage.jsonl"].splitlines()] == ["anna:1"]
    brought, begun = notes_on(FORMATS["dataset"], gathered)
    assert brought.startswith("no statement is marked as finished by Ben, as after an import")
    assert "on 1 statement, is left out" in begun


@pytest.mark.parametrize("name", ["label-studio", "argilla", "prodigy"])
def test_tasks_hold_no_answers_that_are_only_begun(project: Project, name: str) -> None:
    review, book = ReviewStore(project.store), read_and_add_codebook(project)
    first, second = review.reading("anna").keys[1:3]
    ben = review.account("Ben")
    assert ben is not None
    review.act(ben.key, Request("key-9", "code", [["code", second, "trust", True]], book))
    gathered = gather(project)
    assert [
        (task.utterance_id, [(one.coder, one.codes) for one in task.answers]) for task in tasks_of(gathered)
    ] == [
        ("anna:1", [("Ben", ("conflict",)), ("Mia", ("trust",)), ("consensus", ("trust",))]),
        ("anna:2", [("Mia", ("conflict",))]), ("anna:4", []),
    ]  # fmt: skip
    assert n_written(FORMATS[name], gathered) == 4
    (note,) = notes_on(FORMATS[name], gathered)
    assert note.startswith("what coders have begun and not finished, on 1 statement, is left out")
    review.act(ben.key, Request("key-10", "done", [["done", first, False]], book))
    gathered = gather(project, Choice(("Ben",)))
    codes = [[one.codes for one in task.answers] for task in tasks_of(gathered)]
    assert codes == [[("conflict",)], [("trust",)], []], "Ben finishes nothing, as after an import"
    (note,) = notes_on(FORMATS[name], gathered)
    assert note.startswith("no statement is marked as finished by Ben, as after an import")
    assert n_written(FORMATS[name], gathered) == 2


def test_a_dataset_of_nobody_who_has_coded_is_said_to_be_empty(project: Project) -> None:
    gathered = gather(project, Choice(("nobody",)))
    assert contents(gathered, "dataset")["codes.jsonl"] == b""
    assert "codes.jsonl is empty" in notes_on(FORMATS["dataset"], gathered)[-1]


def test_word_has_comments_of_their_coders_on_the_words(project: Project) -> None:
    from docx import Document

    (content,) = contents(gather(project), "docx").values()
    document = Document(io.BytesIO(content))
    told = [(c.author, c.text, c.timestamp) for c in document.comments]
    assert told == [
        ("Ben", "Cooperation > =Conflict", NOON), ("Mia", "Cooperation > Trust", NOON),
        ("consensus", "Cooperation > Trust", NOON), ("Mia", "Cooperation > =Conflict", NOON),
    ]  # fmt: skip
    xml = document.element.xml
    assert commented(xml) == ["We trust Tom."] * 3 + ["pay late"]
    assert [p.text for p in document.paragraphs][1:3] == [
        "Interviewer: How is it with *them*?", "Anna Berg: We trust Tom. They pay late.",
    ]  # fmt: skip


def commented(xml: str) -> list[str]:
    """The text between the marks of each comment, by its number."""
    found = []
    for number in re.findall(r'<w:commentRangeStart w:id="(\d+)"', xml):
        inner = xml.partition(f'<w:commentRangeStart w:id="{number}"')[2]
        inner = inner.partition(f'<w:commentRangeEnd w:id="{number}"')[0]
        found.append((int(number), "".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", inner))))
    return [text for _, text in sorted(found)]


def test_markdown_marks_the_words_and_escapes_the_rest(project: Project) -> None:
    (content,) = contents(gather(project, Choice(("Mia",))), "markdown").values()
    assert content.decode() == (
        "# anna\n\n"
        "**Interviewer:** How is it with \\*them\\*?\n\n"
        "**Anna Berg:** {==We trust Tom.==}{\\>\\>Cooperation \\> Trust (Mia)<<} "
        "They {==pay late==}{>>Cooperation \\> \\=Conflict (Mia)<<}.\n\n"
        "**Interviewer:** And you, Anna?\n\n"
        "**Anna Berg:** \\=1+1\\[31m, we wait.\n"
    ).replace("{\\>\\>", "{>>")


HEADED = "Interview 7\nnurse, 42\n\nAnn: We trust them.\n[pause]\n(end)\n"


def coded(text: str, said: str, quote: str) -> Gathered:
    """A transcript of one turn, and one code of Mia's."""
    start, place = text.index(said), text.index(quote)
    turn = Turn(0, "Ann", "respondent", said, start, start + len(said))
    one = Transcript("x" * 300, text, (turn,), "text", "a.txt", "0")
    span = Span(one.id, place, place + len(quote), code="a", coder="Mia", applies=True, decided_at=NOON)
    book = Codebook(name="p", codes=(Code(id="a", name="A"),))
    return Gathered("p", book, (Interview(one, (), (span,)),))


@pytest.mark.parametrize(
    ("quote", "lines"),
    [
        ("nurse", ["nurse, 42", "Ann: We trust them."]),
        ("7\nnurse", ["Interview 7", "nurse, 42", "Ann: We trust them."]),
        ("[pause]", ["Ann: We trust them.", "[pause]"]),
        ("Ann:", ["Ann:", "Ann: We trust them."]),
        ("42\n\nAnn: We", ["Ann: We trust them."]),
        ("\n\n", ["Ann: We trust them."]),
    ],
)
def test_codes_where_nobody_speaks(quote: str, lines: list[str]) -> None:
    """Lines between turns are written where nothing else has their codes; what is left out is told."""
    from docx import Document

    gathered = coded(HEADED, "We trust them.", quote)
    (word,), (data,) = (contents(gathered, name).values() for name in ("docx", "markdown"))
    document, markdown = Document(io.BytesIO(word)), data.decode()
    assert [p.text for p in document.paragraphs][1:] == lines
    plain = re.sub(r"\{==|==\}|\{>>.*?<<\}|\*\*|\\", "", markdown)
    assert plain.rstrip().split("\n\n")[1:] == lines
    is_blank = not quote.strip()
    assert ("(Mia)" in markdown) is (len(document.comments) == 1) is not is_blank
    told = ["1 coding lies where nobody speaks and is left out; refi-qda and quotes-csv have them"]
    assert notes_on(FORMATS["docx"], gathered) == (told if is_blank else [])
    assert notes_on(FORMATS["srt"], gathered)[1:] == ([] if "We" in quote else told)
    assert notes_on(FORMATS["quotes-csv"], gathered)[1:] == []


def test_codes_on_the_interviewers_turns_are_told(project: Project) -> None:
    """Formats of statements leave them out, say so, and do not count them as written."""
    review = ReviewStore(project.store)
    ben, reading = review.account("Ben"), review.reading("anna")
    assert ben is not None
    place = project.store.transcript("anna").text.index("How is it")
    span = ["span", reading.transcript_key, place, place + len("How is it"), "trust", True]
    decided = ["code", reading.keys[3], "trust", True]  # the second question
    review.act(ben.key, Request("key-9", "code", [span, decided], read_and_add_codebook(project)))
    gathered = gather(project)
    n = gathered.n_codings
    told = (
        "where nobody speaks or on the interviewer's turns and {} left out; refi-qda and quotes-csv have them"
    )
    for name, n_out in (("matrix", 1), ("label-studio", 2), ("argilla", 2), ("prodigy", 2)):
        words = f"{n_out} coding{'s lie' if n_out > 1 else ' lies'} "
        assert notes_on(FORMATS[name], gathered) == [words + told.format("are" if n_out > 1 else "is")]
        assert n_written(FORMATS[name], gathered) == n - n_out
    begun, outside = notes_on(FORMATS["dataset"], gathered)
    assert begun.startswith("what coders have begun")
    assert outside == f"1 coding lies {told.format('is')}"
    rows = contents(gathered, "dataset")["codes.jsonl"].splitlines()
    assert n_written(FORMATS["dataset"], gathered) == len(rows)
    for name in ("quotes-csv", "docx", "markdown", "vtt"):
        assert notes_on(FORMATS[name], gathered) == []
        assert n_written(FORMATS[name], gathered) == n


def test_quotes_that_no_cell_can_hold_are_told() -> None:
    said = "so " * 11_000
    assert notes_on(FORMATS["quotes-xlsx"], coded(said, said, said))[1:] == [
        "1 quote is longer than a cell can be, and cut; quotes-csv has them whole"
    ]


def test_codes_that_overlap_end_where_they_end(project: Project) -> None:
    review = ReviewStore(project.store)
    text = project.store.transcript("anna").text
    ben = review.account("Ben")
    assert ben is not None
    start = text.index("trust Tom. They")
    span = [
        "span",
        review.reading("anna").transcript_key,
        start,
        start + len("trust Tom. They"),
        "trust",
        True,
    ]
    review.act(ben.key, Request("key-8", "code", [span], read_and_add_codebook(project)))
    (content,) = contents(gather(project), "markdown").values()
    first = "from “We trust Tom.” on"
    assert (
        "{==We==} {==trust Tom.==}{>>Cooperation \\> \\=Conflict (Ben), "
        f"{first}; Cooperation \\> Trust (Mia), {first}; Cooperation \\> Trust (consensus), {first}<<}} "
        "{==They==}{>>Cooperation \\> Trust (Ben), from “trust Tom. They” on<<} {==pay late==}"
    ) in content.decode()


def test_subtitles_have_times_and_codes_and_are_read_again(project: Project, tmp_path: Path) -> None:
    gathered = gather(project, Choice(("Mia",)))
    (content,) = contents(gathered, "srt").values()
    cues = content.decode().split("\n\n")
    assert cues[1] == (
        "2\n00:00:10,000 --> 00:00:15,000\nAnna Berg: We trust Tom.\n[Cooperation > Trust (Mia)]"
    )  # half of the turn's characters, so half of its 10 seconds
    assert "00:00:15,000 --> " in cues[2]
    ((name, content),) = contents(gathered, "vtt").items()
    (tmp_path / name).write_bytes(content)
    assert "<v Anna Berg>We trust Tom.</v>\n<c.codes>[Cooperation &gt; Trust (Mia)]</c>" in content.decode()
    assert set(read_transcript(tmp_path / name).speakers) == {"Interviewer", "Anna Berg"}


ANNOTATION: dict[str, Any] = {  # what the Web Annotation Data Model demands of what is written here
    "type": "object",
    "required": ["@context", "id", "type", "target", "body"],
    "properties": {
        "@context": {"const": "http://www.w3.org/ns/anno.jsonld"},
        "id": {"type": "string", "pattern": "^urn:uuid:[0-9a-f-]{36}$"},
        "type": {"const": "Annotation"},
        "motivation": {"const": "tagging"},
        "created": {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$"},
        "creator": {"type": "object", "required": ["id", "type", "name"]},
        "target": {
            "type": "object",
            "required": ["type", "source", "selector"],
            "properties": {
                "selector": {
                    "type": "array",
                    "items": {
                        "oneOf": [
                            {
                                "required": ["type", "start", "end"],
                                "properties": {
                                    "type": {"const": "TextPositionSelector"},
                                    "start": {"type": "integer", "minimum": 0},
                                    "end": {"type": "integer", "minimum": 0},
                                },
                            },
                            {
                                "required": ["type", "exact"],
                                "properties": {
                                    "type": {"const": "TextQuoteSelector"},
                                    "exact": {"type": "string"},
                                },
                            },
                        ]
                    },
                }
            },
        },
    },
}


def test_web_annotations_keep_to_the_model(project: Project) -> None:
    import jsonschema_rs

    found = json.loads(contents(gather(project, Choice(suggestions=True)), "web-annotations")[""])
    assert (found["type"], found["total"], found["first"]["type"]) == (
        "AnnotationCollection",
        5,
        "AnnotationPage",
    )
    items = found["first"]["items"]
    for one in items:
        jsonschema_rs.validate(ANNOTATION, one)
    text = project.store.transcript("anna").text
    for one in items:
        position, quote = one["target"]["selector"]
        assert text[position["start"] : position["end"]] == quote["exact"]
        assert text[: position["start"]].endswith(quote["prefix"])
    assert len({one["id"] for one in items}) == 5
    assert [one["creator"]["type"] for one in items].count("Software") == 1


def test_without_names_nobody_who_speaks_is_named(project: Project) -> None:
    review = ReviewStore(project.store)
    mia = review.account("Mia")
    assert mia is not None
    memo = ["memo", "transcript", "anna", "Anna Berg hesitates; BERG waits. ANNA! Her file is anna berg."]
    review.act(mia.key, Request("key-7", "memo", [memo], read_and_add_codebook(project)))
    gathered = gather(project, Choice(suggestions=True, names=False))
    (one,) = gathered.interviews
    assert one.transcript.text == (
        "I1: How is it with *them*?\nR1: We trust Tom. They pay late.\nI1: And you, R1?\n"
        "R1: =1+1\x1b[31m, we wait.\n"
    )
    assert [one.transcript.text[u.utterance.start_char : u.utterance.end_char] for u in one.units] == [
        u.utterance.text for u in one.units
    ]
    assert {one.transcript.text[s.start_char : s.end_char] for s in one.spans} == {"pay late"}
    assert gathered.memos["transcript", "T1"][0].text == "R1 hesitates; R1 waits. R1! Her file is R1."
    for name, format in FORMATS.items():
        for file, content in format.files(gathered):
            assert "anna" not in file.casefold(), name
            for said in unpacked(content):
                assert b"anna" not in said.lower(), name
                assert b"berg" not in said.lower(), name


def test_without_names_the_codebook_says_none_and_ids_that_do_are_told(project: Project) -> None:
    book = (
        CODEBOOK.replace("name: partners", "name: anna_berg\ntitle: Berg\ndescription: of Anna\nnote: ANNA")
        .replace("id: conflict", "id: berg_quarrels")
    )  # fmt: skip
    project.codebook_path.write_text(book, encoding="utf-8")
    gathered = gather(project, Choice(names=False))
    assert gathered.name == "project"
    about = gathered.codebook
    assert (about.name, about.title, about.description, about.note) == ("codebook", "R1", "of R1", "R1")
    told = "ids of codes, which codings refer to, are left as they are, and there are names in berg_quarrels"
    assert told in notes_on(FORMATS["refi-qda"], gathered)
    assert told in notes_on(FORMATS["matrix"], gathered)
    assert told not in notes_on(FORMATS["matrix"], gather(project))


def unpacked(content: bytes) -> list[bytes]:
    """A file, or what is in it."""
    if not content.startswith(b"PK"):
        return [content]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(member) for member in archive.namelist()]


def test_files_are_private_and_nothing_is_replaced_unasked(project: Project, tmp_path: Path) -> None:
    gathered = gather(project)
    for format in FORMATS.values():
        place = tmp_path / f"{format.name}{format.suffix}"
        written = save(format, format.files(gathered), place)
        assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in written), format.name
        assert not list(tmp_path.rglob(".autocode-*"))
        if not format.suffix:
            assert stat.S_IMODE(place.stat().st_mode) == 0o700
        with pytest.raises(ExchangeError, match="--force"):
            save(format, format.files(gathered), place)
        save(format, format.files(gathered), place, replace=True)
        save_archive(format, format.files(gathered), tmp_path / "download")
        assert zipfile.is_zipfile(tmp_path / "download") is (
            not format.suffix or format.suffix in (".xlsx", ".qdpx")
        )
    with pytest.raises(ExchangeError, match=r"is a \.csv file"):
        check_place(FORMATS["quotes-csv"], tmp_path / "quotes.txt", replace=False)
    (tmp_path / "file").touch()
    with pytest.raises(ExchangeError, match="lies in a file"):
        check_place(FORMATS["quotes-csv"], tmp_path / "file" / "a" / "quotes.csv", replace=False)
    assert save(FORMATS["quotes-csv"], iter([("", b"x")]), tmp_path / "a" / "b" / "q.csv")[0].is_file()
    with pytest.raises(ExchangeError, match="did you mean 'quotes-csv'"):
        format_named("quote-csv")


def test_what_is_left_out_is_told(project: Project) -> None:
    project.codebook_path.write_text(CODEBOOK.partition("  - {id: conflict")[0], encoding="utf-8")
    other, _ = interview("carl")
    project.store.add_transcript(replace(other, sha256="another"))
    gathered = gather(project)
    assert notes_on(FORMATS["matrix"], gathered) == [
        "left out, because the codebook no longer has them: conflict; refi-qda keeps them",
        "1 transcript is not cut into utterances yet and left out; 'autocode code' does it",
    ]
    assert notes_on(FORMATS["refi-qda"], gathered) == []
    assert "conflict" in {code.name for code in as_refi(gathered).codes}
    assert gathered.n_codings == sum(len(gathered.current(one)) for one in gathered.interviews)
    assert gathered.n_codings < as_refi(gathered).n_codings
    assert [len(written_of(FORMATS[name], gathered)) for name in ("matrix", "docx", "refi-qda")] == [1, 2, 2]


@pytest.mark.parametrize(("n", "told"), [(0, []), (2, ["2 transcripts have no times and are left out"])])
def test_transcripts_without_times_are_told(project: Project, n: int, told: list[str]) -> None:
    gathered = gather(project)
    (timed,) = gathered.interviews
    units = tuple(
        replace(one, utterance=replace(one.utterance, start_s=None, end_s=None)) for one in timed.units
    )
    gathered = replace(gathered, interviews=(timed, *[replace(timed, units=units)] * n))
    for name in ("vtt", "srt"):
        assert notes_on(FORMATS[name], gathered) == told
        assert len(contents(gathered, name)) == len(written_of(FORMATS[name], gathered)) == 1


def test_stretches_of_words_find_their_utterances(project: Project) -> None:
    transcript, units = interview()
    second = units[2]
    assert overlapped(units, transcript.text, (second.start_char - 1, second.start_char)) == []  # a space
    assert overlapped(units, transcript.text, (0, len(transcript.text))) == [0, 1, 2, 3, 4]
    assert overlapped(units, transcript.text, (second.end_char - 1, second.end_char + 1)) == [2]


@pytest.mark.parametrize(
    ("speaker", "said", "wanted"),
    [
        ("KARI LIE", "Kari Lie and Kari came.", "R1 and R1 came."),
        ("anna berg", "Anna Berg, Anna, ANNA.", "R1, R1, R1."),
        ("Coach Lisa", "Lisa knows.", "R1 knows."),
        ("Sean O'Brien", "O’Brien knows.", "R1 knows."),
        ("Anna Berg", "Annas and Bergs.", "R1s and R1s."),
        ("Zoë Møllar-Öz", "Frau Öz; Møllar’s, ÖZ, møllar.", "Frau R1; R1’s, R1, møllar."),
        ("Zoë Møllar-Day", "Day by day, says Møllar.", "Day by day, says R1."),
        ("Jean-Paul Lie", "Paul knows Jean.", "Paul knows Jean."),
        ("Dr. Berg", "Dr Lie agreed with Berg.", "Dr Lie agreed with R1."),
        ("Anna Berg", "It is anna.berg@firm.no, or 22 85 50 50.", "It is [E-mail], or [Phone]."),
    ],
)
def test_names_of_speakers_in_every_spelling(speaker: str, said: str, wanted: str) -> None:
    from autocode.exchange.nameless import _Numbers

    text = f"{speaker}: {said}\n"
    turn = Turn(0, speaker, "respondent", said, len(speaker) + 2, len(text) - 1)
    one = Transcript("t", text, (turn,), "text", "t.txt", "0")
    utterance = Utterance("t-1", "t", 0, 0, speaker, "respondent", said, turn.start_char, turn.end_char)
    assert _Numbers([Interview(one, (Unit(1, utterance, {}),))]).replaced(said) == wanted


@pytest.mark.parametrize(
    "line", ["1. trust", "2023. That was it", "---", "- so", "Tom &amp; Jerry &copy;", "12) a"]
)
def test_markdown_shows_what_was_said(line: str) -> None:
    from html import unescape

    from markdown_it import MarkdownIt

    shown = MarkdownIt().render(f"{escaped('B')}: x  \n{escaped(line)}")
    assert "<h" not in shown
    assert "<li" not in shown
    assert unescape(shown).split("\n")[1].removesuffix("</p>") == line
