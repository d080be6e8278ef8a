"""The parts of the record: rows of plain values, None where there is no number, never nan."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from autocode.agreement import Coefficient, Interval
from autocode.agreement.resample import THRESHOLDS
from autocode.config import suggest
from autocode.errors import AgreementError
from autocode.report.apa import percent as as_percent

Row = dict[str, Any]
Record = dict[str, Any]
TENTATIVE, FIRM = THRESHOLDS

LABELS = {
    "percent_agreement": "percent agreement",
    "positive_agreement": "positive agreement",
    "negative_agreement": "negative agreement",
    "krippendorff_alpha": "Krippendorff's alpha",
    "ordinal_alpha": "Krippendorff's alpha, ordinal",
    "cohen_kappa": "Cohen's kappa",
    "quadratic_kappa": "Cohen's kappa, quadratic weights",
    "linear_kappa": "Cohen's kappa, linear weights",
    "fleiss_kappa": "Fleiss' kappa",
    "conger_kappa": "Conger's kappa",
    "gwet_ac1": "Gwet's AC1 (sensitivity)",
    "pabak": "PABAK (sensitivity)",
    "prevalence_index": "prevalence index",
    "bias_index": "bias index",
    "masi_alpha": "alpha of the sets of codes (MASI), all units",
    "masi_alpha_coded": "alpha of the sets of codes (MASI), units with any code",
    "jaccard_alpha": "alpha of the sets of codes (Jaccard), all units",
    "jaccard_alpha_coded": "alpha of the sets of codes (Jaccard), units with any code",
    "ancestor_alpha": "alpha of the sets of codes with their ancestors (MASI)",
    "exact_alpha": "alpha of identical sets of codes",
    "exact_agreement": "identical sets of codes",
    "mean_alpha": "mean alpha of the codes",
    "median_alpha": "median alpha of the codes",
    "lowest_alpha": "lowest alpha of a code",
    "resolved_at": "disagreements gone at this level",
    "u_alpha": "u-alpha of free spans, by character",
    "u_alpha_binary": "|u-alpha, coded or not, whatever the code, by character",
    "cu_alpha": "cu-alpha, which code where both coded, by character",
    "projected_alpha": "alpha of spans projected on the units (MASI)",
}
ALPHAS = {name for name in LABELS if "alpha" in name} - {"lowest_alpha"} | {"human_human", "human_machine"}
SHARES = {
    "percent_agreement", "exact_agreement", "positive_agreement", "negative_agreement", "resolved_at"
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Options:
    """How to compute, and the benchmark that was chosen beforehand."""

    level: float = 0.95
    replicates: int = 2000
    seed: int = 0
    benchmark: str | None = None
    widened: float = 1.0  # limits of what was cross-validated, see `autocode.evaluate.intervals`

    @property
    def resampling(self) -> dict[str, Any]:
        """The options of every interval."""
        return {"level": self.level, "replicates": self.replicates, "seed": self.seed}


# Bands by their lower end, highest first.
BENCHMARKS: dict[str, tuple[tuple[float, str], ...]] = {
    "krippendorff": (
        (FIRM, "reliable"), (TENTATIVE, "for tentative conclusions only"), (-1.0, "not reliable"),
    ),
    "landis-koch": (
        (0.81, "almost perfect"), (0.61, "substantial"), (0.41, "moderate"), (0.21, "fair"), (0.0, "slight"),
        (-1.0, "poor"),
    ),
}  # fmt: skip
BENCHMARK_NAMES = {"krippendorff": "Krippendorff (2019)", "landis-koch": "Landis and Koch (1977)"}


def benchmark_of(name: str | None) -> Record | None:
    """What the record says of a benchmark. Raises `AgreementError` for one that is not known."""
    if name is None:
        return None
    if name not in BENCHMARKS:
        known = ", ".join(BENCHMARKS)
        raise AgreementError(
            f"--benchmark {name}: no such benchmark{suggest(name, list(BENCHMARKS))}; known are {known}"
        )
    bands = [[lower, word] for lower, word in BENCHMARKS[name]]
    return {"name": BENCHMARK_NAMES[name], "chosen_beforehand": True, "bands": bands}


def band(row: Row, benchmark: str | None) -> str | None:
    """The benchmark's word for the lower limit; None without a benchmark or a limit."""
    if benchmark is None or row["low"] is None or row["name"] not in ALPHAS | {"cohen_kappa", "fleiss_kappa"}:
        return None
    bands = BENCHMARKS[benchmark]
    return next((word for lower, word in bands if row["low"] >= lower), bands[-1][1])


def row(
    name: str,
    value: float | None,
    *,
    because: str | None = None,
    interval: Interval | None = None,
    label: str | None = None,
    caveats: Sequence[str] = (),
) -> Row:
    """One number with its interval; without a value its reason."""
    number = rounded(value)
    if number is None:
        interval = None
    notes = list(caveats)
    low = high = None
    below: Mapping[float, float] = {}
    method = ""
    if interval is not None:
        low, high, below = rounded(interval.low), rounded(interval.high), interval.below
        if low is not None and "u_alpha" not in name:  # a jackknife's limit may lie below all that there is
            low = max(low, 0.0 if name in SHARES else -1.0)
        method = _method(interval)
        notes += [text for text in (interval.warning,) if text]
        if low is not None and interval.n_undefined:
            notes.append(
                f"in {counted(interval.n_undefined, 'replicate')} it was undefined; they are left out"
            )
        if low is None and interval.unavailable_because:
            notes.append(f"no interval: {interval.unavailable_because}")
    is_alpha = name in ALPHAS
    return {
        "name": name,
        "label": label or LABELS.get(name, name),
        "value": number,
        "undefined_because": None if number is not None else because or "it cannot be computed",
        "low": low,
        "high": high,
        "method": method,
        "p_below_667": rounded(below.get(TENTATIVE)) if is_alpha else None,
        "p_below_800": rounded(below.get(FIRM)) if is_alpha else None,
        "caveats": list(dict.fromkeys(notes)),
    }


def row_of(
    name: str, coefficient: Coefficient, interval: Interval | None = None, *, label: str | None = None,
    caveats: Sequence[str] = (),
) -> Row:  # fmt: skip
    """The row of a coefficient under the report's `name`."""
    return row(
        name, coefficient.value, because=coefficient.undefined_because, interval=interval, label=label,
        caveats=caveats,
    )  # fmt: skip


def find(rows: Sequence[Row], name: str) -> Row | None:
    """The row with this name."""
    return next((one for one in rows if one["name"] == name), None)


def rounded(value: float | None) -> float | None:
    """Six decimals; None for nothing, nan and infinity."""
    if value is None or not math.isfinite(value):
        return None
    return round(float(value), 6) + 0.0  # no -0.0


def plain(value: float | None, digits: int = 2) -> str:
    """A coefficient in APA style, without the zero before the point; almost 1 does not look like 1.

    >>> plain(0.6249), plain(-0.031), plain(1.0), plain(0.998), plain(None)
    ('.62', '-.03', '1.00', '>.99', '–')
    """
    if value is None:
        return "–"
    if value < 1 and round(value, digits) == 1:
        return ">." + "9" * digits
    text = f"{abs(value):.{digits}f}".removeprefix("0")
    return f"-{text}" if round(value, digits) < 0 else text


def limits(one: Row, level: float) -> str:
    """`.62, 95% CI [.51, .71]`; the value alone where there is no interval."""
    if one["low"] is None or one["high"] is None:
        return plain(one["value"])
    return f"{plain(one['value'])}, {as_percent(level)} CI {between(one['low'], one['high'])}"


def between(low: float, high: float) -> str:
    """The limits of an interval, rounded: `[.51, 1.00]`."""
    return f"[{plain(round(low, 2))}, {plain(round(high, 2))}]"


def percent(share: float | None) -> str:
    """A share in whole percent; almost all does not look like all, nor almost none like none.

    >>> percent(0.667), percent(0.998), percent(0.001), percent(1.0), percent(None)
    ('67 %', '> 99 %', '< 1 %', '100 %', '–')
    """
    if share is None:
        return "–"
    if 0 < share < 0.005 or 0.995 <= share < 1:
        return "< 1 %" if share < 0.5 else "> 99 %"
    return f"{100 * share:.0f} %"


def counted(n: int, noun: str) -> str:
    """`1 unit`, `2 units`."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """`a, b and c`."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _method(interval: Interval) -> str:
    if interval.n_replicates:
        n = interval.n_replicates + interval.n_undefined
        expanded = "expanded " if interval.method == "bootstrap of interviews" else ""
        return f"{interval.method}, {n:,} replicates, {expanded}percentile"
    return interval.method
