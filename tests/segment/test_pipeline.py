"""The spaCy side: components for anybody's pipeline, lemmas, languages, errors, lean imports."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from autocode.config import SegmentConfig
from autocode.errors import ConfigError
from autocode.segment import Segmenter


@pytest.fixture(scope="module")
def english() -> Segmenter:
    return Segmenter(SegmentConfig())


def test_torch_is_not_imported() -> None:
    program = (
        "import sys\n"
        "from autocode.config import SegmentConfig\n"
        "from autocode.segment import Segmenter\n"
        "assert 'spacy' not in sys.modules\n"
        "segmenter = Segmenter(SegmentConfig())\n"
        "segmenter.sentences(['We left. They stayed.'])\n"
        "segmenter.lemmas(['We left.'])\n"
        "print('spacy' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]


def test_lemmas_are_lower_case_and_look_past_marks(english: Segmenter) -> None:
    text = "Well, [laughs] the Companies didn't wan- want it: 3.5 percent (inaudible)!"
    (lemmas,) = english.lemmas([text])
    assert [lemma for lemma, _, _ in lemmas] == [
        "well",
        "the",
        "company",
        "do",
        "not",
        "want",
        "it",
        "3.5",
        "percent",
    ]
    assert [text[start:end] for _, start, end in lemmas][2:5] == ["Companies", "did", "n't"]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("nb", "Vi ringte bedriftene i Bergen.", {"bedrift", "ringe"}),
        ("sv", "Vi litade på företagen i Umeå.", {"företag", "lita"}),
        ("fi", "Puhuimme yrityksille Oulussa.", {"yritys", "puhua"}),
        ("de", "Wir vertrauten den Unternehmen in Kiel.", {"unternehmen", "vertrauen"}),
        ("fr", "Nous avions confiance dans les entreprises.", {"entreprise", "confiance"}),
    ],
)
def test_other_languages(language: str, text: str, expected: set[str]) -> None:
    segmenter = Segmenter(SegmentConfig(language=language))
    (lemmas,) = segmenter.lemmas([text])
    assert expected <= {lemma for lemma, _, _ in lemmas}
    assert all(lemma == lemma.lower() for lemma, _, _ in lemmas)
    assert segmenter.sentences([f"{text} {text}"]) == [
        [(0, len(text) + 1), (len(text) + 1, 2 * len(text) + 1)]
    ]
    assert segmenter.clean(text) == text


def test_a_language_without_a_table_keeps_lower_case_forms() -> None:
    (lemmas,) = Segmenter(SegmentConfig(language="xx")).lemmas(["Some Words"])
    assert lemmas == [("some", 0, 4), ("words", 5, 10)]


def test_no_texts_and_empty_texts(english: Segmenter) -> None:
    assert english.sentences([]) == english.lemmas([]) == []
    assert english.sentences(["", " "]) == [[], [(0, 1)]]
    assert english.lemmas(["", " "]) == [[], []]


def test_components_serve_any_pipeline() -> None:
    import spacy

    import autocode.segment.components  # noqa: F401  # installed, the entry points do this

    nlp = spacy.blank("en")
    for name in ("autocode_marks", "autocode_sentences", "autocode_lemmas", "autocode_backchannels"):
        nlp.add_pipe(name)
    doc = nlp("We met Mr. Berg. (laughs) He wan- wanted 3.5 percent.")
    assert [sentence.text for sentence in doc.sents] == [
        "We met Mr. Berg. (laughs)",
        "He wan- wanted 3.5 percent.",
    ]
    assert [(span.text, span.label_) for span in doc.spans["marks"]] == [
        ("(laughs)", "event"),
        ("wan-", "cutoff"),
    ]
    assert doc[1].lemma_ == "meet"
    assert not doc._.is_backchannel
    assert nlp("Mm-hm, right.")._.is_backchannel
    assert len(nlp("")) == 0


@pytest.mark.parametrize(("written", "code"), [("en-GB", "en"), ("nb_NO", "nb"), ("no", "nb"), ("DE", "de")])
def test_language_tags(written: str, code: str) -> None:
    assert Segmenter(SegmentConfig(language=written)).nlp.lang == code


def test_an_unknown_language_is_named_with_those_there_are() -> None:
    with pytest.raises(
        ConfigError, match=r"--language, or \[segment\] language .* no language 'zz'; .* such as en, nb"
    ):
        Segmenter(SegmentConfig(language="zz")).sentences(["Hi."])


def test_an_unknown_model_is_named_with_those_installed() -> None:
    with pytest.raises(
        ConfigError, match=r"\[segment\] spacy_model: no spaCy pipeline 'xx_none' is installed; "
    ):
        Segmenter(SegmentConfig(spacy_model="xx_none")).sentences(["Hi."])


def test_a_saved_pipeline_is_used_with_its_own_boundaries(tmp_path: Path) -> None:
    import spacy

    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    nlp.to_disk(str(tmp_path))
    segmenter = Segmenter(SegmentConfig(spacy_model=str(tmp_path)))
    assert segmenter.sentences(["We sold no. 5 then."]) == [[(0, 12), (12, 19)]]  # as its sentencizer cuts
    assert segmenter.lemmas(["We met"]) == [[("we", 0, 2), ("meet", 3, 6)]]
