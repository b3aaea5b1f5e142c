"""Recovery codes of 128 bits, of which the database keeps hashes: they are shown once, when made.

What was made before codes were hashed stands there encrypted and is good until it is used or
replaced; who looks for such codes is told to make new ones.
"""

from __future__ import annotations

import base64
import hmac
import secrets

from flask import current_app
from flask_security import MfRecoveryCodesUtil, UserMixin

from app.hashes import sha256_of

BYTES = 16
_GROUP = 4
_HASHED = "sha256:"


def new_code() -> str:
    """A code of 26 letters and digits, in groups that can be read out loud."""
    letters = base64.b32encode(secrets.token_bytes(BYTES)).decode().rstrip("=").lower()
    return "-".join(letters[at : at + _GROUP] for at in range(0, len(letters), _GROUP))


def hash_of(code: str) -> str:
    """What is kept of a code. Of 128 bits nothing can be guessed, so the hash may be fast."""
    return _HASHED + sha256_of("".join(code.split()).replace("-", "").lower())


class PortalRecoveryCodes(MfRecoveryCodesUtil):
    """The library's codes, hashed."""

    def create_recovery_codes(self, user: UserMixin) -> list[str]:
        """New codes in place of all others; they are nowhere but in this answer."""
        library = current_app.extensions["security"]
        number = current_app.config["SECURITY_MULTI_FACTOR_RECOVERY_CODES_N"]
        codes = [new_code() for _ in range(number)]
        library.datastore.mf_set_recovery_codes(user, [hash_of(code) for code in codes])
        return codes

    def get_recovery_codes(self, user: UserMixin) -> list[str]:
        """None: what is hashed cannot be shown again."""
        return []

    def check_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Whether it is one of the person's codes."""
        return self._place(user, code) is not None

    def delete_recovery_code(self, user: UserMixin, code: str) -> bool:
        """Take a code away that was used; whether it was there."""
        place = self._place(user, code)
        datastore = current_app.extensions["security"].datastore
        return place is not None and bool(datastore.mf_delete_recovery_code(user, place))

    def _place(self, user: UserMixin, code: str) -> int | None:
        wanted = hash_of(code)
        for place, kept in enumerate(user.mf_recovery_codes or ()):
            if kept.startswith(_HASHED):
                if hmac.compare_digest(kept, wanted):
                    return place
            elif code in self._decrypt_codes([kept]):
                return place
        return None
