"""Agreement of coders: every coefficient, its interval, and when it means nothing.

Ratings are matrices with one row for each coder and one column for each unit, None or nan where
a coder has not seen a unit; `from_long` and `code_table` make them from rows. Pass the categories
that were offered, not those seen. Every coefficient returns a `Coefficient` whose value is None,
with the reason, where it is undefined.

    kappa         percent agreement, Cohen, Scott, Fleiss, Conger, Light, Brennan-Prediger, PABAK, AC1, AC2
    alpha         Krippendorff's alpha for values and for sets of codes
    specific      agreement on one category, prevalence and bias index
    per_code      all of these for every code of a codebook at once
    hierarchy     codes replaced by their ancestors
    unitizing     free spans: Krippendorff's u-alpha family, over interviews and with intervals
    unitizing_2004  the same in the older form
    gamma         free spans: best alignment
    segmentation  Pk, WindowDiff, boundary similarity
    intervals     bootstrap by interview, jackknife, standard errors
    machine       may the machine stand in for a coder? Non-inferiority, replacing one coder
    alt_test      the same by the alternative annotator test
    prevalence    how often a code occurs, corrected for the machine's errors
    planning      how many units to code twice
    sampling      which units, and by whom
    anchoring     do suggestions sway the coder?
"""

from autocode.agreement.alpha import (
    alpha_per_category,
    coincidences,
    krippendorff_alpha,
    set_alpha,
)
from autocode.agreement.alt_test import (
    AlternativeAnnotatorTest,
    alternative_annotator_test,
    benjamini_yekutieli,
)
from autocode.agreement.anchoring import (
    Anchoring,
    ArmMeasures,
    Decided,
    Difference,
    Measure,
    measure_anchoring,
)
from autocode.agreement.coefficient import Coefficient, Interval
from autocode.agreement.distances import jaccard_distance, masi_distance
from autocode.agreement.gamma import gamma, gamma_disorder
from autocode.agreement.hierarchy import ancestor_closure, resolved_at, roll_up
from autocode.agreement.intervals import analytic_interval, bootstrap_interval, pairs_bootstrap
from autocode.agreement.kappa import (
    brennan_prediger,
    cohen_kappa,
    conger_kappa,
    fleiss_kappa,
    gwet_ac1,
    gwet_ac2,
    light_kappa,
    pabak,
    percent_agreement,
    scott_pi,
)
from autocode.agreement.machine import NonInferiority, Replacement, non_inferiority, replace_one
from autocode.agreement.per_code import CodeAgreement, code_agreement
from autocode.agreement.planning import (
    alpha_sample_size,
    design_effect,
    kappa_sample_size,
    kappa_units_for_width,
    units_for_positives,
)
from autocode.agreement.prevalence import Estimate, difference_mean, ppi_mean, stratified_mean
from autocode.agreement.sampling import Sample, SampledUnit, TranscriptShare, assign, draw_sample
from autocode.agreement.segmentation import (
    boundary_edits,
    boundary_similarity,
    pk,
    segmentation_similarity,
    window_diff,
)
from autocode.agreement.specific import (
    bias_index,
    category_agreement,
    negative_agreement,
    positive_agreement,
    prevalence_index,
)
from autocode.agreement.tables import CodeTable, Ratings, as_ratings, code_table, from_long
from autocode.agreement.unitizing import (
    cu_alpha,
    ku_alpha,
    u_alpha,
    u_alpha_binary,
    unitizing,
    unitizing_interval,
)
from autocode.agreement.unitizing_2004 import alpha_u_2004, alpha_u_2004_category
from autocode.agreement.weights import weight_table, weights_from_distances

__all__ = [
    "AlternativeAnnotatorTest",
    "Anchoring",
    "ArmMeasures",
    "CodeAgreement",
    "CodeTable",
    "Coefficient",
    "Decided",
    "Difference",
    "Estimate",
    "Interval",
    "Measure",
    "NonInferiority",
    "Ratings",
    "Replacement",
    "Sample",
    "SampledUnit",
    "TranscriptShare",
    "alpha_per_category",
    "alpha_sample_size",
    "alpha_u_2004",
    "alpha_u_2004_category",
    "alternative_annotator_test",
    "analytic_interval",
    "ancestor_closure",
    "as_ratings",
    "assign",
    "benjamini_yekutieli",
    "bias_index",
    "bootstrap_interval",
    "boundary_edits",
    "boundary_similarity",
    "brennan_prediger",
    "category_agreement",
    "code_agreement",
    "code_table",
    "cohen_kappa",
    "coincidences",
    "conger_kappa",
    "cu_alpha",
    "design_effect",
    "difference_mean",
    "draw_sample",
    "fleiss_kappa",
    "from_long",
    "gamma",
    "gamma_disorder",
    "gwet_ac1",
    "gwet_ac2",
    "jaccard_distance",
    "kappa_sample_size",
    "kappa_units_for_width",
    "krippendorff_alpha",
    "ku_alpha",
    "light_kappa",
    "masi_distance",
    "measure_anchoring",
    "negative_agreement",
    "non_inferiority",
    "pabak",
    "pairs_bootstrap",
    "percent_agreement",
    "pk",
    "positive_agreement",
    "ppi_mean",
    "prevalence_index",
    "replace_one",
    "resolved_at",
    "roll_up",
    "scott_pi",
    "segmentation_similarity",
    "set_alpha",
    "stratified_mean",
    "u_alpha",
    "u_alpha_binary",
    "unitizing",
    "unitizing_interval",
    "units_for_positives",
    "weight_table",
    "weights_from_distances",
    "window_diff",
]
