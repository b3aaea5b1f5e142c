"""The vocabulary that is shipped: OMOP concepts that synthetic residents and importers use.

Concepts of the OHDSI vocabularies keep their ids, codes and domains. What they lack has an id of
:data:`LOCAL_IDS` in the vocabulary ``CareCommons`` (decision record 0005). An installation with an
Athena download loads that beside it; ids do not collide, because OHDSI leaves those from
2,000,000,000 on to sites.
"""

from deid.vocabulary.loading import BASE_VOCABULARY_TABLES, load_base_vocabulary
from deid.vocabulary.source import LOCAL_IDS, LOCAL_VOCABULARY
from deid.vocabulary.terms import Term, load_terms, render_names

__all__ = [
    "BASE_VOCABULARY_TABLES",
    "LOCAL_IDS",
    "LOCAL_VOCABULARY",
    "Term",
    "load_base_vocabulary",
    "load_terms",
    "render_names",
]
