"""What all findings are made of: what was said, by whom, and which codes were accepted for it.

    material = material_of("study")              # a project, or a coded dataset's folder
    material.statements                          # every utterance, interview by interview, in order
    material.carrying("trust")                   # those that carry a code, or a code below it
    material.said_by_respondents                 # those that can carry codes

Respondents are numbers (R1, R2 ...) and interviews are numbers (1, 2 ...): speakers' names and transcripts'
ids, which may hold names, are only in `Interview.transcript_id`, `Statement.id` and `Material.key`, and
nothing that is shown is made of these.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from autocode.codebook import Codebook
from autocode.digests import digest
from autocode.records import Role

By = Literal["consensus", "coders", "machine"]


@dataclass(frozen=True, slots=True)
class Support:
    """Who says that a code applies to a statement."""

    by: By  # what was agreed; else more than half of the coders who decided; else the machine alone
    n_for: int = 1  # coders who say so (consensus and machine: 1)
    n_coders: int = 1  # coders who decided
    score: float | None = None  # what the machine gives the code there, 0 to 1; None: not known


@dataclass(frozen=True, slots=True)
class Statement:
    """An utterance, and the codes that were accepted for it."""

    id: str  # of the utterance; never shown, since it may hold a name
    interview: int  # 1, 2 ...: `Material.interviews[interview - 1]`
    index: int  # 0, 1, 2 ... within the interview
    turn: int  # of the interview; utterances of one turn share it
    role: Role
    respondent: str | None  # "R1"; None: somebody else speaks, or it is never coded (a mere "mm-hm")
    text: str  # on one line
    asked: int | None = None  # the interviewer's turn that this answers
    question: str = ""  # its asking part, on one line
    codes: Mapping[str, Support] = field(default_factory=dict)  # accepted, with the codes above them
    complete: bool = False  # somebody has finished it: a code that is not in `codes` does not apply
    attributes: Mapping[str, str] = field(default_factory=dict)  # of the interview and the respondent

    @property
    def label(self) -> str:
        """What it is called where it is shown: interview and number in it, as the review page counts.

        >>> Statement("a-4", 2, 4, 1, "respondent", "R1", "We trust them.").label
        '2.5'
        """
        return f"{self.interview}.{self.index + 1}"

    @property
    def anchor(self) -> str:
        """The name of its place in the report.

        >>> Statement("a-4", 2, 4, 1, "respondent", "R1", "We trust them.").anchor
        's-2-5'
        """
        return f"s-{self.interview}-{self.index + 1}"

    @property
    def by_machine(self) -> bool:
        """Are its codes the machine's alone?"""
        return any(one.by == "machine" for one in self.codes.values())


@dataclass(frozen=True, slots=True)
class Interview:
    """One transcript."""

    number: int  # 1, 2 ...
    transcript_id: str  # never shown
    respondents: tuple[str, ...]  # in order of appearance
    attributes: Mapping[str, str] = field(default_factory=dict)  # case, wave and so on
    language: str | None = None

    @property
    def name(self) -> str:
        """What it is called where it is shown."""
        return f"interview {self.number}"


@dataclass(frozen=True, slots=True)
class Material:
    """The interviews with their accepted codings. Interviews are in the order of their ids."""

    name: str  # of the project or the dataset
    source: Literal["project", "dataset"]
    codebook: Codebook
    interviews: tuple[Interview, ...]
    statements: tuple[Statement, ...]
    respondents: tuple[str, ...]  # R1, R2 ... of all who say something that can be coded
    include_machine: bool = False
    n_split: int = 0  # codes on statements on which exactly half of the coders agree: not accepted
    key: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # names of each respondent: never shown
    work: Mapping[str, Any] = field(default_factory=dict)  # how it was coded: see `autocode.findings.work`
    warnings: tuple[str, ...] = ()
    told: Codebook | None = None  # the codebook without names, to be shown

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of all that findings are made of."""
        said = [
            [one.interview, one.index, one.turn, one.respondent, one.text, one.asked, one.complete,
             sorted(one.attributes.items()),
             sorted((id, s.by, s.n_for, s.n_coders, s.score) for id, s in one.codes.items())]
            for one in self.statements
        ]  # fmt: skip
        return digest([self.codebook.digest, self.include_machine, said])

    @property
    def said_by_respondents(self) -> tuple[Statement, ...]:
        """The statements that can carry codes."""
        return tuple(one for one in self.statements if one.respondent is not None)

    @property
    def coded(self) -> tuple[Statement, ...]:
        """Statements with a code."""
        return tuple(one for one in self.statements if one.codes)

    def carrying(self, code_id: str) -> tuple[Statement, ...]:
        """Statements that carry a code or a code below it, in order."""
        return tuple(one for one in self.statements if code_id in one.codes)

    def by_code(self) -> dict[str, list[Statement]]:
        """`carrying` of every code of the codebook, in its order."""
        found: dict[str, list[Statement]] = {code_id: [] for code_id in self.codebook.ids}
        for one in self.statements:
            for code_id in one.codes:
                found[code_id].append(one)
        return found

    def finest(self, statement: Statement) -> tuple[str, ...]:
        """The codes of a statement without those above them, in the order of the codebook."""
        above = {up for code_id in statement.codes for up in self.codebook.ancestors(code_id)}
        return tuple(id for id in self.codebook.ids if id in statement.codes and id not in above)

    def attribute_names(self) -> tuple[str, ...]:
        """Names of the attributes that some respondent's statement has, in the order of the alphabet."""
        return tuple(sorted({name for one in self.said_by_respondents for name in one.attributes}))


def accepted(
    agreed: Iterable[str] | None,
    finished: Sequence[Iterable[str]],
    begun: Sequence[Mapping[str, bool]],
    codebook: Codebook,
) -> tuple[dict[str, Support], int]:
    """The codes accepted for one utterance, and how many codes its coders are evenly split on.

    `agreed` is what was agreed on (None: nothing was), which goes before everything else. `finished` has the
    codes of each coder who has finished it; without any, `begun` has what coders decided of single codes.
    A code applies where more than half of those who decided say so; it brings the codes above it along.
    """
    if agreed is not None:
        return {code_id: Support("consensus") for code_id in _closed(agreed, codebook)}, 0
    votes, voters = Counter[str](), Counter[str]()
    if finished:
        for codes in finished:
            votes.update(_closed(codes, codebook))
        voters = Counter(dict.fromkeys(votes, len(finished)))
    else:
        for said in begun:
            applied = _closed((code_id for code_id, applies in said.items() if applies), codebook)
            votes.update(applied)
            voters.update({*applied, *said})
    taken = {
        code_id: Support("coders", votes[code_id], voters[code_id])
        for code_id in codebook.ids
        if 2 * votes[code_id] > voters[code_id]
    }
    return taken, sum(n > 0 and 2 * n == voters[code_id] for code_id, n in votes.items())


def _closed(codes: Iterable[str], codebook: Codebook) -> set[str]:
    """The codes with all above them; codes that the codebook does not have are left out."""
    known = [code_id for code_id in codes if code_id in codebook]
    return {*known, *(up for code_id in known for up in codebook.ancestors(code_id))}


def respondents_with(statements: Iterable[Statement]) -> dict[str, int]:
    """How many of the statements each respondent says, in order of their numbers."""
    counts: defaultdict[str, int] = defaultdict(int)
    for one in statements:
        if one.respondent is not None:
            counts[one.respondent] += 1
    return dict(sorted(counts.items(), key=lambda item: int(item[0][1:])))
