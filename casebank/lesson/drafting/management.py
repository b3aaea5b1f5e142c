"""Management exercises at decision points, keyed by rule and by what the record says was done."""

from __future__ import annotations

from casebank.lesson.drafting.followup import DecisionPoint
from casebank.lesson.drafting.national_rules import disease_name, options_of
from casebank.lesson.drafting.stages import Plan
from casebank.lesson.model import Exercise, ManagementKey, Wording


def management(plan: Plan) -> tuple[Exercise, ...]:
    """One exercise a decision point, at the stage that shows its visit."""
    return tuple(
        _exercise(number, stage, point) for number, (stage, point) in enumerate(plan.decisions, 1)
    )


def _exercise(number: int, stage: int, point: DecisionPoint) -> Exercise:
    now, before, rule = point.readings, point.previous, point.rule
    name = disease_name(now.disease)
    earlier = (
        Wording(f"; at the follow-up before it was {before.shown}", f"，上次随访为{before.shown}")
        if before is not None
        else Wording("; no earlier follow-up is on record", "，此前无随访记录")
    )
    options = tuple(one for one in options_of(rule.situation) if one.code not in point.unclear)
    offered = {option.code for option in options}
    done = [option.text for option in options if option.code in point.happened]
    return Exercise(
        name=f"management-{number}",
        kind="management",
        stage=stage,
        prompt=Wording(
            f"Follow-up for {name.en}: today {now.shown}{earlier.en}. "
            "What do you do? Choose all that you would do.",
            f"{name.zh}随访：本次{now.shown}{earlier.zh}。您如何处理？请选出所有要做的。",
        ),
        explanation=Wording(
            f"{rule.id}, goal {now.goal.en}: {rule.text.en} The record: {_listed(done, 'en')}.",
            f"{rule.id}，目标{now.goal.zh}：{rule.text.zh}病历中实际：{_listed(done, 'zh')}。",
        ),
        source=f"{rule.id}, national basic public health service, third edition (2017)",
        origin="rule",
        management=ManagementKey(
            options=options,
            asked=tuple(code for code in rule.asked if code in offered),
            happened=tuple(code for code in point.happened if code in offered),
            happened_data=point.happened_data,
            rule=rule.id,
        ),
    )


def _listed(done: list[Wording], language: str) -> str:
    if language == "zh":
        return "；".join(one.zh for one in done) or "无记录"
    return "; ".join(one.en[:1].lower() + one.en[1:] for one in done) or "nothing on record"
