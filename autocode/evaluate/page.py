"""The page that `autocode evaluate` writes beside its numbers: what was measured, how, and what it means.

One file without scripts, network or fonts of its own; the same result gives the same bytes.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

from autocode.evaluate.lookup import (
    LEAST_SHARED,
    Result,
    Row,
    baseline_f1,
    best_baseline,
    by_support,
    difference_from,
    held_together,
    interval_of,
    may_be_chance,
    people_by_code,
    remainder,
    why_nothing,
)
from autocode.evaluate.markup import (
    STYLE,
    Html,
    bullets,
    duration,
    flagged,
    gap,
    html_table,
    limits,
    number,
    paragraph,
    percent,
    setting,
    terms,
    with_limits,
)
from autocode.evaluate.plots import (
    FEW,
    FEW_IN_BIN,
    draw_curve,
    draw_dial,
    draw_f1,
    draw_methods,
    draw_reliability,
    drawn,
    tall,
)
from autocode.write import PAGE_HEAD

MOST_CODES = 40  # in a plot
FIRM, TENTATIVE = 0.8, 0.667  # Krippendorff 2019, chapter 12
NAMES = {
    "majority": "Majority answer",
    "tfidf_lr": "TF-IDF + logistic regression",
    "dense_lr": "Embeddings + logistic regression",
    "zero_shot": "Zero-shot (codebook alone)",
}
LIKEWISE = (
    "People: each coder against the majority of the others; autocode, likewise: against the same majorities."
)
MEASURES = {"macro_f1": "macro-F1", "micro_f1": "micro-F1", "exact_set": "exact set"}
SHOWN = ("f1", "alpha")  # of a code, with their intervals; that of kappa is like alpha's
SECONDS = {
    "read": "reading and embedding",
    "learn": "learning",
    "baselines": "baselines",
    "total": "all together",
}


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


def _lead(result: Result) -> str:
    held = held_together(result)
    by = "" if held == "interviews" else f", utterances with the same {result['group_by']},"
    trained = f" (only {result['train_size']} of them)" if result.get("train_size") else ""
    tuned = ", the encoder's fine-tuning" if result.get("fine_tuned") else ""
    return paragraph(
        f"{number(result['n_utterances'])} utterances that people coded with {number(result['n_codes'])} "
        f"codes. The {number(result['n_groups'])} {held}{by} were split into {result['folds']} parts. Each "
        f"part in turn was put aside and predicted by a model that learnt from the other {held}{trained}. "
        f"All choices (settings, calibration, thresholds, the risk dial{tuned}) were made inside those other "
        f"{held} too. So every number here is about {held} that neither learning nor choosing had "
        "seen, as your next ones will be. The yardstick is what people coded.",
        "lead",
    )


def _short(result: Result) -> str:
    rows = [("autocode, learnt from these codes", result)]
    rows += [(NAMES.get(name, name), row) for name, row in result["baselines"].items()]
    n_units, beside = [result["n_utterances"]] * len(rows), ""
    if human := result.get("human"):
        rows.append(("One coder against the others (human ceiling)", human))
        rows.append(("autocode against the same others", human["autocode"]))
        n_units += [human["n_units"]] * 2
        beside = " The last two are to be compared with each other, not with the rest."
    ranks = sorted(result["ranking"], key=lambda key: int(key.rpartition("_")[2]))
    body = [
        [name, *(with_limits(row.get(key), interval_of(row, key)) for key in MEASURES)]
        + [number(row.get("ranking", {}).get(key)) for key in ranks]
        + [number(n)]
        for (name, row), n in zip(rows, n_units, strict=True)
    ]
    heads = ["", *MEASURES.values(), *(f"in best {key.rpartition('_')[2]}" for key in ranks)]
    table = html_table(
        "methods", [*heads, "utterances"], body,
        f"Higher is better; 1 is perfect. The first line is ours.{beside}", ours=1,
    )  # fmt: skip
    mean = _mean_over(result) or "mean over codes"
    bars = drawn(
        "methods", (5.6, 0.6 + 0.34 * len(rows)), lambda figure: draw_methods(figure, rows),
        "Macro-F1 of autocode, the baselines and people",
        f"Macro-F1, the {mean}.{_thin_lines(result)}{beside}",
    )  # fmt: skip
    return (
        bullets(_answers(result))
        + bars
        + table
        + _on_intervals(result)
        + terms(
            {
                "Macro-F1": f"F1 of each code, then the {mean}; rare codes count as much as frequent ones.",
                "Micro-F1": "F1 of all decisions together; frequent codes count more.",
                "Exact set": "the share of utterances with all codes right and none too many; where many "
                "carry no code, suggesting nothing scores high, too.",
                "In best 1, 3, 5": "the share of what people applied that is among so many best suggestions.",
            }
        )
        + _gaps(result)
        + _people(result)
        + _exclusive(result)
    )


def _thin_lines(result: Result) -> str:
    return " Thin lines: 95% intervals." if interval_of(result, "macro_f1") else ""


def _gaps(result: Result) -> str:
    """How much better autocode is than each of the others, on the same interviews."""
    rows = [(NAMES.get(name, name), row) for name, row in result["baselines"].items()]
    if human := result.get("human"):
        rows.append(("One coder against the others, likewise", human))
    found = {name: [difference_from(row, key) for key in MEASURES] for name, row in rows}
    if not any(limits(one) for some in found.values() for one in some):
        return ""
    return html_table(
        "gaps", ["autocode less ...", *MEASURES.values()],
        [[name, *map(gap, some)] for name, some in found.items()],
        "How much better autocode is than each of the others (minus: worse), compared on the same "
        f"{held_together(result)}. May be chance: the interval includes 0.",
    )  # fmt: skip


def _on_intervals(result: Result) -> str:
    """What the intervals are of, and what not; or why there are none."""
    one, held = result.get("intervals", {}).get("macro_f1"), held_together(result)
    if one is None:
        return ""
    if one["low"] is None:
        return paragraph(
            f"There are no intervals here: {one['unavailable_because']}. Differences can be chance."
        )
    how = (
        f"from leaving out each of the {held} in turn, which is rough with so few"
        if one["method"] == "jackknife"
        else f"from drawing whole {held} anew, 2,000 times"
    )
    return paragraph(
        f"In square brackets: 95% intervals, {how}, and widened as Nadeau and Bengio (2003) have it, because "
        f"each of the {held} is both tested on and learnt from. So they tell how much a number would change "
        f"with other {held} like these."
    )


def _answers(result: Result) -> list[str]:
    """A few sentences for those who read no further; where a baseline is better, they say so."""
    ours, best = result["macro_f1"], best_baseline(result)
    found = [f"On unseen {held_together(result)} the suggestions reach a macro-F1 of {number(ours)}"]
    inside = "; ".join(filter(None, [_mean_over(result), _ci(interval_of(result, "macro_f1"))]))
    if inside:
        found[0] += f" ({inside})"
    if best and ours is not None:
        name, theirs = best
        between = difference_from(result["baselines"][name], "macro_f1")
        apart = between["value"] if between else ours - theirs  # of numbers that were not rounded, if known
        how = (
            "the same as" if not round(apart, 3) else f"{abs(apart):.3f} {'above' if apart > 0 else 'BELOW'}"
        )
        found[0] += f", {how} the best baseline ({NAMES.get(name, name)}, {number(theirs)})"
        if may_be_chance(between):
            found[0] += f"; that may be chance (difference {limits(between, '+')})"
        elif ci := _ci(between, "+"):
            found[0] += f"; {ci} of the difference"
    found[0] += "."
    if people := _ceiling(result):
        found.append(f"{people[0].upper()}{people[1:]}.")
    if few := sum(row["support"] < FEW for row in result["per_code"].values()):
        found.append(
            f"{few} of {result['n_codes']} codes were applied fewer than {FEW} times: their numbers are "
            "uncertain, and so is the mean over codes."
        )
    for key, measure in (("micro_f1", "micro-F1"), ("exact_set", "exact sets")):
        known = {name: row[key] for name, row in result["baselines"].items() if row.get(key) is not None}
        top = max(known, key=lambda name: known[name], default=None)
        if top and result[key] is not None and known[top] > result[key]:
            better = f"{NAMES.get(top, top)}, {number(known[top])} against {number(result[key])}"
            chance = may_be_chance(difference_from(result["baselines"][top], key))
            found.append(
                f"In {measure} a baseline is BETTER: {better}{', which may be chance' if chance else ''}."
            )
    return [*found, _settled(result["auto_accept"])]


def _ci(one: Mapping[str, Any] | None, sign: str = "") -> str:
    """`95% CI [0.671, 0.700]`, "" without one."""
    return f"95% CI {found}" if (found := limits(one, sign)) else ""


def _settled(dial: Mapping[str, Any]) -> str:
    start = f"At a target error of {setting(dial['target_error'])} the risk dial"
    if not dial["coverage"]:
        return f"{start} could settle nothing unseen: {why_nothing(dial, 'reject')}."
    return (
        f"{start} settled {percent(dial['coverage'])} of all decisions unseen. Of the codes that people had "
        f"applied, it accepted {percent(dial['positives_accepted'])} and lost "
        f"{percent(dial['positives_rejected'])}."
    )


def _mean_over(result: Result) -> str:
    """Over which codes macro-F1 is the mean, where these are not all that somebody applied; else nothing."""
    n = sum(row["support"] > 0 for row in result["per_code"].values())
    if n == result["n_codes"]:
        return ""
    return f"mean over the {number(n)} codes that people applied at least once, by majority"


def _ceiling(result: Result) -> str:
    """How people do, how autocode does, and what both are compared with; "" where too few tell."""
    human = result.get("human") or {}
    if human.get("macro_f1") is None or human["n_units"] < LEAST_SHARED:
        return ""
    between = difference_from(human, "macro_f1")
    chance = ", which may be chance" if may_be_chance(between) else ""
    apart = f" (difference {ci}{chance})" if (ci := limits(between, "+")) else ""
    return (
        f"on the {number(human['n_units'])} utterances that two coders or more looked at, one coder against "
        f"the majority of the others reached a macro-F1 of {number(human['macro_f1'])}, autocode against the "
        f"same majorities {number(human['autocode']['macro_f1'])}{apart}"
    )


def _people(result: Result) -> str:
    human = result.get("human") or {}
    if not (coders := human.get("coders")):
        return ""
    keys = ("n_units", "macro_f1", "micro_f1", "exact_set", "mean_kappa")
    body = [[coder, *(number(row.get(key)) for key in keys)] for coder, row in coders.items()]
    body.append(["Mean of the coders", *(number(human.get(key)) for key in keys)])
    body.append(["autocode, mean likewise", *(number(human["autocode"].get(key)) for key in keys)])
    return html_table(
        "people", ["coder", "utterances", "macro-F1", "micro-F1", "exact set", "mean kappa"], body,
        "Each coder against the majority of the others, and autocode against the same majorities, on "
        "utterances that two coders or more looked at. Where the others are tied on a code, it is left out, "
        "and so is the utterance from exact sets. Means are weighted by the number of utterances.",
    )  # fmt: skip


def _exclusive(result: Result) -> str:
    if not result["groups"]:
        return ""
    best = best_baseline(result)
    human = result.get("human") or {}
    heads = ["group", "accuracy", "macro-F1", "kappa"]
    if best:
        heads += ["best baseline: accuracy", "kappa"]
    if human:
        heads += ["people, mean: accuracy", "kappa", "autocode, likewise: accuracy", "kappa"]
    body = []
    for name, row in result["groups"].items():
        others = [result["baselines"][best[0]]["groups"].get(name, {})] if best else []
        if human:
            others += [one["groups"].get(name, {}) for one in (human, human["autocode"])]
        cells = [
            with_limits(row.get(key), interval_of(row, key), digits=2)
            for key in ("accuracy", "macro_f1", "kappa")
        ]
        cells += [number(one.get(key)) for one in others for key in ("accuracy", "kappa")]
        body.append([name, *cells])
    return html_table(
        "exclusive", heads, body,
        "Groups of which one code applies at most, on the utterances that carry one of its codes."
        + (f" Best baseline: {NAMES.get(best[0], best[0])}." if best else "")
        + (f" {LIKEWISE}" if human else ""),
    )  # fmt: skip


def _notes(result: Result) -> str:
    notes = [str(warning) for warning in result["warnings"]]
    if n := result["duplicates"]["n_units"]:
        held = held_together(result)
        notes.append(
            f"{number(n)} utterances ({number(result['duplicates']['n_texts'])} different texts) say word "
            f"for word what is said in other {held} too. Where one was learnt from, the other is easy: the "
            "numbers are a little too good if these are not natural repetitions."
        )
    return f'<div class="note">{bullets(notes)}</div>' if notes else ""


def _codes(result: Result) -> str:
    rows, people = by_support(result), people_by_code(result)
    keys = ("support", "n_suggested", "precision", "recall", "f1", "kappa", "alpha")
    heads = ["code", "applied", "suggested", "precision", "recall", "F1", "kappa", "alpha", "ECE"]
    body = []
    for code, row in rows:
        ece = number(row.get("ece"))
        cells = [
            *(
                with_limits(row.get(key), interval_of(row, key) if key in SHOWN else None, digits=2)
                for key in keys
            ),
            ece if row.get("calibration_judged") else f"({ece})",
        ]
        kappas = [number(one.get(code, {}).get("kappa")) for one in people]
        body.append([_code(code, row), *cells, *kappas])
    table = html_table(
        "per-code", heads + (["people's kappa", "autocode's, likewise"] if people else []), body,
        f"Every code, the most frequent first. Few cases: applied fewer than {FEW} times, so uncertain "
        "whatever the number says. ECE in brackets: too few cases to judge. –: not defined, for example the "
        "precision of a code that was never suggested."
        + (" In square brackets: 95% intervals." if any(interval_of(row, "f1") for _, row in rows) else "")
        + (f" {LIKEWISE}" if people else ""),
    )  # fmt: skip
    explained = terms(
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
    return paragraph(_strongest(rows)) + _f1_figure(result, rows, people) + explained + table


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
    spread = f"F1 goes from {number(best_row['f1'])} ('{best}') to {number(worst_row['f1'])} ('{worst}')."
    return (
        f"Among the {len(judged)} codes applied {FEW} times or more, {spread} By Krippendorff's customary "
        f"limits for alpha, {firm} reach {FIRM:.3f} (firm conclusions), {tentative - firm} lie between "
        f"{TENTATIVE} and {FIRM:.3f} (tentative ones), and {len(alphas) - tentative} below: review these."
    )


def _f1_figure(result: Result, rows: Sequence[Row], people: Sequence[Mapping[str, Mapping[str, Any]]]) -> str:
    shown, best = rows[:MOST_CODES], best_baseline(result)
    caption = f"F1 of {_how_many(rows)}, the most frequent at the top; in brackets: times applied. "
    caption += f"Hatched: applied fewer than {FEW} times. "
    if any(interval_of(row, "f1") for _, row in shown):
        caption += "Thin lines: 95% intervals. "
    if best:
        own = "mark" if baseline_f1(result, best[0]) else "dashed line: its mean over codes"
        caption += f"Best baseline: {NAMES.get(best[0], best[0])} ({own}). "
    caption += LIKEWISE if people else ""
    return drawn(
        "f1", tall(len(shown), 1.2), lambda figure: draw_f1(figure, result, shown, people),
        "F1 of each code; all values are in the table below", caption,
    )  # fmt: skip


def _probabilities(result: Result) -> str:
    calibration = result["calibration"]
    bins = calibration["bins"]
    if not bins:
        return ""
    lowest = bins[0]["n"] / sum(one["n"] for one in bins)
    body = [[f"{one['probability']:.3f}", f"{one['share']:.3f}", number(one["n"])] for one in bins]
    return (
        paragraph(
            "Of the decisions that were given a probability of 70%, people should have applied the code in "
            "70%. On the dashed line probabilities can be taken at their word; a point below it boasts, a "
            f"point above it is too modest. Expected calibration error {number(calibration['ece'])}, Brier "
            f"score {number(calibration['brier'])}. Both rest mostly on the easy cases: "
            f"{percent(lowest)} of all decisions lie in the lowest bin. So look at the points."
        )
        + drawn(
            "reliability", (4.6, 4.3), lambda figure: draw_reliability(figure, bins),
            "Reliability diagram: probability that was given against the share to which the code applies",
            f"All codes together, in bins of equal width. Hollow: fewer than {FEW_IN_BIN} decisions.",
        )
        + html_table(
            "bins", ["mean probability given", "share where the code applies", "decisions"], body,
            "The points of the diagram.",
        )
    )  # fmt: skip


def _confusion(result: Result) -> str:
    if not result["confusion"]:
        return ""
    support = {code: row["support"] for code, row in result["per_code"].items()}
    rows = [
        [row["missed"], row["given"], number(row["n"]), percent(row["n"] / support[row["missed"]])]
        for row in result["confusion"]
    ]
    return html_table(
        "confusions", ["missed", "given instead", "utterances", "of the missed code's cases"], rows,
        f"The {len(rows)} most frequent pairs.", left=2,
    ) + paragraph(
        "On so many utterances people applied the code on the left, autocode did not suggest it, and "
        "suggested the other, which people had not applied. An utterance can count in several pairs. Pairs "
        "that go both ways are worth a second look at the two definitions in the codebook."
    )  # fmt: skip


def _dial(result: Result) -> str:
    dial, rows = result["auto_accept"], by_support(result)
    target, settled = dial["target_error"], dial["units_settled"]
    return (
        paragraph(
            "The dial settles decisions (does this code apply to this utterance?) without a human look: it "
            "accepts those that are sure enough, rejects those that are unlikely enough, and leaves the rest "
            f"for review. You name the error that you can live with; here {setting(target)}. It was set "
            f"anew for each part, on the other {held_together(result)}."
        )
        + _dial_summary(dial)
        + "".join(
            paragraph(f"Nothing could be {verdict}ed unseen here: {why_nothing(dial, verdict)}.")
            for verdict in ("accept", "reject")
            if not dial[f"{verdict}ed"]
        )
        + paragraph(
            f"{percent(settled['all_decisions'])} of utterances had every decision settled; "
            f"{percent(settled['all_positives'])} of those that carry a code had all their codes accepted."
        )
        + _promise(result)
        + (_dial_figure(rows) if dial["coverage"] else "")
        + _dial_table(rows, target)
    )


def _dial_summary(dial: Mapping[str, Any]) -> str:
    target = dial["target_error"]
    sides = (("accepted", "observed_error"), ("rejected", "observed_error_rejected"))
    accepted, rejected = (
        [
            f"{side} unseen",
            percent(dial[side]),
            flagged(dial[error], target),
            percent(dial[f"positives_{side}"]),
        ]
        for side, error in sides
    )
    left = remainder(dial["accepted"], dial["rejected"])
    applied = remainder(dial["positives_accepted"], dial["positives_rejected"])
    review = ["left for review", percent(left), "–", percent(applied)]
    return html_table(
        "settled", ["", "of all decisions", "of these wrong", "of what people applied"],
        [accepted, review, rejected],
        f"Coverage (settled unseen): {percent(dial['coverage'])}. Most decisions are that a code does not "
        "apply, so coverage looks large; the last column says what happens where people applied a code. What "
        "stands in its last line is lost without anybody having looked.",
    )  # fmt: skip


def _promise(result: Result) -> str:
    """What the bound of `autocode.learn.dial` is on, and what it is not on."""
    dial, held = result["auto_accept"], held_together(result)
    said = paragraph(
        f"The promise: with {setting(dial['confidence'])} confidence at most "
        f"{setting(dial['target_error'])} of all accepted decisions together are wrong, and likewise of all "
        f"rejected ones. It holds if new {held} are exchangeable with the coded ones (same project, same "
        f"kind of people and questions), and it bounds a mean over {held} in which a very long one counts no "
        "more than a usual one. It is NOT a promise for a single code: what stands below was observed and "
        f"is not guaranteed. For another project or a changed codebook, code some {held} first."
    )
    return f'<div class="note">{said}</div>'


def _dial_figure(rows: Sequence[Row]) -> str:
    shown = rows[:MOST_CODES]
    return drawn(
        "dial", tall(len(shown), 1.3), lambda figure: draw_dial(figure, shown),
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
            percent(row["accepted"]), flagged(row["observed_error"], target),
            percent(remainder(row["accepted"], row["rejected"])),
            percent(row["rejected"]), flagged(row["observed_error_rejected"], target),
            percent(row["positives_accepted"]), percent(row["positives_rejected"]),
        ]
        for code, row in rows
    ]  # fmt: skip
    return html_table(
        "dial-codes", heads, body,
        "The dial code by code, as observed. ▲: more often wrong than the target, perhaps by chance where "
        "few were settled. Applied: of the utterances to which people applied the code, the share that was "
        "accepted, and the share that was rejected, so lost.",
    )  # fmt: skip


def _curve(result: Result) -> str:
    points = result.get("learning_curve")
    if not points:
        return ""
    held = held_together(result)
    rows = [
        [
            number(point["train_size"]),
            *(with_limits(point.get(key), interval_of(point, key)) for key in MEASURES),
        ]
        for point in points
    ]
    said = "A line that still rises at its end says: code more. A flat one: sharpen definitions instead."
    first, last = points[-2:] if len(points) > 1 else (points[0], points[0])
    if first is not last and None not in (first["macro_f1"], last["macro_f1"]):
        gain = last["macro_f1"] - first["macro_f1"]
        said = (
            f"From {first['train_size']} to {last['train_size']} {held} macro-F1 "
            f"{'fell' if gain < 0 else 'rose'} by {abs(gain):.3f}. {said}"
        )
    return (
        paragraph(said)
        + drawn(
            "curve", (5.6, 3.4), lambda figure: draw_curve(figure, points, held),
            "Learning curve",
            f"Each point learns from so many {held}, chosen at random, in every fold.{_thin_lines(result)}",
        )
        + html_table("points", [f"{held} learnt from", *MEASURES.values()], rows, "Learning curve.")
    )  # fmt: skip


def _report(result: Result) -> str:
    """One sentence to paste, with the baselines it must be read beside."""
    held, best = held_together(result), best_baseline(result)
    limited = f" (trained on {result['train_size']} {held} a fold)" if result.get("train_size") else ""
    tuned = ", the encoder fine-tuned in each fold" if result.get("fine_tuned") else ""
    beside = f" (best baseline, {NAMES.get(best[0], best[0])}: {number(best[1])})" if best else ""
    mean = f" ({over})" if (over := _mean_over(result)) else ""
    people = f"; {said}" if (said := _ceiling(result)) else ""
    macro, micro = (
        number(result[key]) + (f", {ci}" if (ci := _ci(interval_of(result, key))) else "")
        for key in ("macro_f1", "micro_f1")
    )
    resampled = ""
    if one := interval_of(result, "macro_f1"):
        resampled = f"; intervals by {one['method']} of {held}, corrected for overlapping training sets"
    return paragraph(
        f"Automatic code suggestions (autocode {result['autocode']}, encoder {result['encoder']['name']}"
        f"{tuned}) were evaluated against {number(result['n_utterances'])} human-coded utterances from "
        f"{number(result['n_groups'])} {held} with {number(result['n_codes'])} codes by nested "
        f"{result['folds']}-fold cross-validation grouped by {result['group_by']}{limited}, "
        "hyper-parameters, calibration and thresholds being chosen within the training folds only (seed "
        f"{result['seed']}{resampled}): macro-F1{mean} was {macro}{beside}, micro-F1 {micro}, and the "
        "expected calibration error "
        f"{number(result['calibration']['ece'])}{people}.",
        "cite",
    ) + paragraph(
        "One click selects the sentence. Report the codes' own alpha or kappa beside it, and say which codes "
        "have few cases. Where coders disagree among themselves, no machine can agree with all of them."
    )


def _repeat(result: Result) -> str:
    dial, book, encoder = result["auto_accept"], result["codebook"], result["encoder"]
    points = result.get("learning_curve") or [{"train_size": result.get("train_size")}]
    given = result.get("options", {})  # as `autocode evaluate` was given them
    options = [
        "--out", "metrics.json", "--group-by", result["group_by"], "--folds", result["folds"],
        "--seed", result["seed"], "--target-error", dial["target_error"], "--confidence", dial["confidence"],
        *(part for point in points if point["train_size"] for part in ("--train-size", point["train_size"])),
        *(["--fine-tune"] if result.get("fine_tuned") else []),
        *(part for name in ("minutes", "encoder", "config") if name in given
          for part in (f"--{name}", given[name])),
        *(["--human-ceiling"] if given.get("human_ceiling") else []),
    ]  # fmt: skip
    place = given.get("dataset", result["dataset"])
    command = shlex.join(map(str, ["autocode", "evaluate", place, *options]))
    recipes = [
        f"part {part}: {recipe['weights']}, penalty {recipe['penalty']:g}"
        for part, recipe in enumerate(result["recipes"], 1)
    ]
    facts = {
        "autocode": result["autocode"],
        "Codebook": f"{book['name']}, digest {book['digest']}",
        "Encoder": ", ".join(f"{name} {value}" for name, value in encoder.items()),
        "Chosen in the folds": "; ".join(recipes) or "nothing",
        "Time": "; ".join(
            f"{SECONDS.get(name, name)} {duration(value)}" for name, value in result["timings"].items()
        ),
    }
    listed = "".join(f"<dt>{escape(name)}</dt><dd>{escape(str(value))}</dd>" for name, value in facts.items())
    return (
        paragraph(
            "The same data, version, encoder and settings give the same numbers"
            + (", up to fine-tuning, which a clock ends:" if result.get("fine_tuned") else ":")
        )
        + f'<pre class="cite">{escape(command)}</pre><dl>{listed}</dl>'
    )


def _how_many(rows: Sequence[Row]) -> str:
    return f"the {MOST_CODES} most frequent of {len(rows)} codes" if len(rows) > MOST_CODES else "all codes"


def _code(code: str, row: Mapping[str, Any]) -> str:
    mark = ' <span class="tag">few cases</span>' if row["support"] < FEW else ""
    return Html(escape(code) + mark)
