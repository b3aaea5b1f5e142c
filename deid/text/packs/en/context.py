# ruff: noqa: E501 -- an expression is read whole
"""Decides by context whether an ordinary word is somebody's name at this place."""

from __future__ import annotations

import re

from deid.text.document import SpanType
from deid.text.normalise import fold
from deid.text.packs.base import Form
from deid.text.packs.en.lexicon import english_words, is_in_dictionary, is_word

TITLES = english_words("titles.txt")
KIN = english_words("kin.txt")
_NEAR = KIN | english_words("relations.txt") | english_words("roles.txt")
_PERSON_ACTS = english_words("person_acts.txt")
_NAMING = english_words("naming.txt")
_ACTS = english_words("acts.txt")
_BEFORE = re.compile(
    r"(?:\b(?:"
    + "|".join(map(re.escape, (*TITLES, *KIN, *_NAMING)))
    + r")\b[.:,]?[\s(\"“]*|[\"“]\s*)$",
    re.IGNORECASE,
)
_TITLE_OR_KIN_BEFORE = re.compile(
    r"\b(?:" + "|".join(map(re.escape, (*TITLES, *KIN))) + r")\b[.,:]?[\s(]*$", re.IGNORECASE
)
_ACTS_AFTER = re.compile(
    r"^(?:'s\b|\s+(?:(?:first|also|still|now|then|just|never|again|recently)\s+[a-z]+(?:ed|s)\b|"
    + "|".join(_ACTS)
    + r")\b)",
    re.IGNORECASE,
)
_MONTH_BEFORE = re.compile(
    r"\b(?:in|since|last|next|early|late|mid|until|till|by|of|from|through|during|this|\d{1,2}(?:st|nd|rd|th)?)[\s-]+$",
    re.I,
)
# `Last name: White  First: Mark`
_NAME_LABEL = re.compile(
    r"\b(?:(?:last|first|middle|maiden|family|given|legal)(?:\s+name)?|surname|forename)\s*[:=]\s*$",
    re.IGNORECASE,
)
_INITIAL_BEFORE = re.compile(r"(?:^|[\s(])[A-Za-z]\.\s?$")
# In a note without capitals, only what people alone do makes a word a name.
_PEOPLE_ONLY = re.compile(
    r"\s+(?:is|was|has|says|said|states|stated|denies|denied|reports|reported|wants|thinks|feels|felt|"
    r"mentions|mentioned|complains|describes|believes|hopes|agrees|tells|told|drove|walked|"
    r"(?:first|also|still|never)\s+[a-z]+(?:ed|s))\b"
)
_NEAR_BEFORE = re.compile(r"([A-Za-z-]+)\.?:? \(?$")
_CALLED_BEFORE = re.compile(
    r"(?:\b(?:i'?m|am|called|named|is it|saw|with|w/|per|told|asks? for|askng for|asking for|re|and)|[/+&])\s?$",
    re.IGNORECASE,
)
_AGE_OR_KIN_AFTER = re.compile(
    r"(?:'s\b|,? \(?\d{1,3} ?(?:y/?o|yo|yrs?|y|f|m|he|she|they)\b|\s*\((?:\d|great|his|her|their|"
    + "|".join(sorted(KIN))
    + r"))"
)
_VERB_AFTER = re.compile(
    r" (?:(?:once|always|never|also|still|just|already|often|usually|really|then|again) )?([a-z]+)\b"
)
_SENTENCE_START = re.compile(r"(?:^|[.!?:;]\s+|\n\s*|[-*•]\s+)$")
_MONTHS = frozenset({"april", "may", "june", "august", "march", "jan", "dec"})


def name_fits(text: str, start: int, end: int, form: Form) -> bool:
    """Whether an uncertain form of a known name is that name here."""
    found = text[start:end]
    if form.type is not SpanType.NAME:
        return found[:1].isupper() or found[:1].isdigit()
    before, after = text[max(0, start - 32) : start], text[end : end + 32]
    if "." in form.text or (len(fold(found)) == 2 and found.isupper()):
        return _initials_fit(found, before)
    if (after[:1] in {"/", "-"} and after[1:2].isalnum()) or (
        before[-1:] in {"/", "-"} and before[-2:-1].isalnum()
    ):
        return False
    if _joined_to_name(text, start, end):
        return True
    if _NAME_LABEL.search(before) or _INITIAL_BEFORE.search(before):
        return True
    folded = fold(found)
    month = folded in _MONTHS and (_MONTH_BEFORE.search(before) or re.match(r"\s*\d|\s*'\d", after))
    if month:
        return False
    named = bool(_BEFORE.search(before))
    if not named and _is_heading(text, start, end):
        return not (is_word(folded) or is_in_dictionary(folded))
    if found.islower():
        # `will` is a name only in a note without capitals, and there only in a name's place.
        if _TITLE_OR_KIN_BEFORE.search(before):
            return not re.match(r"\s+(?:have|be|do|not|need)\b", after)
        if _beside_person(before, after):
            return True
        if is_word(folded):
            opens = re.search(r"(?:^|[.:;\n]\s*|[-*•]\s+)$", before)
            return bool(opens) and bool(_PEOPLE_ONLY.match(after))
        return (
            not any(c.isupper() for c in text[max(0, start - 200) : end + 200] if c.isalpha())
            or len(folded) > 3
        )
    if found.isupper() and len(found) > 1 and _around_is_upper(text, start, end):
        return named and bool(_TITLE_OR_KIN_BEFORE.search(before))
    if _SENTENCE_START.search(before):
        if not is_word(folded):
            return True
        if re.match(r"\s+will\b", after):
            return False
        verb = _VERB_AFTER.match(after)
        acts = verb is not None and (
            verb[1] in _PERSON_ACTS
            or (len(verb[1]) > 4 and verb[1].endswith("ed") and is_word(verb[1]))
        )
        return (
            acts
            or bool(_ACTS_AFTER.match(after))
            or bool(_AGE_OR_KIN_AFTER.match(after))
            or bool(re.match(r" to (?:ring|call|come|bring|see|return|have|be)\b", after))
        )
    if named or not is_word(folded):
        return True
    return bool(re.search(r"[a-z,]\s+$", before))


def _beside_person(before: str, after: str) -> bool:
    """``dtr grace``, ``saw angel 18 he/him``: small letters beside a role, a kin word or an age."""
    near = _NEAR_BEFORE.search(before)
    if (
        near
        and near[1].casefold() in _NEAR
        and not re.match(r"\s+(?:have|be|do|not|need|go|call|see)\b", after)
    ):
        return True
    aged = (
        _AGE_OR_KIN_AFTER.match(after) is not None
        or re.match(r" \d{2,3}\b(?! ?(?:mg|ml|%|/))", after) is not None
    )
    return aged and (
        bool(_CALLED_BEFORE.search(before)) or re.search(r"(?:^|[.!?)\n] ?)$", before) is not None
    )


def _is_heading(text: str, start: int, end: int) -> bool:
    """A Markdown heading, or the first word of a line that a colon closes."""
    line = text.rfind("\n", 0, start) + 1
    if text.startswith("#", line):
        return True
    return not text[line:start].strip("-*• ") and text[end : end + 1] == ":"


def _initials_fit(found: str, before: str) -> bool:
    dotted = found.count(".") >= 1 and found.replace(".", "").isupper()
    person = re.search(
        r"\b(?:pt|patient|client|by|initials|reply|signed)[:.]?\s*\(?$", before, re.IGNORECASE
    )
    return dotted or bool(person and found.isupper())


def _joined_to_name(text: str, start: int, end: int) -> bool:
    """``pruett,will``: a comma without a space, or a line ``LAST, FIRST``."""
    left = re.search(r"([^\W\d_]+),\s?$", text[max(0, start - 24) : start])
    head = start - len(left[0]) if left else start
    if (
        left
        and not is_word(fold(left[1]))
        and re.search(r"(?:^|\n|:\s*)[^\W\d_'-]*$", text[max(0, head - 16) : head])
    ):
        return True
    right = re.match(r",\s?([^\W\d_]+)", text[end : end + 24])
    return bool(
        right
        and not is_word(fold(right[1]))
        and re.search(r"(?:^|\n|:\s*)$", text[max(0, start - 3) : start])
    )


def _around_is_upper(text: str, start: int, end: int) -> bool:
    letters = [c for c in text[max(0, start - 60) : start] + text[end : end + 60] if c.isalpha()]
    return bool(letters) and sum(c.isupper() for c in letters) > 0.8 * len(letters)
