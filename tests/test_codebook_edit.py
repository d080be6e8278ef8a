"""Edits of a codebook, what they change, and what is said of one that cannot be."""

from __future__ import annotations

import doctest

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import autocode.codebook.changes
import autocode.codebook.edit
from autocode.codebook import (
    Change,
    Code,
    Codebook,
    Succession,
    add_code,
    deprecate_code,
    diff,
    edit_code,
    merge_codes,
    move_code,
    naming,
    new_id,
    read_codebook,
    rule_changed,
    shipped_codebooks,
    split_code,
    write_codebook,
)
from autocode.errors import CodebookError

TREE = Codebook(
    name="tree",
    codes=(
        Code(id="rel", name="Relations"),
        Code(id="trust", name="Trust", parent="rel", cues=("rely on",), definition="Relying."),
        Code(id="calc", name="Calculated trust", parent="trust", include=("sums",), exclude=("gut",)),
        Code(id="deep", name="Deep trust", parent="trust", cues=("faith",), examples=("We just know.",)),
        Code(id="blind", name="Blind trust", parent="trust"),
        Code(id="know", name="Knowledge", definition="What one knows."),
        Code(id="gap", name="Gap", parent="know", counter_examples=("We just know.", "All is known.")),
    ),
    exclusive_groups=(("calc", "deep", "blind"),),
)


def chain(n: int) -> Codebook:
    codes = (Code(id=f"c{i}", name="C", parent=f"c{i - 1}" if i else None) for i in range(n))
    return Codebook(name="x", codes=(*codes, Code(id="x", name="X"), Code(id="y", name="Y", parent="x")))


# --- edits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parent", "after", "ids"),
    [
        (None, None, "rel trust calc deep blind know gap new"),
        ("rel", None, "rel trust calc deep blind new know gap"),
        ("trust", "calc", "rel trust calc new deep blind know gap"),
        ("trust", "trust", "rel trust new calc deep blind know gap"),
        ("rel", "trust", "rel trust calc deep blind new know gap"),
        (None, "rel", "rel trust calc deep blind new know gap"),
    ],
)
def test_a_new_code_stands_where_one_looks_for_it(parent, after, ids):
    book = add_code(TREE, Code(id="new", name="New", parent=parent), after=after)
    assert " ".join(book.ids) == ids
    assert book["new"].parent == parent
    assert book.exclusive_groups == TREE.exclusive_groups


def test_a_new_code_stands_behind_its_sibling_also_where_children_come_later():
    codes = [Code(id=id, name=id, parent=parent) for id, parent in (("a", None), ("b", None), ("a1", "a"))]
    book = add_code(Codebook(name="x", codes=codes), Code(id="new", name="New"), after="a")
    assert book.roots == ("a", "new", "b")


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Trust", "trust_2"),
        ("  Deep,   deep trust! ", "deep_deep_trust"),
        ("A > B", "a_b"),
        ("Être à l'aise", "être_à_l_aise"),
        ("हिन्दी भाषा", "हिन्दी_भाषा"),
        ("信任", "信任"),
        ("???", "code"),
        ("", "code"),
        ("gone", "gone_3"),
        ("x" * 200, "x" * 60),
    ],
)
def test_new_ids_can_be_read(name, id):
    assert new_id(TREE, name, taken={"gone", "Gone_2"}) == id


def test_fields_are_edited_and_checked():
    book = edit_code(TREE, "trust", name=" Faith ", cues=["count  on", ""], colour="#ab12ef", theory=None)
    code = book["trust"]
    assert (code.name, code.cues, code.colour, code.theory) == ("Faith", ("count on",), "#AB12EF", "")
    assert book.ids == TREE.ids
    assert TREE["trust"].name == "Trust"


def test_a_code_moves_with_all_below_it():
    book = move_code(TREE, "trust", "know")
    assert book.ids == ("rel", "know", "gap", "trust", "calc", "deep", "blind")
    assert book.path("calc") == "Knowledge > Trust > Calculated trust"
    assert move_code(TREE, "trust", None).roots == ("rel", "know", "trust")
    assert move_code(TREE, "trust", "rel") == TREE


def test_merging_gathers_lines_and_children():
    know = merge_codes(TREE, "trust", "know")
    assert know.ids == ("rel", "know", "gap", "calc", "deep", "blind")
    assert know.children("know") == ("gap", "calc", "deep", "blind")
    assert (know["know"].include, know["know"].cues) == (("Relying.",), ("rely on",))
    assert know["know"].definition == "What one knows."
    assert know.exclusive_groups == TREE.exclusive_groups


def test_merging_says_each_line_once():
    one = Code(id="a", name="A", definition="First\nand last.", cues=("X", "z"), exclude=("no",), theory="T")
    other = Code(id="b", name="B", definition="first and LAST.", cues=("x", "y"), include=("b",))
    book = merge_codes(Codebook(name="x", codes=(one, other)), "a", "b")
    assert book["b"] == Code(**{**dict(other), "cues": ("x", "y", "z"), "exclude": ("no",)})
    book = merge_codes(Codebook(name="x", codes=(one, Code(id="b", name="B", include=("b",)))), "a", "b")
    assert book["b"].include == ("b", "First and last.")


def test_an_example_of_the_merged_code_is_no_longer_one_against_it():
    book = merge_codes(TREE, "deep", "gap")
    assert book["gap"].examples == ("We just know.",)
    assert book["gap"].counter_examples == ("All is known.",)
    book = merge_codes(TREE, "gap", "know")
    assert book["know"].counter_examples == ()


def test_merging_shrinks_the_group_until_it_goes():
    book = merge_codes(TREE, "deep", "calc")
    assert book.exclusive_groups == (("calc", "blind"),)
    assert merge_codes(book, "blind", "gap").exclusive_groups == ()


def test_a_code_can_be_merged_into_one_below_it():
    free = TREE.model_copy(update={"exclusive_groups": ()})
    book = merge_codes(free, "rel", "calc")
    assert book.ids == ("calc", "trust", "deep", "blind", "know", "gap")
    assert book.ancestors("deep") == ("trust", "calc")
    assert "calc" in book.roots


def test_splitting_puts_the_parts_in_its_place():
    parts = [Code(id="early", name="Early", parent="know"), Code(id="late", name="Late")]
    book = split_code(TREE, "trust", parts)
    assert book.ids == ("rel", "early", "calc", "deep", "blind", "late", "know", "gap")
    assert book.children("rel") == ("early", "late")
    assert split_code(TREE, "trust", parts, children_to="late").children("late") == ("calc", "deep", "blind")
    kept = split_code(TREE, "trust", [parts[1], TREE["trust"]], children_to="late")
    assert kept.ids == ("rel", "late", "calc", "deep", "blind", "trust", "know", "gap")
    assert kept.children("trust") == ()


def test_parts_of_a_level_of_a_scale_are_levels_of_it():
    parts = [Code(id="deeper", name="Deeper"), TREE["deep"]]
    assert split_code(TREE, "deep", parts).exclusive_groups == (("calc", "deeper", "deep", "blind"),)


def test_a_code_goes_and_nothing_else():
    assert deprecate_code(TREE, "gap").codes == TREE.codes[:-1]
    book = deprecate_code(deprecate_code(TREE, "calc"), "deep")
    assert book.exclusive_groups == ()
    assert book.ids == ("rel", "trust", "blind", "know", "gap")


TWO = [Code(id="a", name="A"), Code(id="b", name="B")]
SCALE = Codebook(name="x", codes=[*TWO, Code(id="a1", name="A1", parent="a")], exclusive_groups=[("a", "b")])
BAD_EDITS = {
    "add-taken": (lambda: add_code(TREE, TREE["gap"]), "the code id 'gap' is already taken"),
    "add-orphan": (
        lambda: add_code(TREE, Code(id="new", name="N", parent="trst")),
        "'new' has an unknown parent 'trst'; did you mean 'trust'?",
    ),
    "add-after-unknown": (
        lambda: add_code(TREE, Code(id="new", name="N"), after="trst"),
        "no code 'trst' in the codebook; did you mean 'trust'?",
    ),
    "add-own-parent": (
        lambda: add_code(TREE, Code(id="new", name="N", parent="new")),
        "'new' has an unknown parent 'new'",
    ),
    "add-deep": (
        lambda: add_code(chain(50), Code(id="new", name="N", parent="c49")),
        "'new' cannot be added: 'new' is nested more than 50 levels deep",
    ),
    "edit-unknown": (
        lambda: edit_code(TREE, "gpa", name="x"),
        "no code 'gpa' in the codebook; did you mean 'gap'?",
    ),
    "edit-id": (
        lambda: edit_code(TREE, "gap", id="x"),
        "the id of code 'gap' cannot be edited, since decisions name it; "
        "add a code and merge this one into it",
    ),
    "edit-parent": (
        lambda: edit_code(TREE, "gap", parent="rel"),
        "the parent of code 'gap' cannot be edited; move the code",
    ),
    "edit-no-field": (
        lambda: edit_code(TREE, "gap", defintion="x"),
        "code 'gap': a code has no field 'defintion'; did you mean 'definition'?",
    ),
    "edit-nameless": (lambda: edit_code(TREE, "gap", name=" "), "the name of code 'gap' is empty"),
    "edit-colour": (
        lambda: edit_code(TREE, "gap", colour="red"),
        "the colour of code 'gap' is 'red', not a colour such as '#1F77B4'",
    ),
    "edit-number": (
        lambda: edit_code(TREE, "gap", cues=[1]),
        "the cues of code 'gap' must be text (a number found)",
    ),
    "move-unknown": (
        lambda: move_code(TREE, "gap", "rell"),
        "no code 'rell' in the codebook; did you mean 'rel'?",
    ),
    "move-unknown-code": (
        lambda: move_code(TREE, "gapp", None),
        "no code 'gapp' in the codebook; did you mean 'gap'?",
    ),
    "move-under-itself": (lambda: move_code(TREE, "gap", "gap"), "'gap' cannot move under itself"),
    "move-in-a-circle": (
        lambda: move_code(TREE, "rel", "calc"),
        "'rel' cannot move under 'calc', which stands below it",
    ),
    "move-under-excluded": (
        lambda: move_code(TREE, "deep", "calc"),
        "'deep' cannot move under 'calc': 'deep' cannot exclude the code 'calc', which stands above it",
    ),
    "move-deep": (
        lambda: move_code(chain(49), "x", "c48"),
        "'x' cannot move under 'c48': 'y' is nested more than 50 levels deep",
    ),
    "merge-into-itself": (lambda: merge_codes(TREE, "gap", "gap"), "'gap' cannot be merged into itself"),
    "merge-into-unknown": (
        lambda: merge_codes(TREE, "gap", "trst"),
        "no code 'trst' in the codebook; did you mean 'trust'?",
    ),
    "merge-over-excluded": (
        lambda: merge_codes(TREE, "trust", "calc"),
        "'trust' cannot be merged into 'calc': 'deep' cannot exclude the code 'calc', which stands above it",
    ),
    "split-in-one": (
        lambda: split_code(TREE, "gap", TWO[:1]),
        "'gap' cannot be split: it takes two parts or more (1 given)",
    ),
    "split-twice": (
        lambda: split_code(TREE, "gap", [TWO[0], TWO[0]]),
        "'gap' cannot be split: two parts have the id 'a'",
    ),
    "split-taken": (
        lambda: split_code(TREE, "gap", [TWO[0], TREE["rel"]]),
        "'gap' cannot be split: the code id 'rel' is already taken",
    ),
    "split-lost-children": (
        lambda: split_code(TREE, "trust", [Code(id="early", name="E"), TWO[1]], children_to="earl"),
        "'trust' cannot be split: its children cannot go to 'earl', no part of it; did you mean 'early'?",
    ),
    "split-unknown": (
        lambda: split_code(TREE, "gapp", TWO),
        "no code 'gapp' in the codebook; did you mean 'gap'?",
    ),
    "deprecate-with-a-child": (
        lambda: deprecate_code(TREE, "know"),
        "'know' cannot go while 'gap' stands under it; move or merge them first",
    ),
    "deprecate-with-children": (
        lambda: deprecate_code(TREE, "trust"),
        "'trust' cannot go while 'calc', 'deep' and 'blind' stand under it; move or merge them first",
    ),
    "move-child-under-excluded": (
        lambda: move_code(SCALE, "a", "b"),
        "'a' cannot move under 'b': 'a' cannot exclude the code 'b', which stands above it",
    ),
}


@pytest.mark.parametrize(("edit", "message"), BAD_EDITS.values(), ids=BAD_EDITS)
def test_an_edit_that_cannot_be_says_why(edit, message):
    with pytest.raises(CodebookError) as error:
        edit()
    assert str(error.value) == message


# --- what changed -----------------------------------------------------------------------------


def test_diff_follows_the_new_codebook_and_ends_with_what_went():
    new = edit_code(TREE, "know", name="Knowing", colour="#000000", cues=["learn"])
    new = edit_code(new, "trust", definition="Relying on them.", theory="T", applies_to="interviewee")
    new = add_code(move_code(new, "gap", "rel"), Code(id="new", name="New", parent="know"))
    new = deprecate_code(new, "blind").model_copy(update={"title": "Better"})
    assert diff(TREE, new) == (
        Change("other", "", "", "Better", "title"),
        Change("rule", "trust", "Relying.", "Relying on them.", "definition"),
        Change("rule", "trust", "", "T", "theory"),
        Change("rule", "trust", "", "interviewee", "applies_to"),
        Change("rule", "calc", "deep, blind", "deep", "exclusive_group"),
        Change("rule", "deep", "calc, blind", "calc", "exclusive_group"),
        Change("moved", "gap", "Knowledge", "Relations", "parent"),
        Change("renamed", "know", "Knowledge", "Knowing", "name"),
        Change("examples", "know", "", "learn", "cues"),
        Change("other", "know", "", "#000000", "colour"),
        Change("added", "new", "", "Knowing > New"),
        Change("removed", "blind", "Relations > Trust > Blind trust", ""),
    )
    assert rule_changed(TREE, new) == {"trust", "calc", "deep", "gap", "know"}


@pytest.mark.parametrize(
    ("field", "old", "new", "before", "after"),
    [
        ("include", ["a", "b"], ["b", "c", "d"], "a", "c; d"),
        ("include", ["a", "b"], ["b", "a"], "a; b", "b; a"),
        ("examples", ["a", "b"], ["b", "c", "d"], "2 (1 gone)", "3 (2 new)"),
        ("examples", ["a", "b"], ["b", "a"], "2", "2 (in another order)"),
        ("counter_examples", ["a", "a"], ["a"], "2", "1"),
        (
            "definition",
            "same " * 50 + "one",
            "same " * 50 + "two",
            "… same same same one",
            "… same same same two",
        ),
        ("definition", "", "x" * 200, "", "x" * 99 + "…"),
        ("colour", "#000000", None, "#000000", ""),
    ],
)
def test_values_are_short_and_show_what_is_different(field, old, new, before, after):
    one, other = edit_code(TREE, "gap", **{field: old}), edit_code(TREE, "gap", **{field: new})
    (change,) = diff(one, other)
    assert (change.field, change.before, change.after) == (field, before, after)


@pytest.mark.parametrize("field", [key for key in Code.model_fields if key not in {"id", "parent"}])
def test_every_field_of_a_code_is_compared(field):
    (change,) = diff(TREE, edit_code(TREE, "gap", **{field: "#000000"}))
    assert (change.code_id, change.field) == ("gap", field)


def test_changes_never_show_an_example():
    new = edit_code(TREE, "deep", examples=["SECRET"], counter_examples=["SECRET"])
    assert [change.kind for change in diff(TREE, new)] == ["examples", "examples"]
    assert "SECRET" not in str(diff(TREE, new))


@pytest.mark.parametrize(
    ("field", "value", "changed"),
    [
        ("name", "N", True),
        ("definition", "N", True),
        ("include", ["N"], True),
        ("exclude", ["N"], True),
        ("cues", ["N"], False),
        ("examples", ["N"], False),
        ("counter_examples", ["N"], False),
        ("colour", "#000000", False),
    ],
)
def test_a_rule_is_what_a_decision_rests_on(field, value, changed):
    assert rule_changed(TREE, edit_code(TREE, "gap", **{field: value})) == ({"gap"} if changed else set())


PARTNERS = Codebook(
    name="partners",
    codes=(
        Code(id="trust", name="Trust", exclude=("the firm knows it -> own_insight", "else")),
        Code(id="local_insight", name="Local", exclude=("own research → own_insight", "relying -> trust")),
        Code(
            id="own_insight",
            name="Own",
            exclude=("the partner told it -> local_insight", "to rely -> trust"),
        ),
        Code(
            id="gap",
            name="Gap",
            include=("own_insight is missing",),
            exclude=("own_insights", "own_insight_2"),
        ),
    ),
)


def test_lines_that_name_a_merged_code_name_the_one_it_went_into():
    book = merge_codes(PARTNERS, "own_insight", "local_insight")
    assert book["trust"].exclude == ("the firm knows it -> local_insight", "else")
    assert (book["gap"].include, book["gap"].exclude) == (
        ("local_insight is missing",),
        ("own_insights", "own_insight_2"),  # words that only begin alike
    )
    assert book["local_insight"].exclude == ("relying -> trust", "to rely -> trust")  # no line to itself
    assert [(one.code_id, one.field, one.before, one.after) for one in diff(PARTNERS, book)][:2] == [
        ("trust", "exclude", "the firm knows it -> own_insight", "the firm knows it -> local_insight"),
        ("local_insight", "exclude", "own research → own_insight", "to rely -> trust"),
    ]
    succession = Succession().with_merge("own_insight", "local_insight")
    assert rule_changed(PARTNERS, book, succession) == {"local_insight"}
    again = merge_codes(book, "local_insight", "gap")
    assert again["trust"].exclude == ("the firm knows it -> gap", "else")
    assert rule_changed(PARTNERS, again, succession.with_merge("local_insight", "gap")) == {"gap"}


def test_an_id_that_is_a_common_word_is_named_only_behind_an_arrow():
    code = Code(id="gap", name="Gap", include=("they trust the bank",), exclude=("a bank -> trust", "trust"))
    book = Codebook(name="x", codes=(code, Code(id="trust", name="Trust"), Code(id="bond", name="Bond")))
    merged = merge_codes(book, "trust", "bond")["gap"]
    assert (merged.include, merged.exclude) == (("they trust the bank",), ("a bank -> bond", "trust"))
    assert (naming(book, "trust"), naming(book, "bond")) == (("gap",), ())


def test_a_succession_follows_chains():
    succession = Succession({"a": "b", "b": "c", "x": "c"})
    assert [succession.resolve(id) for id in "abcxq"] == ["c", "c", "c", "c", "q"]
    assert Succession().resolve("a") == "a"


def test_a_circle_has_one_end():
    succession = Succession({"a": "b", "b": "c", "c": "b", "d": "d"})
    assert [succession.resolve(id) for id in "abcd"] == ["b", "b", "b", "d"]


def test_merging_back_leaves_no_circle():
    succession = Succession().with_merge("a", "b").with_merge("b", "a")
    assert succession.merged == {"b": "a"}
    assert [succession.resolve(id) for id in "ab"] == ["a", "a"]


# --- laws -------------------------------------------------------------------------------------

LINES = st.lists(st.sampled_from(["one", "Two", "two", "three  words", "", "four"]), max_size=3)


@st.composite
def codebooks(draw: st.DrawFn) -> Codebook:
    """Forests in any order, with lines that repeat, and groups of siblings."""
    n = draw(st.integers(1, 8))
    codes = [
        Code(
            id=f"c{i}",
            name=draw(st.sampled_from(["A", "B"])),
            parent=draw(st.sampled_from([None, *(f"c{j}" for j in range(i))])),
            definition=draw(st.sampled_from(["", "one", "Two\nlines"])),
            include=draw(LINES),
            cues=draw(LINES),
            examples=draw(LINES),
            counter_examples=draw(LINES),
        )
        for i in range(n)
    ]
    siblings: dict[str | None, list[str]] = {}
    for code in codes:
        siblings.setdefault(code.parent, []).append(code.id)
    groups = [ids for ids in siblings.values() if len(ids) > 1 and draw(st.booleans())]
    return Codebook(name="x", codes=draw(st.permutations(codes)), exclusive_groups=groups)


BOOKS = st.one_of(codebooks(), st.sampled_from([TREE, *map(read_codebook, shipped_codebooks())]))


def edited(draw: st.DrawFn, book: Codebook) -> Codebook:
    """The codebook after an edit of any kind; the same where the edit is refused."""
    id = draw(st.sampled_from(book.ids))
    other = draw(st.sampled_from(book.ids))
    name = draw(st.sampled_from(["New", "Other", "A", "?"]))
    new = Code(id=new_id(book, name), name=name, parent=draw(st.sampled_from([None, other])))
    second = book[id] if draw(st.booleans()) else Code(id=new_id(book, "part", taken=[new.id]), name="Part")
    parts = draw(st.permutations([new, second]))
    to = draw(st.sampled_from([None, new.id, second.id]))
    edits = (
        lambda: add_code(book, new, after=draw(st.sampled_from([None, id]))),
        lambda: edit_code(book, id, name=name, include=draw(LINES), examples=draw(LINES)),
        lambda: move_code(book, id, draw(st.sampled_from([None, other]))),
        lambda: merge_codes(book, id, other),
        lambda: split_code(book, id, parts, children_to=to),
        lambda: deprecate_code(book, id),
    )
    try:
        return draw(st.sampled_from(edits))()
    except CodebookError:
        return book


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Codebook, Codebook]:
    """A codebook before and after some edits."""
    old = new = draw(BOOKS)
    for _ in range(draw(st.integers(0, 4))):
        new = edited(draw, new) if new.ids else new
    return old, new


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_an_edited_codebook_is_one(pair):
    old, new = pair
    assert Codebook(**new.__dict__) == new
    assert [Code(**dict(code)) for code in new.codes] == list(new.codes)
    assert diff(new, new) == diff(old, old) == ()
    assert rule_changed(new, new) == set()


@settings(max_examples=150, deadline=None)
@given(pairs())
def test_diff_sees_what_the_digest_sees(pair):
    old, new = pair
    changes = diff(old, new)
    assert (changes == ()) == (old.digest == new.digest)
    assert {change.code_id for change in changes if change.kind == "added"} == set(new.ids) - set(old.ids)
    assert {change.code_id for change in changes if change.kind == "removed"} == set(old.ids) - set(new.ids)
    rules = {change.code_id for change in changes if change.kind in {"rule", "renamed", "moved"}}
    assert rule_changed(old, new) <= rules
    assert all(len(value) <= 100 for change in changes for value in (change.before, change.after))


@settings(max_examples=150, deadline=None)
@given(BOOKS, st.data())
def test_laws_of_merging(book, data):
    id, into = data.draw(st.sampled_from(book.ids)), data.draw(st.sampled_from(book.ids))
    try:
        merged = merge_codes(book, id, into)
    except CodebookError:
        return
    assert set(merged.ids) == set(book.ids) - {id}
    assert set(book.children(id)) - {into} <= set(merged.children(into))
    assert {example.casefold() for example in book[id].examples} <= {
        example.casefold() for example in merged[into].examples
    }
    assert not set(merged[into].counter_examples) & set(book[id].examples)
    assert id not in rule_changed(book, merged)
    succession = Succession().with_merge(id, into)
    assert all(succession.resolve(each) in merged for each in book.ids)


@settings(max_examples=100, deadline=None)
@given(BOOKS, st.data())
def test_adding_and_taking_away_is_nothing(book, data):
    name = data.draw(st.text(max_size=20))
    after = data.draw(st.sampled_from([None, *book.ids]))
    parent = data.draw(st.sampled_from([None, *book.ids]))
    code = Code(id=new_id(book, name), name="New", parent=parent)
    assert deprecate_code(add_code(book, code, after=after), code.id) == book


@settings(max_examples=100, deadline=None)
@given(st.lists(st.permutations("abcde").map(lambda ids: ids[:2]), max_size=8))
def test_a_succession_of_merges_ends_at_a_code_that_is_there(merges):
    alive, succession = set("abcde"), Succession()
    for id, into in merges:
        if id in alive and into in alive:
            succession = succession.with_merge(id, into)
            alive.remove(id)
    assert {succession.resolve(id) for id in "abcde"} == alive


@pytest.mark.parametrize("name", shipped_codebooks())
def test_shipped_codebooks_are_edited_and_written(tmp_path, name):
    book = read_codebook(name)
    theme = next(id for id in book.ids if book.depth(id) == 1)
    other = next(id for id in book.ids if book.depth(id) == 1 and id != theme)
    parts = [Code(id=new_id(book, part), name=part) for part in ("First part", "Second part")]
    new = merge_codes(split_code(book, theme, parts), "second_part", other)
    write_codebook(new, tmp_path / "new.yaml")
    assert read_codebook(tmp_path / "new.yaml") == new
    kinds = {change.code_id: change.kind for change in diff(book, new)}
    assert (kinds["first_part"], kinds[theme]) == ("added", "removed")
    assert rule_changed(book, new) == set(book.children(theme))


def test_the_examples_in_docstrings_hold():
    for module in (autocode.codebook.edit, autocode.codebook.changes):
        result = doctest.testmod(module)
        assert result.attempted
        assert not result.failed
