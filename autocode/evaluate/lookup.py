"""What is looked up in a result."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Result = Mapping[str, Any]
Row = tuple[str, Mapping[str, Any]]  # a code and its numbers

LEAST_SHARED = 20  # utterances that two people coded, below which a human ceiling says little


def held_together(result: Result) -> str:
    """What is kept or left out as a whole, in a word."""
    return "interviews" if result["group_by"] == "transcript_id" else "groups"


def by_support(result: Result) -> list[Row]:
    """The codes with their numbers, the most frequent first."""
    return sorted(result["per_code"].items(), key=lambda item: (-item[1]["support"], item[0]))


def best_baseline(result: Result) -> tuple[str, float] | None:
    """The baseline with the best macro-F1, and that."""
    known = [(name, row["macro_f1"]) for name, row in result["baselines"].items()]
    known = [(name, value) for name, value in known if value is not None]
    return max(known, key=lambda item: item[1]) if known else None


def baseline_f1(result: Result, name: str) -> dict[str, float | None]:
    """F1 of each code, where the result has it."""
    return {code: row.get("f1") for code, row in result["baselines"][name].get("per_code", {}).items()}


def interval_of(row: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """The interval of one of a row's numbers, where it has one."""
    found: Mapping[str, Any] | None = row.get("intervals", {}).get(name)
    return None if found is None or found["low"] is None else found


def difference_from(row: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    """How much autocode differs from what the row is of, in one measure, where that is known."""
    found: Mapping[str, Any] | None = row.get("difference", {}).get(name)
    return None if found is None or found["value"] is None else found


def may_be_chance(difference: Mapping[str, Any] | None) -> bool:
    """Whether the interval of a difference includes 0."""
    if difference is None or difference["low"] is None:
        return False
    return bool(difference["low"] <= 0 <= difference["high"])


def people_by_code(result: Result) -> list[Mapping[str, Mapping[str, float | None]]]:
    """Mean F1 and kappa by code: of the coders against each other, and of autocode against the same.

    Empty where people have none.
    """
    human = result.get("human") or {}
    people = human.get("per_code", {})
    known = any(row["f1"] is not None for row in people.values())
    return [people, human["autocode"]["per_code"]] if known else []


def remainder(first: float | None, second: float | None) -> float | None:
    """What is left of 1; None if a part is not known."""
    return None if first is None or second is None else max(0.0, 1.0 - first - second)


def why_nothing(dial: Mapping[str, Any], verdict: str) -> str:
    """Why the risk dial settled no decision as `verdict`, "accept" or "reject", or what it would take."""
    more = dial["more_interviews"][verdict]
    if more:
        return f"code about {more} more interviews"
    return dial["nothing_because"][verdict] or "no decision on the interviews left out was sure enough"
