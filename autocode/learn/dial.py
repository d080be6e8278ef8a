"""The risk dial: which decisions need no human eye, at an error that the user names.

From calibrated, cross-fitted probabilities it takes two thresholds: codes at or above the upper one are
accepted, codes at or below the lower one rejected, the rest is for review. The promise: on interviews like
those that were coded, the share of wrong decisions among the accepted (and, separately, among the rejected)
stays below the target, with the stated confidence.

Method: learn then test (Angelopoulos et al. 2021) with fixed-sequence testing. Candidates are tried from the
strictest to the laxest, starting where the probabilities themselves promise most evidence, and the last one
before the first failure is taken, so no multiplicity is to be paid for. Each is tested by betting against the
hypothesis that its error is above the target (Waudby-Smith & Ramdas 2024): with e and s the wrong and all
settled decisions of an interview and w = 1 / max(s, upper quartile of s), the variable w (e - target s) lies
in [-target, 1 - target] and has a mean of at least 0 under the hypothesis, so that the product of
1 - bet w (e - target s) / (1 - target) over interviews, averaged over a few bets, is above 1 / alpha with a
probability of at most alpha. Nearly all is bet as pays most if the probabilities are right. Interviews must
be exchangeable, and this bound is on the share so weighted, in which long interviews count less. The plain
share is to pass as well, by a t test of e - target s over interviews. What is approximate: that test with few
or very unlike interviews; cross-fitted probabilities stand for those of the final model, which has seen a
little more, and they, which choose start and bet, come from labels of other interviews; for codes that are
clearly worse than the target the thresholds are made stricter after the test, by their labels.

What is said of a code that stands above others, and applies where and only where one of them does, is no
decision of its own: it counts nowhere, or every right parent would pay for a wrong child. It is accepted
with one of its children, and rejected with all of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from autocode.errors import LearnError
from autocode.learn.ridge import members_of
from autocode.learn.sets import likeliest

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

BETS = (1.0, 0.9, 0.7, 0.5, 0.3, 0.15)  # of what there is
PROMISING = 0.9  # of the money is on the bet that pays most if probabilities are right; the rest on all alike
LARGE = 75  # percentile of an interview's settled decisions above which more of them count no more
ACCEPT_FROM = np.round(np.arange(0.995, 0.495, -0.01), 3)
REJECT_TO = np.concatenate(
    [[0.0005, 0.001, 0.002, 0.003, 0.004], np.round(np.arange(0.005, 0.505, 0.005), 3)]
)
PESSIMISM = 2.0  # the start of the sequence supposes so many times the errors that probabilities promise
FAR = 10  # times as many interviews as there are, or as without an error, beyond which nothing can be told
NEVER = 2.0  # a threshold that no probability reaches


@dataclass(frozen=True, slots=True)
class Side:
    """What was found for accepting, or for rejecting."""

    threshold: float | None  # None: nothing may be settled
    n_settled: int  # of the calibration decisions
    n_wrong: int
    coverage: float  # share of the calibration decisions
    more_interviews: int | None  # about how many more would allow it; None: not needed, or not to be known


@dataclass(frozen=True, slots=True)
class Dial:
    """Thresholds with a promise."""

    target_error: float
    confidence: float
    n_interviews: int
    accept_from: tuple[float, ...]  # by code; above 1: never
    reject_to: tuple[float, ...]  # by code; below 0: never
    accept: Side
    reject: Side
    exclusive: tuple[tuple[int, ...], ...] = ()  # where one must apply, the likeliest is not rejected
    follows: tuple[tuple[int, ...], ...] = ()  # a code and its children, which decide for it, deepest first

    def decide(self, probabilities: NDArray[np.floating]) -> NDArray[np.str_]:
        """ "accept", "review" or "reject" for each probability, shape (n, n_codes)."""
        accepted = probabilities >= np.array(self.accept_from)
        rejected = (probabilities <= np.array(self.reject_to)) & ~accepted
        rejected &= ~likeliest(probabilities, self.exclusive)
        for code, *children in self.follows:
            accepted[:, code] = accepted[:, children].any(axis=1)
            rejected[:, code] = rejected[:, children].all(axis=1)
        return np.where(accepted, "accept", np.where(rejected, "reject", "review"))

    def notes(self, code_ids: Sequence[str], values: NDArray[np.floating]) -> list[str]:
        """What a user has to know about it, one sentence each; `values` are those that it was set on."""
        own = _own(values, self.follows)
        n_applied, n_said = int((own == 1).sum()), int((~np.isnan(own)).sum())
        said = [
            _sentence("accepted", self.accept, self),
            _sentence("rejected", self.reject, self, n_applied=n_applied),
        ]
        if n_applied <= self.target_error * n_said:
            said.append(
                f"Only {n_applied / max(1, n_said):.1%} of decisions carry a code, so rejecting every code "
                f"would keep the target of {self.target_error:g}, too: choose a smaller one, or read what "
                "is rejected."
            )
        following = {code for code, *_ in self.follows}
        never = [
            name
            for code, (name, t) in enumerate(zip(code_ids, self.accept_from, strict=True))
            if t > 1 and code not in following
        ]
        if self.accept.threshold is not None and never:
            some = ", ".join(f"'{code}'" for code in never[:5]) + (", ..." if len(never) > 5 else "")
            said.append(f"Of {some} nothing is accepted unseen: too often wrong, or not enough labels yet.")
        return said

    def to_dict(self) -> dict[str, Any]:
        """JSON values, for `from_dict`."""
        return asdict(self)

    @classmethod
    def from_dict(cls, given: Mapping[str, Any]) -> Dial:
        """The dial that `to_dict` described. Raises `KeyError` or `TypeError` for anything else."""
        lists: dict[str, Any] = {name: tuple(given[name]) for name in ("accept_from", "reject_to")}
        lists |= {name: tuple(map(tuple, given[name])) for name in ("exclusive", "follows")}
        sides = {name: Side(**given[name]) for name in ("accept", "reject")}
        return cls(**{**given, **lists, **sides})


def check_target(target_error: float, confidence: float) -> None:
    """Raise `LearnError` unless both are shares between 0 and 1."""
    for name, value in (("target error", target_error), ("confidence", confidence)):
        if not 0.0 < value < 1.0:
            raise LearnError(
                f"the {name} must lie between 0 and 1, for example 0.05 or 0.95 ({value:g} found)"
            )


def set_dial(
    probabilities: Floats,
    values: Floats,
    groups: NDArray[np.intp],
    *,
    target_error: float,
    confidence: float = 0.95,
    exclusive: tuple[tuple[int, ...], ...] = (),
    parents: Sequence[tuple[int, int]] = (),
) -> Dial:
    """Set the dial on human-coded units.

    `probabilities` and `values` have shape (n, n_codes), the former from models that have not seen the unit's
    interview, the latter 1, 0 or nan where nobody has said; `groups` (n,) are interviews, `exclusive` columns
    that exclude each other, `parents` the columns of codes and of those that they stand under, the deepest
    first. Raises `LearnError` for a target or confidence outside 0 and 1.
    """
    check_target(target_error, confidence)
    follows = _following(values, parents)
    values = _own(values, follows)
    said = ~np.isnan(values)
    open_ = said & ~likeliest(probabilities, exclusive)  # what may be rejected
    interviews = members_of(groups)
    alpha = 1.0 - confidence
    accept = _search(
        [said & (probabilities >= t) for t in ACCEPT_FROM], ACCEPT_FROM, values == 0, 1 - probabilities,
        interviews, target=target_error, alpha=alpha,
    )  # fmt: skip
    reject = _search(
        [open_ & (probabilities <= t) for t in REJECT_TO], REJECT_TO, values == 1, probabilities, interviews,
        target=target_error, alpha=alpha,
    )  # fmt: skip
    n_codes = values.shape[1]
    accept_from, reject_to = np.full(n_codes, NEVER), np.full(n_codes, -1.0)
    for column in range(n_codes):
        p, own = probabilities[:, column], values[:, column]
        if accept.threshold is not None and (own == 1).any():
            laxest = ACCEPT_FROM[accept.threshold <= ACCEPT_FROM][::-1]
            chosen = [said[:, column] & (p >= t) for t in laxest]
            accept_from[column] = _of_code(laxest, chosen, own == 0, target_error, NEVER)
        if reject.threshold is not None and said[:, column].any():
            laxest = REJECT_TO[reject.threshold >= REJECT_TO][::-1]
            chosen = [open_[:, column] & (p <= t) for t in laxest]
            reject_to[column] = _of_code(laxest, chosen, own == 1, target_error, -1.0)
    accepted, rejected = said & (probabilities >= accept_from), open_ & (probabilities <= reject_to)
    return Dial(
        target_error, confidence, len(interviews), tuple(accept_from.tolist()), tuple(reject_to.tolist()),
        _counted(accept, accepted, values == 0, said), _counted(reject, rejected, values == 1, said),
        exclusive, follows,
    )  # fmt: skip


def _following(values: Floats, parents: Sequence[tuple[int, int]]) -> tuple[tuple[int, ...], ...]:
    """Codes that people applied exactly where they applied one below: each with its children."""
    children: dict[int, list[int]] = {}
    for child, parent in parents:
        children.setdefault(parent, []).append(child)
    found = []
    for parent, below in children.items():  # a child's own children come before it
        own = values[:, parent]
        if np.array_equal(own[~np.isnan(own)] == 1, (values[~np.isnan(own)][:, below] == 1).any(axis=1)):
            found.append((parent, *below))
    return tuple(found)


def _own(values: NDArray[np.floating], follows: Sequence[Sequence[int]]) -> Floats:
    """The values, with nothing said of codes that follow from others."""
    own = np.array(values, np.float64)
    own[:, [code for code, *_ in follows]] = np.nan
    return own


def _counted(side: Side, settled: Bools, wrong: Bools, said: Bools) -> Side:
    """The side with what it settles of all that people have said."""
    n = int(settled.sum())
    return replace(
        side, threshold=side.threshold if n else None, n_settled=n, n_wrong=int((settled & wrong).sum()),
        coverage=n / max(1, int(said.sum())),
    )  # fmt: skip


def _search(
    settled: Sequence[Bools],
    thresholds: Floats,
    wrong: Bools,
    expected: Floats,
    interviews: Sequence[NDArray[np.intp]],
    *,
    target: float,
    alpha: float,
) -> Side:
    """The laxest threshold before the first failure of the sequence."""
    from scipy.special import stdtrit

    needed = math.log(1.0 / alpha)
    counts = [
        tuple(_by_interview(part, interviews) for part in (chosen, chosen & wrong, chosen * expected))
        for chosen in settled
    ]
    hoped = [
        log_evidence(np.minimum(PESSIMISM * promised, n), n, promised, target) if n.any() else -np.inf
        for n, _, promised in counts
    ]
    start, limit = int(np.argmax(hoped)), float(stdtrit(max(1, len(interviews) - 1), alpha))
    found: int | None = None
    for index in range(start, len(counts)):
        n, errors, promised = counts[index]
        if not n.any() or log_evidence(errors, n, promised, target) < needed:
            break
        if _t_of(errors - target * n) > limit:
            break
        found = index
    if found is None:
        n, errors, promised = counts[start]
        reached = log_evidence(errors, n, promised, target) if n.any() else -np.inf
        if reached >= needed:  # long interviews are worse
            t = _t_of(errors - target * n)
            times = (limit / t) ** 2 if t < 0 else math.inf
        else:  # evidence grows in proportion to the interviews
            times = needed / reached if reached > 0 else math.inf
        more = max(1, math.ceil(len(interviews) * (times - 1.0))) if times <= 1.0 + FAR else None
        if more is None and errors.sum() < target * n.sum() and FAR * (n > 0).mean() >= 1:  # right, but few
            without_error = needed / -math.log1p(-target) / float((n > 0).mean())
            more = max(0, math.ceil(without_error) - len(interviews)) or None
        return Side(None, 0, 0, 0.0, more)
    return Side(float(thresholds[found]), 0, 0, 0.0, None)  # what it settles is counted at the end


def log_evidence(errors: Floats, settled: Floats, promised: Floats, target: float) -> float:
    """The log of the bet's wealth against "the error is above the target"; (n_interviews,) counts.

    `promised` are the errors that there are if the probabilities are right.

    >>> few = np.full(100, 0.01)
    >>> log_evidence(np.zeros(100), np.full(100, 5.0), few, 0.05) > math.log(20)
    True
    >>> log_evidence(np.ones(100), np.full(100, 5.0), few, 0.05) < 0
    True
    """
    large = float(np.percentile(settled[settled > 0], LARGE))

    def log_wealth(wrong: Floats) -> Floats:
        z = (wrong - target * settled) / np.maximum(settled, large) / (1.0 - target)
        with np.errstate(divide="ignore"):
            return np.asarray(np.log1p(np.maximum(-np.outer(BETS, z), -1.0)).sum(axis=1))

    money = np.full(len(BETS), (1.0 - PROMISING) / len(BETS))
    money[np.argmax(log_wealth(promised))] += PROMISING
    return float(np.logaddexp.reduce(log_wealth(errors) + np.log(money)))


def _t_of(excess: Floats) -> float:
    """Student's t of the mean over interviews against 0; -inf where all are the same and below it."""
    n, mean = len(excess), float(excess.mean())
    error = float(excess.std(ddof=1)) / math.sqrt(n) if n > 1 else 0.0
    return mean / error if error else -math.inf if mean < 0 else math.inf


def _by_interview(table: NDArray[Any], interviews: Sequence[NDArray[np.intp]]) -> Floats:
    by_row = table.sum(axis=1, dtype=np.float64)
    return np.array([by_row[rows].sum() for rows in interviews])


def _of_code(thresholds: Floats, settled: Sequence[Bools], wrong: Bools, target: float, none: float) -> float:
    """The first of `thresholds`, the laxest first, unless a code's own error is above the target there beyond
    chance: then the next at which it is below the target beyond chance, or `none` (one-sided binomial tests
    at 5 %).
    """
    from scipy.stats import binom

    n = np.array([part.sum() for part in settled])
    errors = np.array([(part & wrong).sum() for part in settled])
    if errors[0] <= target * n[0] or binom.sf(errors[0] - 1, n[0], target) >= 0.05:
        return float(thresholds[0])
    better = np.flatnonzero(binom.cdf(errors, n, target) < 0.05)
    return float(thresholds[better[0]]) if len(better) else none


def _sentence(what: str, side: Side, dial: Dial, *, n_applied: int | None = None) -> str:
    promise = f"at most {dial.target_error:g} wrong with {100 * dial.confidence:g}% confidence"
    if side.threshold is not None:
        lost = f"; that is {side.n_wrong} of the {n_applied} codes that people applied" if n_applied else ""
        return (
            f"{side.coverage:.1%} of decisions are {what} unseen ({promise}; {side.n_wrong} of "
            f"{side.n_settled} wrong on the coded interviews{lost})."
        )
    if side.more_interviews is None:
        more = (
            "at this target the codes are too often wrong, or too seldom sure, for it; "
            "choose a larger target or code more"
        )
    else:
        more = f"not enough labels yet: code about {side.more_interviews} more interviews"
    return f"Nothing can be {what} unseen ({promise}): {more}."
