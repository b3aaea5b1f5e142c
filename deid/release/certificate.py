"""The certificate of a release: its measured risk, signed together with its manifest.

``certificate.json`` holds a *statement*, the signer's public key and an Ed25519 signature (RFC
8032) over the statement as canonical JSON (sorted keys, no spaces, UTF-8). It has the SHA-256 of
``manifest.json``, which has that of every other file: a release with one changed byte has no
valid certificate. Whether the signer is the own installation is for who holds its keyring to say.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deid.errors import CertificateInvalid

CERTIFICATE_FILE = "certificate.json"
CERTIFICATE_FORMAT = "care-commons-certificate/1"


@dataclass(frozen=True)
class Certificate:
    """A statement that was signed; ``signer`` is a public key in hexadecimal."""

    statement: Mapping[str, Any]
    signer: str
    signature: str

    def to_json(self) -> bytes:
        """The certificate's file."""
        document = {
            "format": CERTIFICATE_FORMAT,
            "statement": self.statement,
            "signer": self.signer,
            "signature": self.signature,
        }
        text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
        return (text + "\n").encode()


def signed_bytes(statement: Mapping[str, Any]) -> bytes:
    """What the signature is over."""
    text = json.dumps(statement, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def read_certificate(folder: Path, release: str, manifest: bytes) -> Certificate:
    """The certificate in ``folder``, checked against the release's name and manifest.

    Raises:
        CertificateInvalid: if it is absent, damaged, of another release, or not signed.
    """
    try:
        document = json.loads((folder / CERTIFICATE_FILE).read_bytes())
    except FileNotFoundError:
        raise CertificateInvalid(f"release {release} has no certificate") from None
    except (OSError, ValueError):
        raise CertificateInvalid(f"release {release}: its certificate is damaged") from None
    try:
        if document["format"] != CERTIFICATE_FORMAT:
            raise CertificateInvalid(f"release {release}: its certificate is of another format")
        found = Certificate(document["statement"], document["signer"], document["signature"])
        signed = _is_signed(found)
        subject = (found.statement["release"], found.statement["manifest_sha256"])
    except (KeyError, TypeError, ValueError):
        raise CertificateInvalid(f"release {release}: its certificate is damaged") from None
    if not signed:
        raise CertificateInvalid(f"release {release}: the signature of its certificate is wrong")
    if subject != (release, hashlib.sha256(manifest).hexdigest()):
        raise CertificateInvalid(
            f"release {release}: its certificate is of another release or manifest"
        )
    return found


def _is_signed(certificate: Certificate) -> bool:
    # Only where releases are opened: the lab reads extracts and has no use for cryptography.
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(certificate.signer))
    try:
        key.verify(bytes.fromhex(certificate.signature), signed_bytes(certificate.statement))
    except InvalidSignature:
        return False
    return True
