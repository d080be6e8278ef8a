"""Sentence boundaries against a gold set written by hand, and against spaCy's sentencizer."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from autocode.segment import Segmenter
from autocode.segment.sentences import sentence_starts, tile
from autocode.segment.splitter import spoken_sentence_starts

KNOWN_FAILURES = {"Dr. No? Never saw it."}  # a name after a title, or an answer: nobody can tell


def gold() -> Iterator[tuple[str, str, list[int]]]:
    """Language, text and where its sentences begin."""
    language = ""
    lines = (Path(__file__).parent / "gold_sentences.txt").read_text(encoding="utf-8").splitlines()
    for line in lines:
        if re.fullmatch(r"\[\w\w\]", line):
            language = line.strip("[]")
        elif line and not line.startswith("#"):
            parts = line.replace("\\n", "\n").split("|")
            starts = [sum(map(len, parts[:number])) for number in range(len(parts))]
            yield language, "".join(parts), starts


def f1(find: Callable[[str, str], list[int]]) -> float:
    """Of the boundaries within the texts of the gold set."""
    hits = found = true = 0
    for language, text, starts in gold():
        ours = set(find(text, language)) - {0}
        hits, found, true = hits + len(ours & set(starts)), found + len(ours), true + len(starts) - 1
    return 2 * hits / (found + true)


@pytest.mark.parametrize(("language", "text", "starts"), list(gold()))
def test_gold(language: str, text: str, starts: list[int]) -> None:
    if text in KNOWN_FAILURES:
        pytest.xfail("known")
    assert sentence_starts(text, language=language) == starts


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "她说：“我们先等一等吧。”|后来大家都同意了。"),
        ("zh", "“真的要去吗？”他问。|我们都点了头。"),
        ("zh", "她说：“他说‘不行。’”|我们就走了。"),
        ("zh", "真的吗？！|我不知道……也许是价格。"),
        ("zh", "他走了。|“你好。”"),
        ("en", "老板说：“好。”|我们签了。"),
        ("ja", "「大丈夫です。」と言いました。|それで始めました。"),
        ("ja", "社長は「待って。」|とても困りました。"),
        ("en", "We had max. 10 people, min. 5 of them ours. |We asked Max. |He knew."),
        ("en", "I met Max. |10 years later he left."),
        ("en", "We met J. A. Holm there. |It went well."),
        ("de", "Nach 30 Min. Pause waren mind. 20 Tsd. Euro weg. |Das war viel."),
        ("de", "Dipl.-Ing. Kern, Abt. Einkauf, kannte Hrn. Lohs und Dr. h. c. Lind. |Wir nicht."),
        ("de", "Es war eng. |Max. 10 Personen kamen."),
        ("de", "Das war Max. |Er kam oft."),
        ("nb", "Den er min. |5 år senere solgte vi."),
        ("fr", "C'est l'art. 5, disait le Pr. Martin. |Il avait raison."),
        ("fr", "On parle d'art. |Beaucoup viennent. |On a raté le vol. |Marie est restée au vol. 2."),
        ("es", "La Sra. López vivía en EE. UU. desde mayo. |Elegimos el plan B. |Nosotros... Ana y yo."),
        ("es", "Está en la pág. 5, p. ej. Nestlé. |Nada más."),
        ("pt", "O Eng. Costa veio. |Ficámos com o plano B. |Nós confiámos."),
        ("it", "La sig.ra Rossi e l'ing. Bianchi vendono pane, ecc. |Il resto no."),
        ("nl", "Dit is een BV. |Jan leidt bv. Polen."),
        ("nl", "We leverden bijv. Duitsland. |We kozen plan B. |Het werkte."),
        ("pl", "Sprzedawaliśmy np. Niemcom, ok. 50 osób. |No ok. |Marek poszedł."),
        ("pl", "Wierzę im. |Anna też zna art. 5."),
        ("ru", "Я сказал им. |Марина продаёт рис. |Иван видел рис. 3."),
        ("ru", "Мы, т. е. Иван и А. С. Орлов, купили хлеб и т. д. |Потом ушли."),
        ("tr", "Örn. Almanya büyük bir pazar. |Doç. Kaya geldi. |Biz gittik."),
    ],
)
def test_abbreviations_and_quotations_of_many_languages(language: str, text: str) -> None:
    starts = sentence_starts(text.replace("|", ""), language=language)
    parts = [text.replace("|", "")[first:last] for first, last in tile(starts, len(text.replace("|", "")))]
    assert "|".join(parts) == text


def test_gold_is_found_far_better_than_by_the_sentencizer() -> None:
    import spacy

    pipelines = {}
    for language, _, _ in gold():
        if language not in pipelines:
            pipelines[language] = spacy.blank(language)
            pipelines[language].add_pipe("sentencizer")
    theirs = f1(lambda text, language: [sentence.start_char for sentence in pipelines[language](text).sents])
    ours = f1(lambda text, language: sentence_starts(text, language=language))
    assert ours > 0.98
    assert theirs < 0.85


def test_the_component_finds_the_same_boundaries_as_the_rules() -> None:
    from autocode.config import SegmentConfig

    by_language: dict[str, list[str]] = {}
    for language, text, _ in gold():
        by_language.setdefault(language, []).append(text)
    for language, texts in by_language.items():
        spans = Segmenter(SegmentConfig(language=language)).sentences(texts)
        assert spans == [tile(spoken_sentence_starts(text, language=language), len(text)) for text in texts]


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n", "...", "?!", ". . .", "a", "«»", "1.", "-", "\u200f.\u200f"]
)
def test_next_to_nothing_is_at_most_one_sentence(text: str) -> None:
    assert sentence_starts(text) == [0][: len(text)]


@pytest.mark.parametrize(
    "text",
    [
        "." * 50_000,
        ". " * 50_000 + "x",
        "?!." * 20_000,
        "\n \n" * 20_000,
        '."' * 20_000,
        "。" + '"' * 50_000,
    ],
)
def test_runs_of_stops_take_linear_time(text: str) -> None:
    assert sentence_starts(text) == [0]  # with a quadratic search this takes minutes
