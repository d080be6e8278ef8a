"""Is a text in the language it is read as? A guess from the share of little words, enough for a warning."""

from __future__ import annotations

import re
from collections import Counter
from itertools import islice

NAMES = {
    "en": "English",
    "nb": "Norwegian",
    "sv": "Swedish",
    "da": "Danish",
    "fi": "Finnish",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "nl": "Dutch",
    "it": "Italian",
}
# What speech is full of and few of the others share. Spanish, Dutch and Italian keep their neighbours apart.
_LISTS = {
    "en": "the and of to that it was is are we you they he she in with for have had but what this there not "
    "do so my our your be on at as from by if or when which would could who them because just about",
    "nb": "jeg det er og i på at som vi de du ikke en et av til med for har hadde var så men om han hun den "
    "hva meg deg seg oss mye noe noen etter være blir ble også eller når hvor hvordan fra hos veldig "
    "eg ikkje dei kva ein vere då mykje frå",
    "sv": "jag det är och att som vi inte en ett av till med för har hade var så men om han hon den vad mig "
    "dig sig oss mycket något någon efter vara blir blev också eller när där från hur mer på ju alla "
    "bara",
    "da": "jeg det er og i på at som vi de du ikke en et af til med for har havde var så men om han hun den "
    "hvad mig dig sig os meget noget nogle efter være bliver blev også eller når hvor hvordan fra jo "
    "lige",
    "fi": "ja on ei se että oli niin kun mutta me minä mä sä hän he ne tämä sitä siitä myös kuin jos joka "
    "mikä mitä olen olemme ollut ovat siis vaan tai nyt sitten hyvin meidän niitä sen niiden voi ole",
    "de": "ich und die der das ist nicht wir sie es ein eine einen mit zu den dem auf war haben hatte auch "
    "aber so wie was von für dass wenn dann noch sich uns mir mich sind bei oder aus nach man schon "
    "ja wird",
    "fr": "je et le la les est pas nous vous ils elle un une des du de que qui dans pour avec on était ont "
    "avait mais ce ça sur plus aussi comme se au aux ne son sa leur leurs bien quand où cette être "
    "très donc",
    "es": "yo y el la los las es no nosotros un una de que en por para con se era han había pero lo su sus "
    "como más también al del me te le les ha muy cuando donde esto este esta ser porque entonces",
    "nl": "ik en de het is niet wij we ze een van dat in op te met voor was hebben had maar ook zo er zijn "
    "aan om als dan nog wat wel bij naar uit ons mij me die deze dit heel omdat wordt of hij",
    "it": "io e il la i le gli è non noi un una di che in per con si era hanno aveva ma lo suo sua come più "
    "anche al del della dei mi ti ci sono molto quando dove questo questa essere perché quindi cosa",
}  # fmt: skip
_WORDS = {language: frozenset(words.split()) for language, words in _LISTS.items()}
# Spoken Norwegian, in both written forms, and Danish share most of these words.
_FAMILY = {"nn": "nb", "no": "nb", "da": "nb"}
_WORD = re.compile(r"[^\W\d_]+")
_MIN_WORDS, _MAX_WORDS = 30, 5000  # a shorter text says too little, of a longer one the beginning is enough
_MIN_SHARE = 0.2  # of all words; a language outside the table stays below it
_MIN_LEAD = 1.3  # times the share of the next language


def guess_language(text: str) -> str | None:
    """The language code of `text`, or None where it is short, mixed, or in a language that is not known here.

    >>> guess_language("We asked them for help because they had done it before. " * 4)
    'en'
    """
    words = [match[0].casefold() for match in islice(_WORD.finditer(text), _MAX_WORDS)]
    if len(words) < _MIN_WORDS:
        return None
    counts = Counter(words)
    hits = {lang: sum(counts[word] for word in known) for lang, known in _WORDS.items()}
    best = max(hits, key=hits.__getitem__)
    rest = max(n for language, n in hits.items() if _family(language) != _family(best))
    clear = hits[best] >= _MIN_SHARE * len(words) and hits[best] >= _MIN_LEAD * rest
    return best if clear else None


def language_warning(transcript_text: str, configured_language: str) -> str | None:
    """What to say of a text that looks to be in another language than the configured one, or None.

    Norwegian and Danish are too close for a warning.
    """
    found = guess_language(transcript_text)
    if found is None or _family(found) == _family(_primary(configured_language)):
        return None
    named = NAMES[found]
    return (
        f"the text looks {named} but is read as {_name(configured_language)}; if it is {named}, "
        f'set [segment] language = "{found}" in the settings file, or give --language {found}'
    )


def codebook_language_warning(codebook_language: str, configured: str) -> str | None:
    """What to say of a codebook in another language than the interviews are read as, or None."""
    book = _primary(codebook_language)
    if _family(book) == _family(_primary(configured)):
        return None
    return (
        f"the codebook's language is {_name(book)} but the interviews are read as {_name(configured)}; "
        f'if they are {_name(book)}, set [segment] language = "{book}" or give --language {book}, '
        "else correct 'language:' in the codebook"
    )


def encoder_language_warning(configured: str) -> str | None:
    """What to say of the default encoder where the interviews are not in English, or None."""
    if _primary(configured) == "en":
        return None
    return (
        f"the default encoder was made for English and knows {_name(configured)} badly; name a multilingual "
        "sentence-transformers model in [embed] encoder of the settings file, or with --encoder"
    )


def _primary(language: str) -> str:
    return language.strip().lower().replace("_", "-").split("-")[0]


def _family(language: str) -> str:
    return _FAMILY.get(language, language)


def _name(language: str) -> str:
    primary = _primary(language)
    return NAMES.get("nb" if primary in ("no", "nn") else primary, f"'{language}'")
