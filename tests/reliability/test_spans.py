"""Free spans in the report: numbers by hand, their intervals, and who counts."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from autocode.codebook import Code, Codebook
from autocode.reliability import Panel, Unit, agreement
from autocode.reliability.panel import Span, Spans
from autocode.reliability.tables import write_files

BOOK = Codebook(name="b", codes=(Code(id="trust", name="Trust"), Code(id="risk", name="Risk")))
N = 12


def panel(spans: Sequence[Span]) -> Panel:
    """Twelve transcripts of a hundred characters, ten units in each, all looked at by three people."""
    units = {f"t{t:02}:{u}": Unit(f"t{t:02}:{u}", f"t{t:02}", "Said.") for t in range(N) for u in range(10)}
    places = {name: (10 * int(name[4:]), 10 * int(name[4:]) + 10) for name in units}
    nothing = dict.fromkeys(units, frozenset[str]())
    return Panel(
        {"kind": "project", "name": "study", "sha256": {}}, BOOK, units,
        {"ann": nothing, "ben": nothing, "cem": nothing},
        spans=Spans(tuple(spans), {f"t{t:02}": 100 for t in range(N)}, places),
    )  # fmt: skip


def span(t: int, coder: str, start: int, end: int, code: str = "trust") -> Span:
    return Span(f"t{t:02}", coder, start, end, code)


def rows(record: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["label"].split(",")[0]: one for one in record["spans"]["rows"]}


def same_but_for_one() -> list[Span]:
    """Ann and Ben mark 10 to 30 everywhere, but in the last transcript Ben marks 20 to 40."""
    ann = [span(t, "ann", 10, 30) for t in range(N)]
    return [*ann, *(span(t, "ben", 10, 30) for t in range(N - 1)), span(N - 1, "ben", 20, 40)]


def test_u_alpha_has_an_interval_by_interview() -> None:
    """Lengths over both orders of coders: 460 of trust with trust, 20 each way with none, 1,900 of none.

    24 stretches of 20 characters are squared (9,600), gaps are not (24 times 80).
    """
    record = agreement(panel(same_but_for_one()), replicates=400)
    one = rows(record)["u-alpha of Trust"]
    pairs = 480 * 1920 / (2400 - (9600 + 1920) / 2400)
    assert one["value"] == pytest.approx(1 - 40 / (2 * pairs), abs=1e-6)
    assert one["low"] < one["value"] < one["high"] <= 1
    assert one["method"] == "bootstrap of interviews, 400 replicates, expanded percentile"
    assert (one["p_below_667"], one["n_spans"]) == (0.0, 24)
    assert one["caveats"] == ["only 12 interviews: the interval is too narrow"]
    assert rows(record)["|u-alpha"]["value"] == one["value"]  # with a single code they are the same
    assert "cu-alpha" not in rows(record)


def test_codes_that_do_not_overlap_are_measured_together_too() -> None:
    spans = same_but_for_one() + [span(t, "ann", 60, 80, "risk") for t in range(N)]
    spans += [span(t, "ben", 60, 80, "risk" if t else "trust") for t in range(N)]
    found = rows(agreement(panel(spans), replicates=200))
    assert {"u-alpha of free spans", "cu-alpha", "u-alpha of Trust", "u-alpha of Risk"} <= found.keys()
    assert found["u-alpha of free spans"]["value"] < found["|u-alpha"]["value"]  # codes count as well
    spans.append(span(0, "ann", 15, 20, "risk"))
    record = agreement(panel(spans), replicates=200)
    assert "cu-alpha" not in rows(record)
    assert "several codes to the same words" in record["spans"]["sentence"]


def test_a_coder_without_spans_in_a_transcript_is_no_part_of_it_and_few_spans_are_told() -> None:
    spans = same_but_for_one()
    alone = rows(agreement(panel(spans), replicates=200))["u-alpha of Trust"]["value"]
    third = [*spans, span(0, "cem", 10, 30)]
    with_cem = rows(agreement(panel(third), replicates=200))["u-alpha of Trust"]["value"]
    assert with_cem == pytest.approx(alone, abs=0.005)  # not as if Cem had left eleven transcripts uncoded
    chosen = agreement(panel(third), coders=["ann", "ben"], replicates=200)
    assert rows(chosen)["u-alpha of Trust"]["value"] == alone
    few = rows(agreement(panel(spans[:2] + spans[N : N + 2]), replicates=200))["u-alpha of Trust"]
    assert few["caveats"] == [
        "only 4 spans with the code", "no interval: 2 interviews cannot tell how much interviews differ",
    ]  # fmt: skip


def test_spans_are_written_so_that_they_can_be_counted_again(tmp_path: Path) -> None:
    one = panel(same_but_for_one())
    paths = {path.name: path for path in write_files(agreement(one, replicates=200), one, tmp_path / "out")}
    with paths["spans.csv"].open(encoding="utf-8", newline="") as file:
        read = list(csv.DictReader(file))
    assert len(read) == 24
    assert read[-1] == {
        "transcript_id": "t11", "n_chars": "100", "coder": "ben", "start_char": "20", "end_char": "40",
        "code": "trust",
    }  # fmt: skip
    with paths["overall.csv"].open(encoding="utf-8", newline="") as file:
        part = [row for row in csv.DictReader(file) if row["part"] == "spans"]
    assert all(row["low"] and row["high"] for row in part if row["name"] == "u_alpha")
