"""A slow, plain interpreter of Circe definitions: a third opinion beside SQL and its generator.

Written from what Circe documents and from the meaning of the reference's SQL, row by row in Python,
without SQL and without a line of the cohort package. It exists to be read and to disagree.
"""

from tests.oracle.cohort import Outcome, interpret, is_open_to
from tests.oracle.world import World, read_world

__all__ = ["Outcome", "World", "interpret", "is_open_to", "read_world"]
