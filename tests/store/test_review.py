"""Accounts, actions with their undo, and what people say now, on both databases."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from random import Random
from typing import Any

import numpy as np
import pytest
from sqlalchemy import func, select

from autocode.errors import StoreError
from autocode.records import Decision
from autocode.store import Request, ReviewStore, Store, tables

BOOK = "digest-of-the-codebook"
KEYS = (f"key-{number:06}" for number in count())


@dataclass(frozen=True)
class Desk:
    """A review store with two coded transcripts and two coders."""

    store: Store
    people: ReviewStore
    mia: int
    ben: int
    anna: tuple[int, ...]  # keys of the codable utterances of each transcript
    carl: tuple[int, ...]

    def act(self, *changes: list[Any], by: int | None = None, key: str = "", **more: Any):
        subject = more.pop("subject", None)
        request = Request(key or next(KEYS), "decide", changes, BOOK, **more)
        return self.people.act(by or self.mia, request, subject=subject)

    def undo(self, *, by: int | None = None, key: str = ""):
        return self.people.undo(by or self.mia, key or next(KEYS), codebook_digest=BOOK)

    def redo(self, *, by: int | None = None, key: str = ""):
        return self.people.redo(by or self.mia, key or next(KEYS), codebook_digest=BOOK)

    def rows(self, table: Any) -> int:
        with self.store._database.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(table)) or 0)

    def state(self, coder: int) -> dict[str, Any]:
        """All that one coder says."""
        units = self.anna + self.carl
        name = {one.key: one.name for one in self.people.accounts()}[coder]
        spans = {
            (place, *span)
            for place in ("anna", "carl")
            for span in self.people.spans(self.people.reading(place).transcript_key, coder)
        }
        return {
            "codes": {unit: said for unit, said in self.people.standing(units, coder).items() if said},
            "done": {unit for unit, mark in self.people.marks(coder).items() if mark.done},
            "spans": spans,
            "memos": {(m.kind, m.target): m.text for m in self.people.memos() if m.coder == name},
        }


NOTHING: dict[str, Any] = {"codes": {}, "done": set(), "spans": set(), "memos": {}}


@pytest.fixture
def people(store: Store) -> ReviewStore:
    return ReviewStore(store)


@pytest.fixture
def desk(store: Store, people: ReviewStore, make_transcript, make_coding) -> Desk:
    store.add_codebook(BOOK, "{}")
    for name in ("anna", "carl"):
        transcript = make_transcript(name)
        store.add_transcript(transcript)
        store.save_coding("run", name, make_coding(transcript), segmentation="s")

    def codable(name: str) -> tuple[int, ...]:
        reading = people.reading(name)
        return tuple(k for k, one in zip(reading.keys, reading.utterances, strict=True) if one.codable)

    mia, ben = people.add_account("Mia", "lead"), people.add_account("Ben", "coder")
    return Desk(store, people, mia.key, ben.key, codable("anna"), codable("carl"))


class TestAccounts:
    def test_in_the_order_in_which_they_came(self, people):
        people.add_account("Zoe", "lead")
        people.consensus()
        people.add_account("  Ann  Lee ", "coder", passphrase_hash="h")
        assert [(one.name, one.role, one.has_passphrase, one.active) for one in people.accounts()] == [
            ("Zoe", "lead", False, True),
            ("Ann Lee", "coder", True, True),
        ]

    @pytest.mark.parametrize("name", ["mia", "MIA", " Mia ", "Straße", "STRASSE"])
    def test_upper_and_lower_case_are_one_name(self, people, name):
        people.add_account("Mia", "lead")
        people.add_account("Strasse", "coder")
        with pytest.raises(StoreError, match=r"^there is a coder '.+' already; choose another name$"):
            people.add_account(name, "coder")
        assert people.account(name) is not None
        assert len(people.accounts()) == 2

    @pytest.mark.parametrize(
        ("name", "message"),
        [
            ("", "a name needs 1 to 80 characters"),
            (" \t\n ", "a name needs 1 to 80 characters"),
            ("x" * 81, "a name needs 1 to 80 characters"),
            ("consensus", "the name 'consensus' is kept for what coders agree on"),
            (" Consensus", "the name 'consensus' is kept for what coders agree on"),
            ("a\0b", "a name is made of letters, not of control characters"),
        ],
    )
    def test_names_that_are_none(self, people, name, message):
        with pytest.raises(StoreError, match=rf"^{message}$"):
            people.add_account(name, "coder")
        assert people.accounts() == []

    def test_one_of_eight_at_once_gets_the_name(self, people):
        def add(name: str) -> bool:
            try:
                people.add_account(name, "coder")
            except StoreError:
                return False
            return True

        names = ["Mia", "mia", "MIA", "mIa"] * 2
        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(add, names)) == 1
        assert len(people.accounts()) == 1

    def test_nobody_of_that_name(self, people):
        assert people.account("nobody") is None

    def test_a_sign_in_is_found_by_its_token(self, people):
        mia = people.add_account("Mia", "lead")
        people.sign_in(mia.key, "token")
        account, since = people.signed_in("token")
        assert (account, since.tzinfo) == (mia, UTC)
        assert people.signed_in("another") is None
        people.sign_out("token")
        assert people.signed_in("token") is None

    @pytest.mark.parametrize("values", [{"passphrase": "new"}, {"active": False}])
    def test_a_new_passphrase_or_a_goodbye_signs_out_everywhere(self, people, values):
        mia, ben = people.add_account("Mia", "lead"), people.add_account("Ben", "coder")
        for token in ("a", "b"):
            people.sign_in(mia.key, token)
        people.sign_in(ben.key, "c")
        people.change_account(mia.key, **values)
        assert people.signed_in("a") is None
        assert people.signed_in("b") is None
        assert people.signed_in("c")[0].name == "Ben"
        people.change_account(mia.key, active=True)
        assert people.signed_in("a") is None

    def test_other_changes_sign_nobody_out(self, people):
        mia = people.add_account("Mia", "lead")
        people.sign_in(mia.key, "a")
        people.change_account(mia.key, role="coder", settings={"keys": {"next": "ü"}})
        account, _ = people.signed_in("a")
        assert (account.role, account.settings) == ("coder", {"keys": {"next": "ü"}})

    def test_the_hash_comes_back_and_only_by_its_own_call(self, people):
        mia = people.add_account("Mia", "lead", passphrase_hash="secret-hash")
        assert people.passphrase_hash(mia.key) == "secret-hash"
        assert "secret-hash" not in repr(people.accounts())

    def test_settings_of_the_review(self, people):
        assert people.setting("blind_share", 0.25) == 0.25
        people.set_setting("blind_share", 0.5)
        people.set_setting("blind_share", [1, {"ä": None}])
        assert people.setting("blind_share") == [1, {"ä": None}]


class TestWhatWasCoded:
    def test_the_latest_coding_counts(self, desk, make_transcript, make_coding):
        first = desk.people.reading("anna")
        assert desk.people.latest_codings()["anna"] == first.coding_key
        again = make_coding(make_transcript("anna"), salt=1)
        desk.store.save_coding("run 2", "anna", again, segmentation="s")
        second = desk.people.reading("anna")
        assert second.coding_key == desk.people.latest_codings()["anna"] > first.coding_key
        assert second.keys == first.keys  # the same boundaries
        assert second.utterances == again.utterances
        assert [s for key in second.keys for s in second.suggestions.get(key, ())] == list(again.suggestions)

    def test_the_pool_is_all_that_is_codable(self, desk):
        pool = desk.people.pool()
        assert tuple(pool.keys.tolist()) == desk.anna + desk.carl
        assert pool.transcripts == ("anna",) * 3 + ("carl",) * 3
        assert pool.names == tuple(desk.people.unit(key).name for key in desk.anna + desk.carl)
        expected = [desk.store.coding("run", name).scores for name in ("anna", "carl")]
        np.testing.assert_array_equal(pool.scores, np.concatenate(expected))

    def test_what_is_not_there(self, desk):
        with pytest.raises(StoreError, match=r"^nobody: no such transcript, or it has not been coded yet"):
            desk.people.reading("nobody")
        with pytest.raises(StoreError, match=r"^99999: no such utterance in the project"):
            desk.people.unit(99999)
        assert desk.people.key_of_utterance("nobody:1") is None
        assert desk.people.key_of_utterance("anna:1") == desk.anna[0]


class TestActing:
    def test_twice_is_once(self, desk):
        first = desk.act(["code", desk.anna[0], "trust", True], key="the-same-key")
        again = desk.act(["code", desk.anna[0], "trust", True], key="the-same-key")
        assert (first.repeated, again.repeated) == (False, True)
        assert again.action == first.action
        assert (desk.rows(tables.actions), desk.rows(tables.decisions)) == (1, 1)

    def test_from_eight_threads_with_one_key_is_once(self, desk):
        def act(_: int):
            return desk.act(
                ["code", desk.anna[0], "trust", True], ["done", desk.anna[0], True], key="together"
            )

        with ThreadPoolExecutor(8) as pool:
            outcomes = list(pool.map(act, range(8)))
        assert sorted(one.repeated for one in outcomes) == [False] + [True] * 7
        assert len({one.action for one in outcomes}) == 1
        assert (desk.rows(tables.actions), desk.rows(tables.decisions), desk.rows(tables.assignments)) == (
            1,
            1,
            1,
        )

    def test_undo_twice_with_one_key_takes_back_one(self, desk):
        for unit in desk.anna:
            desk.act(["code", unit, "trust", True])
        desk.undo(key="undo-once")
        assert desk.undo(key="undo-once").repeated
        assert set(desk.state(desk.mia)["codes"]) == set(desk.anna[:2])

    def test_somebody_elses_key_is_refused(self, desk):
        desk.act(["done", desk.anna[0], True], key="of-mia-1")
        with pytest.raises(
            StoreError, match=r"^this action's key was used by somebody else; reload the page$"
        ):
            desk.act(["done", desk.anna[0], True], key="of-mia-1", by=desk.ben)

    @pytest.mark.parametrize(
        ("change", "message"),
        [
            (["code", 99999, "trust", True], "99999: no such utterance in the project"),
            (["done", 99999, True], "99999: no such utterance in the project"),
            (["span", 99999, 0, 4, "gap", True], "99999: no such transcript in the project"),
            (["memo", "transcript", "nobody", "x"], "nobody: no such transcript in the project"),
            (["memo", "utterance", "99999", "x"], "99999: no such utterance in the project"),
            (["memo", "utterance", "anna:1", "x"], "anna:1: no such utterance in the project"),
            (["memo", "dream", "", "x"], "a memo is on one of utterance, code, transcript, project, not on"),
        ],
    )
    def test_all_or_nothing(self, desk, change, message):
        good = [["code", desk.anna[0], "new code", True], ["done", desk.anna[0], True]]
        with pytest.raises(StoreError, match=rf"^{message}"):
            desk.act(*good, change)
        assert desk.state(desk.mia) == NOTHING
        for table in (tables.actions, tables.decisions, tables.assignments, tables.spans, tables.memos):
            assert desk.rows(table) == 0
        desk.act(*good)  # and goes on
        assert desk.state(desk.mia)["done"] == {desk.anna[0]}

    def test_an_unknown_codebook(self, desk):
        request = Request("key-of-mine", "decide", [["done", desk.anna[0], True]], "another")
        with pytest.raises(StoreError, match=r"^the codebook has changed meanwhile; reload the page$"):
            desk.people.act(desk.mia, request)
        assert desk.rows(tables.actions) == 0

    def test_withdrawn_is_no_decision(self, desk):
        desk.act(["code", desk.anna[0], "trust", True], ["code", desk.anna[1], "gap", False])
        desk.act(["code", desk.anna[0], "trust", None])
        assert [(d.utterance_id, d.code_id, d.applies) for d in desk.store.decisions()] == [
            ("anna:3", "gap", False)
        ]
        assert desk.state(desk.mia)["codes"] == {desk.anna[1]: {"gap": False}}


class TestBlind:
    def flags(self, desk: Desk, unit: int) -> list[bool]:
        return [row["blind"] for row in desk.people.history(unit) if row["decision"]]

    def test_until_first_done_and_never_again(self, desk):
        unit, arms = desk.anna[0], {desk.anna[0]: "blind"}
        desk.act(["code", unit, "trust", True], arms=arms)
        desk.act(["code", unit, "gap", True], ["done", unit, True], arms=arms, suggested={unit: ["leap"]})
        desk.act(["code", unit, "leap", True], arms=arms)
        desk.act(["done", unit, False], arms=arms)
        desk.act(["code", unit, "gap", False], arms=arms)
        assert self.flags(desk, unit) == [True, True, False, False]

    def test_never_again_after_undo(self, desk):
        unit, arms = desk.anna[0], {desk.anna[0]: "blind"}
        desk.act(["code", unit, "trust", True], ["done", unit, True], arms=arms)
        desk.undo()
        assert desk.people.marks(desk.mia)[unit].revealed
        desk.act(["code", unit, "leap", True], arms=arms)
        assert self.flags(desk, unit) == [True, False, False]

    def test_taking_back_and_doing_again_before_it_is_done_stays_blind(self, desk):
        unit, arms = desk.anna[0], {desk.anna[0]: "blind"}
        desk.act(["code", unit, "trust", True], arms=arms)
        desk.undo()
        desk.redo()
        assert self.flags(desk, unit) == [True, True, True]
        assert [d.blind for d in desk.store.decisions()] == [True]

    def test_given_units_are_blind_whatever_the_request_says(self, desk):
        unit = desk.anna[0]
        assert desk.people.assign(desk.mia, {unit: 0.5}) == 1
        desk.act(["code", unit, "trust", True], ["done", unit, True], arms={unit: "assisted"})
        assert self.flags(desk, unit) == [True]
        assert desk.people.marks(desk.mia)[unit].drawn

    def test_assisted_is_not_blind(self, desk):
        desk.act(["code", desk.anna[0], "trust", True])
        assert self.flags(desk, desk.anna[0]) == [False]

    def test_units_that_were_begun_are_not_given(self, desk):
        decided, done = desk.anna[:2]
        desk.act(["code", decided, "trust", True])
        desk.act(["done", done, True])
        assert desk.people.assign(desk.mia, dict.fromkeys(desk.anna, 0.5)) == 1
        assert desk.people.assign(desk.ben, dict.fromkeys(desk.anna, 0.5)) == 3
        assert {unit for unit, mark in desk.people.marks(desk.mia).items() if mark.drawn} == {desk.anna[2]}

    def test_the_first_codes_and_suggestions_stay(self, desk):
        unit = desk.anna[0]
        arms, suggested = {unit: "blind"}, {unit: ["gap", "leap"]}
        desk.act(["code", unit, "trust", True], ["code", unit, "gap", False], ["done", unit, True],
                 arms=arms, suggested=suggested)  # fmt: skip
        first = [("Mia", "anna", "anna:1", "blind", frozenset({"trust"}), frozenset({"gap", "leap"}))]
        assert desk.people.first_decisions() == first
        desk.act(["done", unit, False], ["code", unit, "leap", True], ["done", unit, True],
                 arms={unit: "assisted"}, suggested={unit: []})  # fmt: skip
        desk.undo()
        assert desk.people.first_decisions() == first


@dataclass
class Model:
    """The definition: what a coder says, and two stacks of earlier states."""

    now: dict[str, Any] = field(
        default_factory=lambda: {"codes": {}, "done": set(), "spans": set(), "memos": {}}
    )
    undone: list[dict[str, Any]] = field(default_factory=list)
    before: list[dict[str, Any]] = field(default_factory=list)

    def copy(self) -> dict[str, Any]:
        return {
            "codes": {unit: dict(said) for unit, said in self.now["codes"].items()},
            "done": set(self.now["done"]), "spans": set(self.now["spans"]), "memos": dict(self.now["memos"]),
        }  # fmt: skip

    def act(self, changes: list[list[Any]], place_of: Callable[[int], str]) -> None:
        self.before.append(self.copy())
        self.undone.clear()
        for kind, *rest in changes:
            if kind == "code":
                unit, code, value = rest
                said = self.now["codes"].setdefault(unit, {})
                said.pop(code, None)
                if value is not None:
                    said[code] = value
                if not said:
                    del self.now["codes"][unit]
            elif kind == "memo":
                what, target, text = rest
                self.now["memos"].pop((what, target), None)
                if text:
                    self.now["memos"][what, target] = text
            else:
                on = rest[-1]
                item = rest[0] if kind == "done" else (place_of(rest[0]), *rest[1:4])
                here = self.now["done" if kind == "done" else "spans"]
                here.add(item) if on else here.discard(item)

    def undo(self) -> bool:
        return self._turn(self.before, self.undone)

    def redo(self) -> bool:
        return self._turn(self.undone, self.before)

    def _turn(self, source: list[dict[str, Any]], other: list[dict[str, Any]]) -> bool:
        if not source:
            return False
        other.append(self.copy())
        self.now = source.pop()
        return True


def some_changes(random: Random, desk: Desk, keys: dict[str, int]) -> list[list[Any]]:
    def one() -> list[Any]:
        unit, code = random.choice(desk.anna + desk.carl), random.choice(["trust", "gap", "leap"])
        kind = random.choice(["code", "code", "done", "span", "memo"])
        if kind == "code":
            return [kind, unit, code, random.choice([True, False, None])]
        if kind == "done":
            return [kind, unit, random.random() < 0.7]
        if kind == "span":
            start = random.choice([0, 5])
            return [
                kind,
                keys[random.choice(["anna", "carl"])],
                start,
                start + 4,
                code,
                random.random() < 0.7,
            ]
        what, target = random.choice(
            [("utterance", str(unit)), ("code", code), ("transcript", "anna"), ("project", "")]
        )
        return [kind, what, target, random.choice(["", "Ünclear 😀", "see again"])]

    return [one() for _ in range(random.randint(1, 4))]


class TestUndo:
    @pytest.mark.parametrize("seed", range(6))
    def test_any_sequence_is_what_the_definition_says(self, desk, seed):
        random = Random(seed)
        keys = {name: desk.people.reading(name).transcript_key for name in ("anna", "carl")}
        place_of = {key: name for name, key in keys.items()}.__getitem__
        models = {desk.mia: Model(), desk.ben: Model()}
        for step in range(40):
            coder = random.choice([desk.mia, desk.ben])
            model, what = models[coder], random.choice(["act", "act", "act", "undo", "undo", "redo"])
            if what == "act":
                changes = some_changes(random, desk, keys)
                desk.act(*changes, by=coder)
                model.act(changes, place_of)
            else:
                outcome = (desk.undo if what == "undo" else desk.redo)(by=coder)
                assert (outcome is not None) == (model.undo() if what == "undo" else model.redo())
            if step % 4 == 3:
                for one, expected in models.items():
                    assert desk.state(one) == expected.now
        for one, model in models.items():
            while desk.undo(by=one) is not None:
                assert model.undo()
            assert not model.undo()
            assert desk.state(one) == model.now == NOTHING
            while desk.redo(by=one) is not None:
                assert model.redo()
            assert not model.redo()
            assert desk.state(one) == model.now

    def test_nothing_to_take_back(self, desk):
        assert desk.undo() is None
        assert desk.redo() is None
        assert desk.rows(tables.actions) == 0

    def test_a_new_action_ends_redo(self, desk):
        desk.act(["done", desk.anna[0], True])
        desk.undo()
        desk.act(["done", desk.anna[1], True])
        assert desk.redo() is None
        assert desk.state(desk.mia)["done"] == {desk.anna[1]}

    def test_another_coders_action_does_not(self, desk):
        desk.act(["done", desk.anna[0], True])
        desk.undo()
        desk.act(["done", desk.anna[1], True], by=desk.ben)
        assert desk.redo() is not None
        assert desk.state(desk.mia)["done"] == {desk.anna[0]}

    @pytest.mark.parametrize("kind", ["utterance", "transcript"])
    def test_a_transcript_with_memos_is_not_removed_by_accident(self, desk, kind):
        target = {"utterance": str(desk.anna[0]), "transcript": "anna"}[kind]
        desk.act(["memo", kind, target, "First."])
        desk.act(["memo", kind, target, "Second."])
        with pytest.raises(StoreError, match=r"^anna: coders' memos \(1\) refer to it"):
            desk.store.remove_transcript("anna")
        desk.act(["memo", kind, target, ""])
        desk.store.remove_transcript("anna")

    def test_what_is_left_after_a_transcript_was_removed(self, desk):
        desk.act(["code", desk.carl[1], "gap", True])
        desk.act(*(["code", unit, "trust", True] for unit in desk.anna + desk.carl[:1]))
        desk.store.remove_transcript("anna", with_decisions=True)
        outcome = desk.undo()
        assert outcome.units == desk.carl[:1]
        assert desk.people.standing(desk.carl, desk.mia) == {desk.carl[0]: {}, desk.carl[1]: {"gap": True}}
        desk.undo()
        assert desk.undo() is None


class TestConsensus:
    def test_beside_the_originals(self, desk):
        unit, agreed = desk.anna[0], desk.people.consensus()
        assert desk.people.consensus() == agreed
        desk.act(["code", unit, "trust", True], ["done", unit, True])
        desk.act(["code", unit, "gap", True], ["done", unit, True], by=desk.ben)
        desk.act(["code", unit, "trust", True], ["done", unit, True], subject=agreed)
        assert desk.people.standing_of_all([unit]) == {
            unit: {"Mia": {"trust": True}, "Ben": {"gap": True}, "consensus": {"trust": True}}
        }
        assert desk.people.coverage()[unit] == {desk.mia: True, desk.ben: True, agreed: True}

    def test_undo_takes_back_what_the_lead_agreed(self, desk):
        unit, agreed = desk.anna[0], desk.people.consensus()
        desk.act(["code", unit, "trust", True])
        desk.act(["code", unit, "gap", True], subject=agreed)
        desk.undo()
        assert desk.people.standing_of_all([unit])[unit] == {"Mia": {"trust": True}, "consensus": {}}
        desk.redo()
        assert desk.people.standing_of_all([unit])[unit]["consensus"] == {"gap": True}
        desk.undo()
        desk.undo()
        assert desk.people.said() == []


class TestReadingBack:
    def test_said_is_done_or_decided(self, desk):
        a, b, c = desk.anna
        desk.act(["code", a, "trust", True], ["done", a, True])
        desk.act(["done", b, True])
        desk.act(["code", c, "gap", False], by=desk.ben)
        desk.act(["code", c, "leap", True])
        desk.undo()
        found = {(one.coder, one.unit): (one.done, dict(one.codes)) for one in desk.people.said()}
        assert found == {
            ("Mia", a): (True, {"trust": True}), ("Mia", b): (True, {}), ("Ben", c): (False, {"gap": False}),
        }  # fmt: skip
        assert [one.unit for one in desk.people.said([b])] == [b]
        assert desk.people.said([]) == []

    def test_more_units_than_one_query_holds(self, desk):
        many = [*range(10_000, 11_200), *desk.anna]
        desk.act(*(["done", unit, True] for unit in desk.anna))
        assert {one.unit for one in desk.people.said(many)} == set(desk.anna)
        assert set(desk.people.marks(desk.mia, many)) == set(desk.anna)

    def test_history_has_who_when_and_what_was_shown(self, desk):
        unit = desk.anna[0]
        desk.act(["code", unit, "trust", True],
                 shown={"model": "learnt from 20", "units": {str(unit): [["gap", 0.5, None]]}})  # fmt: skip
        desk.undo()
        first, second = desk.people.history(unit)
        assert (first["coder"], first["code"], first["value"], first["action"]) == (
            "Mia",
            "trust",
            True,
            "decide",
        )
        assert (first["model"], first["shown"], first["codebook_version"]) == (
            "learnt from 20", [["gap", 0.5, None]], 1,
        )  # fmt: skip
        assert (second["value"], second["action"]) == (None, "undo")
        assert second["decided_at"] > first["decided_at"]
        assert desk.people.log() == [first, second]
        assert desk.people.history(desk.anna[1]) == []

    def test_decisions_stored_by_other_means_are_in_the_history(self, desk):
        moment = datetime(2024, 5, 1, tzinfo=UTC)
        desk.store.add_decision(Decision("anna:1", "gap", "Mia", True, True, moment), segmentation="s")
        (row,) = desk.people.history(desk.anna[0])
        assert (row["action"], row["codebook_version"], row["blind"]) == ("stored", None, True)
        assert desk.people.standing(desk.anna, desk.mia) == {desk.anna[0]: {"gap": True}}

    def test_actions_since(self, desk):
        assert desk.people.last_action() == 0
        first = desk.act(["done", desk.anna[0], True])
        second = desk.act(["code", desk.anna[1], "gap", None], by=desk.ben)
        assert desk.people.last_action() == second.action
        assert desk.people.actions_since(first.action) == [
            (second.action, desk.ben, "decide", [["code", desk.anna[1], "gap", None]])
        ]
        assert len(desk.people.actions_since(0)) == 2
        assert desk.people.actions_since(second.action) == []

    def test_the_pace_is_of_the_last_actions(self, desk):
        for unit in desk.anna:
            desk.act(["done", unit, True])
        times = desk.people.times_of(desk.mia, 2)
        assert len(times) == 2
        assert times == sorted(times, reverse=True)
        assert desk.people.times_of(desk.ben, 2) == []


class TestMemos:
    def test_a_new_version_replaces_ones_own(self, desk):
        target = str(desk.anna[0])
        desk.act(["memo", "utterance", target, "first"])
        desk.act(["memo", "utterance", target, "of Ben"], by=desk.ben)
        desk.act(["memo", "utterance", target, "second"])
        desk.act(["memo", "code", "gap", "on a code"])
        assert [(m.coder, m.text) for m in desk.people.memos("utterance", target)] == [
            ("Ben", "of Ben"), ("Mia", "second"),
        ]  # fmt: skip
        desk.act(["memo", "utterance", target, ""])
        assert [m.text for m in desk.people.memos()] == ["of Ben", "on a code"]
        desk.undo()
        assert [m.text for m in desk.people.memos()] == ["of Ben", "on a code", "second"]


class TestRemovingATranscript:
    def test_everything_of_it_goes_and_nothing_else(self, desk):
        keys = {name: desk.people.reading(name).transcript_key for name in ("anna", "carl")}
        for name, units in (("anna", desk.anna), ("carl", desk.carl)):
            desk.act(["code", units[0], "trust", True], ["done", units[0], True])
            desk.act(["span", keys[name], 0, 4, "gap", True])
            desk.act(["memo", "utterance", str(units[0]), f"confidential {name}"])
            desk.act(["memo", "transcript", name, f"confidential {name}"])
            desk.undo()
            desk.redo()
        desk.act(["memo", "project", "", "stays"])
        desk.store.remove_transcript("anna", with_decisions=True)
        assert set(desk.people.standing_of_all(desk.anna + desk.carl)) == {desk.carl[0]}
        assert set(desk.people.marks(desk.mia)) == {desk.carl[0]}
        assert desk.people.spans(keys["anna"], desk.mia) == []
        assert len(desk.people.spans(keys["carl"], desk.mia)) == 1
        assert [m.text for m in desk.people.memos()] == ["confidential carl", "confidential carl", "stays"]
        with desk.store._database.read() as connection:
            kept = " ".join(map(str, connection.execute(select(tables.actions))))
        assert "confidential carl" in kept
        assert "confidential anna" not in kept
        with pytest.raises(
            StoreError, match="no such utterance in the project; its transcript may have been"
        ):
            desk.act(["code", desk.anna[0], "trust", True])

    @pytest.mark.parametrize("change", ["code", "done", "span"])
    def test_not_without_being_told_to(self, desk, change):
        key = desk.people.reading("anna").transcript_key
        desk.act({
            "code": ["code", desk.anna[0], "trust", True], "done": ["done", desk.anna[0], True],
            "span": ["span", key, 0, 4, "gap", True],
        }[change])  # fmt: skip
        with pytest.raises(StoreError, match=r"^anna: coders' decisions \(1\) refer to it"):
            desk.store.remove_transcript("anna")
        desk.store.remove_transcript("carl")
