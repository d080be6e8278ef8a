"""What the report takes from files beside the codings: names to leave out, propositions, the guide."""

from __future__ import annotations

from pathlib import Path

import pytest

from autocode.anonymise import make_key
from autocode.anonymise.files import KEY
from autocode.anonymise.names import Name, format_key
from autocode.config import EmbedConfig, Settings
from autocode.dataset import read_dataset
from autocode.errors import FindingsError
from autocode.findings import Material
from autocode.findings.beside import consistency_of_answers, propositions, with_what_lies_beside
from autocode.findings.gather import material_of_dataset
from autocode.findings.part import Options
from tests.findings.conftest import Write, answers

HASHING = Settings(embed=EmbedConfig(encoder="hashing"))
SAID = answers("a", "Ask Bo of Nordwerk, or bo@nord.no.", speaker="Ann Berg") + answers(
    "b", "Ann knows Zorbex well.", "Yes.", speaker="Bo Holm"
)
CODES = {"ann": {"a.1": ["goals"], "b.1": ["risk"], "b.2": []}}


def beside(folder: Path) -> Material:
    dataset = read_dataset(folder)
    return with_what_lies_beside(material_of_dataset(dataset), dataset.transcripts, folder, HASHING)


def test_nobody_is_named_in_what_is_shown(write: Write) -> None:
    folder = write(SAID, CODES, cases="a: {firm: Nordwerk}\nb: {firm: Zorbex}\n")
    (folder / "names.csv").write_text("text,kind\nNordwerk,firm\n")
    material = beside(folder)
    said = [one.text for one in material.said_by_respondents]
    assert said == ["Ask [R2] of [Firm 1], or [E-mail 1].", "[R1] knows Zorbex well.", "Yes."]
    assert [one.attributes for one in material.interviews] == [{"firm": "[Firm 1]"}, {"firm": "Zorbex"}]
    (warning,) = (one for one in material.warnings if "may be names" in one)
    assert warning.startswith("1 word with a capital may be names, and this report shows them")
    (folder / "names.csv").write_text("text,kind\nNordwerk,firm\nZorbex,keep\n")
    assert not [one for one in beside(folder).warnings if "may be names" in one]
    # the key of earlier copies goes before new numbers
    listed = (Name("Firm 7", "firm", ("Nordwerk",)),)
    key = make_key(read_dataset(folder).transcripts, listed=listed, ordinary=lambda _: False)
    (folder / KEY).write_text(format_key(key))
    assert beside(folder).said_by_respondents[0].text == "Ask [R2] of [Firm 7], or [E-mail 1]."


def test_propositions_and_a_guide_that_lie_there_are_used(write: Write) -> None:
    folder = write(SAID, CODES)
    material = beside(folder)
    assert "no propositions are shipped" in propositions(material, Options()).section.absent
    assert "no interview guide" in consistency_of_answers(material, Options()).section.absent
    (folder / "propositions.yaml").write_text(
        "propositions:\n- {id: p, text: t, relation: precedes, codes: [goals], with: [risk]}\n"
    )
    (folder / "guide.yaml").write_text(
        "questions:\n- {text: How did it begin?, similar: s}\n- {text: Tell me more., similar: s}\n"
    )
    material = beside(folder)
    (found,) = propositions(material, Options()).record["propositions"]["found"]
    assert (found["id"], found["verdict"]) == ("p", "too few")
    assert "2 of 2 turns" in consistency_of_answers(material, Options()).section.absent
    (folder / "propositions.yaml").write_text(
        "propositions:\n- {id: p, text: t, relation: precedes, codes: [gaols], with: [risk]}\n"
    )
    with pytest.raises(FindingsError, match=r"line 2: no code 'gaols' in the codebook; did you mean 'goals'"):
        beside(folder)
