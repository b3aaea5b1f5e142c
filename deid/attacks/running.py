"""Runs attacks over a release, in a fixed order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from deid.attacks.dictionary import dictionary_attack
from deid.attacks.ground import Ground
from deid.attacks.history import linkage_visits
from deid.attacks.inference import inference, inference_by_diagnoses
from deid.attacks.joining import project_join_intervals
from deid.attacks.linkability import linkability
from deid.attacks.linkage import exact_linkage, fuzzy_linkage
from deid.attacks.membership import membership, membership_by_visits
from deid.attacks.model import THRESHOLD_PREFIX, Attack, AttackResult
from deid.attacks.offsets import offset_recovery
from deid.attacks.order import row_order
from deid.attacks.refinement import recoding_refinement
from deid.attacks.singling_out import singling_out
from deid.attacks.successive import differencing
from deid.attacks.surrogates import name_frequency, staff_inversion, surrogate_inversion
from deid.errors import ConfigurationError

ATTACKS: Mapping[str, Attack] = {
    "linkage_exact": exact_linkage,
    "linkage_fuzzy": fuzzy_linkage,
    "linkage_visits": linkage_visits,
    "singling_out": singling_out,
    "linkability": linkability,
    "inference": inference,
    "inference_by_diagnoses": inference_by_diagnoses,
    "membership": membership,
    "membership_by_visits": membership_by_visits,
    "recoding_refinement": recoding_refinement,
    "offset_recovery": offset_recovery,
    "name_frequency": name_frequency,
    "surrogate_inversion": surrogate_inversion,
    "staff_inversion": staff_inversion,
    "id_dictionary": dictionary_attack,
    "row_order": row_order,
    "project_join_intervals": project_join_intervals,
    "differencing": differencing,
}
"""Every attack by its name, in the order in which they are told."""


def run_attacks(ground: Ground, only: Sequence[str] = ()) -> tuple[AttackResult, ...]:
    """Carry out all attacks, or ``only`` some; those that nothing can be tried on are left out.

    Raises:
        ConfigurationError: for a name that no attack has.
    """
    unknown = sorted(set(only) - set(ATTACKS))
    if unknown:
        raise ConfigurationError(f"no attack {', '.join(unknown)}; there are {', '.join(ATTACKS)}")
    if not len(ground.shown.ids):
        return ()
    results = (attack(ground) for name, attack in ATTACKS.items() if not only or name in only)
    return tuple(result for result in results if result is not None)


def gated_values(results: Iterable[AttackResult]) -> dict[str, float | None]:
    """What the gate compares with the policy's thresholds, for every attack.

    It is the excess over chance that is certain at 95 %: in a small release chance alone goes far,
    and a release is refused for what an attack has shown, not for what it could not rule out.
    """
    found: dict[str, float | None] = {f"{THRESHOLD_PREFIX}{name}": None for name in ATTACKS}
    found |= {r.threshold: max(0.0, r.excess_low) for r in results if r.threshold}
    return found
