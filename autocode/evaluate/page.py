"""The page that `autocode evaluate` writes beside its numbers: what was measured, how, and what it means."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

MOST_CODES = 40  # in a plot
FEW = 30  # positives below which a code's numbers are marked as uncertain
NAMES = {
    "majority": "Majority answer",
    "tfidf_lr": "TF-IDF + logistic regression",
    "dense_lr": "Embeddings + logistic regression",
    "zero_shot": "Zero-shot (codebook alone)",
}
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; color: #1a1a1a }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
h1, h2 { line-height: 1.2 } h2 { margin-top: 2.5rem }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums }
caption { text-align: left; color: #444; padding-bottom: .4rem }
th, td { padding: .25rem .7rem; text-align: right; border-bottom: 1px solid #ddd }
th:first-child, td:first-child { text-align: left; max-width: 26rem; overflow-wrap: anywhere }
thead th { border-bottom: 2px solid #666 } tr.ours td { font-weight: 600 } td.few { color: #8a4b00 }
figure { margin: 1rem 0 } figure svg { max-width: 100%; height: auto } figcaption { color: #444 }
.note { background: #fff6e0; border-left: 4px solid #d08700; padding: .5rem 1rem }
.cite { background: #f2f2f2; padding: .7rem 1rem }
@media print { body { max-width: none; margin: 0 } }
"""


def write_page(result: Mapping[str, Any]) -> str:
    """The whole page, self-contained, for what `metrics.json` holds."""
    parts = [
        f"<h1>How good are the suggestions? {escape(str(result['dataset']))}</h1>",
        _what(result), _headline(result), _notes(result), _codes(result), _plots(result), _dial(result),
        _confusion(result), _curve(result), _method(result),
    ]  # fmt: skip
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Evaluation: {escape(str(result['dataset']))}</title><style>{STYLE}</style></head>\n"
        f"<body>{''.join(parts)}</body></html>\n"
    )


def _what(result: Mapping[str, Any]) -> str:
    trained = f", each trained on {result['train_size']} of them only" if result.get("train_size") else ""
    return (
        f"<p>{result['n_utterances']:,} human-coded utterances, {result['n_codes']} codes. The "
        f"{result['n_groups']} interviews (by <code>{escape(result['group_by'])}</code>) were split into "
        f"{result['folds']} parts; each part was predicted by a model that learnt from the others{trained}. "
        "Everything that is chosen (weights, calibration, thresholds, the risk dial) was chosen inside the "
        "training interviews. What you read here is measured on interviews that no choice has seen.</p>"
    )


def _headline(result: Mapping[str, Any]) -> str:
    rows = [("autocode, learnt from these codes", result)]
    rows += [(NAMES.get(name, name), row) for name, row in result["baselines"].items()]
    if "human" in result:
        rows.append(("One coder against the others (human ceiling)", result["human"]))
    body = [
        [name, *(_number(row.get(key)) for key in ("macro_f1", "micro_f1", "exact_set"))]
        for name, row in rows
    ]
    table = _table(
        ["", "macro-F1", "micro-F1", "exact set"], body, "Higher is better; the first line is ours.", ours=1
    )
    groups = [
        [name, _number(row["macro_f1"]), _number(row["kappa"])] for name, row in result["groups"].items()
    ]
    more = _table(["exclusive codes", "macro-F1", "kappa"], groups, "Of each group exactly one code applies.")
    explained = (
        "<p><b>Macro-F1</b> weighs every code alike, rare ones too; <b>micro-F1</b> every decision; <b>exact "
        "set</b> is the share of utterances whose codes are all right and none too many. The share of "
        f"applied codes among the best 1, 3 and 5 suggestions: {_number(result['ranking']['recall_at_1'])}, "
        f"{_number(result['ranking']['recall_at_3'])}, {_number(result['ranking']['recall_at_5'])}.</p>"
    )
    return f"<h2>In short</h2>{table}{explained}{more if groups else ''}"


def _notes(result: Mapping[str, Any]) -> str:
    notes = [escape(str(warning)) for warning in result["warnings"]]
    if n := result["duplicates"]["n_units"]:
        notes.append(
            f"{n} utterances say word for word what is said in another interview too; where one of them was "
            "learnt from, the other is easy."
        )
    if not notes:
        return ""
    return '<div class="note"><ul>' + "".join(f"<li>{note}</li>" for note in notes) + "</ul></div>"


def _codes(result: Mapping[str, Any]) -> str:
    keys = ("support", "precision", "recall", "f1", "kappa", "alpha", "ece")
    rows = sorted(result["per_code"].items(), key=lambda item: -item[1]["support"])
    body = [[code, *(_number(row.get(key)) for key in keys)] for code, row in rows]
    few = {index for index, (_, row) in enumerate(rows) if row["support"] < FEW}
    heads = ["code", "applied", "precision", "recall", "F1", "kappa", "alpha", "calibration error"]
    caption = f"Codes applied fewer than {FEW} times (brown) are uncertain whatever the number says."
    return f"<h2>Code by code</h2>{_table(heads, body, caption, few=few)}"


def _plots(result: Mapping[str, Any]) -> str:
    rows = sorted(result["per_code"].items(), key=lambda item: -item[1]["support"])[:MOST_CODES]
    shown = f"the {MOST_CODES} most frequent codes" if len(result["per_code"]) > MOST_CODES else "all codes"
    named = [(code, row["f1"] or 0.0, row["support"]) for code, row in reversed(rows)]
    bars = _figure(
        _f1_plot(named),
        f"F1 of {shown}, the most frequent at the top; in brackets: times applied.",
    )
    calibration = result["calibration"]
    curve = _figure(
        _reliability(calibration["bins"]),
        "Can the probabilities be believed? On the dashed line a code applies as often as it should. "
        f"Expected calibration error {_number(calibration['ece'])}, Brier score "
        f"{_number(calibration['brier'])}.",
    )
    return f"<h2>Pictures</h2>{bars}{curve}"


def _dial(result: Mapping[str, Any]) -> str:
    dial = result["auto_accept"]
    settled = dial["units_settled"]
    accepted = (
        f"{dial['accepted']:.1%} of all decisions were accepted unseen, "
        f"{_number(dial['observed_error'])} of them wrong"
        if dial["observed_error"] is not None
        else "Nothing could be accepted unseen"
    )
    rejected = (
        f"{dial['rejected']:.1%} were rejected unseen, "
        f"{_number(dial['observed_error_rejected'])} of them wrong"
        if dial["observed_error_rejected"] is not None
        else "nothing could be rejected unseen"
    )
    keys = ("accepted", "observed_error", "rejected", "observed_error_rejected")
    body = [
        [code, *(_number(row.get(key)) for key in keys), _number(row.get("positives_rejected"))]
        for code, row in sorted(result["per_code"].items(), key=lambda item: -item[1]["support"])
    ]
    heads = ["code", "accepted", "wrong of these", "rejected", "wrong of these", "applied codes lost"]
    return (
        f"<h2>The risk dial</h2><p>Target: at most {dial['target_error']:g} wrong, with "
        f"{dial['confidence']:.0%} confidence. {accepted}; {rejected}. Of the utterances that carry a code, "
        f"{settled['all_positives']:.1%} had all their codes accepted unseen.</p><p>The promise is about all "
        "accepted decisions together, on interviews like these; a single code may do worse. A rare code is "
        "easily rejected: the last column says which share of its true cases would be lost.</p>"
        f"{_table(heads, body, 'Shares of decisions on each code, on interviews that were left out.')}"
    )


def _confusion(result: Mapping[str, Any]) -> str:
    rows = [[row["missed"], row["given"], str(row["n"])] for row in result["confusion"]]
    if not rows:
        return ""
    table = _table(["missed", "given instead", "utterances"], rows, "The most frequent confusions.")
    return f"<h2>What is mistaken for what</h2>{table}"


def _curve(result: Mapping[str, Any]) -> str:
    points = result.get("learning_curve")
    if not points:
        return ""
    rows = [
        [str(p["train_size"]), *(_number(p[key]) for key in ("macro_f1", "micro_f1", "exact_set"))]
        for p in points
    ]
    table = _table(["interviews learnt from", "macro-F1", "micro-F1", "exact set"], rows, "Learning curve.")
    return f"<h2>What more coding would bring</h2>{_figure(_line(points), 'Macro- and micro-F1.')}{table}"


def _method(result: Mapping[str, Any]) -> str:
    sentence = (
        f"Suggestions were evaluated by {result['folds']}-fold cross-validation with folds by "
        f"{result['group_by']} (autocode {result['autocode']}, encoder {result['encoder']['name']}, seed "
        f"{result['seed']}): macro-F1 {_number(result['macro_f1'])} and micro-F1 "
        f"{_number(result['micro_f1'])} over {result['n_codes']} codes and {result['n_utterances']:,} "
        "utterances; hyper-parameters, calibration and thresholds were chosen within the training folds."
    )
    book = result["codebook"]
    facts = [
        f"codebook '{book['name']}', digest {book['digest'][:16]}",
        f"encoder digest {str(result['encoder']['digest'])[:16]}",
        "chosen in the folds: "
        + "; ".join(f"{r['weights']}, penalty {r['penalty']:g}" for r in result["recipes"]),
        "seconds: " + ", ".join(f"{name} {value:.1f}" for name, value in result["timings"].items()),
    ]
    items = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return (
        f'<h2>To report it</h2><p class="cite">{escape(sentence)}</p><h2>To repeat it</h2><ul>{items}</ul>'
        "<p>A human's codes are the yardstick here. Where coders disagree among themselves, no machine "
        "can agree with all of them.</p>"
    )


def _number(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,}" if isinstance(value, int) else f"{value:.3f}"


def _table(
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    *,
    ours: int = 0,
    few: set[int] | None = None,
) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = []
    for index, row in enumerate(rows):
        mark = ' class="few"' if few and index in few else ""
        cells = "".join(f"<td{mark}>{escape(cell)}</td>" for cell in row)
        row_mark = ' class="ours"' if index < ours else ""
        body.append(f"<tr{row_mark}>{cells}</tr>")
    return (
        f'<div class="wide"><table><caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def _figure(svg: str, caption: str) -> str:
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


def _f1_plot(rows: Sequence[tuple[str, float, int]]) -> str:
    figure, axes = _canvas(7.0, 0.9 + 0.26 * len(rows))
    names = [f"{code if len(code) <= 44 else '…' + code[-43:]} ({n})" for code, _, n in rows]
    axes.barh(range(len(rows)), [value for _, value, _ in rows], color="#2f6690", height=0.7)
    axes.set_yticks(range(len(rows)), [name.replace("$", r"\$") for name in names])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_xlim(0, 1)
    axes.set_xlabel("F1")
    axes.grid(axis="x", color="#dddddd")
    axes.set_axisbelow(True)
    return _svg(figure)


def _reliability(bins: Sequence[Mapping[str, float]]) -> str:
    figure, axes = _canvas(4.6, 4.2)
    axes.plot([0, 1], [0, 1], "--", color="#888888")
    axes.plot([b["probability"] for b in bins], [b["share"] for b in bins], "o-", color="#2f6690")
    axes.set_xlabel("probability that was given")
    axes.set_ylabel("share to which the code applies")
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    return _svg(figure)


def _line(points: Sequence[Mapping[str, Any]]) -> str:
    figure, axes = _canvas(5.5, 3.4)
    sizes = [point["train_size"] for point in points]
    for key, name, color in (("macro_f1", "macro-F1", "#2f6690"), ("micro_f1", "micro-F1", "#c0562f")):
        axes.plot(sizes, [point[key] or 0.0 for point in points], "o-", label=name, color=color)
    axes.set_xlabel("interviews learnt from")
    axes.set_ylim(0, 1)
    axes.legend(frameon=False)
    return _svg(figure)


def _canvas(width: float, height: float) -> tuple[Any, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), layout="constrained")
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    return figure, axes


def _svg(figure: Any) -> str:
    """The figure as an SVG element: text as text, the same bytes every time."""
    from matplotlib import rc_context

    file = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "autocode", "font.family": "sans-serif"}):
        figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    return text[text.index("<svg") :].replace("<svg ", '<svg role="img" ', 1)
