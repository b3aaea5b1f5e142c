"""Signs certificates with the installation's key, and says what a certificate states."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from deid.checker import Recount, own_hash
from deid.errors import CertificateInvalid, KeyDestroyed, KeyUnavailable
from deid.keys import Keyring
from deid.policy import Policy
from deid.release import Manifest, Release
from deid.release.certificate import Certificate, signed_bytes

_USE = ("installation", "certificates")
"""One signing key an installation, not one a release, so that a reader can know it by heart."""


def certificate_of(
    keyring: Keyring,
    manifest: bytes,
    policy: Policy,
    risk: Mapping[str, Any],
    counted: Recount,
    amended: Sequence[str] = (),
) -> Certificate:
    """The signed certificate of the release with this manifest."""
    described = Manifest.from_json(manifest)
    return sign(
        keyring,
        {
            "release": described.release,
            "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
            "purpose": policy.purpose,
            "recipient": policy.recipient,
            "adversary": policy.adversary,
            "policy": {**described.policy, "amended": list(amended)},
            "engine_version": described.engine_version,
            "input_sha256": described.vault_snapshot,
            "quasi_identifiers": list(policy.risk.quasi_identifiers),
            "k_asked": policy.risk.k,
            "k": risk["linkage"]["smallest_class"],
            "linkage": risk["linkage"],
            "diversity": risk["diversity"],
            "longitudinal": risk["longitudinal"],
            "background": risk["background"],
            "rare": risk["rare"],
            "attacks": risk.get("attacks", []),
            "suppression": {
                "suppressed": risk["people"]["suppressed"],
                "groups": risk["people"]["groups"],
                "losses": risk["people"]["losses"],
            },
            "thresholds": risk["thresholds"],
            "checker": {"sha256": own_hash(), "counted": asdict(counted)},
        },
    )


def sign(keyring: Keyring, statement: Mapping[str, Any]) -> Certificate:
    """Sign a statement with the installation's key."""
    key = _key(keyring)
    return Certificate(
        statement,
        key.public_key().public_bytes_raw().hex(),
        key.sign(signed_bytes(statement)).hex(),
    )


def check_signer(release: Release, keyring: Keyring) -> None:
    """Make sure that this installation signed a release.

    Raises:
        CertificateInvalid: if another key signed it.
        KeyDestroyed: if the key that the manifest names was destroyed.
    """
    other = CertificateInvalid(
        f"release {release.name}: another installation, or another keyring, signed it"
    )
    try:
        own = keyring.of(release.manifest.key_id)
    except KeyDestroyed:
        raise
    except KeyUnavailable:
        raise other from None
    if release.certificate.signer != _key(own).public_key().public_bytes_raw().hex():
        raise other


def _key(keyring: Keyring) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(keyring.derive(*_USE))
