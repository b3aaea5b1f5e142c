"""Quality of records in OMOP CDM v5.4: conformance, completeness, plausibility, continuity.

The checks are those of OHDSI's Data Quality Dashboard that apply to a store whose schema is fixed,
in the categories of Kahn et al., *A Harmonized Data Quality Assessment Terminology and Framework
for the Secondary Use of Electronic Health Record Data*, eGEMs 2016;4(1):18, and with them what a
resident's record asks for: follow-up at its intervals, codes that are mapped, forms that agree with
themselves.
"""

from deid.quality.assessment import assess
from deid.quality.model import CheckResult, QualityAssessment
from deid.quality.page import render_page
from deid.quality.rendering import render

__all__ = ["CheckResult", "QualityAssessment", "assess", "render", "render_page"]
