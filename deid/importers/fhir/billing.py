"""Insurance and what care has cost."""

from __future__ import annotations

import datetime as dt

from deid.importers.fhir.bundles import Entry, Resource
from deid.importers.fhir.context import Gathering
from deid.importers.fhir.events import number
from deid.importers.fhir.links import UNKNOWN_ROW
from deid.importers.fhir.restoring import restored
from deid.importers.fhir.times import moment

_OPEN_END = dt.date(2099, 12, 31)


def map_coverage(entry: Entry, gathered: Gathering) -> None:
    """An insurance, from its first day on; one that has not ended ends in 2099."""
    coverage = entry.resource
    period = coverage.get("period") or {}
    start, end = moment(period.get("start")), moment(period.get("end"))
    if start is None:
        gathered.leave_out("Coverage", "it does not say since when")
        return
    payer = (coverage.get("payor") or [{}])[0]
    kind = gathered.code(coverage.get("type"), "Payer")
    classes = [c.get("name") or c.get("value") for c in coverage.get("class", [])]
    row_id = gathered.add(
        entry,
        "payer_plan_period",
        {
            "person_id": gathered.person(coverage.get("beneficiary")),
            "payer_plan_period_start_date": gathered.day(start),
            "payer_plan_period_end_date": gathered.day(end) or _OPEN_END,
            "payer_concept_id": kind.concept_id,
            "payer_source_concept_id": kind.source_concept_id,
            "payer_source_value": payer.get("display") or kind.name,
            "plan_source_value": classes[0] if classes else None,
            **restored(gathered, coverage, "payer_plan_period"),
        },
    )
    gathered.links.register(entry, row_id)


def map_benefit(entry: Entry, gathered: Gathering) -> None:
    """What an encounter was charged and what the insurer paid for it."""
    benefit = entry.resource
    visits = {
        visit
        for item in benefit.get("item", [])
        for reference in item.get("encounter", [])
        if (visit := gathered.visit(reference)) is not None
    }
    if gathered.person(benefit["patient"]) == UNKNOWN_ROW or len(visits) != 1:
        gathered.leave_out("ExplanationOfBenefit", "it is not about one known encounter")
        return
    charged: Resource = next(
        (
            total["amount"]
            for total in benefit.get("total", [])
            if "submitted" in {c.get("code") for c in total["category"].get("coding", [])}
        ),
        {},
    )
    paid = (benefit.get("payment") or {}).get("amount") or {}
    currency = charged.get("currency") or paid.get("currency")
    coverage = ((benefit.get("insurance") or [{}])[0]).get("coverage")
    gathered.add(
        entry,
        "cost",
        {
            "cost_event_id": visits.pop(),
            "cost_domain_id": "Visit",
            "cost_type_concept_id": 0,
            "currency_concept_id": gathered.codes.concept("Currency", currency),
            "total_charge": number(charged.get("value")),
            "paid_by_payer": number(paid.get("value")),
            "payer_plan_period_id": gathered.row(coverage, "Coverage"),
            **_patients_share(benefit),
            **restored(gathered, benefit, "cost"),
        },
    )
    if currency and not gathered.codes.concept("Currency", currency):
        gathered.leave_out("currency of ExplanationOfBenefit", "the vocabulary lacks it")


def _patients_share(benefit: Resource) -> dict[str, float]:
    """What the patient paid, where the lines say it in the codes of Blue Button."""
    sums: dict[str, float] = {}
    for item in benefit.get("item", []):
        for line in item.get("adjudication", []):
            for coding in line["category"].get("coding", []):
                column = _LINES.get(str(coding.get("code")).rsplit("/", 1)[-1])
                if column and "amount" in line:
                    sums[column] = sums.get(column, 0.0) + float(line["amount"]["value"])
    return {column: round(total, 2) for column, total in sums.items()}


_LINES = {
    "line_coinsrnc_amt": "paid_patient_coinsurance",
    "line_bene_ptb_ddctbl_amt": "paid_patient_deductible",
}
