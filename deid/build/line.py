"""A line of releases: later ones that continue an earlier one with the same pseudonyms and offsets.

Two releases of one vault share nothing, so that nobody can lay them beside each other. A project
that follows people over years needs the opposite: the data of a later release under the ids and
dates that it has. A release that continues another draws its keys from the first of the line;
whoever was in the release before keeps the offset of then, since two offsets of one person would
tell of both; and offsets have the same bounds, so that a longer record does not move them.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from deid.build.certifying import check_signer
from deid.build.offsets import Offsets, read_offsets
from deid.errors import ReleaseError
from deid.keys import Keyring
from deid.policy import Policy
from deid.release import Manifest, open_release
from deid.settings import EngineSettings


@dataclass(frozen=True)
class Line:
    """What a build draws its keys from. ``known`` are the offsets of the release before."""

    name: str
    keyring: Keyring = field(repr=False)
    continues: str = ""
    known: Offsets | None = field(default=None, repr=False)

    def key(self, use: str) -> bytes:
        """The line's key for ``pseudonyms``, ``dates``, ``surrogates`` or ``offsets``."""
        return self.keyring.derive("release", self.name, use)

    @property
    def weeks(self) -> int | None:
        """The greatest offset that the line allows; ``None`` in a first release."""
        return self.known.window.max_weeks if self.known else None


def line_of(manifest: Manifest, keyring: Keyring) -> Line:
    """The line of a published release, with the key that it was built with.

    Raises:
        KeyDestroyed, KeyUnavailable: as :meth:`Keyring.of`.
    """
    return Line(manifest.line or manifest.release, keyring.of(manifest.key_id), manifest.continues)


def begin_line(
    settings: EngineSettings, keyring: Keyring, policy: Policy, name: str, continues: str
) -> Line:
    """The line of a release that is to be built; one of its own if it continues none.

    Raises:
        ReleaseNotFound: if there is no such release, or its offsets are not here.
        ReleaseError: if it was built by another policy.
        CertificateInvalid: if another installation signed it.
        KeyDestroyed: if its key was destroyed.
    """
    if not continues:
        return Line(name, keyring)
    earlier = open_release(settings.release_root, continues)
    check_signer(earlier, keyring)
    if earlier.manifest.policy["name"] != policy.name:
        raise ReleaseError(
            f"release {continues} was built by policy {earlier.manifest.policy['name']}; who may "
            "read it may not be the same, so a release by another policy cannot continue it"
        )
    line = line_of(earlier.manifest, keyring)
    known = read_offsets(settings.evidence_root, continues, line.name, line.keyring)
    return Line(line.name, line.keyring, continues, known)
