# ruff: noqa: E501 -- a word list is read whole
"""What the slots of English templates are filled with: towns, firms, numbers, dates, eponyms."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from deid.text.lists import read_list
from deid.text.model.training import words_en as words
from deid.text.model.training.cast_en import Cast, town
from deid.text.model.training.names import Chain, family_name, given_name


@cache
def _diagnoses() -> tuple[str, ...]:
    """Two or three words of diagnoses, as headings have them."""
    terms = read_list("en_terms")
    return tuple(terms)


def _proper(f: Cast) -> str:
    s = f.stream
    draw = s.random()
    if draw < 0.3:
        return s.choice(f.towns)
    if draw < 0.5:
        return family_name(s)
    if draw < 0.6:
        return s.choice(("St. ", "St ", "Saint ", "Mt. ", "Our Lady of ")) + given_name(s)
    if draw < 0.8:
        return f"{s.choice(words.THINGS)} {s.choice(words.TREES + words.THINGS)}"
    return s.choice(words.TREES + words.THINGS)


def _kind(words: list[str], possessive: float = 0.0) -> Callable[[Cast], str]:
    def make(f: Cast) -> str:
        name = _proper(f)
        if f.stream.random() < possessive:
            name = (given_name(f.stream) if f.stream.random() < 0.5 else name) + "'s"
        return f"{name} {f.stream.choice(words)}"

    return make


def _short_facility(f: Cast) -> str:
    s = f.stream
    if s.random() < 0.25:
        return "".join(s.choice("ABCDEGHLMNPRSTUVW") for _ in range(s.choice((2, 3, 3, 4)))) + (
            s.choice(("MC", "H", "", " Medical Center", " Health"))
        )
    return _proper(f)


def _facility(f: Cast) -> str:
    return _short_facility(f) if f.stream.random() < 0.12 else _kind(words.FACILITIES)(f)


def _street(f: Cast) -> str:
    s = f.stream
    head = s.choice((family_name(s), s.choice(words.TREES), s.choice(words.THINGS), given_name(s)))
    if s.random() < 0.1:
        return f"{s.randint(2, 90)}{s.choice(('th', 'nd', 'rd'))} {s.choice(words.STREETS)}"
    return f"{head} {s.choice(words.STREETS)}"


def _address(f: Cast) -> str:
    s = f.stream
    text = f"{s.randint(1, 9999)} {_street(f)}"
    if s.random() < 0.2:
        return _foreign_address(f)
    if s.random() < 0.25:
        text += s.choice((", Apt {}", " Apt {}", ", Unit {}", " #{}")).format(
            s.choice(("2B", "14", "C", "301"))
        )
    draw = s.random()
    if draw < 0.35:
        return text
    text += f", {s.choice(f.towns)}"
    if draw < 0.7:
        text += f", {s.choice(words.STATES)}"
        text += f" {s.randint(10000, 99999)}" if s.random() < 0.7 else ""
    return text


def _foreign_address(f: Cast) -> str:
    """As written in Britain, Ireland, Australia, Canada, India, or with the unit first."""
    s = f.stream
    letters = "ABCDEFGHJKLMNPRSTWY"
    post = s.choice(
        (
            f"{s.choice(letters)}{s.choice(letters)}{s.randint(1, 30)} {s.randint(1, 9)}{s.choice(letters)}{s.choice(letters)}",
            f"{s.choice(('VIC', 'NSW', 'QLD', 'WA', 'SA', 'TAS'))} {s.randint(2000, 7999)}",
            f"{s.choice(letters)}{s.randint(1, 9)}{s.choice(letters)} {s.randint(1, 9)}{s.choice(letters)}{s.randint(1, 9)}",
            f"{s.randint(110001, 799999)}",
            f"{s.choice(words.STATES)} {s.randint(10000, 99999)}",
        )
    )  # fmt: skip
    unit = s.choice(
        (
            "Unit {}",
            "Shop {}",
            "Flat {}",
            "Apt {}",
            "House {}",
            "No. {}",
            "Lot {}",
            "Suite {}",
            "P.O. Box {}",
            "Plot {}",
        )
    ).format(s.choice(("3", "12", "4B", "21", "C2", "108")))
    place = s.choice(
        (
            f"{s.randint(1, 300)} {_street(f)}",
            _street(f),
            f"{s.randint(1, 90)}/{s.randint(1, 90)} {_street(f)}",
        )
    )
    return s.choice((f"{unit}, {place}, {s.choice(f.towns)} {post}", f"{place}, {s.choice(f.towns)} {post}", f"{unit}, {s.choice(f.towns)}, {post}", f"{unit} {place}, {s.choice(f.towns)}"))  # fmt: skip


def _date(f: Cast) -> str:
    s = f.stream
    y, m, d = s.randint(2009, 2026), s.randint(1, 12), s.randint(1, 28)
    return s.choice(
        (
            f"{m}/{d}/{y}", f"{m:02d}/{d:02d}/{y}", f"{m}/{d}/{y % 100:02d}", f"{y}-{m:02d}-{d:02d}",
            f"{words.MONTHS[m - 1]} {d}, {y}", f"{words.MONTHS[m - 1][:3]} {d}", f"{d} {words.MONTHS[m - 1][:3]} {y}",
            f"{words.MONTHS[m - 1]} {d}{'th' if 3 < d < 21 else 'rd' if d % 10 == 3 else 'th'}",
            f"{s.choice(words.DAYS)[:3]} {m}/{d}", f"{d}-{words.MONTHS[m - 1][:3]}-{y % 100:02d}",
            f"{m}/{d}", f"{m}/{d}", f"{m}/{d}/{y % 100:02d}", f"{words.MONTHS[m - 1]} {d}", f"{d}.{m}.{y}",
        )
    )  # fmt: skip


def _identifier(f: Cast) -> str:
    s = f.stream
    digits = "".join(s.choice("0123456789") for _ in range(s.randint(5, 9)))
    letters = "".join(s.choice("ABCDEFGHKLMNPRSTW") for _ in range(s.randint(1, 3)))
    return s.choice(
        (digits, f"{letters}-{digits}", f"{letters}{digits}", f"{digits[:3]}-{digits[3:]}", f"{digits[:2]}-{letters}-{digits[2:]}",
         f"{letters}{s.choice('ABCDEFGH')} {digits[:3]}-{digits[3:]}", f"{letters} {digits[:4]}", f"{digits[:4]}/20{s.randint(15, 26)}", f"{letters}{digits[:3]} {digits[1:5]}",
         f"{digits[:2]}{letters}{digits[2:]}")
    )  # fmt: skip


def _phone(f: Cast) -> str:
    s = f.stream
    a, c = s.randint(201, 989), s.randint(100, 199)
    return s.choice(
        (
            f"({a}) 555-0{c}",
            f"{a}-555-0{c}",
            f"{a} 555 0{c}",
            f"555-0{c}",
            f"{a}.555.0{c}",
            f"+1 {a} 555 0{c}",
            f"(0{s.randint(2, 9)}) 5550 {s.randint(1000, 9999)}",
            f"07555 010 {s.randint(100, 999)}",
            f"0{s.randint(1100, 1999)} 555 0{s.randint(10, 99)}",
            f"+44 20 7946 0{s.randint(100, 999)}",
            f"{a} 555 0{c} x {s.randint(1, 99)}",
        )
    )


def _email(f: Cast) -> str:
    person = f.stream.choice([f.patient, *f.relatives, *f.doctors])
    user = "".join(c for c in (person.given + f.stream.choice("._") + person.family).lower() if c.isascii() and c not in " '")  # fmt: skip
    return f"{user}@{f.stream.choice(('example.com', 'example.org', 'mail.example.net'))}"


def _initials(f: Cast) -> str:
    person = f.stream.choice(f.doctors + f.others)
    return (person.given[0] + person.family[0]).upper()


def _eponym(f: Cast) -> str:
    """A person in the name of a sign or test; any family name may stand there."""
    s = f.stream
    if s.random() < 0.4:
        return s.choice(read_list("en_eponyms")).capitalize()
    name = family_name(s)
    return name.split()[-1] if s.random() < 0.9 else name


@cache
def _brands() -> tuple[Chain, Chain]:
    drugs = read_list("en_drugs")
    return Chain(drugs[::3]), Chain(drugs[1::3])


def _brand(f: Cast) -> str:
    """A listed or invented brand of a drug or device."""
    s = f.stream
    if s.random() < 0.35:
        return s.choice(read_list("en_drugs")).capitalize()
    word = None
    while word is None or len(word) > 10:
        word = s.choice(_brands()).spell(s)
    if s.random() < 0.1:
        return word.capitalize() + s.choice(("Sure", "Flex", "Cath", "Port", "Max", "Tec"))
    return word.capitalize()


def _diagnosis_line(f: Cast) -> str:
    return f.stream.choice(read_list("en_diagnoses"))


def _letterhead(f: Cast) -> str:
    """The name of a practice as it stands at the head of its paper."""
    s = f.stream
    name = f"{_proper(f)} {s.choice(words.PRACTICES)}"
    if s.random() < 0.3:
        name += f" {s.choice(('&', 'and', '+'))} {s.choice(words.PRACTICES)}"
    return name + s.choice(("", "", "", ", LLC", ", P.A.", " Ltd", ", Inc."))


def _camel(f: Cast) -> str:
    """``ZipCart``."""
    s = f.stream
    parts = [s.choice(words.THINGS + words.TREES + words.CAMEL) for _ in range(2)]
    return "".join(part.split()[0] for part in parts)


def _profession(f: Cast) -> str:
    s = f.stream
    role = s.choice(
        (
            "mayor",
            "sheriff",
            "director",
            "headmaster",
            "fire chief",
            "conductor",
            "last keeper",
            "bishop",
            "principal",
            "founder",
            "only dentist",
            "superintendent",
            "president",
            "chair",
            "governor",
            "first woman pilot",
        )
    )
    place = s.choice(
        (
            lambda: s.choice(f.towns),
            lambda: f"the {_kind(words.CHURCHES)(f)} choir",
            lambda: f"the {_kind(words.EMPLOYERS)(f)}",
            lambda: _kind(words.SCHOOLS)(f),
            lambda: f"{s.choice(f.towns)} County",
        )
    )()
    return f"{role} {s.choice(('of', 'of', 'at', 'in'))} {place}"


IDENTIFIERS: dict[str, tuple[str, Callable[[Cast], str]]] = {
    "DATE": ("DATE", _date),
    "NTH": ("DATE", lambda f: _nth(f.stream.randint(1, 31))),
    "DATESHORT": ("DATE", lambda f: f"{f.stream.randint(1, 12)}/{f.stream.randint(1, 28)}"),
    "MONTHYEAR": ("DATE", lambda f: f"{f.stream.choice(words.MONTHS)} {f.stream.randint(2005, 2026)}"),
    "MONTH": ("DATE", lambda f: f.stream.choice(words.MONTHS)),
    "WEEKDAY": ("DATE", lambda f: f.stream.choice(words.DAYS)),
    "ID": ("ID", _identifier),
    "SSN": ("ID", lambda f: f"9{f.stream.randint(10, 99)}-{f.stream.randint(10, 99)}-{f.stream.randint(1000, 9999)}"),
    "PLATE": ("ID", lambda f: f"{''.join(f.stream.choice('ABCDEFGHJKLMNPRSTWXYZ') for _ in range(3))} {f.stream.randint(1000, 9999)}"),
    "HANDLE": ("ID", lambda f: f"@{f.patient.given.lower().replace(' ', '')}_{f.stream.randint(1, 99)}"),
    "PHONE": ("CONTACT", _phone),
    "PAGER": ("CONTACT", lambda f: str(f.stream.randint(1000, 9999))),
    "EXT": ("CONTACT", lambda f: str(f.stream.randint(1000, 99999))),
    "EMAIL": ("CONTACT", _email),
    "URL": ("CONTACT", lambda f: f"www.{f.patient.family.lower().replace(' ', '')}.example.com"),
    "AGE90": ("AGE_OVER_89", lambda f: str(f.stream.randint(90, 104))),
    "FACILITY": ("LOCATION", _facility),
    "FACILITYSHORT": ("LOCATION", _short_facility),
    "FACILITY_HOME": ("LOCATION", _kind(words.HOMES)),
    "fac_lower": ("LOCATION", lambda f: _facility(f).lower()),
    "SHELTER": ("LOCATION", _kind(words.SHELTERS)),
    "STREETADDR": ("LOCATION", _address),
    "STREET": ("LOCATION", _street),
    "street_lower": ("LOCATION", lambda f: _street(f).lower()),
    "HIGHWAY": ("LOCATION", lambda f: f"{f.stream.choice(('Highway', 'Hwy', 'Route', 'I-', 'County Road'))} {f.stream.randint(2, 400)}".replace("- ", "-")),
    "TOWN": ("LOCATION", lambda f: f.stream.choice(f.towns)),
    "town_lower": ("LOCATION", lambda f: f.stream.choice(f.towns).lower()),
    "STATE": ("LOCATION", lambda f: f.stream.choice(words.STATES + words.STATE_NAMES)),
    "LANDMARK": ("LOCATION", _kind(words.LANDMARKS)),
    "EMPLOYER": ("ORGANIZATION", _kind(words.EMPLOYERS, 0.1)),
    "emp_lower": ("ORGANIZATION", lambda f: _kind(words.EMPLOYERS, 0.1)(f).lower()),
    "rest_lower": ("ORGANIZATION", lambda f: _kind(words.EATERIES, 0.3)(f).lower()),
    "SCHOOL": ("ORGANIZATION", _kind(words.SCHOOLS)),
    "CHURCH": ("ORGANIZATION", _kind(words.CHURCHES)),
    "PHARMACY": ("ORGANIZATION", _kind(words.PHARMACIES, 0.2)),
    "RESTAURANT": ("ORGANIZATION", _kind(words.EATERIES, 0.3)),
    "INSURER": ("ORGANIZATION", _kind(words.INSURERS)),
    "AGENCY": ("ORGANIZATION", _kind(words.AGENCIES)),
    "TEAM": ("ORGANIZATION", _kind(words.TEAMS)),
    "PROFESSION": ("PROFESSION", _profession),
    "FACHEAD": ("LOCATION", _letterhead),
    "FACUPPER": ("LOCATION", lambda f: _letterhead(f).upper()),
    "EMS": ("ORGANIZATION", lambda f: f"{_proper(f)} {f.stream.choice(words.AMBULANCES)}"),
    "SHELTERADDR": ("LOCATION", lambda f: f"{_kind(words.SHELTERS)(f) if f.stream.random() < 0.5 else _proper(f)}, {_address(f)}"),
    "CAMEL": ("ORGANIZATION", _camel),
    "UNION": ("ORGANIZATION", lambda f: f"Local {f.stream.randint(2, 999)}" if f.stream.random() < 0.5 else f"{_proper(f)} {f.stream.choice(('Union', 'Teamsters', 'Guild'))}"),
    "ONESTREET": ("LOCATION", lambda f: f.stream.choice((family_name(f.stream), f.stream.choice(words.TREES), _street(f)))),
    "LANDMARKUP": ("LOCATION", lambda f: _kind(words.LANDMARKS)(f).upper()),
    "fachome_lower": ("LOCATION", lambda f: _kind(words.HOMES)(f).lower()),
    "INITS": ("NAME", _initials),
    "INITS_LOWER": ("NAME", lambda f: _initials(f).lower()),
}  # fmt: skip


def _nth(day: int) -> str:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def _dx(f: Cast) -> str:
    s = f.stream
    if s.random() < 0.6:
        return s.choice(words.DX)
    return " ".join(s.choice(_diagnoses()) for _ in range(s.choice((1, 2, 2, 3))))


def _finding(f: Cast) -> str:
    """What is seen, told with a word that is a family name as well: ``white stool``."""
    return f"{f.stream.choice(words.NAMELIKE)} {f.stream.choice(words.FINDINGS)}"


def _drug(f: Cast) -> str:
    return f.stream.choice(read_list("en_drugs"))


PLAIN: dict[str, Callable[[Cast], str]] = {
    "dx": _dx,
    "Dx": lambda f: _dx(f).title(),
    "DX": lambda f: _dx(f).upper(),
    "drug": _drug,
    "Drug": lambda f: _drug(f).capitalize(),
    "DRUG": lambda f: _drug(f).upper(),
    "finding": _finding,
    "Finding": lambda f: _finding(f).capitalize(),
    "dose": lambda f: f"{f.stream.choice((5, 10, 20, 25, 40, 50, 100, 500))} mg",
    "eponym": lambda f: f.stream.choice(read_list("en_eponyms")).capitalize(),
    "age": lambda f: str(f.stream.randint(1, 89)),
    "sex": lambda f: "F" if f.female else "M",
    "sexshort": lambda f: f.stream.choice(("f", "yof", "F") if f.female else ("m", "yom", "M")),
    "DEPTUP": lambda f: f.stream.choice(words.DEPT).upper(),
    "sexage": lambda f: f"{f.stream.randint(1, 89)} {'F' if f.female else 'M'}",
    "sexword": lambda f: f.stream.choice(("female", "woman", "F") if f.female else ("male", "man", "M")),
    "pron": lambda f: "she" if f.female else "he",
    "objpron": lambda f: "her" if f.female else "him",
    "poss": lambda f: f.stream.choice(("her", "Her") if f.female else ("his", "His")),
    "title": lambda f: f.stream.choice(("Mrs.", "Ms.", "Miss") if f.female else ("Mr.", "Mr")),
    "kin": lambda f: f.stream.choice(words.KIN),
    "cred": lambda f: f.stream.choice(words.CRED),
    "cred_lower": lambda f: f.stream.choice(words.CRED).lower(),
    "dept": lambda f: f.stream.choice(words.DEPT),
    "deptname": lambda f: f.stream.choice(("Medicine", "Surgery", "Neurology", "Pediatrics")),
    "role": lambda f: f.stream.choice(words.ROLE),
    "job": lambda f: f.stream.choice(words.JOB),
    "symptom": lambda f: f.stream.choice(words.SYMPTOM),
    "adj": lambda f: f.stream.choice(words.ADJ),
    "lab": lambda f: f.stream.choice(words.LAB),
    "quote": lambda f: f.stream.choice(words.QUOTE),
    "exam": lambda f: f.stream.choice(words.EXAM),
    "time": lambda f: f.stream.choice((f"{f.stream.randint(0, 23):02d}{f.stream.randint(0, 59):02d}", f"{f.stream.randint(1, 12)}:{f.stream.randint(0, 59):02d} {f.stream.choice(('AM', 'pm'))}")),
    "year": lambda f: str(f.stream.randint(1970, 2025)),
    "n": lambda f: str(f.stream.randint(2, 14)),
    "d": lambda f: str(f.stream.randint(0, 9)),
    "num": lambda f: f"{f.stream.randint(1, 12)}.{f.stream.randint(0, 9)}",
    "bp": lambda f: f"{f.stream.randint(90, 190)}/{f.stream.randint(50, 110)}",
    "hr": lambda f: str(f.stream.randint(48, 130)),
    "lot": lambda f: f"{f.stream.choice('ABCDEFG')}{f.stream.randint(1000, 9999)}",
    "epgiven": lambda f: given_name(f.stream).split()[0],
    "placename": lambda f: town(f.stream),
    "ep": _eponym,
    "ep_lower": lambda f: _eponym(f).lower(),
    "dev": _brand,
    "ABBR": lambda f: "".join(f.stream.choice("ABCDEFGHILMNOPRSTUVW") for _ in range(f.stream.choice((2, 3, 3, 4, 5)))),
    "gene": lambda f: "".join(f.stream.choice("ABCDEFGHKLMNPRSTXZ") for _ in range(f.stream.choice((3, 4)))) + f.stream.choice(("", "1", "2", "11", "A4")),
    "rom": lambda f: f.stream.choice(("I", "II", "III", "IV", "V", "IIa", "B", "C", "2")),
    "diagline": _diagnosis_line,
    "Diagline": lambda f: _diagnosis_line(f).title(),
    "DIAGLINE": lambda f: _diagnosis_line(f).upper(),
    "date_none": lambda f: f"{f.stream.randint(0, 9)}",
    "PETNAME": lambda f: f.stream.choice(words.PETS),
}  # fmt: skip
