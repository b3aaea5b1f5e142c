"""The code list for diagnoses and problems, in both languages, to choose from and to score by.

A code is the key of a condition of the shipped vocabulary, or of ``data/terms.csv``, which holds
what a differential needs beside it and the other names that people use. Answers of students are
codes of this list, so that no wording is ever scored.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from casebank import rules
from casebank.model import Language, ProblemKind
from deid.vocabulary import load_terms

BROAD = frozenset(
    {
        "CLINICAL_FINDING",
        "CARDIOVASCULAR_DISORDER",
        "RESPIRATORY_DISORDER",
        "DIGESTIVE_DISORDER",
        "METABOLIC_DISORDER",
        "MUSCULOSKELETAL_DISORDER",
        "NERVOUS_SYSTEM_DISORDER",
        "MENTAL_DISORDER",
        "SOCIAL_PROBLEM",
        "RISK_FACTOR",
        "MALIGNANT_NEOPLASM",
        "INJURY",
        "ADVERSE_DRUG_REACTION",
    }
)
"""Classes too broad to count as nearly right."""

MOST_FOUND = 20
_SHORT = 6
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_SEPARATORS = re.compile(r"[\s\-_,;:()（），；：、'’]+")


@dataclass(frozen=True)
class Term:
    """A diagnosis or problem. ``also`` are further names, ``parents`` codes of broader terms."""

    code: str
    en: str
    zh: str
    kind: ProblemKind
    also: tuple[str, ...] = ()
    parents: tuple[str, ...] = ()
    icd10: str = ""

    def name(self, language: Language) -> str:
        """The preferred name in ``language``."""
        return self.zh if language == "zh" else self.en

    @property
    def names(self) -> tuple[str, ...]:
        """All names in both languages, preferred ones first."""
        return tuple(dict.fromkeys((self.en, self.zh, *self.also)))


@cache
def all_terms() -> dict[str, Term]:
    """The whole list by code, in the order of codes."""
    terms = {
        term.key: Term(
            code=term.key,
            en=term.en,
            zh=term.zh,
            kind=rules.kind_of(f"{term.en} {term.zh}")[0],
            parents=term.parents,
            icd10=term.icd10 or "",
        )
        for term in load_terms()
        if term.domain_id == "Condition"
    }
    for row in _rows():
        known = terms.get(row["code"])
        also = tuple(name for name in (*_split(row["also_en"]), *_split(row["also_zh"])))
        en, zh = row["en"] or (known.en if known else ""), row["zh"] or (known.zh if known else "")
        if not (en and zh):
            raise ValueError(f"terms.csv: {row['code']} has no name in one of the languages")
        terms[row["code"]] = Term(
            code=row["code"],
            en=en,
            zh=zh,
            kind=rules.kind_of(f"{en} {zh}")[0],
            also=tuple(name for name in also if name not in {en, zh}),
            parents=_split(row["parents"]) or (known.parents if known else ()),
            icd10=known.icd10 if known else "",
        )
    return dict(sorted(terms.items()))


def term(code: str) -> Term:
    """The term of a code.

    Raises:
        KeyError: if there is none.
    """
    return all_terms()[code]


def code_of(title: str) -> str:
    """The code whose name, in either language, is ``title``; empty if there is none.

    >>> code_of("Essential hypertension"), code_of("冠心病"), code_of("nonsense")
    ('ESSENTIAL_HYPERTENSION', 'CORONARY_ARTERIOSCLEROSIS', '')
    """
    return _by_name().get(_plain(title), "")


def near(code: str) -> frozenset[str]:
    """Codes next to ``code``: broader ones that still say something, and narrower ones."""
    if code not in all_terms():
        return frozenset()
    parents = frozenset(all_terms()[code].parents) - BROAD
    children = frozenset() if code in BROAD else _children().get(code, frozenset())
    return (parents | children) & frozenset(all_terms())


def related(code: str) -> frozenset[str]:
    """``code``, what is near to it, and what shares a parent that says something."""
    parents = near(code) & frozenset(all_terms()[code].parents) if code in all_terms() else ()
    siblings = frozenset(one for parent in parents for one in _children().get(parent, ()))
    return near(code) | siblings | {code}


def search(words: str, limit: int = MOST_FOUND) -> tuple[Term, ...]:
    """Terms of which one name holds every word, best first: whole names, beginnings, the rest.

    >>> [found.code for found in search("高血压", 1)], [f.code for f in search("tension head")]
    (['ESSENTIAL_HYPERTENSION'], ['TENSION_HEADACHE'])
    """
    wanted = _plain(words).split()
    if not wanted:
        return ()
    whole = " ".join(wanted)
    found = []
    for one, names in _searched():
        hits = [name for name in names if all(word in name for word in wanted)]
        if hits:
            best = min((name != whole, not name.startswith(whole), len(name)) for name in hits)
            found.append((best, one.code, one))
    return tuple(one for *_, one in sorted(found, key=lambda hit: hit[:2])[:limit])


def mentions(text: str, codes: frozenset[str]) -> frozenset[str]:
    """Which of ``codes`` a text names by any name, whole words only in English."""
    return frozenset(code for code in codes if _pattern(code).search(text) is not None)


@cache
def _pattern(code: str) -> re.Pattern[str]:
    parts = []
    for name in sorted(all_terms()[code].names, key=len, reverse=True):
        # One hemorrhoid names hemorrhoids.
        singular = name.removesuffix("s") if len(name) > _SHORT else name
        escaped = re.escape(singular).replace(r"\ ", r"[\s-]+")
        parts.append(escaped if _CHINESE.search(name) else rf"(?<![a-z0-9]){escaped}s?(?![a-z0-9])")
    return re.compile("|".join(parts), re.IGNORECASE)


@cache
def _by_name() -> dict[str, str]:
    found: dict[str, str] = {}
    for names in (
        [(one.code, name) for one in all_terms().values() for name in (one.en, one.zh)],
        [(one.code, name) for one in all_terms().values() for name in one.also],
    ):
        for code, name in names:
            found.setdefault(_plain(name), code)
    return found


@cache
def _searched() -> tuple[tuple[Term, tuple[str, ...]], ...]:
    return tuple((one, tuple(map(_plain, one.names))) for one in all_terms().values())


@cache
def _children() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for one in all_terms().values():
        for parent in one.parents:
            found.setdefault(parent, set()).add(one.code)
    return {parent: frozenset(codes) for parent, codes in found.items()}


def _plain(name: str) -> str:
    return _SEPARATORS.sub(" ", name.casefold()).strip()


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split("|") if part.strip())


def _rows() -> list[dict[str, str]]:
    text = files("casebank").joinpath("data/terms.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))
