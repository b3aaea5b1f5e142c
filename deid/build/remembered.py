"""What the text engine decided about each note, remembered for the next release of a line.

``evidence/<release>/notes.parquet`` (person_id, note_id, fingerprint, sealed; in this order of
people and notes) lies on the vault's side. The fingerprint is an HMAC of all that a decision is
made from: the note, what is known of its person, and the program. The decision (which characters
were replaced by what) is encrypted and authenticated by AES-256-GCM together with that fingerprint,
under keys of the line. So a decision is used only for exactly the input that it was made from,
nobody without the key can make, change or read one, and destroying the key destroys them all. No
text of a note is in it: the scrubbed note is put together anew from the vault's own.

Two things outside of a note decide too: the staff, and the real values of everybody, which no
surrogate may equal. They are not in the fingerprint, or one newcomer would change all notes;
:meth:`deid.text.api.TextEngine.would_repeat` asks the same questions again instead.
"""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
import secrets
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from deid.build.partition import EngineRecipe, NoteRow
from deid.build.progress import Say
from deid.text.document import Mention, Span, SpanType
from deid.text.program import program_fingerprint

if TYPE_CHECKING:
    from deid.text.api import Seen
    from deid.text.people import KnownPerson

NOTES_FILE = "notes.parquet"
_FORMAT = "care-commons-notes/1"
_NONCE_BYTES = 12
_READ_ROWS = 1000
_COLUMNS = ["person_id", "note_id", "fingerprint", "sealed"]


@dataclass(frozen=True)
class Decision:
    """What the engine put in place of what, and what else it had seen."""

    spans: tuple[Span, ...] = field(repr=False)
    seen: Seen = field(repr=False)


class Fingerprints:
    """Keyed fingerprints of notes, for one recipe of the engine."""

    def __init__(self, key: bytes, recipe: EngineRecipe, versions: dict[str, str]) -> None:
        made_by = {
            "format": _FORMAT,
            "program": program_fingerprint(),
            "versions": versions,
            "surrogates": hashlib.sha256(recipe.surrogate_key).hexdigest(),
            "age_band": recipe.age_band,
            "dates": recipe.dates,
            "packs": recipe.packs,
            "recognisers": recipe.recognisers,
        }
        self._key = hmac.digest(key, _canonical(made_by), "sha256")
        self._person: KnownPerson | None = None
        self._known = b""

    def of(self, person: KnownPerson, row: NoteRow) -> bytes:
        """The fingerprint of one note, 32 bytes."""
        if person is not self._person:
            self._person, self._known = person, _canonical(dataclasses.asdict(person))
        note = [row.note_id, row.language, row.shift_days, row.year, row.text]
        return hmac.digest(self._key, _canonical([self._known.decode("ascii"), note]), "sha256")


class Seal:
    """Encrypts decisions, and opens those that were made with the same key and fingerprint."""

    def __init__(self, key: bytes) -> None:
        self._cipher = AESGCM(key)

    def close(self, decision: Decision, fingerprint: bytes) -> bytes:
        """The decision, sealed together with its fingerprint."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        content = zlib.compress(_canonical(dataclasses.asdict(decision)), 1)
        return nonce + self._cipher.encrypt(nonce, content, fingerprint)

    def open(self, sealed: bytes, fingerprint: bytes) -> Decision | None:
        """The decision; ``None`` if it was changed or sealed with another key or fingerprint."""
        try:
            content = self._cipher.decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], fingerprint
            )
        except (InvalidTag, ValueError):
            return None
        return _decision(json.loads(zlib.decompress(content)))


class Remembered:
    """Decisions of the release before, read once from beginning to end beside the notes of now.

    After the first thing that is not as it was written nothing more of it is used.
    """

    def __init__(self, path: Path, seal: Seal, say: Say) -> None:
        self._seal, self._say = seal, say
        self._rows = self._read(path)
        self._next = next(self._rows, None)

    def recall(self, row: NoteRow, fingerprint: bytes) -> Decision | None:
        """What was decided about a note with this fingerprint; notes are asked in their order."""
        place = (row.person_id, row.note_id)
        while self._next is not None and self._next[0] < place:
            self._next = next(self._rows, None)
        if self._next is None or self._next[0] != place:
            return None
        _, of_then, sealed = self._next
        if not hmac.compare_digest(of_then, fingerprint):
            return None
        decision = self._seal.open(sealed, fingerprint)
        if decision is None:
            self._refuse()
        return decision

    def _read(self, path: Path) -> Iterator[tuple[tuple[int, int], bytes, bytes]]:
        try:
            with pq.ParquetFile(path) as file:
                for batch in file.iter_batches(_READ_ROWS, columns=_COLUMNS):
                    for person, note, fingerprint, sealed in zip(
                        *(column.to_pylist() for column in batch.columns), strict=True
                    ):
                        yield (int(person), int(note)), bytes(fingerprint), bytes(sealed)
        except FileNotFoundError:
            self._say("the release before left no decisions about notes; every note is scrubbed")
        except (pa.ArrowException, OSError, ValueError, TypeError):
            self._refuse()

    def _refuse(self) -> None:
        self._rows, self._next = iter(()), None
        self._say(
            "the remembered decisions about notes are damaged, changed or of another key: they "
            "are used no further, and notes are scrubbed again"
        )


def _canonical(value: Any) -> bytes:
    return json.dumps(value, default=str, sort_keys=True, separators=(",", ":")).encode("ascii")


def _decision(content: dict[str, Any]) -> Decision:
    from deid.text.api import Seen

    return Decision(
        tuple(
            Span(**span | {"type": SpanType(span["type"]), "detectors": tuple(span["detectors"])})
            for span in content["spans"]
        ),
        Seen(
            tuple(Mention(**m | {"type": SpanType(m["type"])}) for m in content["seen"]["staff"]),
            tuple((text, bool(answer)) for text, answer in content["seen"]["asked"]),
        ),
    )
