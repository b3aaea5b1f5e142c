"""Regrading: a corrected key beside the published one, with its reason; marks follow at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record
from app.db.models import Attempt, CaseVersion, KeyCorrection
from app.errors import BadInput, NotFound, PermissionDenied
from app.permissions import Actor, Permission, check_permission
from app.services import lti_grades
from app.services.marks import MARKED_MODES, Key, answers_of, keys_of, mark_of
from app.services.notices import MY_WORK, TEACHING, notify
from casebank import terms
from casebank.lesson import Exercise
from casebank.lesson.correction import Correction, correct

PLAUSIBLE, ADDED_WEIGHT = 2.0, 1.0
"""What an added diagnosis, or an added problem, counts if nothing else is written."""
LONGEST_REASON = 1000
Fields = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class KeyHistory:
    """A version with its keys, the published one first, and the correction rows beside them."""

    version: CaseVersion
    keys: tuple[Key, ...]
    rows: tuple[KeyCorrection, ...]
    means: tuple[float | None, ...]
    attempts: int


def history(session: Session, actor: Actor, version_id: int) -> KeyHistory:
    """All keys of a version, each with the mean score of all attempts that have ended.

    Raises:
        PermissionDenied, NotFound: unless the actor writes cases and the version has a lesson.
    """
    version = _version(session, actor, version_id)
    keys = keys_of(session, version)
    query = (
        select(KeyCorrection)
        .where(KeyCorrection.version_id == version.id)
        .order_by(KeyCorrection.number)
    )
    ids = _ended(session, version.id)
    answers = answers_of(session, ids)
    means = []
    for key in keys:
        scores = [key.mark(given).score for given in answers.values()]
        known = [score for score in scores if score is not None]
        means.append(sum(known) / len(known) if known else None)
    return KeyHistory(version, keys, tuple(session.scalars(query)), tuple(means), len(ids))


def change_key(
    session: Session, actor: Actor, version_id: int, fields: Fields, reason: str
) -> KeyCorrection:
    """Correct the key of a version; marks of all attempts at it follow.

    ``fields`` are those of the form: places of options, not their codes.

    Raises:
        PermissionDenied, NotFound: unless the actor writes cases and the version has a lesson.
        BadInput: without a reason, without a change, or if the key cannot be.
        KeyRefused: naming the exercise and what its key lacks.
    """
    version = _version(session, actor, version_id, lock=True)
    if actor.user_id is None:
        raise PermissionDenied("A key is corrected by a person.")
    if not reason.strip():
        raise BadInput("Give the reason for the correction; students read it beside their mark.")
    before = keys_of(session, version)[-1]
    exercises = before.lesson.exercises
    wanted = {one.name: _correction(one, number, fields) for number, one in enumerate(exercises, 1)}
    left_out = {
        one.name for number, one in enumerate(exercises, 1) if fields.get(f"left-out-{number}")
    }
    found = correct(before.lesson, wanted)
    changed = dict(found.changed)
    for name in left_out ^ before.left_out:
        changed[name] = "left out" if name in left_out else "counts again"
    if not changed:
        raise BadInput("Nothing is changed yet. Change the key of a question, then save.")
    ids = _ended(session, version.id)
    answers = answers_of(session, ids)
    row = KeyCorrection(
        version_id=version.id,
        number=before.number + 1,
        lesson=found.lesson.to_json().decode(),
        left_out=sorted(left_out),
        changed=changed,
        reason=reason.strip()[:LONGEST_REASON],
        made_by=actor.user_id,
    )
    session.add(row)
    session.flush()
    after = keys_of(session, version)[-1]
    moved = [
        one for one in ids if before.mark(answers[one]).score != after.mark(answers[one]).score
    ]
    _tell(session, version, moved)
    lti_grades.send_regraded(session, moved, mark_of)
    detail = {"key": row.number, "questions": sorted(changed), "marks_changed": len(moved)}
    record(session, actor, AuditEvent("case.key_corrected", "case_version", version.id, detail))
    return row


def _correction(exercise: Exercise, number: int, fields: Fields) -> Correction:
    def chosen(name: str, codes: Sequence[str]) -> frozenset[str]:
        places = set(fields.get(f"{name}-{number}", ()))
        return frozenset(code for place, code in enumerate(codes) if str(place) in places)

    if exercise.key_features is not None:
        codes = [one.code for one in exercise.key_features.options]
        return Correction(right=chosen("right", codes), harmful=chosen("harmful", codes))
    if exercise.management is not None:
        return Correction(right=chosen("right", [o.code for o in exercise.management.options]))
    if exercise.errors is not None:
        return Correction(right=chosen("right", [one.code for one in exercise.errors.wrong]))
    if exercise.reflection is not None:
        places = range(len(exercise.reflection.links))
        kept = set(fields.get(f"right-{number}", ()))
        return Correction(links=frozenset(one for one in places if str(one) in kept))
    if exercise.differential is not None:
        codes = [one.code for one in exercise.differential.diagnoses]
        return Correction(
            grades=_grades(number, codes, fields),
            must_not_miss=chosen("must", codes),
            added=_added(number, fields, PLAUSIBLE),
        )
    if exercise.problem_list is not None:
        codes = [one.code for one in exercise.problem_list.problems]
        return Correction(
            grades=_grades(number, codes, fields), added=_added(number, fields, ADDED_WEIGHT)
        )
    return Correction()


def _grades(number: int, codes: Sequence[str], fields: Fields) -> dict[str, float]:
    grades = {}
    for place, code in enumerate(codes):
        text = next(iter(fields.get(f"grade-{number}-{place}", ())), "").strip()
        if not text:
            continue
        try:
            grades[code] = float(text)
        except ValueError:
            raise BadInput(f"Question {number}: write grades as numbers, such as 2.") from None
    return grades


def _added(number: int, fields: Fields, usual: float) -> dict[str, float]:
    """What the key forgot: a name a line, with its grade after a comma if it is not the usual."""
    found = {}
    for line in next(iter(fields.get(f"added-{number}", ())), "").splitlines():
        name, _, grade = line.replace("，", ",").rpartition(",")
        if not name:
            name, grade = line, ""
        if not name.strip():
            continue
        code = terms.code_of(name.strip())
        if not code:
            raise BadInput(
                f"Question {number}: “{name.strip()[:80]}” is no term of the list. Write a name as "
                "students choose it."
            )
        try:
            found[code] = float(grade) if grade.strip() else usual
        except ValueError:
            raise BadInput(f"Question {number}: write grades as numbers, such as 2.") from None
    return found


def _tell(session: Session, version: CaseVersion, attempt_ids: Sequence[int]) -> None:
    query = select(Attempt.user_id).where(Attempt.id.in_(attempt_ids)).distinct()
    note = "A key was corrected and one of your marks was made anew. You find it under My work."
    notify(session, session.scalars(query), TEACHING, note, MY_WORK)


def _ended(session: Session, version_id: int) -> list[int]:
    query = (
        select(Attempt.id)
        .where(
            Attempt.version_id == version_id,
            Attempt.finished_at.is_not(None),
            Attempt.mode.in_(MARKED_MODES),
        )
        .order_by(Attempt.id)
    )
    return list(session.scalars(query))


def _version(session: Session, actor: Actor, version_id: int, *, lock: bool = False) -> CaseVersion:
    check_permission(actor, Permission.WRITE_CASES)
    query = select(CaseVersion).where(CaseVersion.id == version_id)
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None or not found.lesson:
        raise NotFound("There is no such key.")
    return found
