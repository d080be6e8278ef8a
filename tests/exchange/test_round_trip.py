"""From a project to a .qdpx and back: what the format carries is the same, and the schema is kept to."""

from __future__ import annotations

import re
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from autocode.codebook import Code, Codebook, read_codebook, write_codebook
from autocode.config import SegmentConfig, Settings
from autocode.exchange import (
    LINE_ENDS,
    LineEnds,
    Opened,
    Stored,
    import_plan,
    plan_import,
    read_refi,
    to_refi,
    write_refi,
)
from autocode.exchange.alone import standing_alone
from autocode.exchange.gathered import MACHINE
from autocode.pipeline import Coder
from autocode.records import Role, Suggestion, Transcript, Turn
from autocode.store import Coding, Project, Request, ReviewStore, create_project
from autocode.store.review import SUCCESSION
from tests.exchange.conftest import SOURCE, Write, project_xml

SCHEMA = Path(__file__).parents[2] / "autocode" / "exchange" / "schema" / "Project.xsd"
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)
SETTINGS = '[segment]\nunit = "turn"\n'


@contextmanager
def made(codebook: Codebook | None = None, *, name: str = "study") -> Iterator[Project]:
    """A project in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / name
        with create_project(
            place, settings_toml=SETTINGS, codebook_yaml="codes: []\n", guide_yaml=""
        ) as project:
            if codebook is not None:
                write_codebook(codebook, project.codebook_path)
            yield project


def brought(project: Project, path: Path) -> Stored:
    return import_plan(project, plan_import(project, read_refi(path)))


def exported(project: Project, *, line_ends: LineEnds = "lf") -> Path:
    path = project.folder / "out.qdpx"
    write_refi(to_refi(project), path, line_ends=line_ends)
    return path


def snapshot(project: Project) -> dict[str, Any]:
    """All that the format carries."""
    review, store = ReviewStore(project.store), project.store
    place_of: dict[int, tuple[str, int, int]] = {}
    for id in review.latest_codings():
        reading = review.reading(id)
        for key, one in zip(reading.keys, reading.utterances, strict=True):
            place_of[key] = (id, one.start_char, one.end_char)
    said = {(one.unit, one.coder, one.code): one for one in review.decided()}
    book = read_codebook(project.codebook_path, allow_empty=True)
    return {
        "transcripts": [
            (t.id, t.text, [(u.speaker, u.role, u.start_char, u.end_char) for u in t.turns], dict(t.meta))
            for t in (store.transcript(one.id) for one in store.transcripts())
        ],
        "codes": book.codes,
        "groups": book.exclusive_groups,
        "decisions": {
            (place_of[one.unit], one.coder, one.code, one.decided_at) for one in said.values() if one.applies
        },
        "spans": {one for one in review.all_spans() if one.applies},
        "memos": {
            (m.kind, place_of[int(m.target)] if m.kind == "utterance" else m.target, m.coder, m.text,
             m.written_at)
            for m in review.memos()
        },
    }  # fmt: skip


# Made-up projects

WORD = st.sampled_from(
    ["trust", "öur", "👍", "a\u0301", "<b>&", "well,", "…", "x\ty", "It's", '"so"', "\u2028", "]]>"]
)
SAID = st.one_of(
    st.lists(WORD, min_size=1, max_size=6).map(" ".join).filter(str.strip),  # no reader keeps an empty turn
    st.just("One line.\n\nAnother. "),
)
SPEAKER = st.sampled_from([("INT", "interviewer"), ("Anna Å", "respondent"), ("R & B", "respondent")])
META = st.dictionaries(
    st.sampled_from(["firm", "wave", "süd & nord"]),
    st.sampled_from(["A", "", "1", 3, -7, 0.25, 1e-12, True, False]), max_size=3,
)  # fmt: skip
TIME = st.integers(0, 10**9).map(lambda second: NOON + timedelta(microseconds=second))
TEXT = st.lists(st.sampled_from(["A thought", "on\nlines", "", "😀 <&>", "  x "]), min_size=1, max_size=3)
MEMO = TEXT.map("\n\n".join).filter(lambda text: text.strip() != "")
IDS = ("trust", "conflict", "Old Id 7", "x_2")


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    codes = []
    for position, id in enumerate(IDS):
        parent = draw(st.sampled_from([None, *IDS[:position]]))
        codes.append(
            Code(
                id=id, name=draw(st.sampled_from(["Trust", "Conflict", "x (2)", "Å <&>"])), parent=parent,
                definition=draw(st.sampled_from(["", "What it is.", "Include:\n- no", "a\n\nautocode id:\nb"])),  # noqa: E501
                examples=draw(st.sampled_from([(), ("We trust.", "- x")])),
                colour=draw(st.sampled_from([None, "#00FF7F"])),
            )
        )  # fmt: skip
    roots = [code.id for code in codes if code.parent is None]
    groups = (tuple(roots),) if len(roots) > 1 and draw(st.booleans()) else ()
    below = Codebook(name="study", codes=tuple(codes))
    order = [id for root in below.roots for id in (root, *below.descendants(root))]
    return Codebook(name="study", codes=tuple(below[id] for id in order), exclusive_groups=groups)


def transcript_of(name: str, said: list[tuple[tuple[str, Role], str]], meta: dict[str, Any]) -> Transcript:
    text, turns = f"{name}\n", []
    for index, ((speaker, role), words) in enumerate(said):
        text += f"{speaker}: "
        turns.append(Turn(index, speaker, role, words, len(text), len(text) + len(words)))
        text += words + "\n"
    roles: dict[str, Role] = dict(pair for pair, _ in said)
    turns = [Turn(t.index, t.speaker, roles[t.speaker], t.text, t.start_char, t.end_char) for t in turns]
    return Transcript(name, text, tuple(turns), "text", f"{name}.txt", f"sha-{name}", meta=meta)


def cut(project: Project) -> None:
    """Code every transcript with nothing but a suggestion on the first utterance."""
    coder = Coder(Codebook(name="x"), settings=Settings(segment=SegmentConfig(unit="turn")))
    for summary in project.store.transcripts():
        utterances = coder.segment(project.store.transcript(summary.id))
        codable = [one for one in utterances if one.codable]
        found = tuple(Suggestion(one.id, IDS[0], 0.75, None, "review") for one in codable[:1])
        scores = np.zeros((len(codable), 1), np.float32)
        project.store.save_coding(
            "run", summary.id, Coding(utterances, found, scores, IDS[:1]), segmentation="turns"
        )


def fill(project: Project, draw: Any) -> None:
    """Two coders and the consensus do a few things at random."""
    review = ReviewStore(project.store)
    book = read_codebook(project.codebook_path)
    project.store.add_codebook(book.digest, book.model_dump_json())
    readings = [review.reading(id) for id in sorted(review.latest_codings())]
    names = draw(st.lists(st.sampled_from(["Bo", "Cé <&>"]), unique=True, min_size=1, max_size=2))
    lead = draw(st.sampled_from(names))
    actors = [review.add_account(one, "lead" if one == lead else "coder").key for one in names]
    actors.append(review.consensus())
    code = st.sampled_from(IDS)
    for number in range(draw(st.integers(1, 5))):
        reading = draw(st.sampled_from(readings))
        last = reading.utterances[-1].end_char
        change = st.one_of(
            st.tuples(st.just("code"), st.sampled_from(reading.keys), code,
                      st.sampled_from([True, True, False, None])),
            st.tuples(st.just("span"), st.just(reading.transcript_key), st.integers(0, last - 1),
                      st.integers(1, last), code, st.sampled_from([True, True, False])),
            st.tuples(st.just("memo"), st.just("utterance"), st.sampled_from(reading.keys).map(str), MEMO),
            st.tuples(st.just("memo"), st.just("code"), code, MEMO),
            st.tuples(st.just("memo"), st.just("transcript"),
                      st.just(reading.utterances[0].transcript_id), MEMO),
            st.tuples(st.just("memo"), st.just("project"), st.just(""), MEMO),
        )  # fmt: skip
        changes = [list(one) for one in draw(st.lists(change, min_size=1, max_size=5))]
        changes = [one for one in changes if one[0] != "span" or one[2] < one[3]]
        times = [draw(TIME) for _ in changes]
        review.act(
            draw(st.sampled_from(actors)),
            Request(f"key-{number}-of-some-length", "decide", changes, book.digest, times=times),
        )


@pytest.fixture(scope="module")
def schema() -> Any:
    xmlschema = pytest.importorskip("xmlschema")
    return xmlschema.XMLSchema(SCHEMA)


@given(data=st.data(), book=codebooks(), line_ends=st.sampled_from(LINE_ENDS))
# a project or two each time: shrinking would take minutes
@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
def test_there_and_back_is_the_identity(schema: Any, data: Any, book: Codebook, line_ends: LineEnds) -> None:
    with made(book) as first, made() as second:
        for number in range(data.draw(st.integers(1, 2))):
            said = data.draw(st.lists(st.tuples(SPEAKER, SAID), min_size=1, max_size=4))
            first.store.add_transcript(transcript_of(f"t{number}", said, data.draw(META)))
        cut(first)
        fill(first, data.draw)
        path = exported(first, line_ends=line_ends)
        with zipfile.ZipFile(path) as archive:
            schema.validate(archive.read("project.qde").decode())
        opened = read_refi(path)
        assert opened.calibration.doubtful is False
        import_plan(second, plan_import(second, opened))
        assert snapshot(second) == snapshot(first)
        assert leads(second) == leads(first)
        assert brought(second, path).nothing
        assert brought(first, path).nothing
        without = write_without(second)
        assert without == write_without(first)


def leads(project: Project) -> list[str]:
    return [one.name for one in ReviewStore(project.store).accounts() if one.role == "lead"]


def write_without(project: Project) -> bytes:
    """The export without the machine's suggestions, which are not taken over."""
    path = project.folder / "without.qdpx"
    write_refi(to_refi(project, suggestions=False), path)
    return path.read_bytes()


ANSWER = "I trust my nurse 👍 completely. She is good to me and she comes daily."
TALK = f"I: Do you trust them?\nR: {ANSWER}\nI: Why?\nR: She listens. That is all there is to it, I think.\n"


def marks(*quotes: str) -> list[tuple[int, int, str]]:
    return [(TALK.index(quote), TALK.index(quote) + len(quote), quote) for quote in quotes]


QUOTES = ("trust my nurse", ANSWER, "Do you trust them?", "She listens. That is", "Why?\nR: She listens")


def test_quotes_of_another_program_come_through_the_project(write: Write) -> None:
    path = write(TALK.encode(), project_xml(marks(*QUOTES)))
    with made() as project, made() as other:
        stored = brought(project, path)
        assert (stored.transcripts, stored.codes, stored.coders) == (1, 1, 1)
        review = ReviewStore(project.store)
        spans = [TALK[one.start_char : one.end_char] for one in review.all_spans()]
        assert spans == list(QUOTES)
        said = review.decided()
        assert len(said) == 2
        assert all(one.blind and one.applies and one.coder == "Ann" for one in said)
        assert [one.role for one in review.accounts()] == ["lead"]
        assert brought(project, path).nothing
        again = read_refi(exported(project))
        coded = [
            TALK[one.start_char : one.end_char]
            for source in again.project.sources for one in source.selections for _ in one.codings
        ]  # fmt: skip
        assert sorted(coded) == sorted(QUOTES)  # not one more, not one less
        brought(other, exported(project))
        assert snapshot(other) == snapshot(project)


def test_answers_that_say_the_same_stay_apart(write: Write) -> None:
    """Each answer to a survey is a source; those of one name are one. One was added before."""
    xml = project_xml([(0, 3, "Yes")])
    one = re.search("<TextSource.*</TextSource>", xml)
    assert one is not None
    names = ("P 1", "P 2", "P 2", "P-2", "added")
    sources = "".join(
        re.sub(
            'guid="[^"]*" name="[^"]*"',
            f'guid="{n:08d}-3333-4333-8333-333333333333" name="{name}"',
            one[0],
            count=1,
        )
        for n, name in enumerate(names)
    )
    path = write(b"Yes", xml.replace(one[0], sources))
    with made() as project, made() as other:
        project.store.add_transcript(
            Transcript("added", "Yes", (Turn(0, "R", "respondent", "Yes", 0, 3),), "text", "a.txt", "sha")
        )
        assert brought(project, path).transcripts == 3
        assert brought(project, path).nothing
        assert [one.transcript_id for one in ReviewStore(project.store).all_spans()] == [
            "P-1",
            "P-2",
            "P-2-2",
            "added",
        ]
        brought(other, exported(project))
        assert snapshot(other) == snapshot(project)
        assert brought(project, exported(project)).nothing
        assert len(standing_alone(read_refi(path)).transcripts) == 4


def test_nothing_is_stored_before_it_is_said(write: Write) -> None:
    path = write(TALK.encode(), project_xml(marks(*QUOTES)))
    with made() as project:
        before = project.codebook_path.read_bytes()
        plan = plan_import(project, read_refi(path))
        assert (plan.n_codings, plan.new_codes, plan.new_coders) == (5, ("trust",), ("Ann",))
        assert not project.store.transcripts()
        assert not ReviewStore(project.store).accounts()
        assert project.codebook_path.read_bytes() == before


def test_what_a_coder_decided_later_stays(write: Write) -> None:
    path = write(TALK.encode(), project_xml(marks(QUOTES[1])))
    with made() as project:
        brought(project, path)
        review = ReviewStore(project.store)
        [decided] = review.decided()
        book = read_codebook(project.codebook_path)
        ann = review.accounts()[0]
        review.act(
            ann.key,
            Request("no-not-any-more", "decide", [["code", decided.unit, "trust", False]], book.digest),
        )
        assert brought(project, path).nothing
        assert review.decided()[-1].applies is False


def test_codes_are_known_by_path_or_by_a_name_that_only_one_has(write: Write) -> None:
    path = write(TALK.encode(), project_xml(marks(QUOTES[1])))
    codes = (Code(id="group", name="Group"), Code(id="confidence", name="TRUST", parent="group"))
    with made(Codebook(name="x", codes=codes)) as project:
        plan = plan_import(project, read_refi(path))
        assert plan.new_codes == ()
        assert set(plan.code_ids.values()) == {"confidence"}


@pytest.mark.parametrize(
    ("above", "description", "defined", "said"),
    [
        (None, "", "Relied on.", "codes known by their names alone: 'trust' is 'Group > TRUST'"),
        ("group", " relied\non. ", "Relied on.", ""),
        (None, "Own words.", "", "otherwise than in the codebook, whose words stay: 'trust'"),
        ("Group", "Own words.", "Relied on.", "whose words stay: 'Group > trust'"),
        (None, "Own words.", "Relied on.", None),
        ("People", "", "", None),
        ("People", "Relied on.", "Relied on.", None),
    ],
)
def test_a_name_alone_makes_no_code_of_another_place_or_meaning(
    write: Write, above: str | None, description: str, defined: str, said: str | None
) -> None:
    inner = f'name="trust" color="#123456"><Description>{description}</Description></Code>'
    if above is not None:
        inner = f'name="{above}"><Code guid="99999999-0000-4000-8000-000000000001" {inner}</Code>'
    xml = project_xml(marks(ANSWER)).replace('name="trust" isCodable="true"/>', inner)
    path = write(TALK.encode(), xml)
    codes = (Code(id="g", name="Group"), Code(id="t", name="TRUST", parent="g", definition=defined))
    with made(Codebook(name="x", codes=codes)) as project:
        plan = plan_import(project, read_refi(path))
        [guid] = [one.guid for one in plan.opened.project.codes if one.name == "trust"]
        assert (plan.code_ids[guid] == "t") is (said is not None)
        assert (said or "") in "\n".join(plan.warnings)
        import_plan(project, plan)
        code = read_codebook(project.codebook_path)[plan.code_ids[guid]]
        kept = (code.definition, code.colour)
        assert kept == ((defined, None) if said is not None else (description, "#123456"))
        assert brought(project, path).nothing


def test_codes_below_a_known_one_are_known_at_the_next_import(write: Write) -> None:
    """The file's "trust > open" is "group > trust > open" here; there is another "open" in the file."""
    other, inner = (f"99999999-0000-4000-8000-00000000000{n}" for n in (1, 2))
    below = (
        f'name="trust" isCodable="true"><Code guid="{inner}" name="open" isCodable="true"/></Code>'
        f'<Code guid="{other}" name="open" isCodable="true"/>'
    )
    xml = project_xml(marks(QUOTES[1])).replace('name="trust" isCodable="true"/>', below)
    path = write(TALK.encode(), xml)
    codes = (Code(id="group", name="Group"), Code(id="trust", name="Trust", parent="group"))
    with made(Codebook(name="x", codes=codes)) as project:
        assert brought(project, path).codes == 2
        assert brought(project, path).nothing


def test_the_machine_keeps_its_own_name(write: Write) -> None:
    with (
        made(Codebook(name="x", codes=tuple(Code(id=id, name=id) for id in IDS))) as project,
        made() as other,
    ):
        project.store.add_transcript(transcript_of("t", [(("A", "respondent"), "We trust them well.")], {}))
        cut(project)
        opened: Opened = read_refi(exported(project))
        assert [user.name for user in opened.project.users] == [MACHINE]
        assert opened.project.n_codings == 1
        plan = plan_import(other, opened)
        assert (plan.n_machine, plan.n_codings, plan.new_coders) == (1, 0, ())
        assert import_plan(other, plan).decisions == 0


def test_utterances_that_were_imported_are_the_ones_that_are_coded(write: Write) -> None:
    """Coding the project later keeps what was imported."""
    path = write(TALK.encode(), project_xml(marks(QUOTES[1])))
    with made() as project:
        brought(project, path)
        review = ReviewStore(project.store)
        before = review.reading("A").keys
        (project.settings_path).write_text(SETTINGS + '[embed]\nencoder = "hashing"\n')
        from autocode.batch import code_project, project_coder

        code_project(project, project_coder(project))
        assert review.reading("A").keys == before
        assert snapshot(project)["decisions"]


def test_the_same_project_gives_the_same_file(write: Write) -> None:
    path = write(TALK.encode(), project_xml(marks(*QUOTES)))
    with made() as project:
        brought(project, path)
        assert exported(project).read_bytes() == exported(project).read_bytes()
        assert exported(project).stat().st_mode & 0o777 == 0o600


def test_a_code_that_was_taken_out_stays_out_here_and_comes_along_elsewhere(write: Write) -> None:
    path = write(TALK.encode(), project_xml(marks(ANSWER)))
    with made() as project, made() as other:
        brought(project, path)
        left = Codebook(name="study", codes=(Code(id="new", name="New"),))
        write_codebook(left, project.codebook_path)
        out = exported(project)
        assert brought(project, out).nothing
        assert read_codebook(project.codebook_path).ids == ("new",)
        brought(other, out)
        assert set(read_codebook(other.codebook_path).ids) == {"new", "trust"}
        assert snapshot(other)["decisions"] == snapshot(project)["decisions"]


def test_a_merged_code_is_the_one_that_it_went_into(write: Write) -> None:
    with made() as project, made() as other:
        brought(project, write(TALK.encode(), project_xml(marks(ANSWER))))
        people, book = ReviewStore(project.store), project.store.codebooks()[-1].digest
        ann, unit = people.accounts()[0], people.decided()[0].unit
        wrote = [["memo", "code", id, f"On {id}."] for id in ("trust", "new")]
        people.act(ann.key, Request("both", "decide", [["code", unit, "new", True], *wrote], book))
        write_codebook(Codebook(name="s", codes=(Code(id="new", name="New"),)), project.codebook_path)
        people.set_setting(SUCCESSION, {"trust": "new"})
        out = exported(project)
        assert [code.name for code in read_refi(out).project.codes] == ["New"]
        assert read_refi(out).project.n_codings == 1
        assert brought(project, out).nothing
        brought(other, out)
        assert read_codebook(other.codebook_path).ids == ("new",)
        assert {(one.coder, one.code) for one in ReviewStore(other.store).decided()} == {("Ann", "new")}
        (memo,) = ReviewStore(other.store).memos("code")
        assert (memo.target, sorted(memo.text.split("\n\n"))) == ("new", ["On new.", "On trust."])


def test_names_that_no_account_can_have_are_made_to_fit(write: Write) -> None:
    xml = project_xml(marks(ANSWER)).replace('name="Ann"', f'name="consensus&#10;{"x" * 200}"')
    with made() as project:
        brought(project, write(TALK.encode(), xml))
        [account] = ReviewStore(project.store).accounts()
        assert account.name == "consensus " + "x" * 70
    xml = project_xml(marks(ANSWER)).replace('name="Ann"', 'name="Consensus"')
    with made() as project:
        plan = plan_import(project, read_refi(write(TALK.encode(), xml, name="q.qdpx")))
        assert [one for one in plan.warnings if "'consensus (imported)'" in one]
        import_plan(project, plan)
        review = ReviewStore(project.store)
        assert [one.name for one in review.accounts()] == ["consensus (imported)"]
        assert {one.coder for one in review.said()} == {"consensus (imported)"}


def test_an_account_that_is_there_is_used_whatever_its_letters(write: Write) -> None:
    with made() as project:
        ReviewStore(project.store).add_account("ANN", "lead")
        path = write(TALK.encode(), project_xml(marks(ANSWER)))
        assert brought(project, path).coders == 0
        assert [one.coder for one in ReviewStore(project.store).decided()] == ["ANN"]
        assert brought(project, path).nothing


@pytest.mark.parametrize(("case", "apart"), [("", False), ("P1", False), ("P3", True)])
def test_another_files_respondent_who_says_the_same(write: Write, case: str, *, apart: bool) -> None:
    """Somebody else, where the file says so; else it is the same text, and that is told."""

    def file(name: str, case: str) -> Path:
        about = (
            '<Cases><Case guid="00000000-0000-4000-8000-0000000000a1" name="{}"><SourceRef targetGUID="{}"/>'
            "</Case></Cases><Sources>"
        )
        xml = project_xml(marks(ANSWER)).replace('name="A"', f'name="{name}"')
        if case:
            xml = xml.replace("<Sources>", about.format(case, SOURCE))
        return write(TALK.encode(), xml, name=f"{name}.qdpx")

    with made() as project:
        brought(project, file("one", "P1"))
        assert brought(project, file("one", "P1")).nothing
        path = file("two", case)
        plan = plan_import(project, read_refi(path))
        told = "'two' has the same text as 'one' here; they become one"
        assert (told in plan.warnings) is not apart
        assert import_plan(project, plan).transcripts == apart
        assert {one.id for one in project.store.transcripts()} == ({"one", "two"} if apart else {"one"})
        again = plan_import(project, read_refi(path))
        assert (told in again.warnings) is not apart
        assert import_plan(project, again).nothing


def test_texts_in_which_nobody_speaks_and_whole_documents(write: Write) -> None:
    with made() as project:
        assert brought(project, write(b"\n", project_xml([]))).transcripts == 0
        whole = project_xml([]).replace(
            "</TextSource>",
            '<Coding guid="00000000-0000-4000-8000-000000000009"><CodeRef '
            'targetGUID="22222222-2222-4222-8222-222222222222"/></Coding></TextSource>',
        )
        brought(project, write(TALK.encode(), whole, name="q.qdpx"))
        [span] = ReviewStore(project.store).all_spans()
        assert (span.start_char, span.end_char, span.coder) == (0, len(TALK), "Unknown coder")
        assert not ReviewStore(project.store).decided()


def test_a_memo_on_an_utterance_without_words_stays_there() -> None:
    with made() as first, made() as second:
        first.store.add_transcript(
            transcript_of("t", [(("Ann", "respondent"), "\u2028"), (("Ann", "respondent"), "Yes.")], {})
        )
        cut(first)
        review = ReviewStore(first.store)
        ann, (unit, _) = review.add_account("Ann", "lead"), review.reading("t").keys
        book = read_codebook(first.codebook_path, allow_empty=True)
        first.store.add_codebook(book.digest, book.model_dump_json())
        memo = ["memo", "utterance", str(unit), "She sighs."]
        review.act(ann.key, Request("key-of-memo", "memo", [memo], book.digest))
        brought(second, exported(first))
        assert snapshot(second)["memos"] == snapshot(first)["memos"]
