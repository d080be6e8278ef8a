"""A whole record of a reliability report, written by hand, with names and texts that could break out."""

from __future__ import annotations

import copy
from typing import Any

import pytest

HOSTILE = "<script>alert('x')</script>"
FORMULA = "=cmd|' /C calc'!A0"


def row(name: str, label: str, value: float | None, **more: Any) -> dict[str, Any]:
    """A coefficient of the record."""
    interval = {"low": None, "high": None, "method": "", "p_below_667": None, "p_below_800": None}
    return {
        "name": name,
        "label": label,
        "value": value,
        "undefined_because": None,
        **interval,
        "caveats": [],
        **more,
    }


def alpha(
    value: float | None, low: float | None = None, high: float | None = None, **more: Any
) -> dict[str, Any]:
    return row(
        "krippendorff_alpha",
        "Krippendorff's alpha",
        value,
        low=low,
        high=high,
        method="bootstrap of interviews, 2,000 replicates, expanded percentile" if low is not None else "",
        **{"p_below_667": 0.1234, "p_below_800": 0.9999, **more} if low is not None else more,
    )


def rows(value: float | None, low: float | None = None, high: float | None = None) -> list[dict[str, Any]]:
    return [
        row("percent_agreement", "percent agreement", 0.931),
        row("positive_agreement", "positive agreement", 0.7144),
        alpha(value, low, high),
        row("gwet_ac1", "Gwet's AC1 (sensitivity)", 0.9512),
    ]


def code(name: str, coefficients: list[dict[str, Any]], n_positive: int, **more: Any) -> dict[str, Any]:
    return {
        "code": name.casefold().replace(" ", "_"),
        "name": name,
        "path": name,
        "n_units": 412,
        "n_pairable": 400,
        "n_positive": n_positive,
        "positives": {"Ann": n_positive, FORMULA: max(0, n_positive - 4)},
        "prevalence": n_positive / 412,
        "rows": coefficients,
        "caveats": [],
        **more,
    }


NO_YES = "no pair of coders used the code"


def codes() -> list[dict[str, Any]]:
    unused = [
        row("percent_agreement", "percent agreement", 1.0),
        row("positive_agreement", "positive agreement", None, undefined_because=NO_YES),
        alpha(None, undefined_because="all values are the same, so agreement cannot be told from chance"),
        row("gwet_ac1", "Gwet's AC1 (sensitivity)", 1.0),
    ]
    return [
        code("Institutional trust", rows(0.842, 0.7712, 0.9034), 120, path="Trust > Institutional trust"),
        code("Personal trust", rows(0.7351, 0.6641, 0.8012), 64, path="Trust > Personal trust"),
        code("Doubt about the process and those who stand for it", rows(0.41, -0.5512, 0.9991), 31),
        code(HOSTILE, rows(-0.0541, -0.2134, 0.1542), 12, path=f"Odd > {HOSTILE}"),
        code("Rare", rows(0.6651, 0.1011, 1.0), 4, caveats=["fewer than 10 units with the code"]),
        code("Never", unused, 0),
    ]


def overall() -> list[dict[str, Any]]:
    sets = "alpha of the sets of codes"
    interval = {"method": "bootstrap of interviews, 2,000 replicates, expanded percentile"}
    return [
        row(
            "masi_alpha",
            f"{sets} (MASI), all units",
            0.7123,
            low=0.6212,
            high=0.7912,
            p_below_667=0.1134,
            p_below_800=0.9821,
            **interval,
        ),
        row(
            "masi_alpha_coded",
            f"{sets} (MASI), units with any code",
            0.5567,
            low=0.4512,
            high=0.6434,
            p_below_667=0.9912,
            p_below_800=1.0,
            **interval,
        ),
        row("jaccard_alpha", f"{sets} (Jaccard), all units", 0.7334),
        row(
            "jaccard_alpha_coded",
            f"{sets} (Jaccard), units with any code",
            None,
            undefined_because="for the test",
        ),
        row("mean_alpha", "mean alpha of the codes", 0.5196, caveats=["1 of 6 codes left out: undefined"]),
    ]


def machine() -> dict[str, Any]:
    def test(coder: str, p: float) -> dict[str, Any]:
        return {
            "coder": coder,
            "n_units": 130,
            "n_untied": 44,
            "machine_wins": 0.8123,
            "human_wins": 0.7922,
            "p_value": p,
            "rejected": p < 0.05,
        }

    interval = {"low": -0.0912, "high": -0.0123, "method": "bootstrap of interviews", "caveats": []}
    return {
        "name": "machine",
        "sentence": "The machine was run once, on the same units.",
        "rows": [alpha(0.6123, 0.5011, 0.7012)],
        "non_inferiority": {
            "difference": -0.0512,
            **interval,
            "margin": 0.1,
            "passed": True,
            "human_machine": 0.6123,
            "human_human": 0.6634,
        },
        "replace_one": {
            "rows": [{"coder": "Ann", "difference": -0.0345, **interval}],
            "undefined_because": None,
        },
        "validity": {"n_units": 90, "precision": 0.7634, "recall": 0.6945, "f1": 0.7273},
        "alt_test": {
            "winning_rate": 0.5,
            "advantage_probability": 0.8012,
            "passed": True,
            "undefined_because": None,
            "epsilon": 0.15,
            "q": 0.05,
            "score": "jaccard",
            "method": "bootstrap of interviews",
            "humans": [test("Ann", 0.0004), test(FORMULA, 0.2)],
        },
    }


def learning() -> dict[str, Any]:
    def point(n: int, value: float) -> dict[str, Any]:
        masi = row("masi_alpha", "alpha of the machine with each person (MASI)", value)
        return {
            "source": f"the evaluation of {HOSTILE}", "n_labels": n, "n_labels_from": n, "n_labels_to": n,
            "n_codings": 400, "n_interviews": 12, "rows": [{**masi, "low": value - 0.1, "high": value + 0.1}],
        }  # fmt: skip

    return {
        "points": [point(20, 0.3123), point(180, 0.5567)], "people": 0.7123, "n_unknown": 0,
        "sentence": "Alpha rose.", "undefined_because": None,
    }  # fmt: skip


def checklist() -> list[dict[str, Any]]:
    status = {1: "missing", 11: "not applicable"}
    return [
        {
            "number": n,
            "item": f"Point {n} of the list",
            "answer": "" if n == 1 else f"Answer {n}",
            "status": status.get(n, "reported"),
        }
        for n in range(1, 23)
    ]


def whole_record() -> dict[str, Any]:
    two = [row("percent_agreement", "percent agreement", 0.9012), alpha(0.7012, 0.6011, 0.7912)]
    pair = {"n_units": 400, "rows": two}
    return {
        "autocode": "0.1.0",
        "made_at": "2025-03-01T12:00:00+00:00",
        "seed": 7,
        "level": 0.95,
        "replicates": 2000,
        "source": {"kind": "dataset", "name": f"interviews {HOSTILE}", "sha256": {"codes.csv": "ab" * 32}},
        "benchmark": {
            "name": "Landis and Koch (1977)",
            "chosen_beforehand": True,
            "bands": [[0.6, "substantial"], [0.4, "moderate"], [-1.0, "poor"]],
        },
        "data": {
            "n_transcripts": 12,
            "n_units": 412,
            "n_multiply_coded": 400,
            "unit": "utterance",
            "coders": [
                {"name": "Ann", "kind": "human", "n_units": 412, "n_applied": 231},
                {"name": FORMULA, "kind": "human", "n_units": 400, "n_applied": 214},
                {"name": "machine", "kind": "machine", "n_units": 412, "n_applied": 250},
            ],
            "n_codes": 6,
            "codebook": {"name": "Trust", "digest": "632bd667", "version": 3},
        },
        "blindness": {
            "n_blind": 812,
            "n_assisted": 17,
            "n_unknown": 0,
            "sentence": "17 codings were made after seeing a suggestion and do not count.",
        },
        "overall": overall(),
        "codes": codes(),
        "levels": [
            {
                "level": 1,
                "label": "Level 1: themes",
                "codes": [code("Trust", rows(0.8612, 0.8, 0.9), 180)],
                "overall": overall()[:1],
            }
        ],
        "groups": [{"codes": ["institutional_trust", "personal_trust"], "rows": [alpha(0.7777, 0.7, 0.85)]}],
        "pairs": [
            {"a": "Ann", "b": FORMULA, "kind": "human-human", **pair},
            {"a": "Ann", "b": "machine", "kind": "human-machine", **pair},
            {"a": "machine", "b": "machine-2", "kind": "machine-machine", **pair},
        ],
        "one_against_rest": [{"coder": "Ann", "n_units": 400, "rows": two}],
        "drift": [{"part": n, "label": f"part {n} of 3", "n_units": 133, "rows": two} for n in (1, 2, 3)],
        "bias": [{"code": "rare", "rates": {"Ann": 0.0097, FORMULA: 0.0002}, "largest_difference": 0.0095}],
        "rounds": [
            {"label": "Round A", "codebook_version": 2, "n_units": 60, "rows": [alpha(0.5512, 0.4, 0.7)]},
            {"label": "Round B", "codebook_version": None, "n_units": 340, "rows": two},
        ],
        "adjudication": {
            "n_units": 400,
            "n_changed": 37,
            "sentence": "Ann and Bob decided together.",
            "per_code": [{"code": "rare", "added": 3, "removed": 1}],
        },
        "machine": machine(),
        "learning": learning(),
        "spans": {
            "rows": [row("u_alpha", "u-alpha of free spans", 0.4812)],
            "sentence": "Spans in characters.",
        },
        "confusion": [{"a": "institutional_trust", "b": "personal_trust", "n": 23}],
        "disagreements": [
            {
                "utterance_id": "t1-u4",
                "transcript_id": "t1",
                "text": f"They said {HOSTILE} to me.\x07",
                "by": {"Ann": ["rare", "personal_trust"], FORMULA: []},
                "link": "/read/t1#t1-u4",
            },
            {
                "utterance_id": "t1-u9",
                "transcript_id": "t1",
                "text": "Well.",
                "by": {"Ann": [], FORMULA: ["never"]},
                "link": "javascript:alert(1)",
            },
        ],
        "checklist": checklist(),
        "methods": "Two coders coded 400 utterances independently.\n\nA second paragraph of methods.",
        "results": "Krippendorff's alpha was .71, 95% CI [.62, .79].",
        "coreq": [
            {"number": n, "item": f"COREQ item {n}", "answer": f"COREQ answer {n}"} for n in range(24, 28)
        ],
        "srqr": [{"item": "Data processing", "answer": "SRQR answer"}],
        "warnings": ["1 code was never applied.", f"A hostile warning: {HOSTILE}"],
    }


@pytest.fixture
def record() -> dict[str, Any]:
    """All sections, undefined values, hostile text."""
    return copy.deepcopy(whole_record())


@pytest.fixture
def bare() -> dict[str, Any]:
    """What two coders with one code leave: every section that can be absent is."""
    small = whole_record()
    absent: dict[str, Any] = dict.fromkeys(
        ("adjudication", "machine", "learning", "spans", "benchmark", "drift")
    )
    for key in (
        "levels",
        "groups",
        "pairs",
        "one_against_rest",
        "bias",
        "rounds",
        "confusion",
        "disagreements",
        "checklist",
        "coreq",
        "srqr",
        "warnings",
    ):
        absent[key] = []
    return {**small, **absent, "methods": "", "results": "", "codes": small["codes"][:1]}
