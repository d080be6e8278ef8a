"""The page that `autocode evaluate` writes beside its numbers: what was measured, how, and what it means.

One file without scripts, network or fonts of its own; the same result gives the same bytes.
"""

from __future__ import annotations

import io
import re
import shlex
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from html import escape
from typing import Any

from autocode.write import PAGE_HEAD

Result = Mapping[str, Any]
Row = tuple[str, Mapping[str, Any]]  # a code and its numbers

MOST_CODES = 40  # in a plot
LONGEST_NAME = 30  # characters of a code's name in a plot
FEW = 30  # positives below which a code's numbers are marked as uncertain
FEW_IN_BIN = 30  # decisions below which a point of the reliability diagram is drawn hollow
FIRM, TENTATIVE = 0.8, 0.667  # Krippendorff 2019, chapter 12
NAMES = {
    "majority": "Majority answer",
    "tfidf_lr": "TF-IDF + logistic regression",
    "dense_lr": "Embeddings + logistic regression",
    "zero_shot": "Zero-shot (codebook alone)",
}
SECONDS = {
    "read": "reading and embedding",
    "learn": "learning",
    "baselines": "baselines",
    "total": "all together",
}
OURS, THEIRS, PEOPLE, REVIEW = "#2f6690", "#767676", "#b5521b", "#d3d9de"
STYLE = """
:root { color-scheme: light }
body { font: 1rem/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff; overflow-wrap: break-word }
body { max-width: 62rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2; text-wrap: balance } h2 { margin: 3rem 0 .8rem } p, li, dd { max-width: 44rem }
a { color: #1d4f7c }
nav ul { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; padding: 0; list-style: none }
.lead { font-size: 1.1rem } .wide { overflow-x: auto; margin: 1rem 0 }
.wide:focus-visible { outline: 2px solid #1d4f7c }
table { border-spacing: 0; font-variant-numeric: tabular-nums }
caption { text-align: left; color: #444; padding-bottom: .5rem }
caption span { display: block; max-width: min(44rem, calc(100vw - 2rem)); position: sticky; left: 0 }
td:not(.text) { white-space: nowrap }
th, td { padding: .25rem .6rem; text-align: right; border-bottom: 1px solid #ddd; vertical-align: top }
.text { text-align: left; max-width: 22rem; overflow-wrap: anywhere } th.text { font-weight: 400 }
thead th { vertical-align: bottom; max-width: 8rem }
thead th, thead th.text, thead td { border-bottom: 2px solid #666; font-weight: 600 }
tr.ours th, tr.ours td { font-weight: 700 } tbody th { position: sticky; left: 0; background: #fff }
.tag { font-size: .8rem; color: #6b3600; background: #fff0d9; padding: 0 .35rem; border-radius: .2rem }
.tag { white-space: nowrap }
figure { margin: 1.5rem 0 } figure svg { max-width: 100%; height: auto; display: block }
figcaption { color: #444; max-width: 44rem; margin-top: .4rem }
dt { font-weight: 600 } dd { margin: 0 0 .6rem; overflow-wrap: anywhere }
.note { background: #fff6e0; border-left: 4px solid #b87400; padding: .1rem 1rem; max-width: 44rem }
.cite { background: #f2f2f2; padding: .7rem 1rem; user-select: all } pre { white-space: pre-wrap }
@media (min-width: 64rem) {
  .wide { overflow: visible } .text { min-width: 14rem }
  thead th { position: sticky; top: 0; background: #fff; z-index: 1 }
}
@media (max-width: 40rem) {
  body { margin: 1rem auto } th, td { padding: .25rem .4rem } table { font-size: .85rem }
  caption { font-size: 1rem } .text { min-width: 8rem; max-width: 9rem }
}
@page { margin: 1.5cm }
@media print {
  body { max-width: none; margin: 0; padding: 0; font-size: 10pt } nav { display: none }
  .lead { font-size: 1em } .wide { overflow: visible } .text { min-width: 9rem }
  th, td { padding: .15rem .3rem } tbody th, thead th { position: static }
  figure, tr, .note, .cite { break-inside: avoid } h2, caption { break-after: avoid }
  figure svg { max-height: 22cm }
}
"""


class Html(str):
    """Text that is HTML already; everything else is escaped where it is put in."""

    __slots__ = ()


def write_page(result: Result) -> str:
    """The whole page, self-contained, for what `metrics.json` holds."""
    sections = [
        ("short", "In short", _short(result)),
        ("notes", "Before you rely on it", _notes(result)),
        ("codes", "Code by code", _codes(result)),
        ("probabilities", "Can the probabilities be believed?", _probabilities(result)),
        ("confusion", "What is mistaken for what", _confusion(result)),
        ("dial", "The risk dial", _dial(result)),
        ("curve", "What more coding would bring", _curve(result)),
        ("report", "To report it", _report(result)),
        ("repeat", "To repeat it", _repeat(result)),
    ]
    there = [section for section in sections if section[2]]
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in there)
    body = "".join(
        f'\n<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{html}</section>'
        for name, title, html in there
    )
    dataset = escape(str(result["dataset"]))
    return (
        f"{PAGE_HEAD}<title>Evaluation: {dataset}</title><style>{STYLE}</style></head>\n<body><main>"
        f"<h1>{dataset}: how good are the suggestions?</h1>{_lead(result)}"
        f'<nav aria-label="On this page"><ul>{links}</ul></nav>{body}\n</main></body></html>\n'
    )


# What is said


def _lead(result: Result) -> str:
    held = _held_together(result)
    by = "" if held == "interviews" else f", utterances with the same {result['group_by']},"
    trained = f" (only {result['train_size']} of them)" if result.get("train_size") else ""
    tuned = ", the encoder's fine-tuning" if result.get("fine_tuned") else ""
    return _p(
        f"{_number(result['n_utterances'])} utterances that people coded with {_number(result['n_codes'])} "
        f"codes. The {_number(result['n_groups'])} {held}{by} were split into {result['folds']} parts. Each "
        f"part in turn was put aside and predicted by a model that learnt from the other {held}{trained}. "
        f"All choices (settings, calibration, thresholds, the risk dial{tuned}) were made inside those other "
        f"{held} too. So every number here is about {held} that neither learning nor choosing had "
        "seen, as your next ones will be. The yardstick is what people coded.",
        "lead",
    )


def _short(result: Result) -> str:
    rows = [("autocode, learnt from these codes", result)]
    rows += [(NAMES.get(name, name), row) for name, row in result["baselines"].items()]
    if human := result.get("human"):
        rows.append(("One coder against the others (human ceiling)", human))
    keys = ("macro_f1", "micro_f1", "exact_set")
    ranks = sorted(result["ranking"], key=lambda key: int(key.rpartition("_")[2]))
    body = [
        [name, *(_number(row.get(key)) for key in keys)]
        + [_number(row.get("ranking", {}).get(key)) for key in ranks]
        for name, row in rows
    ]
    heads = ["", "macro-F1", "micro-F1", "exact set", *(f"in best {key.rpartition('_')[2]}" for key in ranks)]
    table = _table("methods", heads, body, "Higher is better; 1 is perfect. The first line is ours.", ours=1)
    bars = _figure(
        "methods", (5.6, 0.6 + 0.34 * len(rows)), lambda figure: _draw_methods(figure, rows),
        "Macro-F1 of autocode, the baselines and people", "Macro-F1, the mean over codes.",
    )  # fmt: skip
    return (
        _ul(_answers(result))
        + bars
        + table
        + _terms(
            {
                "Macro-F1": "the mean of the codes' F1; rare codes count as much as frequent ones.",
                "Micro-F1": "F1 of all decisions together; frequent codes count more.",
                "Exact set": "the share of utterances with all codes right and none too many; where many "
                "carry no code, suggesting nothing scores high, too.",
                "In best 1, 3, 5": "the share of what people applied that is among so many best suggestions.",
            }
        )
        + _p(
            f"No intervals are given here: differences of a few hundredths can be chance, the more so with "
            f"few {_held_together(result)}."
        )
        + _people(result)
        + _exclusive(result)
    )


def _answers(result: Result) -> list[str]:
    """A few sentences for those who read no further; where a baseline is better, they say so."""
    ours, best = result["macro_f1"], _best_baseline(result)
    found = [f"On unseen {_held_together(result)} the suggestions reach a macro-F1 of {_number(ours)}"]
    if best and ours is not None:
        name, theirs = best
        gap = ours - theirs
        how = "the same as" if not round(gap, 3) else f"{abs(gap):.3f} {'above' if gap > 0 else 'BELOW'}"
        found[0] += f", {how} the best baseline ({NAMES.get(name, name)}, {_number(theirs)})"
    found[0] += "."
    if (human := result.get("human")) and human.get("macro_f1") is not None:
        found.append(f"One coder against the others reaches a macro-F1 of {_number(human['macro_f1'])}.")
    if few := sum(row["support"] < FEW for row in result["per_code"].values()):
        found.append(
            f"{few} of {result['n_codes']} codes were applied fewer than {FEW} times: their numbers are "
            "uncertain, and so is the mean over codes."
        )
    for key, measure in (("micro_f1", "micro-F1"), ("exact_set", "exact sets")):
        known = {name: row[key] for name, row in result["baselines"].items() if row.get(key) is not None}
        top = max(known, key=lambda name: known[name], default=None)
        if top and result[key] is not None and known[top] > result[key]:
            better = f"{NAMES.get(top, top)}, {_number(known[top])} against {_number(result[key])}"
            found.append(f"In {measure} a baseline is BETTER: {better}.")
    return [*found, _settled(result["auto_accept"])]


def _settled(dial: Mapping[str, Any]) -> str:
    start = f"At a target error of {_setting(dial['target_error'])} the risk dial"
    if not dial["coverage"]:
        return f"{start} could settle nothing unseen."
    return (
        f"{start} settled {_share(dial['coverage'])} of all decisions unseen. Of the codes that people had "
        f"applied, it accepted {_share(dial['positives_accepted'])} and lost "
        f"{_share(dial['positives_rejected'])}."
    )


def _people(result: Result) -> str:
    human = result.get("human") or {}
    if not (coders := human.get("coders")):
        return ""
    keys = ("n_units", "macro_f1", "micro_f1", "exact_set", "mean_kappa")
    body = [[coder, *(_number(row.get(key)) for key in keys)] for coder, row in coders.items()]
    body.append(["Mean", "", *(_number(human.get(key)) for key in keys[1:])])
    own = human["autocode"]
    body.append(["Autocode against all of them", *(_number(own.get(key)) for key in keys)])
    return _table(
        "people", ["coder", "utterances", "macro-F1", "micro-F1", "exact set", "mean kappa"], body,
        "Each coder against the majority of the others, and autocode against the majority of all, on "
        "utterances that two coders or more looked at.",
    )  # fmt: skip


def _exclusive(result: Result) -> str:
    if not result["groups"]:
        return ""
    best = _best_baseline(result)
    coders = (result.get("human") or {}).get("coders", {}).values()
    keys, names = ("accuracy", "macro_f1", "kappa"), ["accuracy", "macro-F1", "kappa"]
    heads = ["group", *names]
    if best:
        heads += [f"best baseline: {names[0]}", *names[1:]]
    if coders:
        heads += [f"people, mean: {names[0]}", *names[1:]]
    body = []
    for name, row in result["groups"].items():
        others = [result["baselines"][best[0]]["groups"].get(name, {})] if best else []
        cells = [one.get(key) for one in (row, *others) for key in keys]
        if coders:
            rows = [one.get("groups", {}).get(name, {}) for one in coders]
            cells += [_mean(one.get(key) for one in rows) for key in keys]
        body.append([name, *map(_number, cells)])
    return _table(
        "exclusive", heads, body,
        "Groups of which one code applies at most, on the utterances that carry one of its codes."
        + (f" Best baseline: {NAMES.get(best[0], best[0])}." if best else ""),
    )  # fmt: skip


def _notes(result: Result) -> str:
    notes = [str(warning) for warning in result["warnings"]]
    if n := result["duplicates"]["n_units"]:
        held = _held_together(result)
        notes.append(
            f"{_number(n)} utterances ({_number(result['duplicates']['n_texts'])} different texts) say word "
            f"for word what is said in other {held} too. Where one was learnt from, the other is easy: the "
            "numbers are a little too good if these are not natural repetitions."
        )
    return f'<div class="note">{_ul(notes)}</div>' if notes else ""


def _codes(result: Result) -> str:
    rows, people = _by_support(result), _people_by_code(result)
    keys = ("support", "n_suggested", "precision", "recall", "f1", "kappa", "alpha")
    heads = ["code", "applied", "suggested", "precision", "recall", "F1", "kappa", "alpha", "ECE"]
    body = []
    for code, row in rows:
        ece = _number(row.get("ece"))
        cells = [
            *(_number(row.get(key)) for key in keys),
            ece if row.get("calibration_judged") else f"({ece})",
        ]
        kappa = [_number(people.get(code, {}).get("kappa"))] if people else []
        body.append([_code(code, row), *cells, *kappa])
    table = _table(
        "per-code", heads + (["people's kappa"] if people else []), body,
        f"Every code, the most frequent first. Few cases: applied fewer than {FEW} times, so uncertain "
        "whatever the number says. ECE in brackets: too few cases to judge. –: not defined, for example the "
        "precision of a code that was never suggested.",
    )  # fmt: skip
    explained = _terms(
        {
            "Applied": "how often people applied the code.",
            "Suggested": "how often autocode did.",
            "Precision": "the share of suggestions that people had applied, too.",
            "Recall": "the share of what people applied that was suggested.",
            "F1": "the harmonic mean of precision and recall.",
            "Kappa (Cohen), alpha (Krippendorff)": "agreement of autocode with people beyond chance.",
            "ECE": "how far the probabilities are off on average (expected calibration error); "
            "small is good, and easily reached by a rare code.",
        }
    )
    return _p(_strongest(rows)) + _f1_figure(result, rows, people) + explained + table


def _strongest(rows: Sequence[Row]) -> str:
    """A sentence on the best and the worst code, and one on Krippendorff's limits."""
    judged = [(code, row) for code, row in rows if row["support"] >= FEW]
    ranked = sorted(
        (item for item in judged if item[1]["f1"] is not None), key=lambda item: (-item[1]["f1"], item[0])
    )
    if len(ranked) < 2:
        return f"Codes applied {FEW} times or more: {len(judged)} of {len(rows)}. Read the numbers as hints."
    (best, best_row), (worst, worst_row) = ranked[0], ranked[-1]
    alphas = [row["alpha"] for _, row in judged if row["alpha"] is not None]
    firm, tentative = (sum(alpha >= limit for alpha in alphas) for limit in (FIRM, TENTATIVE))
    spread = f"F1 goes from {_number(best_row['f1'])} ('{best}') to {_number(worst_row['f1'])} ('{worst}')."
    return (
        f"Among the {len(judged)} codes applied {FEW} times or more, {spread} By Krippendorff's customary "
        f"limits for alpha, {firm} reach {FIRM:.3f} (firm conclusions), {tentative - firm} lie between "
        f"{TENTATIVE} and {FIRM:.3f} (tentative ones), and {len(alphas) - tentative} below: review these."
    )


def _f1_figure(result: Result, rows: Sequence[Row], people: Mapping[str, Mapping[str, Any]]) -> str:
    shown, best = rows[:MOST_CODES], _best_baseline(result)
    caption = f"F1 of {_how_many(rows)}, the most frequent at the top; in brackets: times applied. "
    caption += f"Hatched: applied fewer than {FEW} times. "
    if best:
        own = "mark" if _baseline_f1(result, best[0]) else "dashed line: its mean over codes"
        caption += f"Best baseline: {NAMES.get(best[0], best[0])} ({own})."
    return _figure(
        "f1", _tall(len(shown), 1.2), lambda figure: _draw_f1(figure, result, shown, people),
        "F1 of each code; all values are in the table below", caption,
    )  # fmt: skip


def _probabilities(result: Result) -> str:
    calibration = result["calibration"]
    bins = calibration["bins"]
    if not bins:
        return ""
    lowest = bins[0]["n"] / sum(one["n"] for one in bins)
    body = [[f"{one['probability']:.3f}", f"{one['share']:.3f}", _number(one["n"])] for one in bins]
    return (
        _p(
            "Of the decisions that were given a probability of 70%, people should have applied the code in "
            "70%. On the dashed line probabilities can be taken at their word; a point below it boasts, a "
            f"point above it is too modest. Expected calibration error {_number(calibration['ece'])}, Brier "
            f"score {_number(calibration['brier'])}. Both rest mostly on the easy cases: "
            f"{_share(lowest)} of all decisions lie in the lowest bin. So look at the points."
        )
        + _figure(
            "reliability", (4.6, 4.3), lambda figure: _draw_reliability(figure, bins),
            "Reliability diagram: probability that was given against the share to which the code applies",
            f"All codes together, in bins of equal width. Hollow: fewer than {FEW_IN_BIN} decisions.",
        )
        + _table(
            "bins", ["mean probability given", "share where the code applies", "decisions"], body,
            "The points of the diagram.",
        )
    )  # fmt: skip


def _confusion(result: Result) -> str:
    if not result["confusion"]:
        return ""
    support = {code: row["support"] for code, row in result["per_code"].items()}
    rows = [
        [row["missed"], row["given"], _number(row["n"]), _share(row["n"] / support[row["missed"]])]
        for row in result["confusion"]
    ]
    return _table(
        "confusions", ["missed", "given instead", "utterances", "of the missed code's cases"], rows,
        f"The {len(rows)} most frequent pairs.", left=2,
    ) + _p(
        "On so many utterances people applied the code on the left, autocode did not suggest it, and "
        "suggested the other, which people had not applied. An utterance can count in several pairs. Pairs "
        "that go both ways are worth a second look at the two definitions in the codebook."
    )  # fmt: skip


def _dial(result: Result) -> str:
    dial, rows = result["auto_accept"], _by_support(result)
    target, settled = dial["target_error"], dial["units_settled"]
    return (
        _p(
            "The dial settles decisions (does this code apply to this utterance?) without a human look: it "
            "accepts those that are sure enough, rejects those that are unlikely enough, and leaves the rest "
            f"for review. You name the error that you can live with; here {_setting(target)}. It was set "
            f"anew for each part, on the other {_held_together(result)}."
        )
        + _dial_summary(dial)
        + _p(
            f"{_share(settled['all_decisions'])} of utterances had every decision settled; "
            f"{_share(settled['all_positives'])} of those that carry a code had all their codes accepted."
        )
        + _promise(result)
        + (_dial_figure(rows) if dial["coverage"] else _p("Nothing could be settled unseen here."))
        + _dial_table(rows, target)
    )


def _dial_summary(dial: Mapping[str, Any]) -> str:
    target = dial["target_error"]
    sides = (("accepted", "observed_error"), ("rejected", "observed_error_rejected"))
    accepted, rejected = (
        [f"{side} unseen", _share(dial[side]), _error(dial[error], target), _share(dial[f"positives_{side}"])]
        for side, error in sides
    )
    left = _rest(dial["accepted"], dial["rejected"])
    applied = _rest(dial["positives_accepted"], dial["positives_rejected"])
    review = ["left for review", _share(left), "–", _share(applied)]
    return _table(
        "settled", ["", "of all decisions", "of these wrong", "of what people applied"],
        [accepted, review, rejected],
        f"Coverage (settled unseen): {_share(dial['coverage'])}. Most decisions are that a code does not "
        "apply, so coverage looks large; the last column says what happens where people applied a code. What "
        "stands in its last line is lost without anybody having looked.",
    )  # fmt: skip


def _promise(result: Result) -> str:
    """What the bound of `autocode.learn.dial` is on, and what it is not on."""
    dial, held = result["auto_accept"], _held_together(result)
    said = _p(
        f"The promise: with {_setting(dial['confidence'])} confidence at most "
        f"{_setting(dial['target_error'])} of all accepted decisions together are wrong, and likewise of all "
        f"rejected ones. It holds if new {held} are exchangeable with the coded ones (same project, same "
        f"kind of people and questions), and it bounds a mean over {held} in which a very long one counts no "
        "more than a usual one. It is NOT a promise for a single code: what stands below was observed and "
        f"is not guaranteed. For another project or a changed codebook, code some {held} first."
    )
    return f'<div class="note">{said}</div>'


def _dial_figure(rows: Sequence[Row]) -> str:
    shown = rows[:MOST_CODES]
    return _figure(
        "dial", _tall(len(shown), 1.3), lambda figure: _draw_dial(figure, shown),
        "Decisions accepted, reviewed and rejected for each code; all values are in the table below",
        f"What the dial does with {_how_many(rows)}. Left: all decisions on the code. Right: only the "
        "utterances to which people applied it; what is rejected there is lost.",
    )  # fmt: skip


def _dial_table(rows: Sequence[Row], target: float) -> str:
    heads = [
        "code", "accepted", "of these wrong", "review", "rejected", "of these wrong",
        "applied: accepted", "applied: lost",
    ]  # fmt: skip
    body = [
        [
            _code(code, row),
            _share(row["accepted"]), _error(row["observed_error"], target),
            _share(_rest(row["accepted"], row["rejected"])),
            _share(row["rejected"]), _error(row["observed_error_rejected"], target),
            _share(row["positives_accepted"]), _share(row["positives_rejected"]),
        ]
        for code, row in rows
    ]  # fmt: skip
    return _table(
        "dial-codes", heads, body,
        "The dial code by code, as observed. ▲: more often wrong than the target, perhaps by chance where "
        "few were settled. Applied: of the utterances to which people applied the code, the share that was "
        "accepted, and the share that was rejected, so lost.",
    )  # fmt: skip


def _curve(result: Result) -> str:
    points = result.get("learning_curve")
    if not points:
        return ""
    keys, held = ("macro_f1", "micro_f1", "exact_set"), _held_together(result)
    rows = [[_number(point["train_size"]), *(_number(point.get(key)) for key in keys)] for point in points]
    said = "A line that still rises at its end says: code more. A flat one: sharpen definitions instead."
    first, last = points[-2:] if len(points) > 1 else (points[0], points[0])
    if first is not last and None not in (first["macro_f1"], last["macro_f1"]):
        gain = last["macro_f1"] - first["macro_f1"]
        said = (
            f"From {first['train_size']} to {last['train_size']} {held} macro-F1 "
            f"{'fell' if gain < 0 else 'rose'} by {abs(gain):.3f}. {said}"
        )
    return (
        _p(said)
        + _figure(
            "curve", (5.6, 3.4), lambda figure: _draw_curve(figure, points, held),
            "Learning curve", f"Each point learns from so many {held}, chosen at random, in every fold.",
        )
        + _table(
            "points", [f"{held} learnt from", "macro-F1", "micro-F1", "exact set"], rows, "Learning curve."
        )
    )  # fmt: skip


def _report(result: Result) -> str:
    """One sentence to paste, with the baselines it must be read beside."""
    held, best = _held_together(result), _best_baseline(result)
    limited = f" (trained on {result['train_size']} {held} a fold)" if result.get("train_size") else ""
    tuned = ", the encoder fine-tuned in each fold" if result.get("fine_tuned") else ""
    beside = f" (best baseline, {NAMES.get(best[0], best[0])}: {_number(best[1])})" if best else ""
    human = result.get("human") or {}
    people = f"; one coder against the others: macro-F1 {_number(human['macro_f1'])}" if (
        human.get("macro_f1") is not None
    ) else ""  # fmt: skip
    return _p(
        f"Automatic code suggestions (autocode {result['autocode']}, encoder {result['encoder']['name']}"
        f"{tuned}) were evaluated against {_number(result['n_utterances'])} human-coded utterances from "
        f"{_number(result['n_groups'])} {held} with {_number(result['n_codes'])} codes by nested "
        f"{result['folds']}-fold cross-validation grouped by {result['group_by']}{limited}, "
        "hyper-parameters, calibration and thresholds being chosen within the training folds only (seed "
        f"{result['seed']}): macro-F1 was {_number(result['macro_f1'])}{beside}, micro-F1 "
        f"{_number(result['micro_f1'])}, and the expected calibration error "
        f"{_number(result['calibration']['ece'])}{people}.",
        "cite",
    ) + _p(
        "One click selects the sentence. Report the codes' own alpha or kappa beside it, and say which codes "
        "have few cases. Where coders disagree among themselves, no machine can agree with all of them."
    )


def _repeat(result: Result) -> str:
    dial, book, encoder = result["auto_accept"], result["codebook"], result["encoder"]
    points = result.get("learning_curve") or [{"train_size": result.get("train_size")}]
    options = [
        "--out", "metrics.json", "--group-by", result["group_by"], "--folds", result["folds"],
        "--seed", result["seed"], "--target-error", dial["target_error"], "--confidence", dial["confidence"],
        *(part for point in points if point["train_size"] for part in ("--train-size", point["train_size"])),
        *(["--fine-tune"] if result.get("fine_tuned") else []),
    ]  # fmt: skip
    command = shlex.join(map(str, ["autocode", "evaluate", result["dataset"], *options]))
    recipes = [
        f"part {number}: {recipe['weights']}, penalty {recipe['penalty']:g}"
        for number, recipe in enumerate(result["recipes"], 1)
    ]
    facts = {
        "autocode": result["autocode"],
        "Codebook": f"{book['name']}, digest {book['digest']}",
        "Encoder": ", ".join(f"{name} {value}" for name, value in encoder.items()),
        "Chosen in the folds": "; ".join(recipes) or "nothing",
        "Time": "; ".join(
            f"{SECONDS.get(name, name)} {_duration(value)}" for name, value in result["timings"].items()
        ),
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items())
    return (
        _p(
            "The same data, version, encoder and settings give the same numbers"
            + (", up to fine-tuning, which a clock ends:" if result.get("fine_tuned") else ":")
        )
        + f'<pre class="cite">{escape(command)}</pre><dl>{listed}</dl>'
    )


# What is counted


def _held_together(result: Result) -> str:
    return "interviews" if result["group_by"] == "transcript_id" else "groups"


def _by_support(result: Result) -> list[Row]:
    return sorted(result["per_code"].items(), key=lambda item: (-item[1]["support"], item[0]))


def _best_baseline(result: Result) -> tuple[str, float] | None:
    """The baseline with the best macro-F1, and that."""
    known = [(name, row["macro_f1"]) for name, row in result["baselines"].items()]
    known = [(name, value) for name, value in known if value is not None]
    return max(known, key=lambda item: item[1]) if known else None


def _baseline_f1(result: Result, name: str) -> dict[str, float | None]:
    """F1 of each code, where the result has it."""
    return {code: row.get("f1") for code, row in result["baselines"][name].get("per_code", {}).items()}


def _people_by_code(result: Result) -> dict[str, dict[str, float | None]]:
    """Mean F1 and kappa of the coders against each other, by code."""
    coders = (result.get("human") or {}).get("coders", {}).values()
    rows = {code: [one.get("per_code", {}).get(code, {}) for one in coders] for code in result["per_code"]}
    found = {
        code: {key: _mean(one.get(key) for one in some) for key in ("f1", "kappa")}
        for code, some in rows.items()
    }
    return found if any(one["f1"] is not None for one in found.values()) else {}


def _mean(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _rest(first: float | None, second: float | None) -> float | None:
    return None if first is None or second is None else max(0.0, 1.0 - first - second)


# How it is written


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:z.3f}"


def _share(value: float | None) -> str:
    """A percentage; what is not quite nothing or everything does not look like it.

    >>> _share(0.0001), _share(0.05), _share(0.9999), _share(1.0)
    ('<0.1%', '5.0%', '>99.9%', '100.0%')
    """
    if value is None:
        return "–"
    if 0 < value < 0.0005:
        return "<0.1%"
    return ">99.9%" if 0.9995 <= value < 1 else f"{value:.1%}"


def _error(value: float | None, target: float) -> str:
    if value is None or value <= target:
        return _share(value)
    return Html(f'<span class="tag" role="img" aria-label="above target">▲</span> {escape(_share(value))}')


def _setting(value: float) -> str:
    return f"{100 * value:g}%"


def _duration(seconds: float) -> str:
    return f"{seconds:,.1f} s" + (f" ({seconds / 60:,.0f} min)" if seconds >= 120 else "")


def _how_many(rows: Sequence[Row]) -> str:
    return f"the {MOST_CODES} most frequent of {len(rows)} codes" if len(rows) > MOST_CODES else "all codes"


def _code(code: str, row: Mapping[str, Any]) -> str:
    mark = ' <span class="tag">few cases</span>' if row["support"] < FEW else ""
    return Html(escape(code) + mark)


def _text(cell: str) -> str:
    return cell if isinstance(cell, Html) else escape(cell)


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def _terms(meanings: Mapping[str, str]) -> str:
    return "<p>" + " ".join(f"<b>{escape(a)}</b>: {escape(b)}" for a, b in meanings.items()) + "</p>"


def _ul(items: Sequence[str]) -> str:
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def _table(
    name: str,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    *,
    ours: int = 0,
    left: int = 1,
) -> str:
    """A table that scrolls sideways where it must; `ours` first rows stand out, `left` columns are text."""
    kinds = [' class="text"' if column < left else "" for column in range(len(heads))]
    head = "".join(
        f'<th scope="col"{kind}>{escape(text)}</th>' if text else f"<td{kind}></td>"
        for text, kind in zip(heads, kinds, strict=True)
    )
    body = []
    for index, (first, *cells) in enumerate(rows):
        mark = ' class="ours"' if index < ours else ""
        others = "".join(f"<td{kind}>{_text(cell)}</td>" for cell, kind in zip(cells, kinds[1:], strict=True))
        body.append(f'<tr{mark}><th scope="row"{kinds[0]}>{_text(first)}</th>{others}</tr>')
    return (
        f'<div class="wide" role="region" aria-labelledby="table-{name}" tabindex="0"><table>'
        f'<caption><span id="table-{name}">{escape(caption)}</span></caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


# What is drawn


def _figure(
    name: str, size: tuple[float, float], draw: Callable[[Any], None], title: str, caption: str
) -> str:
    """What `draw` puts on a figure of `size` inches: SVG with text as text, the same bytes each time."""
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    file = io.StringIO()
    look: dict[Any, Any] = {
        "svg.fonttype": "none", "svg.hashsalt": name, "text.usetex": False, "text.parse_math": False,
        "font.family": "sans-serif", "font.size": 9.5, "axes.spines.top": False, "axes.spines.right": False,
        "axes.axisbelow": True, "grid.color": "#dddddd", "hatch.color": "white", "legend.frameon": False,
    }  # fmt: skip
    with rc_context(look), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the browser's fonts have it
        figure = Figure(figsize=size, layout="constrained")
        draw(figure)
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    return (
        f"<figure>{_inline(file.getvalue(), name, title)}<figcaption>{escape(caption)}</figcaption></figure>"
    )


def _inline(svg: str, name: str, title: str) -> str:
    """Only the element, with ids that no other figure on the page has, and a title."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", svg, count=2)

    def rename(tag: re.Match[str]) -> str:
        return re.sub(r'(\bid="|href="#|url\(#)', rf"\g<1>{name}-", tag.group())

    svg = re.sub(r"<[^>]+>", rename, svg).strip()
    named = f'<svg role="img" aria-labelledby="figure-{name}"'
    return svg.replace("<svg", named, 1).replace(
        ">", f'><title id="figure-{name}">{escape(title)}</title>', 1
    )


def _tall(n_rows: int, rest: float) -> tuple[float, float]:
    return 5.6, rest + 0.25 * n_rows


def _label(code: str) -> str:
    """A code's name on one line; of a long one its end, where a path says most."""
    name = "".join(letter if letter.isprintable() else " " for letter in " ".join(code.split()))
    return name if len(name) <= LONGEST_NAME else "…" + name[1 - LONGEST_NAME :]


def _list_codes(axes: Any, labels: Sequence[str]) -> None:
    axes.set_yticks(range(len(labels)), labels)
    axes.set_ylim(len(labels) - 0.4, -0.6)  # the first at the top
    axes.tick_params(axis="y", length=0)
    axes.set_xlim(0, 1)
    axes.grid(axis="x")


def _draw_methods(figure: Any, rows: Sequence[Row]) -> None:
    axes = figure.add_subplot()
    _list_codes(axes, [name.partition(" (")[0].partition(", ")[0] for name, _ in rows])
    for place, (name, row) in enumerate(rows):
        color = OURS if place == 0 else PEOPLE if name.startswith("One coder") else THEIRS
        value = row.get("macro_f1")
        axes.barh(place, value or 0.0, color=color, height=0.65)
        axes.text((value or 0.0) + 0.01, place, _number(value), va="center")
    axes.set_xlim(0, 1.08)
    axes.set_xticks([0, 0.2, 0.4, 0.6, 0.8, 1])


def _draw_f1(
    figure: Any, result: Result, rows: Sequence[Row], people: Mapping[str, Mapping[str, Any]]
) -> None:
    axes = figure.add_subplot()
    _list_codes(axes, [f"{_label(code)} ({row['support']:,})" for code, row in rows])
    for place, (_, row) in enumerate(rows):
        axes.barh(
            place, row["f1"] or 0.0, color=OURS, height=0.66, hatch="////" if row["support"] < FEW else None,
            linewidth=0, label="autocode" if place == 0 else None,
        )  # fmt: skip
    if best := _best_baseline(result):
        if theirs := _baseline_f1(result, best[0]):
            _marks(axes, [theirs.get(code) for code, _ in rows], "|", "black", "best baseline", size=130)
        else:
            axes.axvline(best[1], color="black", linestyle="--", linewidth=1, label="best baseline, mean")
    if people:
        _marks(axes, [people.get(code, {}).get("f1") for code, _ in rows], "D", PEOPLE, "people", size=26)
    axes.set_xlabel("F1")
    figure.legend(loc="outside upper right", ncols=3, reverse=True)


def _marks(
    axes: Any, values: Sequence[float | None], marker: str, color: str, label: str, *, size: float
) -> None:
    known = [(value, place) for place, value in enumerate(values) if value is not None]
    edge = {} if marker == "|" else {"edgecolors": "white", "linewidths": 0.8}
    axes.scatter(
        [value for value, _ in known], [place for _, place in known],
        marker=marker, color=color, s=size, label=label, zorder=3, **edge,
    )  # fmt: skip


def _draw_reliability(figure: Any, bins: Sequence[Mapping[str, float]]) -> None:
    axes = figure.add_subplot()
    axes.plot([0, 1], [0, 1], "--", color=THEIRS)
    axes.plot([one["probability"] for one in bins], [one["share"] for one in bins], color=OURS)
    for one in bins:
        fill = "white" if one["n"] < FEW_IN_BIN else OURS
        axes.plot(one["probability"], one["share"], "o", color=OURS, markerfacecolor=fill, clip_on=False)
    axes.set_xlabel("probability that was given")
    axes.set_ylabel("share where the code applies")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.grid()


def _draw_dial(figure: Any, rows: Sequence[Row]) -> None:
    left, right = figure.subplots(1, 2, sharey=True)
    panels = [
        (left, "all decisions", "accepted", "rejected"),
        (right, "where people applied it", "positives_accepted", "positives_rejected"),
    ]
    for axes, title, accepted, rejected in panels:
        start = [0.0] * len(rows)
        bands: dict[str, tuple[str, list[float]]] = {
            "accepted": (OURS, [row[accepted] or 0.0 for _, row in rows]),
            "review": (REVIEW, [_rest(row[accepted], row[rejected]) or 0.0 for _, row in rows]),
            "rejected": (PEOPLE, [row[rejected] or 0.0 for _, row in rows]),
        }
        for name, (color, widths) in bands.items():
            axes.barh(
                range(len(rows)), widths, left=start, color=color, height=0.72,
                label=name if axes is left else None,
            )  # fmt: skip
            start = [a + b for a, b in zip(start, widths, strict=True)]
        _list_codes(axes, [_label(code) for code, _ in rows])
        axes.set_title(title, fontsize=9.5)
        axes.set_xticks([0, 0.5, 1], ["0", "50%", "100%"])
    figure.legend(loc="outside upper right", ncols=3)


def _draw_curve(figure: Any, points: Sequence[Mapping[str, Any]], held: str) -> None:
    axes = figure.add_subplot()
    lines = {
        "macro_f1": ("macro-F1", OURS, "o-"),
        "micro_f1": ("micro-F1", PEOPLE, "s--"),
        "exact_set": ("exact set", THEIRS, "^:"),
    }
    for key, (name, color, style) in lines.items():
        known = [(point["train_size"], point[key]) for point in points if point.get(key) is not None]
        if known:
            axes.plot([x for x, _ in known], [y for _, y in known], style, color=color, label=name)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel(f"{held} learnt from")
    axes.set_ylim(0, 1)
    axes.grid(axis="y")
    figure.legend(loc="outside upper right", ncols=3)
