"""Findings: from accepted codings to the figures and tables of a findings chapter.

    material    what everything is made of: statements, their accepted codes, numbers instead of names
    gather      the material of a project or of a coded dataset
    attributes  what is known of interviews and respondents

>>> from autocode.findings import material_of
>>> material = material_of("study")  # doctest: +SKIP
>>> [one.label for one in material.carrying("trust")]  # doctest: +SKIP
"""

from autocode.findings.gather import material_of
from autocode.findings.material import Interview, Material, Statement, Support

__all__ = ["Interview", "Material", "Statement", "Support", "material_of"]
