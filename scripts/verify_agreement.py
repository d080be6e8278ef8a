"""Check autocode.agreement against published cases.

    python scripts/verify_agreement.py CASES.json

One line for each case, then `N passed, N failed`. Exit code 0: all passed; 1: some failed; 2: the
file cannot be used.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from autocode import agreement as ag
from autocode.agreement.alpha import squared_differences
from autocode.agreement.distances import SET_METRICS
from autocode.agreement.kappa import kappa_type
from autocode.errors import AgreementError

Case = Mapping[str, Any]
MORE_REPLICATES = 20_000  # than a case may ask for: the Monte Carlo error is ours to keep small


@dataclass(frozen=True)
class Outcome:
    """What the library says about a case: a number, none, or one for each category."""

    value: Any
    interval: ag.Interval | ag.Estimate | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


def main(arguments: Sequence[str]) -> int:
    """Run all cases of the file named in `arguments`; returns the exit code."""
    if len(arguments) != 1:
        print("usage: python scripts/verify_agreement.py CASES.json", file=sys.stderr)
        return 2
    try:
        cases = read_cases(Path(arguments[0]))
    except AgreementError as error:
        print(error, file=sys.stderr)
        return 2
    n_failed = 0
    for case in cases:
        complaint = check(case)
        n_failed += complaint is not None
        remark = _not_compared(case)
        print(f"ok   {case.get('id')}{remark}" if complaint is None else f"FAIL {case.get('id')} {complaint}")
    print(f"{len(cases) - n_failed} passed, {n_failed} failed")
    return 1 if n_failed else 0


def read_cases(path: Path) -> list[Case]:
    """The cases of a file; `AgreementError` names the file and what is wrong with it."""
    try:
        cases = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise AgreementError(f"{path}: no such file") from None
    except (OSError, UnicodeDecodeError) as error:
        raise AgreementError(f"{path}: cannot be read ({error})") from None
    except json.JSONDecodeError as error:
        raise AgreementError(f"{path}, line {error.lineno}: not valid JSON ({error.msg})") from None
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise AgreementError(f"{path}: expected a list of cases, each an object with id, statistic and data")
    return cases


def check(case: Case) -> str | None:
    """What is wrong with the library's answer; None where it is as expected."""
    statistic = case.get("statistic")
    if statistic not in STATISTICS:
        return f"{statistic}: the library has no statistic of this name"
    try:
        outcome = STATISTICS[statistic](case)
        return _compare(case, outcome)
    except AgreementError as error:
        return f"{statistic}: {error}"
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        return f"{statistic}: the case cannot be read ({type(error).__name__}: {error})"


def _not_compared(case: Case) -> str:
    """A remark on an interval by a method that the library does not have."""
    known = ("Gwet", "normal approximation", "bootstrap")
    method = str(case.get("ci_method"))
    strange = case.get("expected_ci") and not any(word in method for word in known)
    return f" (interval not compared: {method})" if strange else ""


def _compare(case: Case, outcome: Outcome) -> str | None:
    """The first of the case's numbers that the library does not give; None: it gives them all."""
    name, tolerance = case["statistic"], case["tolerance"]
    wanted = [("", outcome.value, case["expected"], tolerance)]
    if case.get("expected_consensus") is not None:
        wanted += [(" consensus", outcome.value, case["expected_consensus"], case["consensus_tolerance"])]
    if outcome.interval is not None:
        wanted += _of_interval(case, outcome.interval)
    for what, ours, expected, allowed in wanted:
        if not _near(ours, expected, allowed):
            return f"{name}{what} expected {expected} got {ours} tolerance {allowed}"
    for key, published in (case.get("expected_extra") or {}).items():
        ours = outcome.extra.get(key)
        slack = 3 * case["ci_tolerance"] if key == "q" else None  # q: Monte Carlo on both sides
        if key in outcome.extra and not _near_printed(ours, published, slack or tolerance):
            return f"{name} {key} expected {published} got {ours}"
    return None


def _of_interval(case: Case, found: ag.Interval | ag.Estimate) -> list[tuple[str, Any, Any, float]]:
    """The case's limits and standard error with ours; the limits lie about two standard errors away."""
    allowed, wanted = case.get("ci_tolerance", case["tolerance"]), []
    if case.get("expected_ci"):
        wanted += [(" interval", [found.low, found.high], case["expected_ci"], allowed)]
    if case.get("expected_se") is not None:
        wanted += [(" standard error", found.standard_error, case["expected_se"], allowed / 2)]
    return wanted


def _near(ours: Any, expected: Any, tolerance: float) -> bool:
    """Equal within `tolerance`, for numbers, for None, for lists, and for all keys of an expected object."""
    if isinstance(expected, Mapping):
        found = {str(key): value for key, value in ours.items()} if isinstance(ours, Mapping) else {}
        return all(key in found and _near(found[key], value, tolerance) for key, value in expected.items())
    if isinstance(expected, list):
        return len(ours) == len(expected) and all(
            _near(a, b, tolerance) for a, b in zip(ours, expected, strict=True)
        )
    if expected is None or ours is None:
        return ours is expected
    return bool(abs(ours - expected) <= tolerance + 1e-12)


def _near_printed(ours: Any, published: Any, tolerance: float) -> bool:
    """Equal within `tolerance` or two units of the last printed decimal (hand arithmetic), at most .01."""
    if isinstance(published, Mapping):
        return all(_near_printed(ours.get(key), value, tolerance) for key, value in published.items())
    decimals = len(str(published).partition(".")[2])
    return _near(ours, published, max(tolerance, min(2 * 10.0**-decimals, 0.01)))


def _table(case: Case) -> ag.Ratings:
    """The case's ratings, coders in rows, with the categories that the case or its weights offer."""
    data, kind = case["data"], case.get("data_kind")
    if kind == "units_x_coders":
        data = list(map(list, zip(*data, strict=True)))
    if kind == "contingency_table":
        cells = [(i, j, n) for i, row in enumerate(data) for j, n in enumerate(row)]
        names = case.get("categories") or list(range(1, len(data) + 1))
        data = [[names[cell[side]] for cell in cells for _ in range(cell[2])] for side in (0, 1)]
    weights = case.get("weights")
    own = weights.get("categories") if isinstance(weights, Mapping) else None  # the order of their table
    return ag.as_ratings(data, categories=own or case.get("categories"))


def _weights(case: Case, table: ag.Ratings) -> Any:
    """Agreement weights of the kappa family: by name, by table, or one less a set distance."""
    weights, metric = case.get("weights"), case.get("metric") or "nominal"
    if isinstance(weights, Mapping):
        matrix = weights["matrix"]
        return ag.weights_from_distances(matrix) if weights["type"] == "distance_matrix" else matrix
    if weights:
        return weights
    if metric in SET_METRICS:
        return ag.weights_from_distances(squared_differences(table, metric))  # type: ignore[arg-type]
    return metric


def _coefficient(name: str) -> Callable[[Case], Outcome]:
    def run(case: Case) -> Outcome:
        table = _table(case)
        weights = _weights(case, table)
        if name in ("light_kappa", "cohen_kappa"):
            result = getattr(ag, name)(table, weights=weights)
        elif name == "pabak":
            result = ag.pabak(table)
        else:
            result = kappa_type(name, table, weights)
        extra = {"p_o": result.observed, "p_e": result.expected, **result.detail}
        if len(table.coders) == 2 and len(table.categories) <= 2:
            extra["prevalence_index"] = ag.prevalence_index(table).value
            extra["bias_index"] = ag.bias_index(table).value
        return Outcome(result.value, _interval(case, table, result), extra)

    return run


def _alpha(case: Case) -> Outcome:
    table, own = _table(case), case.get("weights")
    options: dict[str, Any] = {"metric": case.get("metric") or "nominal"}
    if isinstance(own, Mapping):
        is_distance = own["type"] == "distance_matrix"
        options = {"metric": own["matrix"]} if is_distance else {"weights": own["matrix"]}
    elif own or options["metric"] in ("linear", "quadratic", "radical"):
        options = {"weights": own or options["metric"]}
    result = ag.krippendorff_alpha(table, **options)
    extra = {"D_o": result.observed, "D_e": result.expected}
    if own and result.expected is not None:  # Gwet's chance agreement of the same values and weights
        n = float(ag.coincidences(table).sum())
        scale = 1.0 if "weights" in options else squared_differences(table, options["metric"]).max()  # type: ignore[union-attr]
        extra["p_e"] = 1 - result.expected * (n - 1) / n / float(scale)
    return Outcome(result.value, _interval(case, table, result), extra)


def _interval(case: Case, table: ag.Ratings, result: ag.Coefficient) -> ag.Interval | None:
    """The interval by the case's method; None where it has none, or one that we cannot make."""
    method, level = str(case.get("ci_method") or ""), case.get("ci_level", 0.95)
    if "bootstrap" in method:
        params = case.get("params") or {}
        return ag.bootstrap_interval(
            table,
            case["statistic"],
            clusters=params.get("clusters"),
            metric=case.get("metric") or "nominal",
            weights=_weights(case, table) if result.name in KAPPAS else "identity",
            level=level,
            replicates=max(MORE_REPLICATES, int(params.get("B", 0))),
        )
    if "normal approximation" in method:
        return ag.analytic_interval(result, level=level, method="normal")
    if "Gwet" in method or (not method and case.get("expected_se") is not None):
        return ag.analytic_interval(result, level=level)
    return None


def _alpha_bootstrap(case: Case) -> Outcome:
    table, params = _table(case), case.get("params") or {}
    metric, level = case.get("metric") or "nominal", case.get("ci_level", 0.95)
    thresholds = [float(key) for key in (case.get("expected_extra") or {}).get("q", {})]
    replicates = max(MORE_REPLICATES, int(params.get("B", 0)))
    options: dict[str, Any] = {
        "metric": metric,
        "level": level,
        "replicates": replicates,
        "thresholds": thresholds,
    }
    if "pairs" in str(case.get("ci_method")):
        found = ag.pairs_bootstrap(table, pairs=params.get("pairs"), **options)
    else:
        clusters = params.get("clusters")
        found = ag.bootstrap_interval(table, clusters=clusters, **options)
    below = {f"{threshold:g}": share for threshold, share in found.below.items()}
    value = ag.krippendorff_alpha(table, metric=metric).value
    return Outcome(value, found, {"q": below})


def _each_category(function: Callable[..., Mapping[Hashable, ag.Coefficient]]) -> Callable[[Case], Outcome]:
    return lambda case: _chosen(case, {str(k): c.value for k, c in function(_table(case)).items()})


def _chosen(case: Case, values: Mapping[str, float | None], **extra: Any) -> Outcome:
    """The values of all categories, or of the one that the case asks for."""
    params = case.get("params") or {}
    one = params.get("category", params.get("value"))
    return Outcome(values if one is None else values[str(one)], extra=extra)


def _one_side(function: Callable[..., ag.Coefficient]) -> Callable[[Case], Outcome]:
    def run(case: Case) -> Outcome:
        params = case.get("params") or {}
        return Outcome(function(_table(case), positive=params.get("positive", params.get("category"))).value)

    return run


def _set_distance(name: str) -> Callable[[Case], Outcome]:
    def run(case: Case) -> Outcome:
        metric = case.get("metric")
        variant = metric if metric in SET_METRICS else name
        return Outcome(ag.masi_distance(case["data"]["a"], case["data"]["b"], variant=variant))

    return run


def _spans(case: Case) -> dict[str, Any]:
    data = case["data"]
    bounds = tuple(data["continuum"]) if data.get("continuum") else None
    return {"spans": data["coders"], "continuum": bounds}


def _unitizing(function: Callable[..., Any]) -> Callable[[Case], Outcome]:
    def run(case: Case) -> Outcome:
        result = function(**_spans(case))
        if isinstance(result, dict):
            coverage = {str(value): c.detail["coverage"] for value, c in result.items()}
            return _chosen(case, {str(value): c.value for value, c in result.items()}, coverage=coverage)
        return Outcome(result.value, extra={"D_o": result.observed, "D_e": result.expected, **result.detail})

    return run


def _alpha_u_2004(case: Case) -> Outcome:
    params = case.get("params") or {}
    if "category" not in params:
        return _unitizing(ag.alpha_u_2004)(case)
    return _unitizing(partial(ag.alpha_u_2004_category, category=params["category"]))(case)


def _gamma(function: Callable[..., ag.Coefficient], options: Sequence[str]) -> Callable[[Case], Outcome]:
    def run(case: Case) -> Outcome:
        params = case.get("params") or {}
        return Outcome(
            function(case["data"]["coders"], **{k: params[k] for k in options if k in params}).value
        )

    return run


def _segmentation(function: Callable[..., ag.Coefficient], option: str) -> Callable[[Case], Outcome]:
    def run(case: Case) -> Outcome:
        data, params = case["data"], case.get("params") or {}
        given = {option: params[option]} if option in params else {}
        return Outcome(function(data["reference"], data["hypothesis"], **given).value)

    return run


def _alpha_sample_size(case: Case) -> Outcome:
    given = {**(case.get("params") or {}), **case["data"]}
    if given.get("coders", 2) != 2:
        raise AgreementError(f"the formula is for two coders, found {given['coders']}")
    significance = given.get("significance", 0.05)
    return Outcome(ag.alpha_sample_size(given["alpha_min"], share=given["p_c"], significance=significance))


def _kappa_sample_size(case: Case) -> Outcome:
    given = {**(case.get("params") or {}), **case["data"]}
    size = ag.kappa_sample_size(
        *(given[key] for key in ("rate1", "rate2", "k1", "k0")),
        significance=given.get("alpha", 0.05),
        power=given.get("power", 0.8),
        two_sided=given.get("twosided", False),
    )
    return Outcome(size)


def _alt_test(case: Case) -> Outcome:
    params, data = case.get("params") or {}, case["data"]
    result = ag.alternative_annotator_test(
        data["humans"],
        data["machine"],
        epsilon=params["epsilon"],
        score=case.get("metric") or "accuracy",
        q=params.get("q", 0.05),
        min_humans=params.get("min_humans_per_instance", 2),
        min_units=params.get("min_instances_per_human", 30),
    )
    return Outcome(
        {"winning_rate": result.winning_rate, "advantage_probability": result.advantage_probability}
    )


def _ppi(case: Case) -> Outcome:
    params, data = case.get("params") or {}, case["data"]
    level = 1 - params.get("alpha", 0.05)
    power = params.get("lam", "tuned")
    power = "tuned" if power is None else power
    found = ag.ppi_mean(data["Y"], data["Yhat"], data["Yhat_unlabeled"], power=power, level=level)
    return Outcome(found.value, found, {"lam": found.power, "se": found.standard_error})


KAPPAS = [
    *("percent_agreement", "cohen_kappa", "scott_pi", "fleiss_kappa", "conger_kappa", "light_kappa"),
    *("brennan_prediger", "pabak", "gwet_ac1", "gwet_ac2"),
]

DISSIMILARITY = ["alpha", "beta", "delta_empty"]

STATISTICS: dict[str, Callable[[Case], Outcome]] = {
    **{name: _coefficient(name) for name in KAPPAS},
    "krippendorff_alpha": _alpha,
    "alpha_bootstrap_ci": _alpha_bootstrap,
    "krippendorff_alpha_per_category": _each_category(ag.alpha_per_category),
    "category_agreement": _each_category(ag.category_agreement),
    "positive_agreement": _one_side(ag.positive_agreement),
    "negative_agreement": _one_side(ag.negative_agreement),
    "prevalence_index": _one_side(ag.prevalence_index),
    "bias_index": _one_side(ag.bias_index),
    "masi_distance": _set_distance("masi"),
    "jaccard_distance": _set_distance("jaccard"),
    "alpha_u_2004": _alpha_u_2004,
    "alpha_u_2004_category": _alpha_u_2004,
    "u_alpha": _unitizing(ag.u_alpha),
    "u_alpha_binary": _unitizing(ag.u_alpha_binary),
    "cu_alpha": _unitizing(ag.cu_alpha),
    "ku_alpha": _unitizing(ag.ku_alpha),
    "gamma": _gamma(ag.gamma, [*DISSIMILARITY, "sampler", "precision", "seed"]),
    "gamma_disorder": _gamma(ag.gamma_disorder, DISSIMILARITY),
    "pk": _segmentation(ag.pk, "window"),
    "windowdiff": _segmentation(ag.window_diff, "window"),
    "boundary_similarity": _segmentation(ag.boundary_similarity, "n_t"),
    "segmentation_similarity": _segmentation(ag.segmentation_similarity, "n_t"),
    "alpha_sample_size": _alpha_sample_size,
    "kappa_sample_size": _kappa_sample_size,
    "alt_test": _alt_test,
    "ppi_mean_ci": _ppi,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
