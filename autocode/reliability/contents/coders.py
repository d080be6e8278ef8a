"""Sections on the coders: pairs, the rest, drift, bias, rounds, adjudication, the machine, spans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from autocode.reliability.contents.tables import KINDS, Notes, measures, name_of, side_by_side
from autocode.report.apa import DASH, count, decimal, interval, percent, probability, share
from autocode.report.blocks import Block, Cell, Heading, Line, Record, Section, Table, Text


def data(record: Record) -> Section:
    """Who coded how much."""
    found, title = record["data"], "Who coded what"
    if not found["coders"]:
        return Section("data", title, absent="no coder is recorded")
    blindness = record.get("blindness") or {}
    lines = [
        Line([Cell(str(one["name"])), Cell(str(one["kind"])), *(Cell(count(one.get(key))) for key in keys)])
        for keys in [("n_units", "n_applied")]
        for one in found["coders"]
    ]
    blocks: list[Block] = [
        Table("The coders", ["Coder", "Kind", "Units read", "Codes applied"], lines, n_text=2)
    ]
    if any(blindness.get(key) is not None for key in ("n_blind", "n_assisted", "n_unknown")):
        kinds = {
            "n_blind": "Blind: coded without a suggestion in sight",
            "n_assisted": "Assisted: coded after seeing a suggestion",
            "n_unknown": "Not known",
        }
        lines = [Line([Cell(said), Cell(count(blindness.get(key)))]) for key, said in kinds.items()]
        blocks.append(
            Table("Decisions by blindness", ["How they were made", "Decisions"], lines,
                  "Agreement is computed from blind decisions, and from those of which it is not known."
                  if blindness.get("n_unknown") else "Agreement is computed from blind decisions only.")
        )  # fmt: skip
    return Section("data", title, blocks)


def pairs(record: Record) -> Section:
    """Each pair of coders; people and machine apart."""
    found, title = record.get("pairs") or [], "Pairs of coders"
    if not found:
        return Section("pairs", title, absent="no two coders read the same units")
    blocks: list[Block] = []
    for kind in dict.fromkeys([*KINDS, *(pair["kind"] for pair in found)]):
        if some := [pair for pair in found if pair["kind"] == kind]:
            said = KINDS.get(kind, kind)
            blocks.append(Heading(said))
            lines = [([f"{one['a']} and {one['b']}", count(one["n_units"])], one["rows"]) for one in some]
            blocks.append(side_by_side(record, f"{said}: agreement of each pair", ["Pair", "Units"], lines))
    return Section("pairs", title, blocks)


def against_rest(record: Record) -> Section:
    """Each coder against the others."""
    found, title = record.get("one_against_rest") or [], "Each coder against the rest"
    if not found:
        return Section("rest", title, absent="it takes three coders")
    lines = [([str(one["coder"]), count(one["n_units"])], one["rows"]) for one in found]
    return Section(
        "rest",
        title,
        [
            Text("Who is far below the others may read the codebook in another way."),
            side_by_side(record, "Agreement of each coder with the rest", ["Coder", "Units"], lines),
        ],
    )


def drift(record: Record) -> Section:
    """Agreement over time."""
    found, title = record.get("drift"), "Drift over time"
    if not found:
        reason = record.get("drift_undefined_because") or "it is not known when what was coded"
        return Section("drift", title, absent=str(reason))
    lines = [([str(one["label"]), count(one["n_units"])], one["rows"]) for one in found]
    return Section(
        "drift",
        title,
        [
            Text("The units in the order in which they were coded, in parts."),
            side_by_side(record, "Agreement over time", ["Part", "Units"], lines),
        ],
    )


def bias(record: Record) -> Section:
    """How generous each coder is with each code."""
    found, title = record.get("bias") or [], "Who applies a code more often"
    if not found:
        return Section("bias", title, absent="there is no code that two coders could apply")
    names = {code["code"]: name_of(code) for code in record["codes"]}
    coders = list(dict.fromkeys(coder for one in found for coder in one["rates"]))
    lines = [
        Line(
            [Cell(names.get(one["code"], str(one["code"])))]
            + [Cell(share(one["rates"].get(coder))) for coder in coders]
            + [Cell(_points(one.get("largest_difference")))]
        )
        for one in found
    ]
    return Section(
        "bias",
        title,
        [
            Table(
                "How often each coder applied each code, of the units that another coder has read, too",
                ["Code", *coders, "Largest difference"],
                lines,
                "Largest difference: of two coders, on the units that both have read; pp: percentage points. "
                "A large difference means that one coder is more generous, which "
                "kappa does not punish.",
            )
        ],
    )


def _points(value: float | None) -> str:
    return DASH if value is None else f"{100 * value:.1f} pp"


def rounds(record: Record) -> Section:
    """The reliability of each round before its discussion."""
    found, title = record.get("rounds") or [], "Rounds"
    if not found:
        return Section(
            "rounds", title, absent="no rounds were told apart; if there were several, report each of them"
        )
    lines = [
        ([str(one["label"]), _version(one.get("codebook_version")), count(one["n_units"])], one["rows"])
        for one in found
    ]
    return Section(
        "rounds",
        title,
        [
            Text("Each round as it was before its discussion; the last one alone would be a selection."),
            side_by_side(record, "Agreement in each round", ["Round", "Codebook version", "Units"], lines),
        ],
    )


def _version(version: Any) -> str:
    return DASH if version is None else str(version)


def adjudication(record: Record) -> Section:
    """What was changed after the coders had compared notes."""
    found, title = record.get("adjudication"), "Adjudication"
    if not found:
        return Section("adjudication", title, absent="none is recorded")
    names = {code["code"]: name_of(code) for code in record["codes"]}
    blocks: list[Block] = [Text(str(found["sentence"]))] if found.get("sentence") else []
    n, changed = found.get("n_units"), found.get("n_changed")
    if n and changed is not None:
        blocks.append(Text(f"Changed: {count(changed)} of {count(n)} units ({share(changed / n)})."))
    if found.get("per_code"):
        lines = [
            Line([Cell(names.get(one["code"], str(one["code"]))), Cell(count(one["added"])),
                  Cell(count(one["removed"]))])
            for one in found["per_code"]
        ]  # fmt: skip
        blocks.append(Table("What adjudication changed", ["Code", "Added", "Removed"], lines))
    return Section("adjudication", title, blocks)


def spans(record: Record) -> Section:
    """Free spans."""
    found, title = record.get("spans"), "Free spans"
    if not found:
        return Section("spans", title, absent="whole units were coded, no free spans")
    blocks: list[Block] = [Text(str(found["sentence"]))] if found.get("sentence") else []
    if found.get("rows"):
        blocks.append(measures(record, "Agreement on free spans", found["rows"]))
    return Section("spans", title, blocks)


# The machine


def machine(record: Record) -> Section:
    """Whether the machine agrees with people as well as people do."""
    found, title = record.get("machine"), "The machine as a coder"
    if not found:
        return Section("machine", title, absent="no machine is among the coders")
    blocks: list[Block] = [
        Text("Machines are never part of the human coders' figures; this section compares the two.")
    ]
    everyone = [found, *(record.get("other_machines") or ())]
    for one in everyone:
        name = str(one.get("name") or "the machine")
        blocks += [Heading(name)] if len(everyone) > 1 else []
        blocks += _one_machine(record, one, name)
    return Section("machine", title, blocks)


def _one_machine(record: Record, found: Mapping[str, Any], name: str) -> Iterator[Block]:
    if found.get("sentence"):
        yield Text(str(found["sentence"]))
    if found.get("rows"):
        yield measures(record, f"Agreement of {name} with people, and of these", found["rows"])
    compared = found.get("non_inferiority") or {}
    if compared.get("difference") is not None:
        yield _non_inferiority(record, compared, name)
    if replaced := (found.get("replace_one") or {}).get("rows"):
        yield _replaced(record, replaced, name)
    if test := found.get("alt_test"):
        yield from _alt_test(test, name)
    elif reason := found.get("alt_test_undefined_because"):
        yield Text(f"No alternative annotator test: {reason}.")
    if validity := found.get("validity"):
        yield _validity(validity, name)


def _non_inferiority(record: Record, found: Mapping[str, Any], name: str) -> Table:
    passed, margin = found.get("passed"), found.get("margin")
    verdict = {
        True: "yes: the lower limit is above the margin",
        False: "no: the lower limit is not above the margin",
        None: "cannot be said: no interval",
    }[passed]
    notes = Notes()
    marks = notes.marks(dict.fromkeys([*(found.get("caveats") or ()), found.get("undefined_because")]))
    cells = {
        f"Mean α of {name} and each human": Cell(decimal(found.get("human_machine"))),
        "Mean α of the humans": Cell(decimal(found.get("human_human"))),
        "Difference": Cell(decimal(found.get("difference")), marks=marks),
        f"{percent(record['level'])} CI of the difference": Cell(
            interval(found.get("low"), found.get("high"))
        ),
        "Margin, chosen beforehand": Cell(decimal(None if margin is None else -abs(margin))),
        "Shown not to be inferior": Cell(verdict),
    }
    lines = [Line([Cell(name), cell]) for name, cell in cells.items()]
    return Table(
        f"Is {name} worse than a human coder? Non-inferiority",
        ["", "Value"],
        lines,
        f"Interval: {found['method']}." if found.get("method") else "",
        notes.all(),
        prose=frozenset({1}),
    )


def _replaced(record: Record, found: Sequence[Mapping[str, Any]], name: str) -> Table:
    lines = [
        Line([Cell(str(one.get("coder", DASH))), Cell(decimal(one.get("difference"))),
              Cell(interval(one.get("low"), one.get("high")))])
        for one in found
    ]  # fmt: skip
    return Table(
        f"What becomes of the panel's α when {name} takes a coder's place",
        ["Coder replaced", "Difference of α", f"{percent(record['level'])} CI"], lines,
    )  # fmt: skip


def _alt_test(test: Mapping[str, Any], name: str) -> list[Block]:
    if test.get("winning_rate") is None:
        return [
            Text(
                f"No alternative annotator test: {test.get('undefined_because') or 'no reason was recorded'}."
            )
        ]
    omega, rho = test["winning_rate"], test.get("advantage_probability")
    said = "passed" if test.get("passed") else "not passed"
    blocks: list[Block] = [
        Text(
            f"Alternative annotator test: winning rate ω = {decimal(omega)} ({said}: it takes .50), "
            f"advantage probability ρ = {decimal(rho)}; ε = {decimal(test.get('epsilon'))}, q = "
            f"{decimal(test.get('q'))}, score: {test.get('score', DASH)}, p by "
            f"{test.get('method', 'the t test')} (Calderon, Reichart & Dror, 2025). To pass means to be as "
            "good as a human of this panel taken at random, not to be reliable."
        )
    ]
    if humans := test.get("humans"):
        lines = [
            Line([
                Cell(str(one.get("coder", DASH))), Cell(count(one.get("n_units"))),
                Cell(count(one.get("n_untied"))),
                Cell(decimal(one.get("machine_wins"))), Cell(decimal(one.get("human_wins"))),
                Cell(probability(one.get("p_value"))), Cell("yes" if one.get("rejected") else "no"),
            ])
            for one in humans
        ]  # fmt: skip
        blocks.append(
            Table(
                f"Alternative annotator test: {name} against each human",
                ["Human", "Units", "Not tied", "Machine as good or better", "Human as good or better", "p",
                 "Machine as good, less ε"],
                lines,
                "Shares of units; ties count for both, so the test rests on those not tied.",
                prose=frozenset({6}),
            )
        )  # fmt: skip
    return blocks


def _validity(found: Mapping[str, Any], name: str) -> Table:
    keys = ("n_units", "precision", "recall", "f1")
    cells = [Cell(count(found.get(keys[0]))), *(Cell(decimal(found.get(key))) for key in keys[1:])]
    return Table(
        f"{name} against what people agreed on afterwards",
        ["", "Units", "Precision", "Recall", "F1"], [Line([Cell(name), *cells])],
        "This is accuracy, not agreement of coders: what people agreed on is more certain than what one "
        "says.",
    )  # fmt: skip
