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
    LEAST_TO_TELL,
    LITTLE,
    MOST,
    N_SHUFFLES,
    SPLIT,
    Halves,
    Held,
    Holding,
    Pair,
)
from autocode.themes.theme import MIN_WORDS

# scripts/check_coherence.py, rounded; BENCHMARKS.md has all of it
KNOWN_RATES = (
    "How often such marks are right was tried on people's codes in two other studies (negotiations, user "
    "interviews). A code cut in two by chance was marked as overlapping in 18 to 33% of the trials with 10 "
    "statements in each part, in half of them with 20, and in about 80% with 40; two different codes in 0 to "
    "6%. Statements picked by chance were marked “little in common” in about 80%, people's codes in 0 to 9%. "
    "“Two meanings?” was marked in 0 to 9% of people's codes, and no more often where two of them had been "
    "put together, unless these were about things as far apart as camping and software: a code without this "
    "mark may well have two meanings."
)


def explained(found: Holding, whose: str = "") -> list[str]:
    """What was looked at, by which rules, and how often they are wrong."""
    known = [one for one in found.codes if one.coherence is not None]
    n_pairs = sum(one.cosine is not None for one in found.pairs)
    what = (
        "A code should be coherent within and distinct from the others. What the numbers find is where to "
        "read again, and not a verdict: they see what statements are about, and neither irony nor what a "
        f"code is for. {counted(found.n_statements, 'statement')} of {MIN_WORDS} words or more were "
        "compared by meaning, without what all of them share; a statement counts for the finest codes that "
        f"it carries.{whose}"
    )
    if not known and not any(pair.flagged for pair in found.pairs):
        return [what]
    return [
        what,
        f"Marked “little in common”: {LEAST_TO_TELL} statements or more that are hardly more alike than "
        f"random statements of the same interviews (p above {decimal(LITTLE)}, {N_SHUFFLES} draws). Marked "
        "“overlaps”: two codes that are both clearly more alike than random statements (p up to "
        f"{decimal(COHERENT)}), and whose statements are nearly as alike between the two as within "
        f"({AS_NEAR:.0%} or more of the mean cosine within); or the same statements carry both (Jaccard "
        f"index of {decimal(JACCARD)} or more, or {CONTAINED:.0%} of the smaller code). Marked “two "
        f"meanings?”: cut in two, the groups lie further apart (p up to {decimal(SPLIT)}) both than in one "
        "normal cloud of any shape and than in random statements of the same interviews, and each comes from "
        f"{LEAST_INTERVIEWS} interviews or more; of codes with more than {MOST} statements, {MOST} drawn by "
        "chance are looked at.",
        KNOWN_RATES,
        f"Many things were looked at: {counted(len(known), 'code')} for coherence, "
        f"{counted(n_pairs, 'pair')} of codes in meaning, {counted(found.n_tried, 'code')} for two meanings. "
        "No p is corrected for that, so a few marks come by chance.",
    ]


def marks_of(found: Holding, one: Held) -> list[str]:
    """The words that a code is marked with."""
    marks = []
    if one.little_in_common:
        marks.append("little in common")
    if any(pair.flagged and one.code_id in (pair.a, pair.b) for pair in found.pairs):
        marks.append("overlaps")
    if one.halves is not None and one.halves.flagged:
        marks.append("two meanings?")
    return marks


def few_said(found: Holding, book: Codebook) -> str:
    """Which codes have too few statements to tell, and how many are needed."""
    few = [f"{book.short_path(one.code_id)} ({one.n_long})" for one in found.codes if one.coherence is None]
    whole = [
        f"{book.short_path(one.code_id)} ({one.n_long})"
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
            f"Not enough to look for two meanings ({LEAST_TO_SPLIT} statements or more from "
            f"{LEAST_INTERVIEWS} interviews or more are needed): {', '.join(whole)}."
        )
    return " ".join(parts)


def unused_said(found: Holding, book: Codebook) -> str:
    """Which codes no statement carries."""
    if not found.unused:
        return "Every code has statements."
    names = ", ".join(book.short_path(id) for id in found.unused)
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
