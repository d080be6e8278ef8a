"""What is said of codes that do or don't hold together, in the findings as beside the themes."""

from __future__ import annotations

from autocode.codebook import Codebook
from autocode.report.apa import counted, decimal, probability
from autocode.themes.holding import (
    AS_NEAR,
    COHERENT,
    CONTAINED,
    JACCARD,
    LEAST,
    LEAST_INTERVIEWS,
    LEAST_TO_SPLIT,
    MOST,
    N_SHUFFLES,
    SPLIT,
    Halves,
    Held,
    Holding,
    Pair,
)
from autocode.themes.theme import MIN_WORDS


def explained(found: Holding, whose: str = "") -> list[str]:
    """What was looked at, by which rules, and how often they are wrong."""
    known = [one for one in found.codes if one.coherence is not None]
    n_pairs = sum(one.cosine is not None for one in found.pairs)
    return [
        "A code should be coherent within and distinct from the others. What the numbers find is where to "
        "read again, and not a verdict: they see what statements are about, and neither irony nor what a "
        f"code is for. {counted(found.n_statements, 'statement')} of {MIN_WORDS} words or more were "
        f"compared by meaning; a statement counts for the finest codes that it carries.{whose}",
        f"How alike random statements of the same interviews are (p, {N_SHUFFLES} draws) tells in one "
        "direction only: a small p says that a code is about one subject; a large one is no fault, as a code "
        "may stand for what people do rather than for what they talk about. Marked “overlaps”: between two "
        f"coherent codes (p up to {decimal(COHERENT)}), statements are almost as alike as within them "
        f"({AS_NEAR:.0%} or more of what the mean cosine within the two is above that of any two statements, "
        f"{decimal(found.any_two)}), or the same statements carry both (Jaccard index of {decimal(JACCARD)} "
        f"or more, or {CONTAINED:.0%} of the smaller code). Marked “two meanings?”: cut in two, the groups "
        f"lie further apart (p up to {decimal(SPLIT)}) both than in one normal cloud of any shape and than "
        "in random statements of the same interviews, and each comes from "
        f"{LEAST_INTERVIEWS} interviews or more; of codes with more than {MOST} statements, {MOST} drawn by "
        "chance are looked at.",
        "How often this is right was tried on negotiations that people had coded. Of codes with 40 "
        "statements each, “overlaps” found 26% of those that were one code cut in two by chance (4% with 10 "
        "statements, 43% with 80), and marked 2% of pairs of different codes. “Two meanings?” is hardly ever "
        "found: 0% to 2% of codes that were made of two, and 0% to 9% of codes that were one. So a mark is a "
        "reason to read, and no mark is no reason not to.",
        f"Many things were looked at: {counted(len(known), 'code')} for coherence, "
        f"{counted(n_pairs, 'pair')} of codes in meaning, {counted(found.n_tried, 'code')} for two meanings. "
        f"No p is corrected for that: if no code had two meanings, up to {found.n_tried * SPLIT:.2g} would "
        "be marked by chance.",
    ]


def marks_of(found: Holding, one: Held) -> list[str]:
    """The words that a code is marked with."""
    marks = []
    if any(pair.flagged and one.code_id in (pair.a, pair.b) for pair in found.pairs):
        marks.append("overlaps")
    if one.halves is not None and one.halves.flagged:
        marks.append("two meanings?")
    return marks


def few_said(found: Holding, book: Codebook) -> str:
    """Which codes have too few statements to tell, and how many are needed."""
    few = [f"{book[one.code_id].name} ({one.n_long})" for one in found.codes if one.coherence is None]
    whole = [
        f"{book[one.code_id].name} ({one.n_long})"
        for one in found.codes
        if one.coherence is not None and one.halves is None
    ]
    parts = []
    if few:
        parts.append(
            f"Too few statements of {MIN_WORDS} words or more to say how alike they are (at least {LEAST} "
            f"are needed): {', '.join(few)}."
        )
    if whole:
        parts.append(
            f"Too few to look for two meanings (at least {LEAST_TO_SPLIT} are needed, from "
            f"{LEAST_INTERVIEWS} interviews): {', '.join(whole)}."
        )
    return " ".join(parts)


def unused_said(found: Holding, book: Codebook) -> str:
    """Which codes no statement carries."""
    if not found.unused:
        return "Every code has statements."
    names = ", ".join(book[id].name for id in found.unused)
    return (
        f"No statement carries {counted(len(found.unused), 'code')}: {names}. Either nobody speaks of it, or "
        "other codes take its statements."
    )


def pair_said(pair: Pair) -> str:
    """Why two codes are marked."""
    reasons = (("as alike as within", pair.as_near), ("same statements", pair.share_much))
    return "; ".join(words for words, there in reasons if there)


def split_said(halves: Halves, name: str) -> str:
    """What the two groups of a code are."""
    a, b = halves.parts
    return (
        f"{name}: {counted(len(a.rows), 'statement')} in group A and {len(b.rows)} in group B; "
        f"{halves.weight:.0%} of what the statements differ in meaning lies between the two "
        f"(p = {probability(halves.p)}). Do the two groups mean the same?"
    )
