"""Which language a text is in, and what is said where another one is set."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.demo import transcripts as demo_transcripts
from autocode.read import read_transcript
from autocode.segment.language import (
    codebook_language_warning,
    encoder_language_warning,
    guess_language,
    language_warning,
)

FORMATS = Path(__file__).parents[3] / "shared" / "formats"

SAMPLES = {
    "en": "We had no idea what they would do with it, so I called him and asked whether the boat was ready. "
    "He said that it would be there on Monday, but of course it was not, and we had to wait for a "
    "week.",
    "nb": "Vi visste ikke hva de ville gjøre med den, så jeg ringte til ham og spurte om båten var ferdig. "
    "Han sa at den skulle komme på mandag, men det gjorde den ikke, og da måtte vi vente i en uke.",
    "nn": "Vi visste ikkje kva dei ville gjere med han, så eg ringde og spurde om båten var ferdig no. Han "
    "sa at han skulle kome på måndag, men det gjorde han ikkje, og då måtte vi vente ei veke.",
    "da": "Vi vidste ikke hvad de ville gøre med den, så jeg ringede til ham og spurgte om båden var "
    "færdig. Han sagde at den ville komme på mandag, men det gjorde den ikke, og så måtte vi vente i "
    "en uge.",
    "sv": "Vi visste inte vad de skulle göra med den, så jag ringde honom och frågade om båten var klar. "
    "Han sa att den skulle komma på måndag, men det gjorde den inte, och vi fick vänta i en vecka.",
    "fi": "Me emme tienneet mitä he siitä haluavat, joten minä soitin ja kysyin onko vene jo valmis. Hän "
    "sanoi että se tulee maanantaina, mutta ei se tullut, ja me odotimme sitten viikon kun muuta ei "
    "voi tehdä.",
    "de": "Wir wussten nicht, was sie damit machen wollten, also habe ich ihn angerufen und gefragt, ob das "
    "Boot fertig ist. Er sagte, es wird am Montag da sein, aber es war nicht da, und wir haben noch "
    "gewartet.",
    "fr": "Nous ne savions pas ce qu'ils voulaient en faire, donc je les ai appelés et on a demandé si le "
    "bateau était prêt. Il a dit que oui, dans une semaine, mais ce n'était pas le cas et nous avons "
    "attendu.",
}  # fmt: skip
POLISH = (
    "Nie wiedzieliśmy, co chcą z tym zrobić, więc zadzwoniłem do niego i zapytałem, czy łódź jest już "
    "gotowa. Powiedział, że będzie w poniedziałek, ale oczywiście jej nie było i musieliśmy czekać "
    "cały tydzień."
)
NORDIC = {"nb", "nn", "da", "no"}


@pytest.mark.parametrize("language", SAMPLES)
def test_a_short_passage_is_enough(language: str) -> None:
    assert guess_language(SAMPLES[language]) == ("nb" if language == "nn" else language)


@pytest.mark.parametrize("configured", [*SAMPLES, "no", "en-GB", "pl"])
@pytest.mark.parametrize("language", SAMPLES)
def test_a_warning_where_the_setting_is_another_language(language: str, configured: str) -> None:
    same = language == configured.split("-", maxsplit=1)[0] or {language, configured} <= NORDIC
    warning = language_warning(SAMPLES[language], configured)
    assert (warning is None) == same
    assert warning is None or ("[segment] language" in warning and "--language" in warning)


def test_what_a_warning_says() -> None:
    assert language_warning(SAMPLES["nb"], "en") == (
        "the text looks Norwegian but is read as English; if it is Norwegian, "
        'set [segment] language = "nb" in the settings file, or give --language nb'
    )


@pytest.mark.parametrize("text", ["", "Yes, it is.", POLISH, "a b c d " * 50, "12:30 " * 90, "你好。" * 90])
def test_no_guess_where_there_is_none(text: str) -> None:
    assert guess_language(text) is None
    assert language_warning(text, "en") is None


def test_the_demo_is_english() -> None:
    for path in demo_transcripts():
        text = " ".join(turn.text for turn in read_transcript(path).turns)
        assert guess_language(text) == "en"


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "language"), [("english.bom", "en"), ("french", "fr"), ("spanish", "es"), ("polish", None)]
)
def test_samples_of_the_wild(name: str, language: str | None) -> None:
    path = FORMATS / "encodings" / f"sample-{name}.txt"
    if not path.exists():
        pytest.skip("the shared samples are absent")
    assert guess_language(path.read_text(encoding="utf-8-sig")) == language


def test_the_codebooks_language() -> None:
    assert codebook_language_warning("nb", "no") is None
    assert codebook_language_warning("en", "en-US") is None
    warning = codebook_language_warning("nb", "en")
    assert warning is not None
    assert warning.startswith("the codebook's language is Norwegian but the interviews are read as English; ")
    assert '[segment] language = "nb"' in warning


def test_the_encoders_language() -> None:
    assert encoder_language_warning("en-GB") is None
    assert "made for English and knows Norwegian badly" in (encoder_language_warning("no") or "")
    assert "'pl'" in (encoder_language_warning("pl") or "")
