"""What lies beside the codings and is reported with them: names to leave out, propositions, the guide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autocode.batch import has_content
from autocode.config import Settings
from autocode.findings.consistency import FAR, Consistency, Embed, consistency, recognise
from autocode.findings.consistency_section import consistency_part
from autocode.findings.holding_section import Looked, holding_part, looked_at
from autocode.findings.material import Material
from autocode.findings.names import without_names
from autocode.findings.part import Options, Part
from autocode.findings.propositions import Propositions, propositions_for, read_propositions
from autocode.findings.propositions_section import propositions_part
from autocode.guide import read_guide
from autocode.records import Transcript

if TYPE_CHECKING:
    from autocode.embed import Embedder
    from autocode.segment import Segmenter

GUIDE, PROPOSITIONS = "guide.yaml", "propositions.yaml"


def with_what_lies_beside(
    material: Material, transcripts: Sequence[Transcript], folder: Path, settings: Settings
) -> Material:
    """The material without names, with propositions (the folder's own, else shipped ones that fit),
    with the answers to the guide's similar questions, and with what its statements mean. Raises
    `AutocodeError` with file and line.
    """
    embed = _embed(settings)
    looked = (
        looked_at(material, embed) if material.coded else None
    )  # with its names, as it was embedded when it was coded
    material = without_names(material, transcripts, folder=folder, language=settings.segment.language)
    own = folder / PROPOSITIONS
    given = (
        read_propositions(own, codebook=material.codebook)
        if has_content(own)
        else propositions_for(material.codebook)
    )
    work: dict[str, Any] = {
        "propositions": given,
        "consistency": _consistency(material, folder / GUIDE, embed),
        "looked_at": looked,
    }
    return replace(material, work={**material.work, **work})


def _embed(settings: Settings) -> Embed:
    """Unit vectors of texts; what that needs is loaded when it is first called."""

    def embed(texts: Sequence[str]) -> Any:
        embedder, segmenter = load()
        return embedder.embed([segmenter.clean(text) for text in texts])

    @cache
    def load() -> tuple[Embedder, Segmenter]:
        from autocode.embed import load_embedder
        from autocode.segment import Segmenter

        return load_embedder(settings.embed), Segmenter(settings.segment)

    return embed


def _consistency(material: Material, guide_path: Path, embed: Embed) -> Consistency | None:
    if not has_content(guide_path):
        return None
    guide = read_guide(guide_path)
    if not guide.groups:
        return Consistency((), FAR, 0, 0, 0)
    return consistency(material, guide, recognise(material, guide, embed), embed)


def propositions(material: Material, options: Options) -> Part:
    """The section on the propositions that lie beside."""
    given: Propositions | None = material.work.get("propositions")
    return propositions_part(material, options, given)


def consistency_of_answers(material: Material, options: Options) -> Part:
    """The section on the answers to the guide's similar questions."""
    found: Consistency | None = material.work.get("consistency")
    return consistency_part(material, options, found)


def codes_that_hold(material: Material, options: Options) -> Part:
    """The section on the codes themselves."""
    looked: Looked | None = material.work.get("looked_at")
    return holding_part(material, options, looked)
