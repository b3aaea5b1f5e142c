# ruff: noqa: E501 -- an expression is read whole
"""Names that the line around them tells: mailboxes, cells, roles and kin behind them, initials.

``Temperance <unit@example.com>``, ``Pt | Vollmer, Ann |``, ``grace (cna)``, ``Will = grandson``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache

from deid.text.document import Mention, Strength
from deid.text.lists import ranks
from deid.text.normalise import fold
from deid.text.packs.en.kinship import Kinship
from deid.text.packs.en.lexicon import NAME_WORDS, english_words, is_term
from deid.text.packs.en.namelike import NOT_NAMES, Namelike, looks
from deid.text.scanning import Scanner

_ROLES = english_words("roles.txt")
# `Reply sk 1/11 1930`, `phoned by RLT 8/5`, `MJ / Harbor Clinic`
DATED_INITIALS = r"(?:\b(?i:reply|replied|addendum|response|by|per|rn|ma|signed)\b:? ([A-Z]{2,3}|[a-z]{2}) \d{1,2}/\d{1,2}\b|(?m:^)([A-Z]{2,3}) / [A-Z][a-z])"
# `... / tech JML`, `saved to chart by rk`, at a line's end
LAST_INITIALS = r"(?m)\b(?i:tech|by|rcvd|rec'?d|typed|scribe|ma|cna|lpn|initials|entered|keyed):? {1,3}([A-Z]{2,3}|[a-z]{2,3})\s*$"
# `Closed mp 8:40p`, `D/c'd gb`, `addend 1820 bp: neg`, `Gross by nhl: A`, `Scribe mjb for`, `checked LY/rb`
ACT_INITIALS = r"(?m)\b(?i:closed|d/?c'?d|discharged|addend(?:um)?|scribe|scribed by|gross(?:ed)? by|coll(?:ected)? by|drawn by|checked|cosigned|dictated|r/?b|read ?back|verified|witnessed|flush(?:ed)?|done)(?: [0-2]\d:?[0-5]\d)? ((?:[a-z]{2,3}|[A-Z]{2,3})(?:/(?:[a-z]{2,3}|[A-Z]{2,3}))?)(?: {0,3}$|[.:;] ?(?:$|[A-Z\n])| {2,}[A-Z]| \d{1,2}[:/]\d\d| for )"
# `|init|kb|sg|KB|`
INITIALS_ROW = r"(?mi)^\W{0,2}init(?:ials?)?\.? ?\|([ a-z|]{2,80})$"
# `grace (cna)`
_ROLE_BEHIND = r"\b([A-Za-z][a-z'-]{2,}(?: [A-Z][a-z'-]+)?) \((?i:cna|rn|lpn|pct|tech|sitter|aide|np|md|pa|ot|slp|rt|sw|lcsw|chaplain|interpreter|scribe|hha|ma)\)"
# `Will = grandson`
_EQUALS_KIN = r"\b([A-Z][a-z'-]+(?: [A-Z][a-z'-]+)?) = (?:his |her |the |pt's )?(?i:wife|husband|son|daughter|mother|father|mom|dad|sister|brother|grandson|granddaughter|niece|nephew|aunt|uncle|cousin|friend|neighbor|partner|caregiver|aide|roommate)\b"
# `Big Sal wants a letter`
_NICKNAMED = r"\b((?:Big|Lil|Lil'|Little|Old|Young|big|lil) [A-Z][a-z]{2,})\b"
# `Name (as on the card): KOFI MENSAH`
_NAME_LABEL = r"(?i:\bname) ?\([^)\n]{1,30}\): {0,4}([A-Z][\w'-]+(?:,? [A-Z][\w'-]+){0,3})"
# `Temperance <unit@example.com>`
_MAILBOX = r"\b([A-Z][\w'-]+(?: [A-Z][\w'-]*\.?){0,2}) {0,2}<[\w.+-]{1,40}@"
# `Pt | Vollmer, Ann | b. 12-12-1956`
_CELL = r"(?m)(?:^|\|) ?(?i:pt|patient|name|pt name|provider|physician|nurse|attending|caller|seen by|interpreter|contact|surgeon|pcp) {0,3}\| {0,3}([A-Z][\w'-]+(?:,? [A-Z][\w'-]*\.?){0,3})"
# `JOYCE TWO BULLS  9/29/62`
_BEFORE_BIRTH = r"(?m)^ {0,3}([A-Z][A-Z'-]+(?: [A-Z][A-Z'-]*){1,3}),? {1,6}(?:\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}|DOB|MRN|\d{1,3} ?(?:G\d|(?:YO|Y/O|[MF])\b))"
# `D. WOJCIK PGY2 / SELBY`
_AFTER_GRADE = r"\bPGY-?\d ?/ ?(?:(?i:dr)\.? )?([A-Z][A-Za-z'-]+)"
# `per dr w:`
_TITLE_INITIAL = r"\b(?i:dr|mr|mrs|ms|miss)\b\.? ([B-HJ-Zb-hj-z])(?:[:,.;)?!\n]|$|'s\b| (?:will|to|is|saw|said|says|wants|aware|notified|agrees|and|in|at|on|does|has|for|ok)\b)"

# `Pt Finch, MRN BW 11-2094`, `Kranz (MRN 30-118-22)`, `Re: May Okafor, dob 3/4/51`
_PERSON = r"(?i:pt|patient|client|resident|veteran|re):? "
_BEFORE_NUMBER = rf"(?:(?:^|\n|[.;:!?)] {{1,2}})(?:{_PERSON})?|\b{_PERSON})((?:[A-Z][A-Za-zÀ-ÿ'’-]+,? ){{0,2}}[A-Z][A-Za-zÀ-ÿ'’-]+),? \(?(?:MRN|Mrn|mrn|DOB|dob|D\.O\.B|SSN|UHID|NHS|[Cc]hart|[Aa]cct)\b"

_RARE = 20_000
"""Rank from which a family name may be of anybody's spelling."""

_SHAPES = (
    _ROLE_BEHIND, _EQUALS_KIN, _NICKNAMED, _NAME_LABEL, _MAILBOX, _CELL, _BEFORE_BIRTH,
    _AFTER_GRADE, _TITLE_INITIAL, _BEFORE_NUMBER,
)  # fmt: skip


@cache
def _scanner() -> Scanner:
    return Scanner(_SHAPES)


class Told(Kinship):
    """Finds names by what a line says around them."""

    def by_telling(self) -> Iterator[Mention]:
        """Names with a mailbox, a role, kin, a label's cell or a birth date beside them."""
        found: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, start, end in _scanner().matches(self.document):
            found[_SHAPES[number]].append((start, end))
        for start, end in found[_MAILBOX]:
            folded = set(map(fold, self.plain[start:end].split()))
            if folded.isdisjoint(NOT_NAMES) and folded.isdisjoint(_ROLES):
                yield self._mention(start, end, Strength.LABELLED, "en.name.mailbox")
        for shape, least in ((_ROLE_BEHIND, Namelike.EITHER), (_EQUALS_KIN, Namelike.NO)):
            for start, end in found[shape]:
                word = self.plain[start:end].split()[0]
                if (looks(word) > least or fold(word) in NAME_WORDS) and fold(
                    word
                ) not in NOT_NAMES:
                    yield self._mention(start, end, Strength.LABELLED, "en.name.told_behind")
        for start, end in found[_NICKNAMED]:
            if looks(self.plain[start:end].split()[1]) is Namelike.NAME:
                yield self._mention(start, end, Strength.LISTED, "en.name.nicknamed")
        for start, end in found[_NAME_LABEL]:
            if not any(fold(word) in NOT_NAMES for word in self.plain[start:end].split()):
                yield self._mention(start, end, Strength.LABELLED, "en.name.label")
        for start, end in found[_BEFORE_NUMBER]:
            if _is_numbered_person(self.plain[start:end].replace(",", " ").split()):
                yield self._mention(start, end, Strength.LABELLED, "en.name.before_number")
        for start, end in found[_AFTER_GRADE]:
            yield self._mention(start, end, Strength.LABELLED, "en.name.after_grade")
        for start, end in found[_TITLE_INITIAL]:
            yield self._mention(start, end, Strength.LABELLED, "en.name.title_initial")
        for shape, detector in ((_CELL, "en.name.cell"), (_BEFORE_BIRTH, "en.name.before_birth")):
            for start, end in found[shape]:
                words = self.plain[start:end].replace(",", " ").split()
                kinds = [looks(word) for word in words if len(word) > 1]
                if shape is _BEFORE_BIRTH and (kinds[0] < Namelike.EITHER or _headed(words)):
                    continue  # `WARD NOTE 11/26/2025`
                told = bool(kinds) and max(kinds) >= Namelike.UNKNOWN
                if told and not any(fold(word) in NOT_NAMES for word in words):
                    yield self._mention(start, end, Strength.LISTED, detector)


_PAPERS = frozenset(
    [
        "NOTE",
        "LOG",
        "REPORT",
        "SUMMARY",
        "CLINIC",
        "LIST",
        "SHEET",
        "FORM",
        "CONSULT",
        "PLAN",
        "VISIT",
        "UNIT",
        "PROGRESS",
        "UPDATE",
        "ROUNDS",
        "SHIFT",
        "HANDOFF",
        "RECORD",
        "LETTER",
        "ORDERS",
        "RESULTS",
        "TRIAGE",
        "ADMISSION",
        "DISCHARGE",
        "FOLLOW",
        "PHONE",
        "CALL",
    ]
)


def _is_numbered_person(words: Sequence[str]) -> bool:
    """Whether words before a record's number or a birth date are who has it: no paper, no place.

    One that is also a word counts if it is a name as well: ``Finch``, ``May``.
    """
    folded = [fold(word) for word in words]
    if not NOT_NAMES.isdisjoint(folded) or not _ROLES.isdisjoint(folded):
        return False
    known = [
        looks(word) or f in NAME_WORDS or ranks("en_surnames").get(f, _RARE) < _RARE
        for word, f in zip(words, folded, strict=True)
    ]
    return all(known) and not any(map(is_term, words))


def _headed(words: list[str]) -> bool:
    """Whether capitals are the heading of a paper."""
    return not _PAPERS.isdisjoint(words)
