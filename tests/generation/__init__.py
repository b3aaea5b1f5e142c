"""Random valid Circe definitions, and small dense OMOP data for them, both from a seed.

``definitions(seed)`` is a definition as JSON, ``cdm(seed, folder)`` writes the tables as Parquet.
Both share one tiny vocabulary, so that any definition finds people in any of the data.
``recombined(seed, given)`` is one made of parts of definitions that people wrote.
"""

from tests.generation.cdm import cdm
from tests.generation.circe import FEATURES, definitions
from tests.generation.recombined import recombined

__all__ = ["FEATURES", "cdm", "definitions", "recombined"]
