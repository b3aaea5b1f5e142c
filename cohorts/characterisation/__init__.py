"""Characterisation of cohorts: what may be shown of their people, and the sets behind it.

Each analysis is a module with one function that gives an :class:`~cohorts.characterisation.answer.
Answer`: a result that holds safe numbers only, and the people of each of its lines for the ledger
of the portal. Every result prints itself as tables, from which pages, CSV files and the command
line are made; charts are drawn by :mod:`cohorts.charts` from the same results.
"""
