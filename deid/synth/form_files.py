"""Writes synthetic households as the CSV files of resident-record forms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path

from deid.forms import FormFiles, Whose
from deid.forms.model import Language
from deid.forms.words import terms_by_key
from deid.synth import population
from deid.synth.care_sites import build_care_sites
from deid.synth.people import LOCALES, Household, Locale, Resident
from deid.synth.rows import RowStore
from deid.synth.visits import Visit

_MODES = {
    "clinic": "OUTPATIENT_VISIT",
    "home": "HOME_VISIT",
    "telephone": "TELEPHONE_VISIT",
    "hospital": "INPATIENT_VISIT",
    "emergency": "EMERGENCY_VISIT",
}


def write_forms(
    folder: Path,
    residents: int,
    seed: int,
    locales: Sequence[Locale] = LOCALES,
    *,
    today: date,
    language: Language = "zh",
    faults: bool = True,
) -> dict[str, int]:
    """Write the population of these arguments as forms; gives the number of rows by form.

    The people and visits are those of :func:`deid.synth.generate`. Memory holds the households of
    one neighbourhood.

    Raises:
        ValueError: as :func:`deid.synth.generate`.
        FormError: if the folder holds CSV files already.
    """
    population.check_arguments(residents, locales)
    store = RowStore()
    with FormFiles(folder, language) as files:
        for position, locale in enumerate(locales):
            share = residents // len(locales) + (position < residents % len(locales))
            sites = build_care_sites(seed, locale, store)
            for household in population.households(share, seed, locale, sites, store, today):
                store.take()  # rows of places and staff are not wanted here
                write_household(files, household)
                for member in household.members:
                    visits = population._visits(household, member, seed, today, faults)
                    write_member(files, household, member, visits)
        return dict(files.rows)


def write_household(files: FormFiles, household: Household) -> None:
    """The line of a household in the file of households."""
    files.append_household({"household_code": household.code, "area_kind": household.area.upper()})


def write_member(
    files: FormFiles, household: Household, member: Resident, visits: Iterable[Visit]
) -> None:
    """One member with the forms of their visits; who fills in no basic information gets a line."""
    known = False
    for visit in visits:
        for form in visit.forms:
            first = form.kind == "basic information"
            known = known or first
            whose = Whose(
                numbers=member.numbers,
                day=visit.entered or visit.day,
                mode=_MODES[visit.mode],
                doctor=visit.clinician.full_name,
                institution=(visit.site or household.site).centre.name,
                end=visit.end,
                particulars=_particulars(household, member) if first else {},
                history=member.problems if first else {},
                resolved=member.resolved if first else {},
            )
            files.append(form, whose)
    if not known:
        files.append_person(
            Whose(
                numbers=member.numbers,
                day=member.birth,
                mode="OUTPATIENT_VISIT",
                particulars=_particulars(household, member),
                history=member.problems,
                resolved=member.resolved,
            )
        )


def _particulars(household: Household, resident: Resident) -> dict[str, str]:
    home = household.home_on(resident.moved_out) if resident.moved_out else household.address
    told = {
        "household_code": household.code,
        "full_name": resident.full_name,
        "family_name": resident.family_name,
        "given_name": resident.given_name,
        "other_names": "\n".join(resident.other_names),
        "sex": {"M": "MALE", "F": "FEMALE"}[resident.sex],
        "birth_date": resident.birth.isoformat(),
        "phone": resident.phone,
        "email": resident.email,
        "address": home.full_text,
        "line": home.line,
        "village": home.village,
        "township": home.township,
        "district": home.district,
        "city": home.city,
        "state": home.state,
        "postal_code": home.postal_code,
        "country": home.country,
        "ethnic_group": "汉族" if household.locale == "zh_CN" else _race(resident),
        "language": household.locale.replace("_", "-"),
        "death_date": resident.death.isoformat() if resident.death else None,
    }
    kin = {"spouse": resident.spouse, "father": resident.father, "mother": resident.mother}
    for relation, other in kin.items():
        if other is not None:
            told[f"{relation}_code"] = _number(other)
    contact = next((one for one in resident.relatives if one.phone), None)
    if contact is not None:
        told["contact_name"] = contact.full_name
        told["contact_relationship"] = contact.relationship
        told["contact_phone"] = contact.phone
    return {key: value for key, value in told.items() if value}


def _number(resident: Resident) -> str | None:
    return resident.numbers.get("RECORD_NO") or resident.numbers.get("MRN")


def _race(resident: Resident) -> str | None:
    term = terms_by_key().get(resident.race)
    return term.en if term else None
