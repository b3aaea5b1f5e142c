"""The gate: every measured risk against the policy's threshold; over one, nothing is published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from deid.errors import GateRefused
from deid.policy.model import ATTACK_THRESHOLDS, THRESHOLDS, Policy

ADVICE: Mapping[str, str] = {
    "smallest_class": "add coarser risk.steps, or raise what may be suppressed",
    "prosecutor_max": "raise risk.k or add coarser risk.steps",
    "prosecutor_average": "raise risk.k or widen risk.birth_year_band",
    "journalist_max": "raise risk.k or add coarser risk.steps",
    "marketer": "raise risk.k or widen risk.birth_year_band",
    "suppressed_share": "add coarser risk.steps, so that fewer people are left in small classes",
    "rare_disease_share": "suppress rare concepts (suppress-rare) of conditions and of death",
    "small_area_share": "drop or suppress-rare the columns of location",
    "disease_told_share": "raise risk.k or widen risk.birth_year_band",
    "known_1_worst_share": "suppress rare concepts (suppress-rare) in the clinical tables",
    "known_1_random_share": "suppress rare concepts (suppress-rare) in the clinical tables",
    "known_2_worst_share": "raise risk.k, or release less of the clinical tables",
    "known_2_random_share": "raise risk.k, or release less of the clinical tables",
    "known_3_worst_share": "raise risk.k, or release less of the clinical tables",
    "known_3_random_share": "raise risk.k, or release less of the clinical tables",
    "visits_follow_up_unique_share": "raise risk.k or widen risk.birth_year_band",
    "family_unique_share": "drop fact_relationship, which joins the members of families",
    "population_unique_share": "raise risk.k or widen risk.birth_year_band",
    "identifiers_in_output": "drop or scrub the columns named at the end",
    "own_names_share": "drop note_text, or complete the names in the vault's identity tables",
    "canaries_surviving": "drop note_text, or improve the language pack of these notes",
    "withheld_notes_share": "look at the reasons by `carecommons scrub`, mend or remove the notes",
    "attack_linkage_exact": "raise risk.k or add coarser risk.steps",
    "attack_linkage_fuzzy": "raise risk.k or add coarser risk.steps",
    "attack_singling_out": "raise risk.k or widen risk.birth_year_band",
    "attack_linkability": "suppress rare concepts (suppress-rare), or raise risk.k",
    "attack_inference": "raise risk.k, or drop the tables of the diagnoses",
    "attack_membership": "raise risk.k or widen risk.birth_year_band",
    "attack_offset_recovery": "raise dates.max_weeks, or leave out what began on a known day",
    "attack_surrogate_inversion": "drop note_text, or mend the surrogates of these notes",
    "attack_name_frequency": "drop note_text, or mend the surrogates of these notes",
    "attack_id_dictionary": "pseudonymise every id under the installation's secret key",
    "attack_row_order": "sort the rows of every table by pseudonyms",
}


@dataclass(frozen=True)
class Verdict:
    """One threshold and what was measured; ``value`` is None where it does not apply."""

    name: str
    limit: float
    side: str
    value: float | None

    @property
    def passed(self) -> bool:
        """Whether the release may leave as far as this measure goes."""
        if self.value is None:
            return True
        return self.value >= self.limit if self.side == "at least" else self.value <= self.limit


def judge_attacks(policy: Policy, measured: Mapping[str, float | None]) -> tuple[Verdict, ...]:
    """The policy's thresholds for attacks alone."""
    limits = policy.risk.thresholds
    return tuple(
        Verdict(name, limits[name], THRESHOLDS[name], measured.get(name))
        for name in ATTACK_THRESHOLDS
        if name in limits
    )


def judge(policy: Policy, measured: Mapping[str, float | None]) -> tuple[Verdict, ...]:
    """All thresholds of the policy but those of attacks, in the order in which they are declared.

    Raises:
        KeyError: if a threshold was not measured at all; that is a mistake of the program.
    """
    limits = policy.risk.thresholds
    return tuple(
        Verdict(name, limits[name], side, measured[name])
        for name, side in THRESHOLDS.items()
        if name in limits and name not in ATTACK_THRESHOLDS
    )


def check_gate(verdicts: tuple[Verdict, ...], details: str = "") -> None:
    """Let a release pass, or refuse it.

    Raises:
        GateRefused: with every threshold, its value, and what to generalise.
    """
    failed = [verdict for verdict in verdicts if not verdict.passed]
    if not failed:
        return
    lines = ["the release was refused and nothing was published"]
    for verdict in verdicts:
        mark = "passed" if verdict.passed else "REFUSED"
        lines.append(
            f"  {mark:8}{verdict.name}: {_number(verdict.value)}, "
            f"{verdict.side} {_number(verdict.limit)} is asked"
        )
    lines += [f"  to do: {verdict.name}: {ADVICE[verdict.name]}" for verdict in failed]
    if details:
        lines.append(f"  {details}")
    raise GateRefused("\n".join(lines), tuple(verdict.name for verdict in failed))


def _number(value: float | None) -> str:
    if value is None:
        return "does not apply"
    return f"{value:.4f}".rstrip("0").rstrip(".")
