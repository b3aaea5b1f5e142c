"""The text engine: finds identifiers in notes and replaces them.

>>> engine = TextEngine(b"k" * 32)
>>> note = NoteInput("1", "Seen on 3/4/2021.", "en", None, shift_days=7)
>>> engine.scrub(note).text
'Seen on 3/11/2021.'
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from deid.errors import TextRefused
from deid.text.birth import is_birth_date, surrogate_birth_date
from deid.text.document import Document, Mention, Span, SpanType, Strength
from deid.text.forbidden import Forbidden
from deid.text.known import POSSIBLE, KnownIndex, index_person, index_staff
from deid.text.limits import SECONDS_A_CHARACTER
from deid.text.merge import Merged, merge
from deid.text.model import shipped_reviewers
from deid.text.normalise import fold
from deid.text.packs import DEFAULT_TAGS, load_pack
from deid.text.packs.base import Annotator, LanguagePack, Reviewer
from deid.text.people import AddressParts, KnownPerson, PersonName, StaffDirectory
from deid.text.surrogates.common import make_common
from deid.text.surrogates.dates import find_full_dates, write_date
from deid.text.surrogates.seed import Scene
from deid.text.surrogates.years import year_like, years_written
from deid.text.unmistakable import unmistakable_dates

__all__ = [
    "AddressParts",
    "KnownPerson",
    "NoteInput",
    "NoteOutput",
    "PersonName",
    "Span",
    "SpanType",
    "StaffDirectory",
    "TextEngine",
]

Mode = Literal["surrogate", "tag", "asterisk"]
MODES = ("surrogate", "tag", "asterisk")
DateMode = Literal["shift", "year"]
ENGINE_VERSION = "3"
SURROGATE_VERSION = "3"
MASK = "***"
_PERSONS_HELD = 256
_STAFF_SEED = "staff"
_REDRAWS = 8
_DOCUMENT_LIMIT = 4_000_000


@dataclass(frozen=True)
class NoteInput:
    """One note. ``language`` is a BCP 47 tag or ``None``; ``shift_days`` moves its dates.

    ``year`` stands for dates that name none, where dates become their years and the note has no
    full date itself.
    """

    note_id: str
    text: str = field(repr=False)
    language: str | None
    person: KnownPerson | None = field(repr=False)
    shift_days: int = field(repr=False)
    year: int | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Seen:
    """What an output depends on of the staff and of the real values of everybody else.

    ``staff`` are all mentions of staff in the note; ``asked`` the texts that were looked up among
    the forbidden values, each with the answer.
    """

    staff: tuple[Mention, ...] = field(repr=False)
    asked: tuple[tuple[str, bool], ...] = field(repr=False)


@dataclass(frozen=True)
class NoteOutput:
    """The note with its identifiers replaced; offsets of ``spans`` are those of the input.

    ``seen`` is absent where surrogates clashed with forbidden values and were drawn again.
    """

    note_id: str
    text: str = field(repr=False)
    spans: tuple[Span, ...]
    seen: Seen | None = field(default=None, repr=False, compare=False)


class TextEngine:
    """Scrubs notes. One engine serves one release: its key makes the release's surrogates.

    Args:
        surrogate_key: the release's key for surrogates.
        staff: names that may stand in any note.
        mode: ``surrogate`` (hidden in plain sight), ``tag`` (``[NAME]``) or ``asterisk``.
        forbidden: real names and numbers that no surrogate may equal and none may form.
        packs: language packs, by tag or as objects; the first applicable one leads.
        annotators: further annotators (a statistical model) that run on every note.
        age_band: width in years of the bands that ages are written in; ``None`` keeps ages.
        dates: ``shift`` moves dates by the note's days, ``year`` leaves their (moved) year alone.
    """

    def __init__(
        self,
        surrogate_key: bytes,
        staff: StaffDirectory | None = None,
        mode: Mode = "surrogate",
        forbidden: Collection[str] = (),
        packs: Sequence[str | LanguagePack] = DEFAULT_TAGS,
        annotators: Sequence[Annotator] = (),
        age_band: int | None = None,
        dates: DateMode = "shift",
    ) -> None:
        if not surrogate_key:
            raise ValueError("surrogates need a key")
        if age_band is not None and age_band < 2:
            raise ValueError("a band of ages is two years wide or more")
        if mode not in MODES:
            raise ValueError(f"the mode is one of {', '.join(MODES)}")
        self._arguments = (
            surrogate_key,
            staff,
            mode,
            tuple(forbidden),
            tuple(packs),
            tuple(annotators),
            age_band,
            dates,
        )
        self._key = surrogate_key
        self._mode = mode
        self._age_band = age_band
        self._dates = dates
        self._packs = tuple(load_pack(p) if isinstance(p, str) else p for p in packs)
        self._annotators = tuple(annotators)
        self._forbidden = Forbidden(forbidden, self._packs)
        self._staff = index_staff(staff or StaffDirectory(), self._packs)
        self._persons: OrderedDict[KnownPerson, KnownIndex] = OrderedDict()

    def __reduce__(self) -> tuple[object, ...]:
        # Compiled expressions and automata do not travel; the other process makes its own.
        return TextEngine, self._arguments

    def __repr__(self) -> str:
        return f"TextEngine(mode={self._mode!r}, packs={[pack.tag for pack in self._packs]})"

    @property
    def versions(self) -> dict[str, str]:
        """Versions of everything that decides the output, for the manifest."""
        return {
            "engine": ENGINE_VERSION,
            "surrogates": SURROGATE_VERSION,
            **{f"pack.{pack.tag}": pack.version for pack in self._packs},
            **{r.name: r.version for pack in self._packs for r in reviewers_of(pack)},
            **{f"annotator.{a.name}": getattr(a, "version", "1") for a in self._annotators},
        }

    @property
    def seconds_a_character(self) -> float:
        """Computing time that a note may take for each of its characters."""
        further = sum(getattr(a, "seconds_a_character", 0.0) for a in self._annotators)
        return SECONDS_A_CHARACTER + further

    def find(self, note: NoteInput) -> tuple[Span, ...]:
        """Spans of identifiers, sorted, never overlapping, without surrogates."""
        document = self._document(note)
        staff = tuple(self._staff.annotate(document))
        merged = merge(note.text, self._mentions(document, note.person, staff))
        return tuple(_span(found) for found in merged)

    def scrub(self, note: NoteInput) -> NoteOutput:
        """Replace every identifier.

        Raises:
            TextRefused: if the note is not valid Unicode text or is beyond the size limit.
        """
        document = self._document(note)
        staff = tuple(self._staff.annotate(document))
        merged = merge(note.text, self._mentions(document, note.person, staff))
        asked: dict[str, bool] = {}
        scene = self._scene(document, note, merged, asked)
        surrogates = [self._replace(document, found, scene, note) for found in merged]
        redrawn = False
        for redraw in range(1, _REDRAWS + 1):
            text, places = _assemble(note.text, merged, surrogates)
            clashing = self._clashing(text, places)
            if not clashing:
                break
            redrawn = True
            for i in clashing:
                surrogates[i] = (
                    self._replace(document, merged[i], replace(scene, skip=redraw), note)
                    if redraw < _REDRAWS
                    else f"[{merged[i].type}]"
                )
        text, _ = _assemble(note.text, merged, surrogates)
        spans = tuple(
            _span(found, surrogate) for found, surrogate in zip(merged, surrogates, strict=True)
        )
        seen = None if redrawn else Seen(staff, tuple(asked.items()))
        return NoteOutput(note.note_id, text, spans, seen)

    def would_repeat(self, note: NoteInput, spans: Sequence[Span], seen: Seen) -> bool:
        """Whether scrubbing a note would give what an engine gave it before.

        The other engine may have known other staff and other forbidden values; all else that it
        was made of, and the note itself, are taken to be equal. Never true where it would not.
        """
        document = self._document(note)
        if tuple(self._staff.annotate(document)) != seen.staff:
            return False
        if any((text in self._forbidden) is not answer for text, answer in seen.asked):
            return False
        text, places = _assemble(note.text, spans, [span.surrogate for span in spans])
        return not self._clashing(text, places)

    def _clashing(self, text: str, places: Sequence[tuple[int, int]]) -> list[int]:
        """Numbers of the surrogates that take part in a forbidden value of the scrubbed note."""
        hits = list(self._forbidden.places(text)) if self._mode == "surrogate" else []
        return [
            i
            for i, (start, end) in enumerate(places)
            if any(first < end and start < last for first, last in hits)
        ]

    def _document(self, note: NoteInput) -> Document:
        if len(note.text) > _DOCUMENT_LIMIT:
            raise TextRefused(f"a note is longer than {_DOCUMENT_LIMIT} characters")
        try:
            note.text.encode("utf-8")
        except UnicodeEncodeError:
            raise TextRefused("a note holds broken Unicode (a lone surrogate)") from None
        return Document(note.text, note.language)

    def _mentions(
        self, document: Document, person: KnownPerson | None, staff: Sequence[Mention]
    ) -> Iterable[Mention]:
        applicable = self._applicable(document)
        packs = [pack for pack in applicable if reviewers_of(pack)]
        judged = {f"{POSSIBLE}.{pack.tag}" for pack in packs}
        mentions = [
            mention
            for mention in self._annotated(document, person, staff, applicable)
            if mention.detector in judged or not mention.detector.startswith(POSSIBLE)
        ]
        for pack in packs:
            for reviewer in reviewers_of(pack):
                mentions = list(reviewer.review(document, mentions))
        if self._dates == "year":
            # After the models, which might take one away.
            mentions += unmistakable_dates(document)
        return mentions

    def _annotated(
        self,
        document: Document,
        person: KnownPerson | None,
        staff: Sequence[Mention],
        packs: Sequence[LanguagePack],
    ) -> Iterable[Mention]:
        if person is not None:
            yield from self._index(person).annotate(document)
        yield from staff
        for pack in packs:
            for annotator in pack.annotators:
                yield from annotator.annotate(document)
            if person is not None and person.released_birth_year is not None:
                for annotator in pack.birth_years:
                    yield from annotator.annotate(document)
            if self._age_band is not None:
                for annotator in pack.ages:
                    yield from annotator.annotate(document)
        for annotator in self._annotators:
            if self._reads(annotator, document, packs):
                yield from annotator.annotate(document)

    def _reads(
        self, annotator: Annotator, document: Document, packs: Sequence[LanguagePack]
    ) -> bool:
        """Whether a further annotator reads a note of this language.

        A language without a pack cannot be told from the note: only a note that says that it is
        in another one is left out.
        """
        languages = getattr(annotator, "languages", None)
        if languages is None:
            return True
        said = primary_tag(document.language)
        wanted = {primary_tag(tag) for tag in languages}
        if said in wanted or wanted & {pack.tag for pack in packs}:
            return True
        return said is None and bool(wanted - {pack.tag for pack in self._packs})

    def _applicable(self, document: Document) -> list[LanguagePack]:
        found = [pack for pack in self._packs if pack.applies(document)]
        return found or list(self._packs[:1])

    def _index(self, person: KnownPerson) -> KnownIndex:
        index = self._persons.get(person)
        if index is None:
            index = self._persons[person] = index_person(person, self._packs)
            if len(self._persons) > _PERSONS_HELD:
                self._persons.popitem(last=False)
        return index

    def _scene(
        self,
        document: Document,
        note: NoteInput,
        merged: Sequence[Merged],
        asked: dict[str, bool],
    ) -> Scene:
        """What surrogates depend on; ``asked`` gets each question about a forbidden value."""
        own: frozenset[str] = frozenset()
        aliases: Mapping[str, str] = {}
        sexes: Mapping[str, str] = {}
        if note.person is None:
            # Nothing ties this note to another one, so its own values can be ruled out too.
            own = frozenset(fold(note.text[m.start : m.end]) for m in merged)
        else:
            index = self._index(note.person)
            own = index.values
            aliases, sexes = index.aliases, index.sexes

        def forbidden(text: str) -> bool:
            if fold(text) in own:
                return True
            asked[text] = answer = text in self._forbidden
            return answer

        birth = note.person.birth_date if note.person else None
        dates = [d for d in find_full_dates(document.plain) if d != birth]
        return Scene(
            key=self._key,
            person=f"person:{note.person.key}" if note.person else f"note:{note.note_id}",
            shift_days=note.shift_days,
            aliases=aliases,
            sexes=sexes,
            reference=max(dates, default=None),
            birth=surrogate_birth_date(self._key, note.person) if note.person else None,
            real_birth=birth,
            age_band=self._age_band or 5,
            forbidden=forbidden,
        )

    def _replace(self, document: Document, found: Merged, scene: Scene, note: NoteInput) -> str:
        text = document.text[found.start : found.end]
        if self._mode == "tag":
            return f"[{found.type}]"
        if self._mode == "asterisk":
            return MASK
        if (
            scene.birth is not None
            and note.person is not None
            and is_birth_date(document, found, note.person, self._packs)
        ):
            if self._dates == "year":
                return year_like(text, [scene.birth.year])
            return write_date(text, scene.birth) or f"[{found.type}]"
        if self._dates == "year" and found.type is SpanType.DATE:
            years = years_written(text, scene.shift_days, scene.reference, note.year)
            return year_like(text, years) if years else f"[{found.type}]"
        scene = _with(scene, found)
        for pack in self._packs:
            made = pack.surrogate(text, found.type, scene)
            if made is not None:
                return made
        # A form that no pack understands is still removed.
        return make_common(text, found.type, scene) or f"[{found.type}]"


def reviewers_of(pack: LanguagePack) -> Sequence[Reviewer]:
    """A pack's own models if it names any (an empty list asks for none), else the shipped ones."""
    own: Sequence[Reviewer] | None = getattr(pack, "reviewers", None)
    return shipped_reviewers(pack.tag) if own is None else own


def primary_tag(language: str | None) -> str | None:
    """``en`` of ``en-GB`` (BCP 47)."""
    return language.replace("_", "-").partition("-")[0].casefold() if language else None


def _span(found: Merged, surrogate: str = "") -> Span:
    return Span(
        found.start,
        found.end,
        found.type,
        surrogate,
        found.detectors,
        found.strength / Strength.KNOWN,
    )


def _assemble(
    text: str, merged: Sequence[Merged | Span], surrogates: Sequence[str]
) -> tuple[str, list[tuple[int, int]]]:
    """The note with its surrogates, and where they stand in it."""
    pieces: list[str] = []
    places: list[tuple[int, int]] = []
    place = length = 0
    for found, surrogate in zip(merged, surrogates, strict=True):
        kept = text[place : found.start]
        pieces += [kept, surrogate]
        length += len(kept) + len(surrogate)
        places.append((length - len(surrogate), length))
        place = found.end
    pieces.append(text[place:])
    return "".join(pieces), places


def _with(scene: Scene, found: Merged) -> Scene:
    if found.canonical == scene.canonical and not found.shared:
        return scene
    return replace(
        scene,
        canonical=found.canonical,
        person=_STAFF_SEED if found.shared else scene.person,
    )
