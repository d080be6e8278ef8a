"""Codebooks: their look-ups, their files, and what is said of a bad one."""

from __future__ import annotations

import copy
import doctest
import gzip
import json
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import autocode.codebook.qdc_format
import autocode.codebook.table_format
import autocode.codebook.tree
from autocode import yamlfile
from autocode.codebook import (
    Code,
    Codebook,
    check_codebook,
    read_codebook,
    shipped_codebooks,
    to_table,
    write_codebook,
)
from autocode.codebook.table_format import split_items
from autocode.errors import AutocodeError, CodebookError
from autocode.textfile import MAX_BYTES

SHARED = Path(__file__).parents[2] / "shared"

TREE = Codebook(
    name="tree",
    levels=("topic", "theme"),
    codes=(
        Code(id="rel", name="Relations"),
        Code(id="trust", name="Trust", parent="rel", cues=("rely on",)),
        Code(id="calc", name="Calculated trust", parent="trust"),
        Code(id="deep", name="Deep trust", parent="trust"),
        Code(id="know", name="Knowledge"),
        Code(id="gap", name="Gap", parent="know"),
        Code(id="other", name="Other", parent="know"),
        Code(id="other2", name="other", parent="rel"),
    ),
    exclusive_groups=(("deep", "calc"),),
)


def write(folder: Path, name: str, text: str) -> Path:
    """A file with exactly this text."""
    path = folder / name
    path.write_bytes(text.encode("utf-8"))
    return path


# --- look-ups ---------------------------------------------------------------------------------


def test_codes_of_one_name_are_told_apart_by_what_stands_above_them() -> None:
    shown = {id: TREE.short_path(id) for id in TREE.ids}
    assert (shown["other"], shown["other2"]) == ("Knowledge > Other", "Relations > other")
    assert all(shown[id] == TREE[id].name for id in TREE.ids if not id.startswith("other"))
    twice = Codebook(name="b", codes=(Code(id="a", name="Trust"), Code(id="b", name="trust")))
    assert [twice.short_path(id) for id in "ab"] == ["Trust (a)", "trust (b)"]
    book = read_codebook("knowledge_dynamics")
    assert len({book.short_path(id) for id in book.ids}) == len(book.ids)


def test_tree_look_ups():
    assert TREE.ids == ("rel", "trust", "calc", "deep", "know", "gap", "other", "other2")
    assert TREE.roots == ("rel", "know")
    assert TREE.leaves == ("calc", "deep", "gap", "other", "other2")
    assert TREE.children("rel") == ("trust", "other2")
    assert TREE.children("gap") == ()
    assert TREE.descendants("rel") == ("trust", "calc", "deep", "other2")
    assert TREE.ancestors("calc") == ("trust", "rel")
    assert [TREE.depth(id) for id in ("rel", "trust", "calc")] == [0, 1, 2]
    assert [TREE.level(id) for id in ("rel", "trust", "calc")] == ["topic", "theme", ""]
    assert TREE.path("calc") == "Relations > Trust > Calculated trust"
    assert TREE.group_of("calc") == ("calc", "deep")
    assert TREE.group_of("gap") == ()
    assert TREE["trust"].cues == ("rely on",)
    assert "trust" in TREE
    assert "Trust" not in TREE


@pytest.mark.parametrize(
    "look_up",
    ["__getitem__", "children", "descendants", "ancestors", "depth", "level", "path", "group_of", "resolve"],
)
def test_an_unknown_id_is_a_codebook_error_with_a_suggestion(look_up):
    with pytest.raises(CodebookError, match=r"^no code 'trst' in the codebook; did you mean 'trust'\?$"):
        getattr(TREE, look_up)("trst")


@pytest.mark.parametrize(
    ("written", "id"),
    [
        ("calc", "calc"),
        ("  calc ", "calc"),
        ("CALC", "calc"),
        ("Relations > Trust > Calculated trust", "calc"),
        ("rel > trust > calc", "calc"),
        ("relations > TRUST > calculated  trust", "calc"),
        ("Calculated trust", "calc"),
        ("calculated TRUST", "calc"),
        ("other", "other"),  # an id goes before a name
        ("Relations > other", "other2"),
        ("Relations", "rel"),
    ],
)
def test_resolve(written, id):
    assert TREE.resolve(written) == id


def test_resolve_tells_case_apart_where_it_must():
    book = Codebook(name="x", codes=(Code(id="US", name="Market"), Code(id="us", name="We")))
    assert book.resolve("US") == "US"
    assert book.resolve("us") == "us"
    with pytest.raises(CodebookError, match=r"^'Us' could be 'US' or 'us'; use the id$"):
        book.resolve("Us")


def test_resolve_refuses_a_name_that_two_codes_have():
    book = Codebook(
        name="x",
        codes=(
            Code(id="a", name="A"),
            Code(id="b", name="B"),
            Code(id="a1", name="Other", parent="a"),
            Code(id="b1", name="Other", parent="b"),
        ),
    )
    with pytest.raises(CodebookError, match=r"^'Other' could be 'a1' or 'b1'; use the id$"):
        book.resolve("Other")
    assert book.resolve("B > Other") == "b1"


def test_resolve_suggests_a_path():
    with pytest.raises(CodebookError, match="did you mean 'Knowledge > Gap'"):
        TREE.resolve("Knowledge > Gaps")


def test_codebooks_are_frozen_hashable_and_can_be_copied():
    with pytest.raises(ValueError, match=r"frozen"):
        TREE.name = "x"
    for twin in (copy.deepcopy(TREE), pickle.loads(pickle.dumps(TREE)), TREE.model_copy()):
        assert twin == TREE
        assert hash(twin) == hash(TREE)
        assert twin.descendants("rel") == TREE.descendants("rel")
    smaller = TREE.model_copy(update={"codes": TREE.codes[:2], "exclusive_groups": ()})
    assert smaller.ids == ("rel", "trust")
    assert smaller != TREE
    assert TREE != "tree"


def test_a_codebook_made_in_python_is_checked_too():
    with pytest.raises(CodebookError, match=r"^code 2: the code id 'a' is already taken at code 1$"):
        Codebook(name="x", codes=(Code(id="a", name="A"), Code(id="a", name="B")))
    with pytest.raises(
        CodebookError, match=r"^exclusive group 1: an exclusive group names an unknown code 'b'$"
    ):
        Codebook(name="x", codes=(Code(id="a", name="A"),), exclusive_groups=(("a", "b"),))
    with pytest.raises(ValueError, match="Extra inputs"):
        Code(id="a", name="A", color="#FFFFFF")


def test_texts_are_made_tidy_once():
    code = Code(id=" a ", name=" A\n name ", definition="one\r\ntwo\x0bthree\n", cues=["  x  y ", "", None])
    assert (code.id, code.name, code.definition, code.cues) == ("a", "A name", "one\ntwo\nthree", ("x y",))
    assert Code(id="a", name="A", examples="only one").examples == ("only one",)
    assert Code(id="a", name="A", colour="#ab12ef").colour == "#AB12EF"


def test_fifty_levels_are_enough_and_more_are_refused():
    def chain(n: int) -> tuple[Code, ...]:
        return tuple(Code(id=f"c{i}", name="C", parent=f"c{i - 1}" if i else None) for i in range(n))

    assert Codebook(name="x", codes=chain(50)).depth("c49") == 49
    with pytest.raises(CodebookError, match=r"^code 51: 'c50' is nested more than 50 levels deep$"):
        Codebook(name="x", codes=chain(3000))
    with pytest.raises(CodebookError, match=r"^code \d+: 'c50' is nested more than 50 levels deep$"):
        Codebook(name="x", codes=chain(3000)[::-1])


# --- digest -----------------------------------------------------------------------------------


def test_digest_ignores_order_and_name_and_nothing_else():
    turned = TREE.model_copy(update={"codes": TREE.codes[::-1], "exclusive_groups": (("calc", "deep"),)})
    assert turned.digest == TREE.digest == TREE.model_copy(update={"name": "copy"}).digest
    changed = [
        {"title": "T"},
        {"language": "de"},
        {"description": "d"},
        {"source": "s"},
        {"note": "n"},
        {"levels": ("topic",)},
        {"exclusive_groups": ()},
        {"codes": (*TREE.codes, Code(id="new", name="New"))},
        {"codes": (TREE.codes[0].model_copy(update={"definition": "d"}), *TREE.codes[1:])},
    ]
    digests = {TREE.model_copy(update=update).digest for update in changed}
    assert len(digests) == len(changed)
    assert TREE.digest not in digests


def test_digest_is_the_same_for_every_way_of_writing(tmp_path):
    flat = "levels: [topic]\ncodes:\n  - {id: a, name: A}\n  - {name: B, id: b, parent: a, cues: x}\n"
    nested = (
        "codes:\n  - name: A\n    children:\n      - {id: b, name: B, cues: [x]}\n    id: a\nlevels: topic\n"
    )
    as_json = """{"codes": [{"id": "b", "name": "B", "parent": "a", "cues": ["x"]},
        {"id": "a", "name": "A"}], "levels": ["topic"]}"""
    table = "# levels: topic\nid,name,cues,parent\na,A,,\nb,B,x,a\n"
    books = [
        read_codebook(write(tmp_path, "flat.yaml", flat)),
        read_codebook(write(tmp_path, "nested.yml", nested)),
        read_codebook(write(tmp_path, "book.json", as_json)),
        read_codebook(write(tmp_path, "book.csv", table)),
    ]
    assert len({book.digest for book in books}) == 1
    assert len(books[0].digest) == 64


# --- YAML -------------------------------------------------------------------------------------


def test_yaml_scalars_are_text(tmp_path):
    text = """
codes:
- id: no
  name: 2024-01-01
  definition: 1.0
  cues: [yes, on, null, 0x1F]
  theory: 'null'
  parent: ~
"""
    book = read_codebook(write(tmp_path, "b.yaml", text))
    code = book["no"]
    assert (code.name, code.definition, code.theory, code.parent) == ("2024-01-01", "1.0", "null", None)
    assert code.cues == ("yes", "on", "0x1F")


def test_yaml_nesting_keeps_the_order_of_the_file(tmp_path):
    text = """
codes:
  - id: a
    children:
      - id: b
        children: [{id: c}]
      - id: d
  - id: e
"""
    book = read_codebook(write(tmp_path, "b.yaml", text))
    assert book.ids == ("a", "b", "c", "d", "e")
    assert book.path("c") == "a > b > c"  # without a name the id is the name
    assert book.name == "b"


DEEP = "codes:\n" + "".join(
    "  " * (2 * i + 1) + f"- id: c{i}\n" + "  " * (2 * i + 2) + "children:\n" for i in range(52)
)
LAUGHS = "name: x\nnote: &a [lol]\ntitle: &b [*a, *a]\ncodes: [*b, *b]\n"

BAD_YAML = {
    "two-ids": (
        "codes:\n  - id: trust\n    name: Trust\n  - id: gap\n    name: Gap\n  - id: trust\n    name: New\n",
        ", line 6: the code id 'trust' is already taken at line 2",
    ),
    "unknown-parent": (
        "codes:\n  - id: trust\n    name: Trust\n  - id: gap\n    name: Gap\n    parent: trusst\n",
        ", line 6: 'gap' has an unknown parent 'trusst'; did you mean 'trust'?",
    ),
    "cycle": (
        "codes:\n  - {id: x}\n  - {id: a, parent: b}\n  - {id: b, parent: c}\n  - {id: c, parent: a}\n",
        ", line 3: the parents go in a circle: a > b > c > a",
    ),
    "cycle-and-tail": (
        "codes:\n  - {id: x, parent: b}\n  - {id: a, parent: b}\n  - {id: b, parent: a}\n",
        ", line 3: the parents go in a circle: a > b > a",
    ),
    "own-parent": ("codes:\n  - id: a\n    parent: a\n", ", line 3: the parents go in a circle: a > a"),
    "empty-file": ("", ": no codes"),
    "only-a-comment": ("# nothing\n", ": no codes"),
    "no-codes": ("name: x\ncodes: []\n", ": no codes"),
    "codes-of-nothing": ("name: x\ncodes:\n", ": no codes"),
    "misspelt-key": (
        "codes:\n  - id: a\n    defintion: x\n",
        ", line 3: a code has no key 'defintion'; did you mean 'definition'?",
    ),
    "american-colour": (
        "codes:\n  - id: a\n    color: x\n",
        ", line 3: a code has no key 'color'; did you mean 'colour'?",
    ),
    "misspelt-top-key": (
        "titel: x\ncodes: []\n",
        ", line 1: the codebook has no key 'titel'; did you mean 'title'?",
    ),
    "empty-name": ("codes:\n  - id: a\n    name: ' '\n", ", line 3: the name of code 'a' is empty"),
    "empty-id": ("codes:\n  - name: A\n    id: ''\n", ", line 3: the id of a code is empty"),
    "no-id": ("codes:\n  - name: A\n", ", line 2: the code 'A' has no 'id'"),
    "no-id-no-name": ("codes:\n  - definition: A\n", ", line 2: a code has no 'id'"),
    "path-as-name": (
        "codes:\n  - id: a\n    name: A > B\n",
        ", line 3: the name of code 'a' holds ' > ', which separates the names of a path; use 'parent'",
    ),
    "groups-overlap": (
        "codes:\n  - id: a\n  - id: b\n  - id: c\nexclusive_groups:\n  - [a, b]\n  - [a, c]\n",
        ", line 7: 'a' is in this exclusive group and in the one at line 6",
    ),
    "group-names-twice": (
        "codes:\n  - id: a\n  - id: b\nexclusive_groups:\n  - [a, b, a]\n",
        ", line 5: 'a' is in this exclusive group twice",
    ),
    "group-of-unknown": (
        "codes:\n  - id: alpha\n  - id: beta\nexclusive_groups:\n  - [alpha, beto]\n",
        ", line 5: an exclusive group names an unknown code 'beto'; did you mean 'beta'?",
    ),
    "group-of-one": (
        "codes:\n  - id: a\nexclusive_groups:\n  - [a]\n",
        ", line 4: an exclusive group needs two codes or more",
    ),
    "group-of-nothing": (
        "codes:\n  - id: a\nexclusive_groups:\n  - []\n",
        ", line 4: an exclusive group needs two codes or more",
    ),
    "group-with-ancestor": (
        "codes:\n  - id: a\n    children:\n      - id: m\n        children: [{id: b}]\n"
        "exclusive_groups:\n  - [b, a]\n",
        ", line 7: 'b' cannot exclude the code 'a', which stands above it",
    ),
    "flat-groups": (
        "codes:\n  - id: a\n  - id: b\nexclusive_groups: [a, b]\n",
        ", line 4: each exclusive group must be a list of codes, such as [[a, b], [c, d]]",
    ),
    "groups-of-text": (
        "codes:\n  - id: a\nexclusive_groups: a\n",
        ", line 3: 'exclusive_groups' must be a list (text found)",
    ),
    "bad-colour": (
        "codes:\n  - id: a\n    colour: red\n",
        ", line 3: the colour of code 'a' is 'red', not a colour such as '#1F77B4'",
    ),
    "colour-as-comment": (
        "codes:\n  - id: a\n    colour: #FF0000\n",
        ", line 3: write the colour in quotes ('#1F77B4'), since YAML takes # for a comment",
    ),
    "key-twice": (
        "codes:\n  - id: a\n    name: A\n    name: B\n",
        ", line 4: the key 'name' is already given at line 3",
    ),
    "billion-laughs": (
        LAUGHS,
        ", line 2: a text that begins with & needs quotes (YAML anchors are not read)",
    ),
    "alias": (
        "codes:\n  - id: a\n    name: *laughs\n",
        ", line 3: a text that begins with * needs quotes (YAML aliases are not read)",
    ),
    "tag": (
        "codes:\n  - id: a\n    name: !!python/object/apply:os.system [ls]\n",
        ", line 3: a text that begins with ! needs quotes (YAML tags are not read)",
    ),
    "colon-in-text": (
        "codes:\n  - id: a\n    definition: we trust: them\n",
        ", line 3: not valid YAML: the indentation is wrong, or a text with ': ' in it needs quotes",
    ),
    "colon-in-item": (
        "codes:\n  - id: a\n    examples:\n      - we trust: them\n",
        ", line 4: 'examples' must be text (keys and values found); a text with ': ' in it needs quotes",
    ),
    "sentence-as-key": (
        "codes:\n  - id: a\n    what he told me: no\n",
        ", line 3: a code has no such key; a text with ': ' in it needs quotes",
    ),
    "tab": ("codes:\n  - id: a\n\tname: A\n", ", line 3: indented with a tab; YAML wants spaces"),
    "at-sign": ("codes:\n  - id: a\n    name: @home\n", ", line 3: a text that begins with @ needs quotes"),
    "open-quote": (
        "codes:\n  - id: 'a\n    name: A\n",
        ", line 2: a quote that opens here is never closed",
    ),
    "two-documents": (
        "codes: []\n---\ncodes: []\n",
        ", line 3: a second document begins with '---'; a file holds one",
    ),
    "a-list-at-the-top": (
        "- id: a\n",
        ", line 1: the codebook must be keys and values (a list found)",
    ),
    "codes-as-text": ("codes: trust\n", ", line 1: 'codes' must be a list (text found)"),
    "codes-as-keys": (
        "codes:\n  trust: {name: x}\n",
        ", line 2: 'codes' must be a list (keys and values found)",
    ),
    "code-as-text": ("codes:\n  - trust\n", ", line 2: a code must be keys and values (text found)"),
    "code-of-nothing": ("codes:\n  -\n", ", line 2: a code must be keys and values (nothing found)"),
    "list-as-text": (
        "codes:\n  - id: a\n    definition: [x, y]\n",
        ", line 3: 'definition' must be text (a list found)",
    ),
    "two-parents": (
        "codes:\n  - id: a\n    children:\n      - id: b\n        parent: c\n",
        ", line 5: 'b' has the parent 'c', but stands under 'a'",
    ),
    "list-as-key": ("codes:\n  - ? [a, b]\n    : x\n", ", line 2: a key must be one word"),
    "empty-codebook-name": ("name: ''\ncodes:\n  - id: a\n", ", line 1: the name of the codebook is empty"),
    "empty-language": ("language:\ncodes:\n  - id: a\n", ", line 1: the language of the codebook is empty"),
    "control-character": (
        "codes:\n  - id: a\n    name: \x07A\n",
        ", line 3: holds the control character U+0007; delete it",
    ),
    "nul": (
        'codes:\n  - id: a\n    name: "A\\0"\n',
        ", line 3: the name of code 'a' holds characters that are not text",
    ),
    "too-many-levels": (DEEP, ", line 102: nested more than 50 levels deep"),
    "3000-deep": ("codes: " + "[{children: " * 3000, ", line 1: nested more than 120 deep"),
    "3000-deep-by-parent": (
        "codes:\n  - id: c0\n" + "".join(f"  - {{id: c{i}, parent: c{i - 1}}}\n" for i in range(1, 3000)),
        ", line 52: 'c50' is nested more than 50 levels deep",
    ),
}


@pytest.mark.parametrize("loader", ["libyaml", "python"])
@pytest.mark.parametrize(("text", "message"), BAD_YAML.values(), ids=BAD_YAML)
def test_bad_yaml(tmp_path, monkeypatch, text, message, loader):
    if loader == "python":  # where PyYAML was built without libyaml
        monkeypatch.setattr(yamlfile, "_LOADER", yamlfile.yaml.SafeLoader)
    path = write(tmp_path, "book.yaml", text)
    with pytest.raises(CodebookError) as error:
        read_codebook(path)
    assert str(error.value) == f"{path}{message}"


# --- JSON -------------------------------------------------------------------------------------

BAD_JSON = {
    "not-json": ('{"codes": [\n  {"id": }]}', ", line 2: not valid JSON: expecting value"),
    "long-number": ('{"n": ' + "9" * 5000 + "}", ": not a codebook: the JSON has a number that is too long"),
    "two-ids": (
        '{"codes": [{"id":"a"},{"id":"b"},{"id":"a"}]}',
        ", code 3 ('a'): the code id 'a' is already taken at code 1 ('a')",
    ),
    "unknown-parent": (
        '{"codes": [{"id":"trust"},{"id":"b","parent":"trsut"}]}',
        ", code 2 ('b'): 'b' has an unknown parent 'trsut'; did you mean 'trust'?",
    ),
    "cycle": (
        '{"codes":[{"code":"a","parent":"b"},{"code":"b","parent":"a"}]}',
        ", code 1 ('a'): the parents go in a circle: a > b > a",
    ),
    "no-id": ('{"codes": [{"name":"a"}]}', ", code 1: a code has no 'id'"),
    "empty-id": ('{"codes": [{"id":" "}]}', ", code 1 (' '): the id of a code is empty"),
    "number-id": ('{"codes": [{"code":3}]}', ", code 1: the id of a code must be text"),
    "empty-name": ('{"codes":[{"id":"a","name":" "}]}', ", code 1 ('a'): the name of code 'a' is empty"),
    "number-definition": (
        '{"codes": [{"id":"a","definition":5}]}',
        ", code 1 ('a'): the definition of code 'a' must be text (a number found)",
    ),
    "number-cues": (
        '{"codes": [{"id":"a","cues":5}]}',
        ", code 1 ('a'): the cues of code 'a' must be a list of texts (a number found)",
    ),
    "number-in-cues": (
        '{"codes": [{"id":"a","cues":["x", {}]}]}',
        ", code 1 ('a'): the cues of code 'a' must be text (an object found)",
    ),
    "half-a-character": (
        '{"codes":[{"id":"a","name":"\\ud800"}]}',
        ", code 1 ('a'): the name of code 'a' holds characters that are not text",
    ),
    "number-parent": (
        '{"codes":[{"code":"a","parent":7}]}',
        ", code 1 ('a'): the parent of code 'a' must be text (a number found)",
    ),
    "text": ('"x"', ": the codebook must be an object with 'codes'"),
    "too-deep": ("[" * 100_000, ": not a codebook: nested too deep"),
    "codes-as-object": ('{"codes": {"a": 1}}', ": 'codes' must be a list"),
    "number-code": ('{"codes": [3]}', ", code 1: a code must be an object"),
    "no-codes": ('{"name":"f","codes":[]}', ": no codes"),
    "flat-groups": (
        '{"codes":["a","b"],"exclusive_groups":["a"]}',
        ", exclusive group 1: a group must be a list of codes",
    ),
    "group-of-unknown": (
        '{"codes":["a","b"],"exclusive_groups":[["a","c"]]}',
        ", exclusive group 1: an exclusive group names an unknown code 'c'",
    ),
    "number-groups": (
        '{"codes":["a","b"],"exclusive_groups":3}',
        ": 'exclusive_groups' must be a list of lists of codes",
    ),
    "groups-overlap": (
        '{"codes":["a","b","c"],"exclusive_groups":[["a","b"],["c","b"]]}',
        ", exclusive group 2: 'b' is in this exclusive group and in the one at exclusive group 1",
    ),
    "number-name": (
        '{"name": 3, "codes":["a"]}',
        ": the name of the codebook must be text (a number found)",
    ),
    "deep-path": (
        json.dumps({"codes": [{"code": " > ".join("a" * 60)}]}),
        f", code 1 ('{' > '.join('a' * 60)}'): nested more than 50 levels deep",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD_JSON.values(), ids=BAD_JSON)
def test_bad_json(tmp_path, text, message):
    path = write(tmp_path, "book.json", text)
    with pytest.raises(CodebookError) as error:
        read_codebook(path)
    assert str(error.value) == f"{path}{message}"


def test_a_key_that_appears_twice_is_told(tmp_path):
    book = read_codebook(write(tmp_path, "book.json", '{"codes": ["a"], "codes": ["b", "c"]}'))
    assert [code.id for code in book.codes] == ["b", "c"]
    assert any("the key 'codes' appears twice in one object" in warning for warning in book.warnings)


def test_a_flood_of_json_is_refused(tmp_path):
    path = write(tmp_path, "book.json", "[" + "[]," * 800_000 + "[]]")
    with pytest.raises(CodebookError, match="more than 1,500,000 values"):
        read_codebook(path)


def test_a_datasets_codebook(tmp_path):
    content = {
        "name": "interviews",
        "ordinal": True,
        "codes": [
            {"code": "Tools > PDP/ICE > Don't look", "definition": None, "parent": None, "n": 6},
            {"code": "Tools > Speed", "definition": None, "n": 1, "color": "blue"},
            {"code": "warmth=1", "definition": "Low.", "parent": "warmth", "applies_to": "interviewee"},
            {"code": "warmth=2", "definition": "High.", "parent": "warmth", "n": 3},
        ],
        "exclusive_groups": [["warmth=2", "warmth=1"]],
        "note": "Paraphrased.",
    }
    path = write(tmp_path, "codebook.json", json.dumps(content))
    book = read_codebook(path)
    assert book.ids == (
        "Tools",
        "Tools > PDP/ICE",
        "Tools > PDP/ICE > Don't look",
        "Tools > Speed",
        "warmth",
        "warmth=1",
        "warmth=2",
    )
    assert book["Tools > PDP/ICE > Don't look"].name == "Don't look"
    assert book.path("Tools > PDP/ICE > Don't look") == "Tools > PDP/ICE > Don't look"
    assert book["warmth=1"].applies_to == "interviewee"
    assert book.exclusive_groups == (("warmth=1", "warmth=2"),)
    assert (book.name, book.note) == ("interviews", "Paraphrased.")
    assert book.warnings == (
        f"{path}: the key 'ordinal' is not used",
        f"{path}, code 2 ('Tools > Speed'): the colour is not one such as '#1F77B4' and is left out",
        f"{path}: the key 'n' of 3 codes is not used",
        f"{path}: 3 parents without a code of their own added: 'Tools', 'Tools > PDP/ICE', 'warmth'",
    )


def test_json_codes_may_be_a_plain_list_and_may_nest(tmp_path):
    text = '[{"id": "a", "children": [{"id": "b", "children": ["c"]}, "d"]}, "e"]'
    book = read_codebook(write(tmp_path, "plain.json", text))
    assert book.ids == ("a", "b", "c", "d", "e")
    assert book.ancestors("c") == ("b", "a")
    assert (book.name, book.warnings) == ("plain", ())


@pytest.mark.parametrize("text", ['{"codes": []}', '{"codes": null, "name": null}', "[]", "{}"])
def test_an_empty_code_list_only_where_it_is_allowed(tmp_path, text):
    path = write(tmp_path, "founders.json", text)
    with pytest.raises(CodebookError, match=r"no codes$"):
        read_codebook(path)
    book = read_codebook(path, allow_empty=True)
    assert (book.codes, book.ids, book.roots, book.leaves, book.name) == ((), (), (), (), "founders")


# --- tables and lists --------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_table_with_all_columns(tmp_path, delimiter):
    rows = [
        ["Name", "ID", "parent", "Counter Examples", "cues", "Colour", "applies to"],
        ["Trust", "trust", "", r"no|yes \| maybe", '"rely on\nlean on"', "#1f77b4", "interviewee"],
        ["", "", "", "", "", "", ""],
        ["Deep", "deep", "trust", r"back\slash|two\\|bars", "", "blue", ""],
    ]
    text = "\r\n".join(delimiter.join(row) for row in rows)
    path = write(tmp_path, "book.csv", "\ufeff" + text)
    book = read_codebook(path)
    assert book.ids == ("trust", "deep")
    assert book["trust"].counter_examples == ("no", "yes | maybe")
    assert book["trust"].cues == ("rely on", "lean on")
    assert book["trust"].colour == "#1F77B4"
    assert book["trust"].applies_to == "interviewee"
    assert book["deep"].counter_examples == ("back\\slash", "two\\", "bars")
    assert book["deep"].colour is None
    assert book.warnings == (f"{path}, row 4: the colour is not one such as '#1F77B4' and is left out",)


def test_a_taguette_codebook(tmp_path):
    header = "tag,description,number of highlights,number of documents\r\n"
    text = header + 'trust,"Relying, on",3,1\r\nTools > X,,0,0\r\n'
    path = write(tmp_path, "codebook.csv", text)
    book = read_codebook(path)
    assert book.ids == ("trust", "Tools", "Tools > X")
    assert book["trust"].definition == "Relying, on"
    assert [warning.partition(": ")[2] for warning in book.warnings] == [
        "the column 'number of highlights' is not used",
        "the column 'number of documents' is not used",
    ]


def test_names_alone_are_enough_and_a_misspelt_column_is_told(tmp_path):
    path = write(tmp_path, "book.csv", "name,defintion,parent,exclusive_group\nA,x,,\nB,y,A,s\nC,z,A,s\n")
    book = read_codebook(path)
    assert book.children("A") == ("B", "C")
    assert book.exclusive_groups == (("B", "C"),)
    assert book.warnings == (
        f"{path}, row 1: the column 'defintion' is not used; did you mean 'definition'?",
    )


def test_rows_above_the_header_tell_about_the_codebook(tmp_path):
    above = (
        '# title: Trust,,\n"# note: two\nlines, a,b,c,d",,\n# levels: topic|theme,,\n#colour of today: red\n'
    )
    text = above + "name,cues\na,\n"
    book = read_codebook(write(tmp_path, "book.csv", text))
    assert (book.title, book.note, book.levels) == ("Trust", "two\nlines, a,b,c,d", ("topic", "theme"))


BAD_TABLES = {
    "no-name": ("id,definition\na,b\n", ", row 1: no column 'name' (found 'id', 'definition')"),
    "two-ids": ("id,name\na,A\n\nb,B\na,C\n", ", row 5: the code id 'a' is already taken at row 2"),
    "empty-name": ("id,name\na,\n", ", row 2: the name of code 'a' is empty"),
    "empty-name-no-id": ("name,definition\n,x\n", ", row 2: the name of a code is empty"),
    "empty-id": ("id,name\n,a\n", ", row 2: the id of a code is empty"),
    "path-with-id": (
        "id,name\na,A > B\n",
        ", row 2: the name of code 'a' holds ' > ', which separates the names of a path; use 'parent'",
    ),
    "unknown-parent": (
        "name,parent\ntrust,\ngap,trusst\n",
        ", row 3: 'gap' has an unknown parent 'trusst'; did you mean 'trust'?",
    ),
    "cycle": ("name,parent\na,b\nb,a\n", ", row 2: the parents go in a circle: a > b > a"),
    "too-many-cells": ("name,definition\na,b,c\n", ", row 2: 3 cells, but the header has 2"),
    "open-quote": ('name,definition\n"a,b\n', ", row 2: a quote that opens here is never closed"),
    "odd-quote": ('name,definition\n"a"b,c\n', ", row 2: not a valid table: ',' expected after '\"'"),
    "column-twice": ("name,name\na,b\n", ", row 1: two columns 'name'"),
    "empty-file": ("", ": no codes"),
    "header-alone": ("name\n", ": no codes"),
    "group-of-one": (
        "name,exclusive_group\na,1\nb,2\n",
        ", row 2: an exclusive group needs two codes or more",
    ),
    "group-with-ancestor": (
        "id,name,parent,exclusive group\na,A,,s\nb,B,a,s\n",
        ", row 2: 'b' cannot exclude the code 'a', which stands above it",
    ),
}


@pytest.mark.parametrize(("text", "message"), BAD_TABLES.values(), ids=BAD_TABLES)
def test_bad_tables(tmp_path, text, message):
    path = write(tmp_path, "book.csv", text)
    with pytest.raises(CodebookError) as error:
        read_codebook(path)
    assert str(error.value) == f"{path}{message}"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("Trust\nGap\n", ("Trust", "Gap")),
        ("A > B > C\nA\n", ("A > B", "A > B > C", "A")),
        ("# codes\n\n- A\n    - B\n        * C\n    - D\n- E\n", ("A", "A > B", "A > B > C", "A > D", "E")),
        ("A\n\tB\n\t\tC\n", ("A", "A > B", "A > B > C")),
        ("cat1>>cat2>>code\tWhat it is\n", ("cat1", "cat1 > cat2", "cat1 > cat2 > code")),
        ("A\n  B > C\n", ("A", "A > B", "A > B > C")),
        ("well-known\n#metoo\n", ("well-known", "#metoo")),
    ],
)
def test_lists(tmp_path, text, ids):
    book = read_codebook(write(tmp_path, "codes.txt", text))
    assert book.ids == ids
    assert all(book.path(id) == id for id in ids)


def test_a_list_may_define(tmp_path):
    book = read_codebook(write(tmp_path, "codes.txt", "cat >> code\tWhat it is\n"))
    assert book["cat > code"].definition == "What it is"


BAD_LISTS = {
    "twice": ("a\nb\na\n", ", line 3: the code id 'a' is already taken at line 1"),
    "odd-indentation": ("a\n        b\n    c\n", ", line 3: indented like no line above it"),
    "indented-first": ("  a\n", ", line 1: indented, but there is no line above for it to stand under"),
    "empty-part": ("a >> >> b\n", ", line 1: a part of the path is empty"),
    "no-codes": ("\n# only a comment\n", ": no codes"),
    "deep": ("a" + " > a" * 60, ", line 1: nested more than 50 levels deep"),
}


@pytest.mark.parametrize(("text", "message"), BAD_LISTS.values(), ids=BAD_LISTS)
def test_bad_lists(tmp_path, text, message):
    path = write(tmp_path, "codes.txt", text)
    with pytest.raises(CodebookError) as error:
        read_codebook(path)
    assert str(error.value) == f"{path}{message}"


def test_the_examples_in_docstrings_hold():
    for module in (autocode.codebook.qdc_format, autocode.codebook.table_format, autocode.codebook.tree):
        assert doctest.testmod(module).failed == 0


@given(st.lists(st.text("ab|\\ ", min_size=1).map(lambda s: " ".join(s.split())).filter(bool)))
def test_list_cells_read_back(items):
    assert split_items(autocode.codebook.table_format._cell(items)) == tuple(items)


# --- files ------------------------------------------------------------------------------------


def test_files_that_are_no_codebooks(tmp_path):
    known = ".yaml, .yml, .json, .csv, .tsv, .txt, .qdc"
    odd = write(tmp_path, "book.docx", "x")
    with pytest.raises(CodebookError) as error:
        read_codebook(odd)
    assert str(error.value) == f"{odd}: not a codebook file; {known} can be read, each also as .gz"
    with pytest.raises(CodebookError, match=r"a folder, not a file$"):
        read_codebook(tmp_path)
    latin = tmp_path / "book.yaml"
    latin.write_bytes("codes:\n  - id: gr\xfcn\n".encode("latin-1"))
    with pytest.raises(CodebookError, match=r"book\.yaml, line 2: not UTF-8 text; save the file as UTF-8$"):
        read_codebook(latin)
    for damaged in (b"no gzip", gzip.compress(b"codes: []")[:-9]):
        (tmp_path / "book.yaml.gz").write_bytes(damaged)
        with pytest.raises(CodebookError, match=r"book\.yaml\.gz: not a whole gzip file$"):
            read_codebook(tmp_path / "book.yaml.gz")


def test_a_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "book.txt.gz"
    path.write_bytes(gzip.compress(b"\n" * (MAX_BYTES + 1)))
    with pytest.raises(CodebookError, match="larger than 20 MB"):
        read_codebook(path)


def test_packed_files_are_read(tmp_path):
    path = tmp_path / "my.book.yaml.gz"
    path.write_bytes(gzip.compress(b"codes: [{id: a}]"))
    assert (read_codebook(path).ids, read_codebook(path).name) == (("a",), "my.book")


def test_a_wrong_name_suggests_what_is_shipped(tmp_path):
    with pytest.raises(CodebookError) as error:
        read_codebook("knowledge_dynamic")
    assert str(error.value) == "knowledge_dynamic: no such file; did you mean 'knowledge_dynamics'?"
    with pytest.raises(CodebookError) as error:
        read_codebook(tmp_path / "mine.yaml")
    names = "'knowledge_dynamics', 'relationship_development'"
    assert str(error.value).endswith(
        f"mine.yaml: no such file; the codebooks that come with autocode are {names}"
    )


def test_the_shipped_codebooks_are_read_by_name_and_need_no_more_than_one_piece_of_advice():
    assert shipped_codebooks() == ["knowledge_dynamics", "relationship_development"]
    for name in shipped_codebooks():
        book = read_codebook(name)
        assert book.name == name
        assert book.warnings == ()
        assert len(check_codebook(book)) <= 1


def test_written_files_are_private_whole_and_of_a_known_kind(tmp_path):
    path = tmp_path / "book.yaml"
    write_codebook(TREE, path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in tmp_path.iterdir()] == ["book.yaml"]
    with pytest.raises(CodebookError, match=r"book\.txt: not a codebook file; \.yaml, .* can be written$"):
        write_codebook(TREE, tmp_path / "book.txt")
    with pytest.raises(AutocodeError, match="cannot be written"):
        write_codebook(TREE, tmp_path / "no folder" / "book.yaml")


def test_yaml_is_written_for_people(tmp_path):
    book = Codebook(
        name="b",
        levels=("topic",),
        codes=(
            Code(id="a", name="Ä", definition="one\n\ntwo", cues=("yes", "no: never")),
            Code(id="c", name="C", parent="a", colour="#00FF00"),
            Code(id="d, e", name="D", parent="a"),
        ),
        exclusive_groups=(("c", "d, e"),),
    )
    write_codebook(book, tmp_path / "b.yaml")
    assert (
        (tmp_path / "b.yaml").read_text(encoding="utf-8")
        == """\
name: b
language: en
levels:
  - topic
codes:

  - id: a
    name: Ä
    definition: |-
      one

      two
    cues:
      - 'yes'
      - 'no: never'

  - id: c
    name: C
    parent: a
    colour: '#00FF00'

  - id: d, e
    name: D
    parent: a

exclusive_groups:
  - [c, 'd, e']
"""
    )


def test_to_table_has_a_row_for_each_code():
    table = to_table(TREE)
    assert [row["id"] for row in table] == list(TREE.ids)
    assert table[2] == {
        "id": "calc",
        "name": "Calculated trust",
        "parent": "trust",
        **dict.fromkeys(
            ("definition", "include", "exclude", "cues", "examples", "counter_examples", "theory"), ""
        ),
        "colour": "",
        "applies_to": "",
        "exclusive_group": "1",
    }


def texts(**options: int) -> st.SearchStrategy[str]:
    """Any text, and the kinds that files get wrong more often than not."""
    odd = st.text("aä \n\t'\"|\\,;#:-{}[]&*!>%@`?\u2028\x85\ufeff\x07=~é漢🙂", **options)
    return st.one_of(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), **options),
        odd,
        st.sampled_from(["null", "~", "yes", "1.0", "# x", "- a", "a: b", "---", "...", "=1+1", "|", "<<"]),
    )


LISTS = st.lists(texts(max_size=15), max_size=3)


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    """Codebooks of any shape: a forest in any order, groups of siblings, odd texts everywhere."""
    given_ids = draw(st.lists(texts(min_size=1, max_size=12), max_size=7))
    ids = list(dict.fromkeys(id for id in (Codeless.clean(id) for id in given_ids) if id))
    codes = []
    for position, id in enumerate(ids):
        name = " ".join(draw(texts(max_size=12)).replace(" > ", " ").split()) or "name"
        codes.append(
            Code(
                id=id,
                name=name if " > " not in name else "name",
                parent=draw(st.sampled_from([None, *ids[:position]])),
                definition=draw(texts(max_size=30)),
                include=draw(LISTS),
                exclude=draw(LISTS),
                cues=draw(LISTS),
                examples=draw(LISTS),
                counter_examples=draw(LISTS),
                theory=draw(texts(max_size=10)),
                colour=draw(st.sampled_from([None, "#12ab34"])),
                applies_to=draw(st.sampled_from([None, "interviewee"])),
            )
        )
    roots = [code.id for code in codes if code.parent is None]
    groups = [roots[:2], roots[2:]] if len(roots) >= 4 else [roots] if len(roots) >= 2 else []
    return Codebook(
        name="n" + draw(texts(max_size=5)),
        title=draw(texts(max_size=10)),
        language=draw(st.sampled_from(["en", "de"])),
        description=draw(texts(max_size=30)),
        source=draw(texts(max_size=10)),
        note=draw(texts(max_size=10)),
        levels=draw(LISTS),
        codes=draw(st.permutations(codes)),
        exclusive_groups=groups if draw(st.booleans()) else (),
    )


class Codeless:
    """How an id looks once a code has it."""

    @staticmethod
    def clean(id: str) -> str:
        return "\n".join(id.splitlines()).strip()


@settings(max_examples=150, deadline=None)
@given(codebooks())
@example(TREE)
def test_what_is_written_reads_back_the_same(tmp_path_factory, book):
    folder = tmp_path_factory.mktemp("books")
    for suffix in (".yaml", ".json", ".csv", ".tsv"):
        path = folder / f"book{suffix}"
        write_codebook(book, path)
        again = read_codebook(path, allow_empty=True)
        assert again == book
        assert again.digest == book.digest
        assert again.warnings == ()


@settings(max_examples=100, deadline=None)
@given(codebooks())
def test_laws_of_the_tree(book):
    assert sorted(book.ids) == sorted(
        {*book.roots, *(d for root in book.roots for d in book.descendants(root))}
    )
    for id in book.ids:
        above = book.ancestors(id)
        assert book.depth(id) == len(above) == book.path(id).count(" > ")
        assert all(id in book.descendants(ancestor) for ancestor in above)
        assert all(book[child].parent == id for child in book.children(id))
        assert (id in book.leaves) == (not book.children(id))
        assert book.resolve(id) == id


GOOD_FILES = {
    ".yaml": "name: x\ncodes:\n  - id: a\n    name: 'A'\n    cues: [x, y]\n    children:\n      - id: b\n",
    ".json": '{"codes": [{"code": "a > b", "n": 1}, {"id": "c", "children": [{"id": "d"}]}], "note": null}',
    ".csv": '# title: x\nid,name,parent,cues\na,"A ""x""",,x|y\nb,B,a,\n',
    ".txt": "A\n  B > C\n\tD\n- E\tdefinition\n",
}


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(list(GOOD_FILES)),
    st.lists(st.tuples(st.integers(0, 120), st.integers(0, 9), texts(max_size=4)), max_size=4),
)
def test_a_damaged_file_is_told_in_a_sentence_or_read(tmp_path_factory, suffix, edits):
    text = GOOD_FILES[suffix]
    for start, length, new in edits:
        text = text[:start] + new + text[start + length :]
    path = write(tmp_path_factory.getbasetemp(), f"damaged{suffix}", text)
    problem = ""
    try:
        assert read_codebook(path).ids
    except CodebookError as error:
        problem = str(error)
    assert not problem or problem.startswith(str(path))


@pytest.mark.shared
@pytest.mark.parametrize("name", ["casino", "empathy", "founders", "pdpilot", "qmsum", "subjectiveqa"])
def test_the_codebooks_of_real_datasets(tmp_path, name):
    path = SHARED / "data" / name / "codebook.json"
    if not path.is_file():
        pytest.skip(f"{path} is not there")
    content = json.loads(path.read_text(encoding="utf-8"))
    book = read_codebook(path, allow_empty=True)
    assert {code["code"] for code in content["codes"]} <= set(book.ids)
    assert len(book.exclusive_groups) == len(content.get("exclusive_groups") or [])
    for code in content["codes"]:
        assert book.resolve(code["code"]) == code["code"]
        if " > " in code["code"]:
            assert book.path(code["code"]) == " > ".join(
                " ".join(p.split()) for p in code["code"].split(" > ")
            )
    write_codebook(book, tmp_path / "again.yaml")
    assert read_codebook(tmp_path / "again.yaml", allow_empty=True) == book


# --- advice -----------------------------------------------------------------------------------


def full(id: str, **update: object) -> Code:
    """A code of which there is nothing to say."""
    values = {
        "id": id,
        "name": f"The {id} name",
        "definition": f"What {id} is.",
        "include": ("this",),
        "exclude": ("that",),
        "examples": (f"We do {id}.",),
        "counter_examples": (f"We never do {id}.",),
    }
    return Code(**{**values, **update})


ADVICE = {
    "nothing": ([full("trust"), full("gap")], []),
    "no-definition": (
        [full("trust", definition="")],
        ["The code 'trust' has no definition, so every coder will make up another."],
    ),
    "no-include": ([full("trust", include=())], ["The code 'trust' does not say when it applies (include)."]),
    "no-criteria": (
        [full("trust", include=(), exclude=())],
        ["The code 'trust' does not say when it applies (include) or when it does not apply (exclude)."],
    ),
    "no-examples": (
        [full("trust", examples=())],
        ["The code 'trust' has no examples, which help coders and suggestions most."],
    ),
    "no-counter-example": (
        [full("trust", counter_examples=())],
        ["The theme 'trust' has no counter-example to show where it ends."],
    ),
    "only-themes-need-counter-examples": (
        [
            Code(id="top", name="Top", definition="Groups others."),
            full("trust", parent="top"),
            full("calc", parent="trust", counter_examples=()),
        ],
        [],
    ),
    "shared-cue": (
        [
            full("a", cues=("rely",)),
            full("bb", cues=("Rely",)),
            full("ccc", cues=("rely",)),
            full("dddd", cues=("rely",)),
        ],
        ["The cue 'rely' is shared by 4 codes ('a', 'bb', 'ccc' ...) and tells none of them apart."],
    ),
    "cue-shared-in-the-family": (
        [full("aaa", cues=("rely",)), full("kid", parent="aaa", cues=("rely",)), full("xyz", cues=("rely",))],
        [],
    ),
    "near-names": (
        [full("a", name="Knowledge gaps"), full("b", name="knowledge-gap")],
        ["The names of the codes 'a' and 'b' are nearly the same."],
    ),
    "counted-names": ([full("a", name="Level 1 of trust"), full("b", name="Level 2 of trust")], []),
    "same-example": (
        [full("a", examples=("One.", "We rely on them!")), full("other", examples=("we rely on them",))],
        ["The example 1 of 'other' is the same as example 2 of 'a'."],
    ),
    "own-counter-example": (
        [full("a", examples=("One.", "Two."), counter_examples=("Three.", "two"))],
        ["The counter-example 2 of 'a' is one of its examples too."],
    ),
}


@pytest.mark.parametrize(("codes", "advice"), ADVICE.values(), ids=ADVICE)
def test_advice(codes, advice):
    assert check_codebook(Codebook(name="x", codes=codes)) == advice


def test_a_level_called_theme_is_believed():
    book = Codebook(
        name="x",
        levels=("topic", "Sub theme"),
        codes=[Code(id="top", name="Top", definition="d"), full("trust", parent="top", counter_examples=())],
    )
    assert check_codebook(book) == ["The theme 'trust' has no counter-example to show where it ends."]


def test_levels_of_one_scale_may_look_alike():
    codes = [full("a", name="rather warm reply"), full("b", name="rather warm reply!")]
    assert check_codebook(Codebook(name="x", codes=codes, exclusive_groups=[("a", "b")])) == []
    assert len(check_codebook(Codebook(name="x", codes=codes))) == 1


def test_many_codes_are_checked_in_a_moment():
    codes = [full(f"code{i}", name=f"name {'abcdefghij'[i % 10]} {i}") for i in range(1500)]
    codes[1400] = full("code1400", name="Name A 0")
    assert check_codebook(Codebook(name="x", codes=codes)) == [
        "The names of the codes 'code0' and 'code1400' are nearly the same."
    ]


def test_reading_a_codebook_loads_nothing_heavy():
    heavy = "{'torch', 'spacy', 'sklearn', 'pandas', 'numpy', 'sqlalchemy', 'sentence_transformers'}"
    code = f"import sys, autocode.codebook, autocode.guide; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def book_with_examples(folder: Path, csv_text: str | None, *, name: str = "more.csv") -> Path:
    book = folder / "book.yaml"
    book.write_text(
        f"examples_file: {name}\ncodes:\n  - id: trust\n    examples: [We trust them.]\n  - id: gaps\n",
        encoding="utf-8",
    )
    if csv_text is not None:
        (folder / name).write_text(csv_text, encoding="utf-8")
    return book


def test_an_examples_file_adds_to_the_examples_once(tmp_path: Path) -> None:
    path = book_with_examples(
        tmp_path, 'code,example\ntrust,"Well, we rely on them."\ntrust,We trust them.\ngaps,Nobody knew.\n'
    )
    book = read_codebook(path)
    assert book["trust"].examples == ("We trust them.", "Well, we rely on them.")
    assert book["gaps"].examples == ("Nobody knew.",)
    assert book.examples_file == ""
    write_codebook(book, tmp_path / "whole.yaml")
    assert read_codebook(tmp_path / "whole.yaml").digest == book.digest


@pytest.mark.parametrize(
    ("csv_text", "message"),
    [
        (None, "{}: no such file, but the codebook names it as its examples_file"),
        ("a,b\n", "{}, row 1: the columns must be code,example"),
        ("code,example\ntrsut,x\n", "{}, row 2: the codebook has no code 'trsut'; did you mean 'trust'?"),
        ("code,example\ntrust\n", "{}, row 2: 1 cells where 2 belong"),
        ('code,example\ntrust,"x\n', "{}: not a valid CSV file (unexpected end of data)"),
    ],
)
def test_a_broken_examples_file_is_told(tmp_path: Path, csv_text: str | None, message: str) -> None:
    path = book_with_examples(tmp_path, csv_text)
    with pytest.raises(CodebookError) as caught:
        read_codebook(path)
    assert str(caught.value) == message.format(tmp_path / "more.csv")


def test_a_column_code_beside_names_holds_the_ids(tmp_path):
    path = write(
        tmp_path, "a.csv", "code,name,parent,definition\nT,Trust,,Relying\nT1,Early trust,T,At first\n"
    )
    book = read_codebook(path)
    assert book.ids == ("T", "T1")
    assert [(code.name, code.parent) for code in book.codes] == [("Trust", None), ("Early trust", "T")]
    assert book.warnings == ()
    assert read_codebook(write(tmp_path, "b.csv", "code,definition\nTrust,Relying\n")).ids == ("Trust",)
    both = read_codebook(write(tmp_path, "c.csv", "id,code,name\nt,T,Trust\n"))
    assert (both.ids, len(both.warnings)) == (("t",), 1)  # the column 'code' is not used


def test_a_column_of_numbers_is_no_remark(tmp_path: Path) -> None:
    path = tmp_path / "b.csv"
    path.write_text("#;name;definition\n1;Trust;Reliance\n2;Risk;Danger\n")
    assert [code.name for code in read_codebook(path).codes] == ["Trust", "Risk"]
