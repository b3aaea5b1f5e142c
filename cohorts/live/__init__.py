"""Counts while a definition is edited: the tables of one release kept ready between questions.

``tables`` holds them in memory, ``counter`` answers questions in turns. One of them is a
``question``: its entry events are arrays (``index``), and ``reached`` tells which of them meet
the criteria around them.
"""

from cohorts.live.counter import LiveCohorts

__all__ = ["LiveCohorts"]
