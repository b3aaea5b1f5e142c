"""Grammars after published schemas, of what exported packages hold."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree

from casebank.exports.mvp import ACTIVITY, DAM, VPD
from casebank.exports.qti_scoring import NAMESPACE

_FOLDER = Path(__file__).with_name("schemas")
_MVP = etree.RelaxNG(file=_FOLDER / "mvp.rng")
_QTI = etree.RelaxNG(file=_FOLDER / "qti.rng")
_GRAMMARS = {VPD: _MVP, DAM: _MVP, ACTIVITY: _MVP, NAMESPACE: _QTI}


def documents_of(package: bytes) -> dict[str, Any]:
    """The XML documents of a package by their names."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return {name: etree.fromstring(archive.read(name)) for name in archive.namelist()}


def check_documents(package: bytes) -> int:
    """Hold every document that a grammar knows to it; how many were."""
    known = 0
    for document in documents_of(package).values():
        grammar = _GRAMMARS.get(etree.QName(document).namespace)
        if grammar is not None:
            grammar.assertValid(document)
            known += 1
    return known
