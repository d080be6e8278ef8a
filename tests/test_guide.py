"""Interview guides: what they hold, and what is said of a bad one."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest

from autocode.codebook import Code, Codebook, read_codebook
from autocode.errors import GuideError
from autocode.guide import Block, Guide, Question, check_guide, read_guide, shipped_guides, write_guide

TEXT = """\
name: partners
title: Partnerships
language: en
codebook: knowledge_dynamics
note: Allow an hour.
blocks:
  - id: start
    title: The firm
    questions:
      - id: q1
        text: What do you do
          in the firm?
        variants: What is your job?
        probes:
          - Since when?
          - no
  - id: trust
    questions:
      - id: q2
        text: When do you rely on a partner?
        ties: [trust, deep]
        similar: again
      - id: q3
        text: What makes you count on someone?
        ties:
          - trust
          - dep
        similar: again
"""

BOOK = Codebook(name="b", codes=(Code(id="trust", name="Trust"), Code(id="deep", name="Deep")))


def write(folder: Path, text: str, name: str = "guide.yaml") -> Path:
    """A guide's file with exactly this text."""
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


def test_a_guide_is_read(tmp_path):
    guide = read_guide(write(tmp_path, TEXT))
    assert (guide.name, guide.title, guide.language) == ("partners", "Partnerships", "en")
    assert (guide.codebook, guide.note) == ("knowledge_dynamics", "Allow an hour.")
    assert [block.id for block in guide.blocks] == ["start", "trust"]
    assert [question.id for question in guide.questions] == ["q1", "q2", "q3"]
    assert guide.questions[0] == Question(
        id="q1",
        text="What do you do in the firm?",
        variants=("What is your job?",),
        probes=("Since when?", "no"),
    )
    assert guide.groups == {"again": ("q2", "q3")}


def test_a_guide_without_a_name_is_called_like_its_file(tmp_path):
    text = "blocks: [{id: a, questions: [{id: q, text: Why?}]}]"
    guide = read_guide(write(tmp_path, text, "my guide.yml"))
    assert (guide.name, guide.language, guide.codebook, guide.groups) == ("my guide", "en", None, {})


def test_guides_are_frozen_hashable_and_can_be_copied(tmp_path):
    guide = read_guide(write(tmp_path, TEXT))
    with pytest.raises(ValueError, match="frozen"):
        guide.name = "x"
    for twin in (copy.deepcopy(guide), pickle.loads(pickle.dumps(guide)), guide.model_copy()):
        assert twin == guide
        assert hash(twin) == hash(guide)
    assert guide != "guide"


def test_digest_is_of_the_content(tmp_path):
    guide = read_guide(write(tmp_path, TEXT))
    moved = "note: Allow an hour.\n" + TEXT.replace("note: Allow an hour.\n", "").replace("partners", "copy")
    assert read_guide(write(tmp_path, moved, "other.yaml")).digest == guide.digest
    made = Guide.model_validate(guide.model_dump())
    assert (made, made.digest) == (guide, guide.digest)
    changed = [
        TEXT.replace("Since when", "For how long"),
        TEXT.replace("[trust, deep]", "[trust]"),
        TEXT.replace("id: q1", "id: q0"),
        TEXT.replace("similar: again", "similar: other"),
        TEXT.replace("language: en", "language: de"),
    ]
    digests = {read_guide(write(tmp_path, text, "changed.yaml")).digest for text in changed}
    assert len(digests | {guide.digest}) == len(changed) + 1


def test_ties_must_be_codes(tmp_path):
    path = write(tmp_path, TEXT)
    guide = read_guide(path)
    with pytest.raises(GuideError) as error:
        check_guide(guide, BOOK)
    found = "the question 'q3' is tied to an unknown code 'dep'; did you mean 'deep'?"
    assert str(error.value) == f"{path}, line 27: {found}"
    with pytest.raises(GuideError) as error:
        check_guide(Guide.model_validate(guide.model_dump()), BOOK)  # made in Python: no lines to name
    assert str(error.value) == found
    check_guide(read_guide(write(tmp_path, TEXT.replace("- dep", "- deep"))), BOOK)


def test_the_shipped_guides_fit_their_codebooks():
    assert shipped_guides()
    for name in shipped_guides():
        guide = read_guide(name)
        assert guide.name == name
        assert guide.codebook is not None
        check_guide(guide, read_codebook(guide.codebook))


QUESTION = "blocks:\n  - id: a\n    questions:\n      - id: q\n        text: Why?\n"

TO_WRITE = "write 'questions:', and under it a line such as '  - How did it begin?' for each question"

BAD = {
    "empty-file": ("", f": no questions; {TO_WRITE}"),
    "no-blocks": ("name: x\n", f": no questions; {TO_WRITE}"),
    "no-questions": ("blocks:\n  - id: a\n    title: A\n", f": no questions; {TO_WRITE}"),
    "empty-questions": ("questions:\n", f": no questions; {TO_WRITE}"),
    "blocks-and-questions": (
        QUESTION + "questions: [How?]\n",
        ", line 6: both 'blocks' and 'questions'; move these questions into a block",
    ),
    "question-with-a-colon": (
        "questions:\n  - Tell me: why?\n",
        ", line 2: a question has no such key; a text with ': ' in it needs quotes",
    ),
    "nothing-as-a-question": (
        "questions:\n  -\n",
        ", line 2: a question must be keys and values (nothing found)",
    ),
    "misspelt-top-key": (
        "block: []\n",
        ", line 1: the guide has no key 'block'; did you mean 'blocks'?",
    ),
    "misspelt-block-key": (
        "blocks:\n  - id: a\n    question: []\n",
        ", line 3: a block has no key 'question'; did you mean 'questions'?",
    ),
    "misspelt-question-key": (
        QUESTION + "        variant: Really?\n",
        ", line 6: a question has no key 'variant'; did you mean 'variants'?",
    ),
    "two-questions": (
        QUESTION + "      - id: r\n        text: How?\n      - id: q\n        text: When?\n",
        ", line 8: the question id 'q' is already taken at line 4",
    ),
    "two-questions-in-two-blocks": (
        QUESTION + "  - id: b\n    questions:\n      - text: How?\n        id: q\n",
        ", line 8: the question id 'q' is already taken at line 4",
    ),
    "two-blocks": (QUESTION + "  - id: a\n", ", line 6: the block id 'a' is already taken at line 2"),
    "empty-text": (
        "blocks:\n  - id: a\n    questions:\n      - id: q\n        text:\n",
        ", line 5: the text of question 'q' is empty",
    ),
    "no-text": (
        "blocks:\n  - id: a\n    questions:\n      - id: q\n",
        ", line 4: the text of question 'q' is missing",
    ),
    "empty-question-id": (
        "blocks:\n  - id: a\n    questions:\n      - {id: '', text: Why?}\n",
        ", line 4: the id of a question is empty",
    ),
    "empty-block-id": ("blocks:\n  - id: ' '\n", ", line 2: the id of a block is empty"),
    "empty-name": ("name: ''\n" + QUESTION, ", line 1: the name of the guide is empty"),
    "lonely-similar": (
        QUESTION + "        similar: trust_agin\n"
        "      - {id: r, text: How?, similar: trust_again}\n"
        "      - {id: s, text: When?, similar: trust_again}\n",
        ", line 6: 'q' is the only question in the similar group 'trust_agin'; did you mean 'trust_again'?",
    ),
    "key-twice": (
        QUESTION + "        text: How?\n",
        ", line 6: the key 'text' is already given at line 5",
    ),
    "colon-in-text": (
        QUESTION + "      - id: r\n        text: Tell me: why?\n",
        ", line 7: not valid YAML: the indentation is wrong, or a text with ': ' in it needs quotes",
    ),
    "alias": (
        QUESTION + "        ties: *ties\n",
        ", line 6: a text that begins with * needs quotes (YAML aliases are not read)",
    ),
    "tag": (
        "name: !!python/name:os.system\n",
        ", line 1: a text that begins with ! needs quotes (YAML tags are not read)",
    ),
    "ties-as-keys": (
        QUESTION + "        ties: {trust: deep}\n",
        ", line 6: 'ties' must be a list (keys and values found)",
    ),
    "list-at-the-top": (
        "- id: a\n",
        ", line 1: the text of question 'a' is missing",
    ),
    "text-at-the-top": ("Why?\n", f", line 1: text where keys and values should be; {TO_WRITE}"),
    "block-as-text": (
        "blocks:\n  - Why?\n",
        f", line 2: a block must be keys and values (text found); for questions alone {TO_WRITE}",
    ),
    "question-as-list": (
        "blocks:\n  - id: a\n    questions: [[Why?]]\n",
        ", line 3: a question must be keys and values (a list found)",
    ),
    "deep": ("blocks: " + "[" * 3000, ", line 1: nested more than 120 deep"),
}


@pytest.mark.parametrize(("text", "message"), BAD.values(), ids=BAD)
def test_bad_guides(tmp_path, text, message):
    path = write(tmp_path, text)
    with pytest.raises(GuideError) as error:
        read_guide(path)
    assert str(error.value) == f"{path}{message}"


def test_a_guide_made_in_python_is_checked_too():
    question = Question(id="q", text="Why?")
    with pytest.raises(GuideError, match=r"^the question id 'q' is already taken by question 1$"):
        Guide(name="g", blocks=(Block(id="a", questions=(question, question)),))
    with pytest.raises(GuideError, match=r"^no questions$"):
        Guide(name="g")
    with pytest.raises(GuideError, match=r"^'r' is the only question in the similar group 'x'$"):
        Guide(name="g", blocks=(Block(id="a", questions=(Question(id="r", text="Why?", similar="x"),)),))


def test_files_that_are_no_guides(tmp_path):
    path = write(tmp_path, TEXT, "guide.docx")
    with pytest.raises(GuideError) as error:
        read_guide(path)
    known = ".yaml, .yml and, with one question a line, .txt can be read, each also as .gz"
    assert str(error.value) == f"{path}: not a guide; {known}"
    with pytest.raises(GuideError) as error:
        read_guide("knowledge_dynamic")
    assert str(error.value) == "knowledge_dynamic: no such file; did you mean 'knowledge_dynamics'?"


PLAIN = {
    "top-level": ("questions:\n  - How did it begin?\n  - Whom did you ask?\n", "a.yaml"),
    "list": ("- How did it begin?\n- Whom did you ask?\n", "a.yaml"),
    "mixed": ("questions:\n  - text: How did it begin?\n  - Whom did you ask?\n", "a.yml"),
    "lines": ("\ufeffHow did it begin?\n\nWhom did you ask?\n", "a.txt"),
    "numbered": ("# My guide\n1. How did it begin?\n2)\tWhom did you ask?\n", "a.txt"),
    "bullets": ("- How did it begin?\r\n• Whom did you ask?", "a.txt"),
}


@pytest.mark.parametrize(("text", "name"), PLAIN.values(), ids=PLAIN)
def test_questions_alone_are_a_guide(tmp_path, text, name):
    guide = read_guide(write(tmp_path, text, name))
    assert [(block.id, len(block.questions)) for block in guide.blocks] == [("questions", 2)]
    asked = [(question.id, question.text) for question in guide.questions]
    assert asked == [("q01", "How did it begin?"), ("q02", "Whom did you ask?")]
    again = read_guide(write(tmp_path, write_guide(guide), "again.yaml"))
    assert (again, again.name) == (guide, "a")


def test_ids_are_made_around_those_that_are_given(tmp_path):
    text = "blocks:\n  - questions: [Why?, {id: q02, text: How?}, When?]\n  - {id: b01, questions: [Who?]}\n"
    guide = read_guide(write(tmp_path, text))
    assert [block.id for block in guide.blocks] == ["b02", "b01"]
    assert [question.id for question in guide.questions] == ["q01", "q02", "q03", "q04"]


def test_a_text_file_without_questions_is_no_guide(tmp_path):
    path = write(tmp_path, "# To be written\n\n", "guide.txt")
    with pytest.raises(GuideError, match="no questions"):
        read_guide(path)


def test_a_written_guide_reads_back_the_same(tmp_path):
    guide = read_guide(write(tmp_path, TEXT))
    assert read_guide(write(tmp_path, write_guide(guide), "other.yaml")) == guide
