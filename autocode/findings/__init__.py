"""Findings: from accepted codings to the figures and tables of a findings chapter.

material       what everything is made of: statements, their accepted codes, numbers instead of names
gather         the material of a project or of a coded dataset
attributes     what is known of interviews and respondents
work           how it was coded, from the project's log
corrected      how often codes occur, corrected for the machine's errors
clustered      intervals when statements of one interview hang together
structure      first-order codes, themes, topics
cooccurrence   which codes come together; `thematic_map` shows it
strongest      quotes
comparison     codes in groups of interviews; `cases` shows it
sequences      which code comes right after which, `precedence` which earlier; `timeline` shows both
front, method, trust, statements   the other sections
part           what each section gives: text, record, files, the statements behind its numbers
report         all parts in their order (`PARTS`), and the files

>>> from autocode.findings import material_of
>>> material = material_of("study")  # doctest: +SKIP
>>> [one.label for one in material.carrying("trust")]  # doctest: +SKIP
"""

from autocode.findings.gather import material_of
from autocode.findings.material import Interview, Material, Statement, Support

__all__ = ["Interview", "Material", "Statement", "Support", "material_of"]
