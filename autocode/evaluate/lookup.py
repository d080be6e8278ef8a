"""What is looked up in a result."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Result = Mapping[str, Any]
Row = tuple[str, Mapping[str, Any]]  # a code and its numbers


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


def people_by_code(result: Result) -> dict[str, dict[str, float | None]]:
    """Mean F1 and kappa of the coders against each other, by code."""
    coders = (result.get("human") or {}).get("coders", {}).values()
    rows = {code: [one.get("per_code", {}).get(code, {}) for one in coders] for code in result["per_code"]}
    found = {
        code: {key: mean_of(one.get(key) for one in some) for key in ("f1", "kappa")}
        for code, some in rows.items()
    }
    return found if any(one["f1"] is not None for one in found.values()) else {}


def mean_of(values: Iterable[float | None]) -> float | None:
    """The mean of what is known; None for nothing."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def remainder(first: float | None, second: float | None) -> float | None:
    """What is left of 1; None if a part is not known."""
    return None if first is None or second is None else max(0.0, 1.0 - first - second)
