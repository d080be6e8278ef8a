"""Where coders differ: confusion between codes, examples to look at, and what adjudication changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from autocode.reliability.measures import Compared
from autocode.reliability.panel import Panel
from autocode.reliability.record import Record, Row, counted, find, percent

MOST_EXAMPLES = 30
MOST_CONFUSIONS = 100
LONGEST = 600  # characters of a statement that is shown


def sets_of(data: Compared) -> Iterator[tuple[str, dict[str, frozenset[str]]]]:
    """Each unit with what every coder who saw it gave it."""
    sets = data.table.label_sets()
    coders = list(map(str, data.table.coders))
    for i, unit in enumerate(data.table.units):
        column = sets.codes[:, i].tolist()
        yield (
            str(unit),
            {
                coder: frozenset(map(str, sets.categories[k]))
                for coder, k in zip(coders, column, strict=True)
                if k >= 0
            },
        )


def confusion(data: Compared) -> list[Record]:
    """How often one coder gave code a and not b where another gave b and not a, most frequent first."""
    place = {str(code): k for k, code in enumerate(data.table.codes)}
    found = Counter[tuple[str, str]]()
    for _, by in sets_of(data):
        for one, other in combinations(by.values(), 2):
            for a in one - other:
                for b in other - one:
                    found[(a, b) if place[a] < place[b] else (b, a)] += 1
    ordered = sorted(found.items(), key=lambda item: (-item[1], place[item[0][0]], place[item[0][1]]))
    return [{"a": a, "b": b, "n": n} for (a, b), n in ordered[:MOST_CONFUSIONS]]


def disagreements(data: Compared, panel: Panel, codes: Sequence[Mapping[str, Any]]) -> list[Record]:
    """Examples to look at, spread over codes (the least agreed ones first) and interviews."""
    split: dict[str, dict[str, frozenset[str]]] = {}
    by_code: dict[str, list[str]] = {}
    for unit, by in sets_of(data):
        disputed = frozenset().union(*by.values()) - frozenset.intersection(*by.values())
        if disputed:
            split[unit] = by
            for code in disputed:
                by_code.setdefault(code, []).append(unit)
    order = sorted(by_code, key=lambda code: (_alpha_of(code, codes), -len(by_code[code]), code))
    used, places = dict[str, None](), Counter[str | None]()
    while len(used) < min(MOST_EXAMPLES, len(split)):
        for code in order:
            left = [unit for unit in by_code[code] if unit not in used]
            if left and len(used) < MOST_EXAMPLES:
                unit = min(left, key=lambda one: places[panel.units[one].transcript_id])
                used[unit] = None
                places[panel.units[unit].transcript_id] += 1
    rank = {code: k for k, code in enumerate(panel.codebook.ids)}
    return [
        {
            "utterance_id": unit,
            "transcript_id": panel.units[unit].transcript_id,
            "text": _shortened(panel.units[unit].text),
            "by": {coder: sorted(given, key=rank.__getitem__) for coder, given in split[unit].items()},
            "link": panel.units[unit].link,
        }
        for unit in used
    ]


def adjudication(panel: Panel) -> Record | None:
    """What was agreed afterwards against what each had said before; the coefficients are from before."""
    if not panel.consensus:
        return None
    added, removed = Counter[str](), Counter[str]()
    n_units = n_changed = n_codings = n_codings_changed = 0
    for unit, agreed in panel.consensus.items():
        said = [coding[unit] for coding in panel.humans.values() if unit in coding]
        if len(said) < 2:
            continue
        n_units += 1
        n_changed += any(codes != agreed for codes in said)
        for codes in said:
            n_codings += 1
            n_codings_changed += codes != agreed
            added.update(agreed - codes)
            removed.update(codes - agreed)
    if not n_units:
        return None
    sentence = (
        f"Of {counted(n_units, 'unit')} that two or more people had coded and that were then agreed "
        f"on, {n_changed:,} "
        f"({percent(n_changed / n_units)}) ended otherwise than at least one of them had said; "
        f"{n_codings_changed:,} of {n_codings:,} codings changed. All coefficients are from before."
    )
    return {
        "n_units": n_units,
        "n_changed": n_changed,
        "per_code": [
            {"code": code, "added": added[code], "removed": removed[code]}
            for code in panel.codebook.ids
            if added[code] or removed[code]
        ],
        "sentence": sentence,
    }


def _alpha_of(code: str, codes: Sequence[Mapping[str, Any]]) -> float:
    rows: Sequence[Row] = next((one["rows"] for one in codes if one["code"] == code), [])
    alpha = find(rows, "krippendorff_alpha")
    return 1.0 if alpha is None or alpha["value"] is None else float(alpha["value"])


def _shortened(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= LONGEST else flat[: LONGEST - 1].rstrip() + "…"
