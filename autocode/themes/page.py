"""The page beside the themes' numbers: what is new, what it is made of, and when nothing new came.

One file without scripts, network or fonts of its own; the same themes give the same bytes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

from autocode.report.apa import DASH
from autocode.report.style import STYLE
from autocode.themes.find import Found
from autocode.themes.groups_html import groups_html
from autocode.themes.holding_html import codes_html
from autocode.themes.saturation import Saturation
from autocode.themes.stability import FOUND, KEPT, STABLE
from autocode.themes.theme import MIN_WORDS, SEVERAL, UNCOVERED, Groups, Theme
from autocode.write import PAGE_HEAD

MOST_NAMED = 8  # respondents and transcripts named for a theme
OWN_STYLE = """
article { border-top: 1px solid var(--rule); padding: .2rem 0 1rem; break-inside: avoid }
article h3 { margin: 1rem 0 .3rem; font-size: 1.15rem; line-height: 1.3 }
article p { margin: .3rem 0 } .facts { color: var(--quiet) }
.new { font-size: .8rem; font-weight: 400; border: 1px solid; padding: 0 .35rem; border-radius: .2rem }
.new { color: var(--link) }
blockquote { margin: .5rem 0; padding-left: .9rem; border-left: 3px solid var(--mark); max-width: 44rem }
blockquote footer { color: var(--quiet); font-size: .9rem }
caption { color: var(--quiet) }
svg .band { fill: var(--mark); fill-opacity: .18 }
svg .line { fill: none; stroke: var(--mark); stroke-width: 2 }
svg .axis { stroke: var(--quiet); stroke-width: 1 } figure svg { max-width: 36rem; min-width: 20rem }
"""
NO_CODES = (
    "No statement carries a code, neither one that people accepted nor one that is suggested, so that there "
    "is nothing to compare."
)
WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 560, 260, 48, 40, 12


def write_page(found: Found) -> str:
    """The whole page, self-contained."""
    emergent, others = found.emergent, [theme for theme in found.themes if not theme.emergent]
    sections = [
        ("emergent", "Themes that the codebook does not cover", _emergent(found, emergent)),
        ("others", "All other themes", "".join(_article(one, found) for one in others)),
        ("table", "All themes as a table", _table(found)),
        ("groups", "By case and wave", groups_html(found)),
        ("codes", "Do the codes hold together?", _codes(found)),
        ("saturation", "Would more interviews bring more?", _saturation(found)),
        ("how", "How this was made", _how(found)),
    ]
    there = [section for section in sections if section[2]]
    links = "".join(f'<li><a href="#{name}">{title}</a></li>' for name, title, _ in there)
    body = "".join(
        f'\n<section aria-labelledby="{name}"><h2 id="{name}">{title}</h2>{html}</section>'
        for name, title, html in there
    )
    book = escape(str(found.facts["codebook"]["name"]) or "the codebook")
    return (
        f"{PAGE_HEAD}<title>Themes beside {book}</title><style>{STYLE}{OWN_STYLE}</style></head>\n"
        "<body><main>"
        f"<h1>Themes, and what {book} does not cover</h1>{_lead(found)}"
        f'<nav aria-label="On this page"><ul>{links}</ul></nav>{body}\n</main></body></html>\n'
    )


def _lead(found: Found) -> str:
    warnings = "".join(f"<li>{escape(one)}</li>" for one in found.warnings)
    noted = f'<div class="warning"><ul>{warnings}</ul></div>' if warnings else ""
    unplaced = f"{found.share_unplaced:.0%} of them are in no theme"
    said = _p(
        f"{_n(found.n_statements, 'statement')} by {_n(found.n_respondents, 'respondent')} in "
        f"{_n(found.n_transcripts, 'interview')} make {_n(len(found.themes), 'theme')}; {unplaced}. "
        f"May deserve a code: {len(found.emergent)} of them, which the codebook covers to less than "
        f"{UNCOVERED:.0%}, which come back when the analysis is repeated, and of which {SEVERAL} respondents "
        "or more speak. A theme is a proposal for reading: what it means, and "
        "whether it matters, is for you to say.",
        "lead",
    )
    return said + noted


def _emergent(found: Found, emergent: Sequence[Theme]) -> str:
    if emergent:
        return "".join(_article(one, found) for one in emergent)
    lacks = (
        (f"covered by the codebook to less than {UNCOVERED:.0%}", sum(one.is_new for one in found.themes)),
        ("stable", sum(one.stable for one in found.themes)),
        (f"said by {SEVERAL} respondents or more", sum(one.is_shared for one in found.themes)),
    )
    counts = "; ".join(f"{what}: {n}" for what, n in lacks)
    return _p(
        f"None. Of {_n(len(found.themes), 'theme')}, these have each property ({counts}), none has all."
    )


def _article(theme: Theme, found: Found) -> str:
    numbers = found.numbers
    marks = [
        ('<span class="new">new</span>', theme.is_new),
        ('<span class="tag">unstable</span>', not theme.stable),
    ]
    marks.append(('<span class="tag">few respondents</span>', not theme.is_shared))
    if theme.verdict is not None:
        marks.append((f'<span class="tag">{escape(theme.verdict.sentence())}</span>', True))
    shown = " ".join(mark for mark, there in marks if there)
    quotes = "".join(
        f"<blockquote>{escape(one.text)}<footer>{escape(one.respondent)}, {numbers[one.transcript_id]}."
        f"{one.number}</footer></blockquote>"
        for one in theme.statements
    )
    return (
        f'\n<article id="theme-{theme.id}"><h3>{theme.id}. {escape(theme.label)} {shown}</h3>'
        + _p("Words: " + ", ".join(theme.words))
        + _p(
            f"{_n(theme.n_statements, 'statement')} by {_n(len(theme.respondents), 'respondent')} "
            f"({_named(theme.respondents)}) in {_n(len(theme.transcripts), 'interview')} "
            f"({_named({f'no. {numbers[id]}': n for id, n in theme.transcripts.items()})}).",
            "facts",
        )
        + _by_group(theme, found.groups)
        + _p(
            f"Covered by the codebook: {theme.coverage:.0%}. Nearest code: {theme.nearest_name} (distance "
            f"{theme.distance:.2f}). Found again in {theme.stability:.0%} of the runs.",
            "facts",
        )
        + f"{quotes}</article>"
    )


def _by_group(theme: Theme, groups: Groups) -> str:
    parts = [
        f"By {name}: "
        + ", ".join(f"{value}: {theme.groups[name][value]} of {n:,} ({_share(theme, name, value, n)})"
                    for value, n in sizes.items())
        for name, sizes in groups.items()
    ]  # fmt: skip
    return _p(". ".join(parts) + ".", "facts") if parts else ""


def _share(theme: Theme, name: str, value: str, n: int) -> str:
    return f"{theme.groups[name][value] / n:.1%}" if n else DASH


def _named(counts: Mapping[str, int]) -> str:
    items = list(counts.items())
    more = f" and {len(items) - MOST_NAMED} more" if len(items) > MOST_NAMED else ""
    return ", ".join(f"{name}: {n}" for name, n in items[:MOST_NAMED]) + more


def _table(found: Found) -> str:
    heads = (
        "theme", "statements", "respondents", "interviews", "covered", "nearest code", "distance",
        "found again",
    )  # fmt: skip
    head = "".join(f'<th scope="col"{_text(name)}>{name}</th>' for name in heads)
    rows = "".join(
        f'<tr><th scope="row" class="text"><a href="#theme-{one.id}">{one.id}. {escape(one.label)}</a></th>'
        f"<td>{one.n_statements:,}</td><td>{len(one.respondents)}</td><td>{len(one.transcripts)}</td>"
        f'<td>{one.coverage:.0%}</td><td class="text">{escape(one.nearest_name)}</td>'
        f"<td>{one.distance:.2f}</td><td>{one.stability:.0%}</td></tr>"
        for one in found.themes
    )
    return (
        '<div class="wide" role="region" aria-labelledby="table-themes" tabindex="0"><table>'
        '<caption><span id="table-themes">In the order of this page.</span>'
        f"</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _text(name: str) -> str:
    return ' class="text"' if name in {"theme", "nearest code"} else ""


def _saturation(found: Found) -> str:
    parts = [("codes", found.saturation_of_codes), ("themes", found.saturation_of_themes)]
    html = "".join(
        _p(result.sentence(name)) + (_curve(name, result) if len(result.curve) > 1 else "")
        for name, result in parts
    )
    return html + _p(
        "After Guest, Namey & Chen (2020). The base size is the number of interviews that set the measure, "
        "the run length the number of interviews in which new information is looked for (runs move on by "
        "one interview), the threshold the share of the base that counts as nothing new. Interviews have no "
        "natural order here, so random orders are tried; the line is their mean, the band holds 95 % of "
        "them. Codes are the suggested ones; themes come from all interviews together, so they can only "
        "show how evenly they are spread."
    )


def _curve(name: str, result: Saturation) -> str:
    """The mean number of different items after each interview, with the band of the orders."""
    top = max(result.high) or 1.0
    wide, tall = WIDTH - LEFT - 12, HEIGHT - TOP - BOTTOM

    def at(place: int, value: float) -> str:
        x = LEFT + wide * place / max(1, result.n_interviews - 1)
        return f"{x:.1f},{TOP + tall * (1 - value / top):.1f}"

    places = range(result.n_interviews)
    band = " ".join(
        [*(at(i, result.high[i]) for i in places), *(at(i, result.low[i]) for i in reversed(places))]
    )
    line = " ".join(at(i, result.curve[i]) for i in places)
    floor, title = TOP + tall, f"Different {name} after so many interviews"
    ticks = "".join(
        f'<text x="{LEFT - 6}" y="{TOP + tall * (1 - value / top) + 4:.1f}" text-anchor="end">'
        f"{value:.0f}</text>"
        for value in (0, top / 2, top)
    )
    ends = (
        f'<text x="{LEFT}" y="{floor + 16}" text-anchor="middle">1</text>'
        f'<text x="{LEFT + wide}" y="{floor + 16}" text-anchor="middle">{result.n_interviews}</text>'
        f'<text x="{LEFT + wide / 2:.0f}" y="{floor + 32}" text-anchor="middle">interviews</text>'
    )
    return (
        f'<figure><svg role="img" aria-labelledby="curve-{name}" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}">'
        f'<title id="curve-{name}">{title}: {result.curve[0]:.0f} after the first, '
        f"{result.curve[-1]:.0f} after all {result.n_interviews}</title>"
        f'<polygon class="band" points="{band}"/><polyline class="line" '
        f'points="{line}"/><path class="axis" fill="none" d="M{LEFT} {TOP}V{floor}H{LEFT + wide}"/>'
        f"{ticks}{ends}"
        f"</svg><figcaption>{title}, mean and 95 % band of {result.n_orders} orders.</figcaption></figure>"
    )


def _codes(found: Found) -> str:
    return codes_html(found.codes, found.numbers) if found.codes else _p(NO_CODES)


def _how(found: Found) -> str:
    settings, encoder = found.facts["themes"], found.facts["encoder"]
    stability = found.stability
    covered = (
        "the calibrated probability of a statement's likeliest code, averaged"
        if found.covered_by == "calibrated probabilities"
        else "the share of its statements for which the codebook alone suggests a code; uncalibrated, since "
        "nothing was learnt from human codes"
    )
    resampled = (
        f"{stability.n_resampled_runs} with {KEPT:.0%} of the interviews"
        if stability.n_resampled_runs
        else "none with fewer interviews, as there are too few to leave any out"
    )
    known = {
        "Placed": f"statements of {MIN_WORDS} words or more ({_n(found.n_short, 'shorter one')} left out). "
        "Communities of the graph of nearest neighbours in meaning that many runs of the Leiden algorithm "
        "agree on, in BERTopic; words by c-TF-IDF of lemmas.",
        "Covered": covered + ".",
        "Distance": "1 minus the cosine between the theme's middle and the nearest code's five "
        "nearest lines.",
        "Found again": f"a group with a Jaccard index of {FOUND:g} or more, in "
        f"{_n(stability.n_seed_runs, 'run')} with other seeds and {resampled}; below {STABLE:.0%} of the "
        f"runs a theme is unstable. Adjusted Rand index with these runs: {_ari(stability.ari_seeds)} and "
        f"{_ari(stability.ari_resampled)}.",
        "Respondents": "are numbered in order of appearance; one who is only called something like "
        '"Respondent 1" counts as another person in every interview.',
        "Interviews": "are numbered in the order of their files' names, as in the findings; 3.12 is the "
        "twelfth statement of interview 3. Only themes.json and theme_members.csv call interviews by their "
        "files' names: keep these two to yourself where such a name tells who speaks.",
        "Repeat": f"autocode {found.facts['autocode']}, encoder {encoder['name']}, detail "
        f"{settings['detail']}, seed {found.facts['seed']}; everything else is in themes.json.",
    }  # fmt: skip
    return (
        "<dl>" + "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in known.items()) + "</dl>"
    )


def _ari(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def _n(n: int, noun: str) -> str:
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def _p(text: str, kind: str = "") -> str:
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"
