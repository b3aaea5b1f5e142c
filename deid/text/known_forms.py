"""All forms in which notes may write what is known of a person or of the staff.

Relatives, households and namesakes share names and addresses, so the forms of these are held.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from deid.text.document import SpanType
from deid.text.normalise import fold, fold_parts
from deid.text.packs.base import DateForms, Form, LanguagePack
from deid.text.people import LONGEST, AddressParts, KnownPerson, PersonName, StaffDirectory

SHORTEST_TYPO = 6
SHORTEST_SWAP = 4
SHORTEST_NUMBER = 4
CONTACT_TYPES = {
    "email": SpanType.EMAIL,
    "url": SpanType.URL,
    "wechat": SpanType.ID,
    "qq": SpanType.ID,
}
_HELD = 1024


class Known(NamedTuple):
    """A form by its folded ``text``. ``breaks``: see :class:`~deid.text.packs.base.Form`.

    ``spelt`` says that a misspelling of it is looked for too.
    """

    text: str
    breaks: frozenset[int]
    form: Form
    pack: LanguagePack | None
    spelt: bool = False

    def __repr__(self) -> str:
        return f"Known({self.form.type})"


@dataclass(frozen=True)
class Forms:
    """Forms of one person or of the staff; forms of different values may fold to one text.

    ``dates`` are made where they are asked for.
    """

    names: Sequence[Known] = field(repr=False)
    dates: Sequence[tuple[DateForms, LanguagePack]] = ()
    others: Sequence[Known] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.names) + len(self.others) + sum(len(d.shapes) for d, _ in self.dates)

    def all(self) -> list[Known]:
        """Every form."""
        dates = (known for dates, pack in self.dates for known in _folded(dates, pack))
        return [*self.names, *dates, *self.others]

    def within(self, folded: str) -> list[Known]:
        """The forms that a folded text has."""
        found = [known for known in self.names if known.text in folded]
        for dates, pack in self.dates:
            found += _folded(dates.within(folded), pack)
        found += [known for known in self.others if known.text in folded]
        return found

    def texts(self) -> frozenset[str]:
        """Folded texts of all forms."""
        made = {known.text for known in (*self.names, *self.others)}
        return frozenset(made.union(*(dates.folded() for dates, _ in self.dates)))


def person_forms(person: KnownPerson, packs: Sequence[LanguagePack]) -> Forms:
    """Every form of one person."""
    names = list(person.names) + [PersonName(full=name) for name in person.other_names if name]
    names += [PersonName(full=name) for _, name, _ in person.relatives if name]
    # The pack of the person's own name comes first: pinyin of a Chinese name is Chinese.
    first = sorted(packs, key=lambda pack: not (names and _of_name(pack, names[0])))
    named = [known for pack in first for name in names for known in _of_name(pack, name)]
    dates: list[tuple[DateForms, LanguagePack]] = []
    others: list[Known] = []
    for pack in packs:
        if person.birth_date is not None:
            forms = pack.date_forms(person.birth_date)
            if isinstance(forms, DateForms):
                dates.append((forms, pack))
            else:
                others += _folded(forms, pack)
        for address in person.addresses:
            others += _of_address(pack, address)
    for _, value in person.identifiers:
        others += _of_number(value, SpanType.ID)
    for kind, value in person.contacts:
        others += _of_number(value, CONTACT_TYPES.get(kind.casefold(), SpanType.PHONE))
    for _, _, phone in person.relatives:
        if phone:
            others += _of_number(phone, SpanType.PHONE)
    return Forms(named, dates, others)


def staff_forms(staff: StaffDirectory, packs: Sequence[LanguagePack]) -> Iterator[Known]:
    """Full names of providers, care sites and places."""
    for pack in packs:
        for name in staff.providers:
            if len(name) > LONGEST:
                # Looked for as it is written: its forms would be too many.
                yield from _folded((Form(name, SpanType.NAME, fold(name)),), pack)
                continue
            for form in pack.name_forms(PersonName(full=name)):
                # A bare family or given name of some doctor is too weak to look for everywhere.
                if len(fold(form.text)) >= len(fold(name)) - 1:
                    yield from _folded((form,), pack)
    for value in (*staff.care_sites, *staff.places):
        folded = fold(value)
        if len(folded) >= 2:
            form = Form(value, SpanType.LOCATION, folded, certain=_is_long(value))
            yield from _folded((form,), packs[0])


def sexes_of(person: KnownPerson, packs: Sequence[LanguagePack]) -> dict[str, str]:
    """Sex by canonical value: the person's own, and a relative's by the relationship."""
    people = [(name, person.sex) for name in person.names]
    for relationship, full_name, _ in person.relatives:
        sexes = {pack.sex_of_kin(relationship) for pack in packs} if relationship else set()
        sex = next(iter(sorted(s for s in sexes if s)), None)
        people.append((PersonName(full=full_name), sex))
    return {
        known.form.canonical: sex
        for name, sex in people
        if sex
        for pack in packs
        for known in _of_name(pack, name)
    }


def united(forms: Iterable[Known]) -> dict[str, Known]:
    """One form for each folded text: the first certain one, with the breaks of all before it."""
    found: dict[str, Known] = {}
    for known in forms:
        held = found.get(known.text)
        if held is None:
            found[known.text] = known
        elif known.form.certain and not held.form.certain:
            found[known.text] = known._replace(breaks=known.breaks | held.breaks)
        elif not known.breaks <= held.breaks:
            found[known.text] = held._replace(breaks=known.breaks | held.breaks)
    return found


def _of_name(pack: LanguagePack, name: PersonName) -> tuple[Known, ...]:
    return _held_name(_Itself(pack), name)


def _of_address(pack: LanguagePack, address: AddressParts) -> tuple[Known, ...]:
    return _held_address(_Itself(pack), address)


def forget_held() -> None:
    """Let go of the forms that are held, as if nobody had been looked for yet."""
    _held_name.cache_clear()
    _held_address.cache_clear()


class _Itself:
    """A pack as a key: the same object, whatever the pack itself takes for equal."""

    __slots__ = ("pack",)

    def __init__(self, pack: LanguagePack) -> None:
        self.pack = pack

    def __hash__(self) -> int:
        return id(self.pack)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Itself) and other.pack is self.pack


@lru_cache(maxsize=_HELD)
def _held_name(key: _Itself, name: PersonName) -> tuple[Known, ...]:
    return _folded(key.pack.name_forms(name), key.pack)


@lru_cache(maxsize=_HELD)
def _held_address(key: _Itself, address: AddressParts) -> tuple[Known, ...]:
    return _folded(key.pack.address_forms(address), key.pack)


def _of_number(value: str, kind: SpanType) -> tuple[Known, ...]:
    return _folded(_number_forms(value, kind), None)


def _number_forms(value: str, kind: SpanType) -> Iterator[Form]:
    canonical = fold(value)
    if len(canonical) < SHORTEST_NUMBER:
        return
    loose = len(canonical) > SHORTEST_NUMBER + 1
    yield Form(value, kind, canonical, loose=loose)
    if kind is SpanType.PHONE and canonical.isdigit():
        for prefix in ("86", "1", "0086", "001"):
            if canonical.startswith(prefix) and len(canonical) - len(prefix) in (10, 11):
                yield Form(canonical[len(prefix) :], kind, canonical, loose=True)
            elif not canonical.startswith(prefix):
                yield Form(prefix + canonical, kind, canonical, loose=True)


def _folded(forms: Iterable[Form], pack: LanguagePack | None) -> tuple[Known, ...]:
    found = []
    for form in forms:
        text, breaks = (
            (form.folded, form.breaks) if form.folded is not None else fold_parts(form.text)
        )
        if text:
            spelt = form.type is SpanType.NAME and _is_spelt(text, form, pack)
            found.append(Known(text, breaks, form, pack, spelt))
    return tuple(found)


def _is_spelt(folded: str, form: Form, pack: LanguagePack | None) -> bool:
    if len(folded) < SHORTEST_SWAP or not folded.isascii() or not folded.isalpha():
        return False
    # A name that is also a word (an eponym: Lawrence) is misspelt as any other.
    return form.certain or (
        len(folded) > SHORTEST_TYPO and pack is not None and pack.is_ordinary(folded)
    )


def _is_long(value: str) -> bool:
    folded = fold(value)
    return len(folded) >= (4 if not folded.isascii() else 12) or " " in value.strip()
