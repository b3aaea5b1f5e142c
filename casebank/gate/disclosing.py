"""B2 and B3: what is shown hides the answer among other findings, and gives it away to nobody.

A stage is judged by what :func:`casebank.lesson.disclose` gives for it, drawn as it would be drawn:
text, pictures with their alternative texts, tables, names that stand in addresses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from casebank import relations, rules, terms
from casebank.documents import encode
from casebank.gate.model import Finding, Submission
from casebank.gate.shown import everything_of, shown_by, shown_ids
from casebank.lesson.disclosure import disclose
from casebank.lesson.model import KeyDiagnosis, Lesson
from casebank.model import Case
from casebank.negatives import count_negatives
from casebank.svg import draw_flow_sheet, draw_timeline

MINIMUM_STAGES = 3
MINIMUM_NEGATIVES = 2
OTHER_SHARE = 0.2
LEADING = 3


def distractors(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """B2: a fifth of what is shown is no key, and two findings are told to be absent."""
    shown = shown_ids(submission)
    key = {
        identifier for one in lesson.exercises if one.errors is None for identifier in one.data()
    }
    others = len(shown - key)
    if shown and others < OTHER_SHARE * len(shown):
        yield Finding(
            "B2-distractors",
            "stop",
            "stages",
            f"{others} of {len(shown)} data that are shown belong to no key",
            "show more of what was recorded beside it: a fifth at least",
        )
    negatives = sum(
        count_negatives(item.text) for item in submission.statements if item.id in shown
    )
    if negatives < MINIMUM_NEGATIVES:
        yield Finding(
            "B2-negatives",
            "stop",
            "stages",
            "fewer than two findings are told to be absent or normal",
            "show what was looked for and not found",
        )


def title(submission: Submission) -> Iterator[Finding]:
    """B3: the case's title names none of its problems, as it stands in lists and addresses."""
    # A complaint such as "sore throat" may be part of a diagnosis' name; it gives nothing away.
    said = submission.case.title.casefold()
    for complaint in rules.COMPLAINTS["en"] + rules.COMPLAINTS["zh"]:
        said = said.replace(complaint, " ")
    for problem in submission.case.problems:
        if rules.matches(rules.SYMPTOM, problem.title):
            continue
        named = rules.sameness_key(problem.title) in said or problem.title.casefold() in said
        family = relations.families("problem", said) & relations.families("problem", problem.title)
        if named or family:
            yield Finding(
                "B3-title",
                "stop",
                f"problem {problem.number}",
                "the title gives this problem away",
                "name the complaint in the title, never the diagnosis",
            )


def disclosure(submission: Submission, lesson: Lesson) -> Iterator[Finding]:
    """B3: three stages, and no leading diagnosis named before its differential is committed."""
    if len(lesson.stages) < MINIMUM_STAGES:
        yield Finding(
            "B3-stages",
            "stop",
            "stages",
            f"{len(lesson.stages)} stages",
            "tell the story in three stages at least",
        )
    told: set[tuple[str, str]] = set()
    for exercise in lesson.exercises:
        if exercise.differential is None:
            continue
        for diagnosis in exercise.differential.diagnoses:
            if diagnosis.relevance != LEADING:
                continue
            pattern = naming(diagnosis)
            for code, where, text in _texts(submission.case, lesson, exercise.stage):
                if pattern.search(text) and (code, where) not in told:
                    told.add((code, where))
                    yield Finding(
                        code,
                        "stop",
                        where,
                        "gives the leading diagnosis away before it is asked for",
                        "move it to a later stage, or say it in other words",
                    )


def naming(diagnosis: KeyDiagnosis) -> re.Pattern[str]:
    """Whatever names a diagnosis: its title and synonyms in both languages, and its ICD-10 code."""
    names = {diagnosis.title.en, diagnosis.title.zh}
    icd10 = ""
    known = terms.all_terms().get(diagnosis.code)
    if known is not None:
        names |= set(known.names)
        icd10 = known.icd10
    parts = []
    for name in sorted((one.strip() for one in names if one.strip()), key=len, reverse=True):
        escaped = re.escape(name).replace(r"\ ", r"[\s_-]+")
        latin = name.isascii()
        parts.append(rf"(?<![a-z0-9]){escaped}s?(?![a-z0-9])" if latin else escaped)
    if icd10:
        parts.append(rf"(?<![a-z0-9]){re.escape(icd10)}(?!\d)")
    return re.compile("|".join(parts), re.IGNORECASE)


def _texts(case: Case, lesson: Lesson, stage: int) -> Iterator[tuple[str, str, str]]:
    """Code, place and text of all that is seen by the end of ``stage``."""
    yield "B3-name", "case id", case.case_id
    for language in (lesson.title.en, lesson.title.zh):
        yield "B3-title", "lesson title", language
    yield "B3-title", "case title", case.title
    for objective_number, objective in enumerate(lesson.objectives, 1):
        yield "B3-words", f"objective {objective_number}", objective.text.en
        yield "B3-words", f"objective {objective_number}", objective.text.zh
    for number, one in enumerate(lesson.stages[:stage], 1):
        yield "B3-words", f"stage {number}", f"{one.title.en}\n{one.title.zh}"
        for order in one.orders:
            yield "B3-name", f"stage {number}, {order.name}", order.name
            yield (
                "B3-words",
                f"stage {number}, {order.name}",
                f"{order.label.en}\n{order.label.zh}",
            )
    for exercise in lesson.exercises:
        if exercise.stage <= stage:
            yield "B3-name", f"exercise {exercise.name}", exercise.name
            yield (
                "B3-words",
                f"exercise {exercise.name}",
                f"{exercise.prompt.en}\n{exercise.prompt.zh}",
            )
    shown = shown_by(lesson, stage)
    for item in case.statements():
        if item.id in shown:
            yield "B3-datum", item.id, f"{item.text}\n{item.other}"
    seen = disclose(case, lesson, everything_of(lesson, stage))
    yield "B3-picture", "timeline", draw_timeline(seen.timeline, case.language)
    for sheet in seen.flow_sheets:
        drawn = draw_flow_sheet(sheet, case.language)
        yield "B3-picture", f"flow sheet {sheet.key}", f"{sheet.key}\n{drawn}"
    yield "B3-picture", "family", str(encode(seen.background.family_tree))
    settings = "\n".join(contact.setting for contact in seen.contacts)
    yield "B3-words", "contacts", settings
