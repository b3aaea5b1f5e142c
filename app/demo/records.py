"""The vault's half of the demonstration: keyring, synthetic residents, two releases."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from deid.build.pipeline import build_release
from deid.keys import Keyring
from deid.policy import load_policy
from deid.release import Release, list_releases, open_release
from deid.settings import EngineSettings
from deid.synth import LOCALES
from deid.synth.filling import fill_vault

Say = Callable[[str], None]

SEED = 20
LAST_DAY = date(2025, 12, 31)
RESEARCH_RELEASE = "county-research-v1"
TEACHING_RELEASE = "county-teaching-v1"
_RELEASES = (
    (RESEARCH_RELEASE, "limited-research", "Synthetic county, for research"),
    (TEACHING_RELEASE, "teaching", "Synthetic county, for teaching"),
)


def prepare_records(settings: EngineSettings, residents: int, say: Say) -> Keyring:
    """Make what is missing of keyring, vault and releases; what exists is left as it is.

    Raises:
        CareCommonsError: as the engine refuses.
    """
    if settings.keyring.exists():
        keyring = Keyring.load(settings.keyring)
    else:
        say("making a keyring")
        keyring = Keyring.create(settings.keyring)
    published = {release.name for release in list_releases(settings.release_root)}
    missing = [entry for entry in _RELEASES if entry[0] not in published]
    if not missing:
        return keyring
    say(f"filling the vault with {residents} synthetic residents")
    fill_vault(settings.vault_url, residents, SEED, LOCALES, LAST_DAY)
    for name, policy, title in missing:
        say(f"building release {name} by policy {policy}")
        build_release(
            settings, keyring, settings.vault_url, load_policy(policy), name, title, say=say
        )
    return keyring


def demo_releases(settings: EngineSettings) -> tuple[Release, Release]:
    """The research release and the teaching release."""
    root = settings.release_root
    return open_release(root, RESEARCH_RELEASE), open_release(root, TEACHING_RELEASE)
