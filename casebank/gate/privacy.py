"""F1 and F2: nobody can be told from the case, and it may be used for teaching."""

from __future__ import annotations

from collections.abc import Iterator

from casebank import rules
from casebank.documents import encode
from casebank.gate.model import SENSITIVE, Finding, Submission
from casebank.identifiers import identifiers_in, tells_exact_age, tells_season
from casebank.names import names_somebody

TEACHING = "teaching"


def identification(submission: Submission) -> Iterator[Finding]:
    """F1: what is written in record and lesson."""
    sources = submission.case.sources
    noted = {
        identifier
        for identifier, rows in (sources.data.items() if sources is not None else ())
        if any(one.table == "note" for one in rows)
    }
    for where, text in _written(submission):
        for what in identifiers_in(text):
            yield Finding(
                "F1-identifier",
                "stop",
                where,
                f"looks like {what}",
                "leave the sentence out, or mark the words that must go",
            )
        if where in noted and names_somebody(text):
            yield Finding(
                "F1-name",
                "stop",
                where,
                "looks as if it named a person or a place",
                "leave the sentence out",
            )
        if tells_season(text):
            yield Finding(
                "F1-season",
                "stop",
                where,
                "names a month or a feast, beside which a counted day tells the date",
                "leave the sentence out",
            )
        if tells_exact_age(text):
            yield Finding(
                "F1-age",
                "stop",
                where,
                "tells an age to the year",
                "tell the band of the age",
            )


def measured_risk(submission: Submission) -> Iterator[Finding]:
    """F1: what was counted over the release."""
    sheet = submission.risk
    if sheet is None:
        yield Finding(
            "F1-measured",
            "stop",
            "risk sheet",
            "the risk was not measured, as the release or the person is not there",
            "draft the case from a release that this portal has",
        )
        return
    if sheet.k < sheet.k_asked:
        yield Finding(
            "F1-k",
            "stop",
            "risk sheet",
            f"{sheet.k} of {sheet.people} people share what is told of age, sex and origin; "
            f"the policy asks for {sheet.k_asked}",
            "choose another record, or a release with wider bands",
        )
    for one in sheet.rare:
        yield Finding(
            "F1-rare",
            "stop",
            f"problem {one.problem}",
            f"{one.people} of {sheet.people} people have it; fewer than {sheet.rare_below} is rare",
            "take the problem and what belongs to it out, or choose another record",
        )
    for pair in sheet.pairs:
        yield Finding(
            "F1-combination",
            "stop",
            f"problem {pair.first}",
            f"{pair.people} of {sheet.people} people have it together with problem {pair.second}; "
            f"{sheet.pair_below} is the least",
            "take one of the two out, or choose another record",
        )
    if sheet.same_family is not None and sheet.same_family < sheet.family_below:
        yield Finding(
            "F1-family",
            "stop",
            "background",
            f"{sheet.same_family} of {sheet.people} people have such a family as is shown; "
            f"{sheet.family_below} is the least",
            "leave relatives out until the family is like others",
        )
    relatives = frozenset(sheet.relatives) & submission.others
    if relatives:
        yield Finding(
            "F1-relatives",
            "stop",
            "background",
            f"relatives in other cases: {len(relatives)}; they would recognise one another",
            "withdraw one of the cases, or choose another record",
        )
    sources = submission.case.sources
    if sources is not None and sources.person_id in submission.others:
        yield Finding(
            "F1-twice", "stop", "case", "the same person is in another case", "keep one of the two"
        )
    if sheet.same_problems < sheet.k_asked and not (sheet.rare or sheet.pairs):
        yield Finding(
            "F1-record",
            "look",
            "risk sheet",
            f"{sheet.same_problems} of {sheet.people} people have all problems of the case: "
            "like every long record it is one of a kind, and the rules of use answer for it",
        )
    for name in sheet.thresholds_failed:
        yield Finding(
            "F1-release",
            "stop",
            "risk sheet",
            f"the release failed its threshold {name}",
            "draft from a release that keeps its policy",
        )


def consent(submission: Submission) -> Iterator[Finding]:
    """F2: released for teaching; sensitive categories are allowed by name, with a reason."""
    sheet = submission.risk
    if sheet is not None and TEACHING not in sheet.purpose.casefold():
        yield Finding(
            "F2-scope",
            "stop",
            "release",
            "the release was not made for teaching",
            "draft from a release whose purpose is teaching",
        )
    found = set(submission.case.sensitive)
    for statement in submission.statements:
        found |= set(rules.sensitive_categories(statement.text))
        found |= set(rules.sensitive_categories(statement.other))
    for category in sorted(found):
        if not submission.opted_in.get(category, "").strip():
            yield Finding(
                SENSITIVE,
                "stop",
                category,
                "a sensitive category needs an opt-in with a reason",
                "leave it out, or the privacy reviewer allows it when signing",
            )


def _written(submission: Submission) -> Iterator[tuple[str, str]]:
    """Place and text of everything that is written, once."""
    yield "title", submission.case.title
    for statement in submission.statements:
        yield statement.id, f"{statement.text}\n{statement.other}"
    if submission.lesson is not None:
        for text in sorted(set(_wordings(encode(submission.lesson)))):
            yield "lesson", text


def _wordings(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"en", "zh"} and isinstance(item, str):
                yield item
            else:
                yield from _wordings(item)
    elif isinstance(value, list):
        for item in value:
            yield from _wordings(item)
