"""Signed heads of the audit log: what its chain was at a moment, by a key outside the portal.

A head states how many events there were and the newest hash, when, by which key, and the SHA-256 of
the head before it. The worker signs it by Ed25519 (RFC 8032) with a key drawn from the keyring, and
appends it to a file on its own side. Who rewrites the log, or cuts its end off, cannot make the
heads fit. Who may write that file too can cut its end off: copies of it belong on another machine.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from deid.errors import CareCommonsError

FORMAT: Final = "care-commons-audit-head/1"


class AuditHeadsInvalid(CareCommonsError):
    """A file of signed heads cannot be believed; the message says which line and why."""

    code = "app.audit_heads_invalid"


class AuditBroken(CareCommonsError):
    """The audit log was changed outside the portal."""

    code = "app.audit_broken"


@dataclass(frozen=True)
class SignedHead:
    """A statement that was signed; ``signer`` is a public key in hexadecimal."""

    statement: Mapping[str, Any]
    signer: str
    signature: str

    @property
    def events(self) -> int:
        """How many events the chain had."""
        return int(self.statement["events"])

    @property
    def hash(self) -> str:
        """The newest event's hash."""
        return str(self.statement["hash"])

    @property
    def at(self) -> datetime:
        """When it was signed."""
        return datetime.fromisoformat(self.statement["at"])

    @property
    def digest(self) -> str:
        """SHA-256 of what was signed; the next head states it."""
        return hashlib.sha256(signed_bytes(self.statement)).hexdigest()

    def to_line(self) -> bytes:
        """The head as a line of the file."""
        document = {
            "statement": dict(self.statement),
            "signer": self.signer,
            "signature": self.signature,
        }
        text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return text.encode() + b"\n"


def statement_of(
    events: int, newest_hash: str, at: datetime, key_id: str, previous: SignedHead | None
) -> dict[str, Any]:
    """What is signed; ``previous`` is the head before it."""
    return {
        "format": FORMAT,
        "events": events,
        "hash": newest_hash,
        "at": at.isoformat(timespec="seconds"),
        "key_id": key_id,
        "previous": previous.digest if previous else "",
    }


def signed_bytes(statement: Mapping[str, Any]) -> bytes:
    """What the signature is over: canonical JSON."""
    text = json.dumps(dict(statement), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def is_signed(head: SignedHead) -> bool:
    """Whether the signer that the head names has signed it."""
    try:
        key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(head.signer))
        key.verify(bytes.fromhex(head.signature), signed_bytes(head.statement))
    except (ValueError, InvalidSignature):
        return False
    return True


def read_heads(path: Path, signers: Collection[str] = ()) -> list[SignedHead]:
    """All heads of a file, each signed and each following the one before; none if it is empty.

    ``signers`` are the public keys to believe, by default whichever the file names.

    Raises:
        AuditHeadsInvalid: naming the first line that cannot be believed.
    """
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise AuditHeadsInvalid(f"{path}: {error.strerror}") from None
    return check_heads(map(parse_head, lines), str(path), signers)


def check_heads(
    heads: Iterable[SignedHead | None], where: str, signers: Collection[str] = ()
) -> list[SignedHead]:
    """Heads in their order, if each is signed, by one of ``signers``, and follows the last.

    Raises:
        AuditHeadsInvalid: naming the first that cannot be believed.
    """
    found: list[SignedHead] = []
    for number, head in enumerate(heads, 1):
        if head is None:
            raise AuditHeadsInvalid(f"{where}: line {number} is no signed head")
        if not is_signed(head):
            raise AuditHeadsInvalid(f"{where}: the signature of head {number} is wrong")
        if signers and head.signer not in signers:
            raise AuditHeadsInvalid(f"{where}: head {number} was signed by somebody else")
        previous = found[-1] if found else None
        follows = head.statement["previous"] == (previous.digest if previous else "")
        if not follows or (previous and head.events <= previous.events):
            raise AuditHeadsInvalid(
                f"{where}: head {number} does not follow the one before it; one was removed or "
                "put in"
            )
        found.append(head)
    return found


def parse_head(line: bytes) -> SignedHead | None:
    """A line of the file; ``None`` if it is not a head."""
    try:
        document = json.loads(line)
        head = SignedHead(document["statement"], document["signer"], document["signature"])
        well = head.statement["format"] == FORMAT and head.events > 0 and len(head.hash) == 64
        well = well and head.at is not None and isinstance(head.statement["previous"], str)
    except (ValueError, KeyError, TypeError):
        return None
    return head if well else None


def hashes_of(heads: Iterable[SignedHead]) -> dict[int, str]:
    """What :func:`app.audit.verify_chain` compares the chain with."""
    return {head.events: head.hash for head in heads}
