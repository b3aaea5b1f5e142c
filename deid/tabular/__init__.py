"""Anonymisation of any table: generalisation over declared quasi-identifiers, with measured loss.

>>> from deid.tabular import Criteria, Request, anonymise, read_hierarchy, read_table
>>> table, form = read_table(path)
>>> request = Request(("age", "sex"), Criteria(k=5), sensitive=("diagnosis",))
>>> result = anonymise(table, request, {"age": read_hierarchy(ages)})
>>> result.report["ncp"]
"""

from deid.tabular.anonymising import anonymise
from deid.tabular.encoding import values_of
from deid.tabular.hierarchy import Hierarchy, find_hierarchies, hierarchy_of, read_hierarchy
from deid.tabular.model import Anonymised, Criteria, Request
from deid.tabular.shipped import shipped_hierarchy
from deid.tabular.table import Form, read_table, write_table

__all__ = [
    "Anonymised",
    "Criteria",
    "Form",
    "Hierarchy",
    "Request",
    "anonymise",
    "find_hierarchies",
    "hierarchy_of",
    "read_hierarchy",
    "read_table",
    "shipped_hierarchy",
    "values_of",
    "write_table",
]
