"""How good predicted codes are: per code, over all codes, calibration, and what is confused with what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import cohen_kappa, krippendorff_alpha
from autocode.codebook import Codebook

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
N_BINS = 10


def per_code(truth: Floats, chosen: Bools, code_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Precision, recall, F1, Cohen's kappa, Krippendorff's alpha and support of each code.

    `truth` is (n, n_codes), 1, 0, or nan where nobody has said; None where a number is undefined.
    """
    found = {}
    for column, code in enumerate(code_ids):
        said = ~np.isnan(truth[:, column])
        y, yes = truth[said, column] == 1, chosen[said, column]
        hits, n_yes, support = int((y & yes).sum()), int(yes.sum()), int(y.sum())
        table = np.stack([y, yes]).astype(int).tolist()
        both = [cohen_kappa(table, categories=[0, 1]), krippendorff_alpha(table, categories=[0, 1])]
        kappa, alpha = (None if one.value is None else round(float(one.value), 4) for one in both)
        found[code] = {
            "precision": _share(hits, n_yes),
            "recall": _share(hits, support),
            "f1": _share(2 * hits, n_yes + support),
            "kappa": kappa,
            "alpha": alpha,
            "support": support,
            "n_suggested": n_yes,
        }
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Sums over units from which the measures over all codes follow, with any leading axes (...).

    Those of interviews add up, as `autocode.agreement.resample` has it.
    """

    hits: Floats  # (..., n_codes) suggested where it applies
    suggested: Floats  # (..., n_codes)
    applied: Floats  # (..., n_codes)
    exact: Floats  # (...) units whose whole set is right
    n_whole: Floats  # (...) units of which every code has been said
    n_units: Floats  # (...)

    def take(self, some: Bools) -> Counts:
        """Of some of the groups, (n_groups,)."""
        return Counts(*(getattr(self, field.name)[some] for field in fields(self)))


def counts(
    truth: Floats, chosen: Bools, codes: Sequence[int], groups: NDArray[np.intp], n_groups: int
) -> Counts:
    """Counts of the columns `codes` where somebody has said, by group: 0 to n_groups - 1, `groups` (n,).

    `truth` (n, n_codes) is 1, 0, or nan where nobody has said; `chosen` is what was suggested.
    """
    said, y = ~np.isnan(truth[:, codes]), truth[:, codes] == 1
    yes, whole = chosen[:, codes] & said, said.all(axis=1)
    found = []
    for one in (y & yes, yes, y, (y == yes).all(axis=1) & whole, whole, np.ones(len(truth))):
        found.append(np.zeros((n_groups, *one.shape[1:])))
        np.add.at(found[-1], groups, one)
    return Counts(*found)


def macro_f1(of: Counts) -> Floats:
    """The mean of F1 over codes that somebody applied, shape (...); nan where nobody applied any."""
    f1 = np.where(of.applied > 0, _ratio(2 * of.hits, of.suggested + of.applied), 0.0)
    return _ratio(f1.sum(axis=-1), (of.applied > 0).sum(axis=-1))


def micro_f1(of: Counts) -> Floats:
    """F1 of all decisions together, shape (...); nan where no code was applied or suggested."""
    return _ratio(2 * of.hits.sum(axis=-1), (of.suggested + of.applied).sum(axis=-1))


def exact_set(of: Counts) -> Floats:
    """The share of units with all codes right and none too many, shape (...); nan without units."""
    return _ratio(of.exact, of.n_whole)


MEASURES: Mapping[str, Callable[[Counts], Floats]] = {
    "macro_f1": macro_f1, "micro_f1": micro_f1, "exact_set": exact_set,
}  # fmt: skip


def overall(truth: Floats, chosen: Bools, codes: Sequence[int]) -> dict[str, float | None]:
    """Macro-F1 over `codes` (columns) that somebody applied, micro-F1, and the share of exact sets."""
    found = counts(truth, chosen, codes, np.zeros(len(truth), np.intp), 1)
    return {name: rounded(measure(found)[0]) for name, measure in MEASURES.items()}


def rounded(value: float | Floats) -> float | None:
    """Four decimals; None where it is not defined."""
    return round(float(value), 4) + 0.0 if np.isfinite(value) else None


def _ratio(part: Floats, whole: Floats) -> Floats:
    """part / whole; nan where that is not defined."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(whole > 0, part / whole, np.nan))


def answers(truth: Floats, chosen: Bools, members: Sequence[int]) -> tuple[Bools, NDArray[np.intp]]:
    """Which units (n,) carry a code of an exclusive group, and which one it is and was chosen, (2, n_coded).

    By place among the `members`; where none of them was chosen, that is one more category.
    """
    coded = (truth[:, members] == 1).any(axis=1)
    y, picked = truth[np.ix_(coded, members)] == 1, chosen[np.ix_(coded, members)]
    predicted = np.where(picked.any(axis=1), picked.argmax(axis=1), len(members))
    return coded, np.stack([y.argmax(axis=1), predicted])


def exclusive_group(truth: Floats, chosen: Bools, members: Sequence[int]) -> dict[str, Any]:
    """Macro-F1, Cohen's kappa and accuracy of an exclusive group, over the units that carry one of its codes.

    See `answers`.
    """
    coded, (said, predicted) = answers(truth, chosen, members)
    kappa = cohen_kappa([said.tolist(), predicted.tolist()], categories=list(range(len(members) + 1)))
    return {
        "macro_f1": overall(truth[coded], chosen[coded], members)["macro_f1"],
        "kappa": None if kappa.value is None else round(float(kappa.value), 4),
        "accuracy": _share(int((said == predicted).sum()), len(said)),
        "n_units": len(said),
    }


def calibration(truth: Floats, probabilities: Floats, codes: Sequence[int]) -> dict[str, Any]:
    """Expected calibration error and Brier score over all decisions on `codes`, and the diagram's bins."""
    said = ~np.isnan(truth[:, codes])
    y, p = truth[:, codes][said], probabilities[:, codes][said]
    bins = _bins(y, p)
    return {"ece": _ece(bins, len(y)), "brier": round(float(((y - p) ** 2).mean()), 5), "bins": bins}


def code_calibration(truth: Floats, probabilities: Floats, column: int) -> dict[str, Any]:
    """Expected calibration error and Brier score of one code."""
    said = ~np.isnan(truth[:, column])
    y, p = truth[said, column], probabilities[said, column]
    return {"ece": _ece(_bins(y, p), len(y)), "brier": round(float(((y - p) ** 2).mean()), 5)}


def _bins(y: Floats, p: Floats) -> list[dict[str, float]]:
    """Ten bins of equal width: how many, the mean probability, the share to which the code applies."""
    which = np.minimum((p * N_BINS).astype(int), N_BINS - 1)
    return [
        {
            "n": int((which == b).sum()),
            "probability": round(float(p[which == b].mean()), 4),
            "share": round(float(y[which == b].mean()), 4),
        }
        for b in range(N_BINS)
        if (which == b).any()
    ]


def _ece(bins: Sequence[Mapping[str, float]], n: int) -> float:
    """Naeini et al. 2015: the mean over decisions of |share - probability| of their bin."""
    return round(sum(b["n"] * abs(b["share"] - b["probability"]) for b in bins) / max(1, n), 5)


def ranking(
    truth: Floats, scores: Floats, codes: Sequence[int], *, most: Sequence[int] = (1, 3, 5)
) -> dict[str, Any]:
    """Recall at k: the share of applied codes that are among the k best of their unit, over coded units."""
    y = (truth == 1)[:, codes]
    order = np.argsort(-scores[:, codes], axis=1, kind="stable")
    ranked = np.take_along_axis(y, order, axis=1)
    return {f"recall_at_{k}": _share(int(ranked[:, :k].sum()), int(y.sum())) for k in most}


def confusion(
    truth: Floats, chosen: Bools, code_ids: Sequence[str], *, most: int = 20
) -> list[dict[str, Any]]:
    """Pairs (missed, given instead) with how often, the most frequent first: units that carry the one
    without its being suggested, and get the other without carrying it.
    """
    missed = ((truth == 1) & ~chosen).astype(float)
    wrong = ((truth == 0) & chosen).astype(float)
    counts = (missed.T @ wrong).astype(int)
    order = sorted(np.argwhere(counts > 0).tolist(), key=lambda ab: (-counts[ab[0], ab[1]], ab))
    return [{"missed": code_ids[a], "given": code_ids[b], "n": int(counts[a, b])} for a, b in order[:most]]


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 4) if whole else None


def group_name(members: Sequence[str]) -> str:
    """What an exclusive group is called, by its codes."""
    return " | ".join(members)


def exclusive_groups(truth: Floats, chosen: Bools, codebook: Codebook) -> dict[str, Any]:
    """The numbers of each exclusive group, by its codes; `truth` and `chosen` are (n, n_codes)."""
    return {
        group_name(group): exclusive_group(truth, chosen, [codebook.ids.index(c) for c in group])
        for group in codebook.exclusive_groups
    }


def bands(truth: Floats, verdicts: NDArray[np.str_], columns: Sequence[int]) -> dict[str, Any]:
    """Shares of decisions that the dial settles, and how often people say otherwise.

    `truth` (nan: not said) and `verdicts` ("accept", "review" or "reject") are (n, n_codes); only `columns`
    count.
    """
    said = ~np.isnan(truth[:, columns])
    y, verdict = truth[:, columns], verdicts[:, columns]
    accepted, rejected = said & (verdict == "accept"), said & (verdict == "reject")
    n = max(1, int(said.sum()))
    return {
        "coverage": round(float((accepted | rejected).sum() / n), 4),
        "accepted": round(float(accepted.sum() / n), 4),
        "rejected": round(float(rejected.sum() / n), 4),
        "observed_error": _share_of(y == 0, accepted),
        "observed_error_rejected": _share_of(y == 1, rejected),
        "positives_accepted": _share_of(accepted, said & (y == 1)),
        "positives_rejected": _share_of(rejected, said & (y == 1)),
    }


def units_settled(truth: Floats, verdicts: NDArray[np.str_], columns: Sequence[int]) -> dict[str, float]:
    """Shares of units: every decision settled; every code that applies accepted (of units that carry one).

    Shapes as in `bands`.
    """
    verdict, y = verdicts[:, columns], truth[:, columns] == 1
    carries = y.any(axis=1)
    positives = ((verdict == "accept") | ~y).all(axis=1)
    return {
        "all_decisions": round(float((verdict != "review").all(axis=1).mean()), 4),
        "all_positives": round(float(positives[carries].mean()), 4) if carries.any() else 0.0,
    }


def _share_of(some: Bools, among: Bools) -> float | None:
    return _share(int((some & among).sum()), int(among.sum()))
