"""The family of a resident: who belongs to it, what runs in it and how it works together.

``building`` reads it from a record, ``coarsening`` takes from it what relatives would recognise one
another by, ``wording`` says it in English and Chinese; ``casebank.pictures`` draws it.
"""

from casebank.family_model import ApgarItem, Family, FamilyProblem, LifeCycle, Member

__all__ = ["ApgarItem", "Family", "FamilyProblem", "LifeCycle", "Member"]
