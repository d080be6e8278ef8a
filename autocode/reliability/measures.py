"""Rows of numbers from tables of ratings: whole codebook, codes, exclusive groups."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.agreement import (
    CodeAgreement,
    CodeTable,
    Coefficient,
    Interval,
    Ratings,
    ancestor_closure,
    bootstrap_interval,
    code_agreement,
    code_table,
    cohen_kappa,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    percent_agreement,
)
from autocode.agreement.alpha import nominal_alpha_values
from autocode.agreement.counts import tally_codes, value_pairs
from autocode.agreement.per_code import FEW_CLUSTERS, FEW_POSITIVES
from autocode.agreement.resample import (
    LEAST_INTERVIEWS,
    MIN_CLUSTERS,
    Estimator,
    Sampling,
    estimator_interval,
    of_enough,
    sampling,
    too_few,
    whole,
)
from autocode.agreement.tables import MISSING, group_index
from autocode.codebook import Codebook
from autocode.reliability.panel import Coding, Panel
from autocode.reliability.record import LABELS, Options, Row, counted, row, row_of

MOSTLY = 0.5  # share of units with all codings, from which they are also looked at alone
NOT_TWICE = "no unit was looked at by two people"
UNITS_DRAWN = "interviews are not known, so units were resampled as if they did not depend on each other"
PER_CODE = (
    "percent_agreement", "krippendorff_alpha", "cohen_kappa", "fleiss_kappa", "conger_kappa",
    "positive_agreement", "negative_agreement", "gwet_ac1", "pabak", "prevalence_index", "bias_index",
)  # fmt: skip
WITH_INTERVAL = (
    "percent_agreement",
    "krippendorff_alpha",
    "cohen_kappa",
    "fleiss_kappa",
    "positive_agreement",
    "gwet_ac1",
)
NEEDS_POSITIVES = ("krippendorff_alpha", "cohen_kappa", "fleiss_kappa", "conger_kappa", "positive_agreement")
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """A table of yes and no with each unit's interview; None where interviews are not known."""

    table: CodeTable
    clusters: NDArray[np.str_] | None

    @property
    def n_units(self) -> int:
        """How many units there are."""
        return len(self.table.units)

    @property
    def n_interviews(self) -> int | None:
        """From how many interviews they are."""
        return None if self.clusters is None else len(set(self.clusters.tolist()))

    def of_units(self, keep: Mask) -> Compared:
        """Only the units of a mask."""
        units = [unit for unit, kept in zip(self.table.units, keep.tolist(), strict=True) if kept]
        table = CodeTable(self.table.values[:, keep], self.table.coders, units, self.table.codes)
        return Compared(table, None if self.clusters is None else self.clusters[keep])

    def of_coders(self, names: Sequence[str], *, least: int = 2) -> Compared:
        """Only these coders, on the units that `least` of them have seen."""
        places = [list(self.table.coders).index(name) for name in names]
        table = CodeTable(self.table.values[places], list(names), self.table.units, self.table.codes)
        some = Compared(table, self.clusters)
        return some.of_units(some.n_seen >= least)

    def of_cells(self, keep: Mask) -> Compared:
        """Only the codings of a mask of shape (n_coders, n_units), on the units that keep two."""
        values = np.where(keep[:, :, None], self.table.values, np.int8(MISSING))
        table = CodeTable(values, self.table.coders, self.table.units, self.table.codes)
        some = Compared(table, self.clusters)
        return some.of_units(some.n_seen >= 2)

    def of_those_with_units(self) -> Compared:
        """Without coders who have seen none of the units; all of them if there is no unit."""
        if not self.n_units:
            return self
        some = np.flatnonzero(self.seen.any(axis=1)).tolist()
        names = [self.table.coders[j] for j in some]
        table = CodeTable(self.table.values[some], names, self.table.units, self.table.codes)
        return Compared(table, self.clusters)

    def with_table(self, table: CodeTable) -> Compared:
        """Other codes on the same units."""
        return Compared(table, self.clusters)

    @property
    def seen(self) -> Mask:
        """Who has seen what, shape (n_coders, n_units)."""
        values = self.table.values
        return values[:, :, 0] >= 0 if values.shape[2] else np.zeros(values.shape[:2], bool)

    @property
    def n_seen(self) -> NDArray[np.int64]:
        """How many coders have seen each unit."""
        counts: NDArray[np.int64] = self.seen.sum(axis=0)
        return counts

    def interval(self, ratings: Ratings, coefficient: str, options: Options, **more: Any) -> Interval:
        """The bootstrap interval of one coefficient of all units, by interview."""
        method = "bootstrap of interviews"
        if not self.n_units:
            return Interval(None, None, options.level, method, "there is no unit")
        if self.n_interviews is not None and self.n_interviews < LEAST_INTERVIEWS:
            return too_few(self.n_interviews, options.level)
        found = bootstrap_interval(
            ratings,
            coefficient,
            clusters=self.clusters,
            widened=options.widened,
            **options.resampling,
            **more,
        )
        return self.of_enough(found)

    def resampled(self, estimator: Estimator, sample: Sampling, options: Options) -> Interval:
        """The interval of an estimator whose totals are by interview, or by kinds of units."""
        if sample.counts is None and sample.n_groups < LEAST_INTERVIEWS:
            return too_few(sample.n_groups, options.level)
        return self.of_enough(
            estimator_interval(estimator, sample, widened=options.widened, **options.resampling)
        )

    def of_enough(self, interval: Interval) -> Interval:
        """The interval, or none where it rests on too few interviews."""
        return interval if self.clusters is None else of_enough(interval)

    def cautions(self, interval: Interval | None) -> list[str]:
        """What has to be said of an interval, if there is one."""
        if interval is None or interval.low is None:
            return []
        return [UNITS_DRAWN] if self.clusters is None else cautions_of(interval.n_groups)


def cautions_of(n_interviews: int) -> list[str]:
    """What has to be said of an interval that rests on so few interviews."""
    if MIN_CLUSTERS <= n_interviews < FEW_CLUSTERS:  # with fewer, the jackknife says it itself
        return [f"only {n_interviews} interviews: the interval is too narrow"]
    return []


def compared(panel: Panel, codings: Mapping[str, Coding]) -> Compared:
    """The table of some codings, units in the order of the corpus."""
    seen = [(unit, coder) for unit in panel.units for coder, coding in codings.items() if unit in coding]
    table = code_table(
        seen,
        ((unit, coder, code) for unit, coder in seen for code in codings[coder][unit]),
        codes=panel.codebook.ids,
    )
    order = [coder for coder in codings if coder in table.coders]
    places = [list(table.coders).index(coder) for coder in order]
    table = CodeTable(table.values[places], order, table.units, table.codes)
    if not panel.transcripts_known:
        return Compared(table, None)
    return Compared(
        table, np.array([panel.units[str(unit)].transcript_id for unit in table.units], dtype=np.str_)
    )


def set_rows(
    data: Compared, options: Options, *, names: Sequence[str], book: Codebook | None = None
) -> list[Row]:
    """Agreement on sets of codes: `names` of masi_alpha, jaccard_alpha, with _coded, and so on."""
    sets = data.table.label_sets()
    closed = None
    coded: Mask = np.array([bool(category) for category in sets.categories] + [False])
    any_code: Mask = np.asarray(coded[sets.codes].any(axis=0))
    rows = []
    for name in names:
        ratings, units, label = sets, data, LABELS[name]
        if name.endswith("_coded"):
            ratings, units = sets.select_units(any_code), data.of_units(any_code)
            label = label.replace("units with", f"the {counted(units.n_units, 'unit')} with")
        if name == "ancestor_alpha":
            assert book is not None
            closed = (
                closed
                or ancestor_closure(data.table, {code.id: code.parent for code in book.codes}).label_sets()
            )
            ratings = closed
        if name == "exact_agreement":
            rows.append(_identical(units, ratings, options))
            continue
        metric = {"masi": "masi", "jaccard": "jaccard", "ancestor": "masi"}.get(
            name.split("_", maxsplit=1)[0], "nominal"
        )
        found = krippendorff_alpha(ratings, metric=metric)
        interval = None
        if found.value is not None:
            interval = units.interval(ratings, "krippendorff_alpha", options, metric=metric)
        rows.append(row_of(name, found, interval, label=label, caveats=units.cautions(interval)))
    return rows


@dataclass(frozen=True, slots=True, eq=False)
class _Share:
    """Sums over the units of each interview."""

    agreeing: NDArray[np.float64]
    n_units: NDArray[np.float64]


def _identical(data: Compared, sets: Ratings, options: Options) -> Row:
    """The mean over units of the share of pairs of coders with the same set."""
    if not (sets.n_values > 1).any():
        return row("exact_agreement", None, because=NOT_TWICE)
    table, sample = sampling(sets, data.clusters)
    n_seen, agreeing = table.n_values, np.zeros(table.codes.shape[1])
    for first, second, unit in value_pairs(table.codes):
        agreeing[unit] += first == second
    pairable = n_seen > 1
    shares = np.where(pairable, agreeing / np.maximum(n_seen * (n_seen - 1) / 2, 1), 0.0)
    totals = _Share(
        np.bincount(sample.groups, shares).astype(np.float64),
        np.bincount(sample.groups, pairable).astype(np.float64),
    )
    interval = data.resampled(Estimator(totals, _share), sample, options)
    value = float(_share(whole(totals, sample)))
    return row("exact_agreement", value, interval=interval, caveats=data.cautions(interval))


def _share(totals: _Share) -> NDArray[np.float64]:
    with np.errstate(divide="ignore", invalid="ignore"):
        share: NDArray[np.float64] = totals.agreeing / totals.n_units
    return share


def code_rows(
    data: Compared, options: Options, *, book: Codebook, n_units: int, headings: bool = False
) -> list[dict[str, Any]]:
    """What the coders did with each code; unused codes that only stand above others are left out."""
    table = data.table
    n_coders = len(table.coders)
    names = [
        name
        for name in PER_CODE
        if n_coders == 2 or name not in ("cohen_kappa", "prevalence_index", "bias_index")
    ]
    if n_coders == 2:
        names = [name for name in names if name not in ("fleiss_kappa", "conger_kappa")]
    with_interval = [name for name in WITH_INTERVAL if name in names]
    withheld = ""
    if data.n_interviews is not None and data.n_interviews < LEAST_INTERVIEWS:
        withheld, with_interval = (
            f"no interval: {too_few(data.n_interviews).unavailable_because}",
            [],
        )
    if not data.n_units:
        with_interval = []
    found = code_agreement(table, clusters=data.clusters, intervals=with_interval, **options.resampling)
    rows = []
    for one in found:
        code = str(one.code)
        if one.n_positive or headings or not book.children(code):
            bounds = {name: data.of_enough(interval) for name, interval in one.intervals.items()}
            known = replace(one, intervals=bounds)
            rows.append(_code_row(known, data, book, names, n_units=n_units, withheld=withheld))
    return rows


def _code_row(
    one: CodeAgreement, data: Compared, book: Codebook, names: Sequence[str], *, n_units: int, withheld: str
) -> dict[str, Any]:
    code = str(one.code)
    rare = one.n_positive < FEW_POSITIVES
    n = one.n_positive
    carry = "no unit carries" if n == 0 else "1 unit carries" if n == 1 else f"{n} units carry"
    few = f"withheld: {carry} the code, fewer than {FEW_POSITIVES}; read the counts"
    rows = []
    for name in names:
        coefficient, interval = one.coefficients[name], one.intervals.get(name)
        if rare and name in NEEDS_POSITIVES and coefficient.value is not None:
            rows.append(row(name, None, because=few))
            continue
        cautions = [withheld] if withheld and name in WITH_INTERVAL else data.cautions(interval)
        rows.append(row_of(name, coefficient, interval, caveats=cautions))
    caveats = [text for text in one.caveats if rare and text.startswith("only") and "carry" in text]
    return {
        "code": code,
        "name": book[code].name,
        "path": book.path(code),
        "n_units": n_units,
        "n_pairable": one.n_pairable,
        "n_positive": one.n_positive,
        "positives": dict(zip(map(str, data.table.coders), one.positives, strict=True)),
        "prevalence": None if one.prevalence is None else round(one.prevalence, 6),
        "rows": rows,
        "caveats": caveats,
    }


def mean_rows(data: Compared, codes: Sequence[Mapping[str, Any]], options: Options) -> list[Row]:
    """Mean, median and lowest alpha of the codes that have one, so that the mean never stands alone."""
    alphas = {
        str(one["code"]): r["value"]
        for one in codes
        for r in one["rows"]
        if r["name"] == "krippendorff_alpha" and r["value"] is not None
    }
    if not alphas:
        reason = "no code has an alpha"
        return [row(name, None, because=reason) for name in ("mean_alpha", "median_alpha", "lowest_alpha")]
    values = list(alphas.values())
    lowest = min(alphas, key=lambda code: alphas[code])
    without = len(codes) - len(alphas)
    note = [f"without {counted(without, 'code')} whose alpha is undefined or withheld"] if without else []
    interval = None
    groups = group_index(data.clusters, data.n_units)
    if groups is not None:
        columns = [list(data.table.codes).index(code) for code in alphas]
        totals = tally_codes(data.table, groups)
        mean: Callable[[Any], Any] = lambda part: nominal_alpha_values(part)[..., columns].mean(axis=-1)  # noqa: E731
        sample = Sampling(groups, int(groups.max()) + 1, None)
        interval = data.resampled(Estimator(totals, mean), sample, options)
    return [
        row("mean_alpha", float(np.mean(values)), interval=interval,
            caveats=[*note, *data.cautions(interval)],
            label=f"mean alpha of {counted(len(values), 'code')}"),
        row("median_alpha", float(np.median(values)), caveats=note),
        row("lowest_alpha", alphas[lowest], label=f"lowest alpha of a code ({lowest})", caveats=note),
    ]  # fmt: skip


def group_label(group: Sequence[str], book: Codebook) -> str:
    """What a group's codes have in common: the code above all of them, or what their ids begin with."""
    parents = {book[code].parent for code in group}
    if len(parents) == 1 and (parent := parents.pop()) is not None:
        return book.path(parent)
    stems = {code.rpartition("=")[0] for code in group}
    return stems.pop() if len(stems) == 1 and "" not in stems else " / ".join(group)


def levels_of(group: Sequence[str], book: Codebook) -> list[float] | None:
    """The numbers that a group's codes stand for (`clear=0`, `clear=1`, or names that are numbers)."""
    found: list[float] = []
    for code in group:
        try:
            found.append(float(code.rpartition("=")[2]))
        except ValueError:
            try:
                found.append(float(book[code].name))
            except ValueError:
                return None
    return found if len(set(found)) == len(found) else None


def group_ratings(
    data: Compared, group: Sequence[str], categories: Sequence[Any]
) -> tuple[Compared, Ratings]:
    """An exclusive group as one variable; missing where a coder gave none of its codes."""
    columns = [list(data.table.codes).index(code) for code in group]
    values = data.table.values[:, :, columns]
    codes = np.where((values == 1).any(axis=2), values.argmax(axis=2), MISSING).astype(np.int64)
    order = np.argsort(np.array(categories), kind="stable") if not isinstance(categories[0], str) else None
    if order is not None:  # numbers by size, as weights want them
        rank = np.append(np.argsort(order), MISSING)
        codes, categories = rank[codes], [categories[i] for i in order.tolist()]
    keep = (codes >= 0).sum(axis=0) >= 2
    chosen, codes = data.of_units(keep), codes[:, keep]
    gave = np.flatnonzero((codes >= 0).any(axis=1)).tolist() or list(range(len(codes)))
    coders = [data.table.coders[j] for j in gave]
    return chosen, Ratings(codes[gave], tuple(categories), coders, chosen.table.units)


def without_any(data: Compared, group: Sequence[str]) -> int:
    """On how many units nobody gave any code of a group."""
    columns = [list(data.table.codes).index(code) for code in group]
    return int((data.table.values[:, :, columns] != 1).all(axis=(0, 2)).sum())


def group_rows(
    data: Compared,
    group: Sequence[str],
    options: Options,
    *,
    book: Codebook,
    only: Sequence[str] | None = None,
) -> list[Row]:
    """Agreement on an exclusive group: nominal, and ordinal where its codes are numbers.

    Intervals are made for the coefficients `only`, or for all.
    """
    levels = levels_of(group, book)
    chosen, ratings = group_ratings(data, group, levels or list(group))
    none = ["units to which a coder gave none of these codes are missing here"]
    if chosen.n_units == data.n_units and bool((ratings.codes >= 0).sum() == data.seen.sum()):
        none = []

    def measured(name: str, found: Coefficient, coefficient: str, **more: Any) -> Row:
        wanted = found.value is not None and (only is None or name in only)
        interval = chosen.interval(ratings, coefficient, options, **more) if wanted else None
        return row_of(name, found, interval, caveats=[*none, *chosen.cautions(interval)])

    rows = [
        measured("percent_agreement", percent_agreement(ratings), "percent_agreement"),
        measured("krippendorff_alpha", krippendorff_alpha(ratings), "krippendorff_alpha"),
    ]
    if levels:
        ordinal = krippendorff_alpha(ratings, metric="ordinal")
        rows.append(measured("ordinal_alpha", ordinal, "krippendorff_alpha", metric="ordinal"))
    if len(ratings.coders) == 2:
        rows.append(measured("cohen_kappa", cohen_kappa(ratings), "cohen_kappa"))
        for weights in ("linear", "quadratic") if levels else ():
            found = cohen_kappa(ratings, weights=weights)
            rows.append(measured(f"{weights}_kappa", found, "cohen_kappa", weights=weights))
    else:
        rows.append(measured("fleiss_kappa", fleiss_kappa(ratings), "fleiss_kappa"))
    rows.append(measured("gwet_ac1", gwet_ac1(ratings), "gwet_ac1"))
    return [*rows, *_of_complete(ratings)]


def _of_complete(ratings: Ratings) -> list[Row]:
    """The same on the units that have all codings, where most have and some lack one: do the gaps matter?"""
    n_values = ratings.n_values
    most = int(n_values.max(initial=0))
    full = n_values == most
    if most < 3 or full.all() or full.mean() < MOSTLY:
        return []
    some = ratings.select_units(full)
    only = f", only the {int(full.sum()):,} units with all {most} codings"
    found = {"percent_agreement": percent_agreement(some), "krippendorff_alpha": krippendorff_alpha(some)}
    return [row_of(f"{name}_complete", one, label=LABELS[name] + only) for name, one in found.items()]
