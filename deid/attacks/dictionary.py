"""Dictionary attack on pseudonyms: from the ids that may exist, without the key.

The attacker knows every id of the vault, how pseudonyms are made, and the release's name, but not
the key. He enters all ids into everything that pseudonyms are made with where no secret is used or
the secret can be guessed, and looks for what comes out among the released ids.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from deid.attacks.ground import Ground, Ids
from deid.attacks.model import AttackResult, outcome
from deid.keys import Keyring
from deid.pseudonyms import Pseudonymiser

_POSITIVE = (1 << 63) - 1
IDS = 20_000
"""Ids that each guess is tried on."""
GUESSED_KEYS = {
    "zeros": bytes(32),
    "counting bytes": bytes(range(32)),
    "ones": b"\xff" * 32,
    "a word": hashlib.sha256(b"carecommons").digest(),
    "password": hashlib.sha256(b"password").digest(),
    "changeme": hashlib.sha256(b"changeme").digest(),
}


def dictionary_attack(ground: Ground) -> AttackResult | None:
    """Guess keys and hashes, and count the ids that a guess gives back."""
    n = wins = attempts = 0
    for domain, source in ground.sources.items():
        own = source.own[:IDS]
        released = source.pseudonyms[:IDS]
        found = np.zeros(len(own), dtype=bool)
        for guess in guesses(ground.name):
            attempts += 1
            found |= guess(domain, own) == released
        # A key by which one id is right gives all others; so does a line through two pairs.
        found |= on_a_line(own, released)
        n += len(own)
        wins += int(found.sum())
    return outcome(
        "id_dictionary",
        attacker=(
            "Knows every id of the vault, the way in which pseudonyms are made and the name of the "
            "release, but no key."
        ),
        question="Which id of the vault is behind this pseudonym?",
        explanation=(
            f"{n:,} ids of {', '.join(ground.sources)} were entered into {len(GUESSED_KEYS)} "
            "guessed keys, plain hashes and straight lines. With a secret key nothing but a "
            "coincidence of 63-bit numbers can come out."
        ),
        wins=wins,
        n=n,
        baseline=min(1.0, attempts / 2**63),
    )


def guesses(release: str) -> Iterator[Callable[[str, Ids], Ids]]:
    """Ways from an id to a pseudonym that need no secret."""
    for key in GUESSED_KEYS.values():
        yield Pseudonymiser(key).ids
        yield Pseudonymiser(Keyring("guess", key).derive("release", release, "pseudonyms")).ids
    for name in ("md5", "sha1", "sha256", "blake2b"):
        for salt in ("", "{domain}:", release):
            yield partial(_hashed, name, salt)
    yield _as_it_is


def on_a_line(own: Ids, released: Ids) -> np.ndarray:
    """Ids that follow from the first two pairs by addition and multiplication."""
    if len(own) < 3 or own[0] == own[1]:
        return np.zeros(len(own), dtype=bool)
    slope = (int(released[1]) - int(released[0])) / (int(own[1]) - int(own[0]))
    line = released[0] + slope * (own - own[0]).astype(np.float64)
    found = np.abs(line - released) < 0.5
    found[:2] = False
    return found


def _as_it_is(_domain: str, ids: Ids) -> Ids:
    return ids


def _hashed(name: str, salt: str, domain: str, ids: Ids) -> Ids:
    salt = salt.replace("{domain}", domain)
    digests = (hashlib.new(name, f"{salt}{i}".encode()).digest()[:8] for i in ids.tolist())
    return np.array([int.from_bytes(d, "big") & _POSITIVE for d in digests], dtype=np.int64)
