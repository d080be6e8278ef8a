"""Names of persons, firms and places, from a trained spaCy pipeline if one is installed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from autocode.config import suggest
from autocode.errors import ConfigError

EntityKind = Literal["person", "firm", "place"]
# Labels of the pipelines that spaCy ships, by what they mean here.
_KINDS: dict[str, EntityKind] = {
    "PERSON": "person", "PER": "person", "PRS": "person",
    "ORG": "firm",
    "GPE": "place", "LOC": "place", "FAC": "place", "GPE_LOC": "place", "GPE_ORG": "place",
}  # fmt: skip
_SIZES = ("trf", "lg", "md", "sm")  # the best first


@dataclass(frozen=True, slots=True)
class Entity:
    """A name in a text, as a model sees it."""

    text: str
    kind: EntityKind


def installed_recogniser(language: str) -> str | None:
    """The best installed spaCy pipeline that finds names in this language; None: there is none."""
    import spacy.util

    fitting = [name for name in spacy.util.get_installed_models() if _finds_names(name, language)]
    return min(fitting, key=lambda name: (_rank(name), name), default=None)


def find_entities(texts: Sequence[str], model: str) -> Iterator[list[Entity]]:
    """The names in each text. Raises `ConfigError` for a pipeline that is not there or finds none."""
    import spacy

    try:
        nlp = spacy.load(model)
    except OSError:
        installed = sorted(spacy.util.get_installed_models())
        raise ConfigError(
            f"--ner: no spaCy pipeline '{model}' is installed{suggest(model, installed)}; "
            f"installed: {', '.join(installed) or 'none'}"
        ) from None
    if not {"ner", "entity_ruler", "span_ruler"} & set(nlp.pipe_names):
        raise ConfigError(
            f"--ner: the spaCy pipeline '{model}' does not look for names; it has no 'ner' part"
        )
    for doc in nlp.pipe(texts):
        yield [
            Entity(one.text, _KINDS[one.label_])
            for one in doc.ents
            if one.label_ in _KINDS and one.text != one.text.lower()  # small models take "quay" for a place
        ]


def _finds_names(name: str, language: str) -> bool:
    from spacy.cli.info import info

    meta = info(name, silent=True)
    return isinstance(meta, dict) and meta.get("lang") == language and "ner" in meta.get("components", ())


def _rank(name: str) -> int:
    size = name.rpartition("_")[2]
    return _SIZES.index(size) if size in _SIZES else len(_SIZES)
