"""Terms of the GA4GH Data Use Ontology that a purpose is stated in.

Codes and names are the ontology's own (http://purl.obolibrary.org/obo/duo.owl).
"""

from __future__ import annotations

DUO_TERMS: dict[str, str] = {
    "DUO:0000042": "general research use",
    "DUO:0000006": "health or medical or biomedical research",
    "DUO:0000007": "disease specific research",
    "DUO:0000011": "population origins or ancestry research only",
    "DUO:0000015": "no general methods research",
    "DUO:0000018": "not for profit, non commercial use only",
}
# The permissions among them: a request states one; the others modify.
PURPOSE_CODES = ("DUO:0000006", "DUO:0000007", "DUO:0000042", "DUO:0000011")
