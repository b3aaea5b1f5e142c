# ruff: noqa: E501 -- an expression or a word list is read whole
"""Places and organisations in English notes: by their kind word, by preposition, by gazetteer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import re2

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.lists import listed, ranks
from deid.text.normalise import fold
from deid.text.packs.en.edges import names_a_thing, trimmed_place
from deid.text.packs.en.lexicon import (
    PACKAGE,
    US_STATES,
    english_words,
    is_term,
    is_word,
)
from deid.text.packs.en.shapes import CREDENTIALS, TITLE_WORDS, is_clinical
from deid.text.scanning import Scanner
from deid.text.words import longest_first, read_lines

_CAP = r"(?:(?:St|Mt|Ft)\.\s?)?[A-ZÀ-Þ][\w'’À-ÿ-]*"
_JOIN = r"(?: (?:of|and|the|de|del|la|for)(?: the)? | & | |-)"
_HEAD = rf"(?:{_CAP}{_JOIN}){{1,6}}"
_WORDLIKE = re.compile(r"[A-ZÀ-Þ][a-zà-ÿ'’]+(?:-[A-ZÀ-Þa-z][a-zà-ÿ'’]+)*")
_NUMBER_LABELS = frozenset(
    [
        "chart",
        "phone",
        "tel",
        "fax",
        "cell",
        "mobile",
        "acct",
        "account",
        "file",
        "case",
        "claim",
        "badge",
        "member",
        "policy",
        "pager",
        "ext",
        "ref",
        "mrn",
    ]
)
_CREDENTIAL_STATES = frozenset({"MD", "PA", "MA", "DC", "ND"})
_CAPS_CUT = re.compile(r".*\b(?:FROM|AT|IN|TO|WITH|BY|MET|THE|AND)[ ]+", re.DOTALL)
_FACILITY = (
    r"(?:(?:Hospital|Hosp\b\.?|Clinic|Med(?:ical|\.)?[ ]+(?:Center|Centre|Ctr\.?|Group|Associates)|Health(?:care)?(?:[ ]+(?:Center|Centre|System|Care|Clinic|Services))?"
    r"|Center|Centre|Ctr\.?|Infirmary|Institute|Pavilion|Laborator(?:y|ies)|Family[ ]+Practice|Family[ ]+Medicine|Practice|Surgery|Sanatorium|Hospice|Manor|Nursing[ ]+Home"
    r"|Assisted[ ]+Living|Rehab(?:ilitation)?|Memorial|General|Med\b|Trauma[ ]+(?:Center|Ctr)|Bone\s*&\s*Joint|Vascular|Dialysis|Imaging|Radiology|Oncology|Cardiology|Dermatology"
    r"|Orthopa?edics|Pediatrics|Villa|House|Hall|Towers?|Gardens|Estates|Compound|Heights|Village|Park|Bridge|Falls|Lodge|Terrace|Residence|Shelter|Campus|Care)\b)"
)
_ORGANISATION = (
    r"(?:(?:Inc\.?|LLC|Ltd\.?|Corp(?:oration|\.)?|Co\b\.?|Company|Compan(?:y|ies)|Group|Industries|Systems|Solutions|Services|Partners|Associates|Bank|School|College|University|Academy"
    r"|High|Elementary|Preschool|Kindergarten|Church|Chapel|Temple|Mosque|Synagogue|Tabernacle|Cathedral|Parish|Ministries|Authority|Alliance|Foundation|Society|Cooperative|Co-?op|Union|League"
    r"|Pharmacy|Drugs?|Apothecary|Insurance|Assurance|Health[ ]+Plan|Mutual|Benefits|Bakery|Roofing|Janitorial|Plumbing|Construction|Logistics|Trucking|Transit|Motors|Farms?|Foods|Market|Grill|Cafe|Diner|Restaurant"
    r"|Nurses|Homecare|Home[ ]+Care|Home[ ]+Health|Infusion|Staffing|Airlines?|Lines|Railway|Shipping|Manufacturing|Works|Mills?|Mining|Desalination|Energy|Electric|Data[ ]+Centers?|Laundry|Salon|Studios?|Press|Agency|Department|Dept\.?"
    r"|Club|Team|Orchestra|Players|Council|Ballast|Axle|Tires?|Hardware|Supply|Garage|Auto|Brewery|Winery|Dairy|Lumber|Steel|Textiles?|Technologies|Tech|Software|Labs|Middle)\b)"
)
_STREET = (
    r"(?:Street|St\b\.?|Avenue|Ave\b\.?|Road|Rd\b\.?|Boulevard|Blvd\b\.?|Lane|Ln\b\.?|Drive|Dr\b\.?|Court|Ct\b\.?|Place|Pl\b\.?|Terrace|Way|Close|Loop|Circle|Cir\b\.?|Highway|Hwy\b\.?|Parkway|Pkwy\b\.?"
    r"|Trail|Bend|Wynd|Square|Sq\b\.?|Crescent|Alley|Row|Walk|Mews|Pike|Turnpike|Plaza|Path|Run|Ridge|Crossing|Grove|Hill|Gardens|Quay)"
)
_STATES = r"(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY])"
_STATE_NAMES = "|".join(
    [
        "Alabama",
        "Alaska",
        "Arizona",
        "Arkansas",
        "California",
        "Colorado",
        "Connecticut",
        "Delaware",
        "Florida",
        "Georgia",
        "Hawaii",
        "Idaho",
        "Illinois",
        "Indiana",
        "Iowa",
        "Kansas",
        "Kentucky",
        "Louisiana",
        "Maine",
        "Maryland",
        "Massachusetts",
        "Michigan",
        "Minnesota",
        "Mississippi",
        "Missouri",
        "Montana",
        "Nebraska",
        "Nevada",
        "Ohio",
        "Oklahoma",
        "Oregon",
        "Pennsylvania",
        "Tennessee",
        "Texas",
        "Utah",
        "Vermont",
        "Virginia",
        "Wisconsin",
        "Wyoming",
    ]
)
_TOWNLIKE = r"[A-ZÀ-Þ][\w'’À-ÿ-]+(?:[ ]+[A-ZÀ-Þ][\w'’À-ÿ-]+){0,2}"
_ZIP = r"\d{5}(?:-\d{4})?"
_UK_POSTCODE = r"[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2}"

_UNIT = r"(?:(?:Apt|Apartment|Unit|Suite|Ste|Flat|Villa|Door|Lot|No|P\.?\s?O\.?[ ]+Box|Room|House)\.?\s*#?\s*[\w/-]+|#\s?\w{1,4})"
_ADDRESS = (
    rf"(?:{_UNIT},?[ ]+)?(?:\d{{1,6}}[A-Za-z]?(?:[-/]\d+)?,?[ ]+)?(?:[NSEW]\.?[ ]+)?(?:[A-ZÀ-Þ0-9][\w'’À-ÿ-]*[ ]+){{0,3}}"
    rf"{_STREET}(?:,?[ ]+{_UNIT})?(?:,\s*{_TOWNLIKE})?(?:,?[ ]+(?:{_STATES}|{_STATE_NAMES}))?(?:,?[ ]+(?:{_ZIP}|{_UK_POSTCODE}|\d{{3}}\s?\d{{3}}))?"
)
_PREPOSITION = r"\b(?:[Ii]n|[Ff]rom|[Nn]ear|[Tt]o|[Aa]t|[Oo]f|[Ll]ives in|[Ll]iving in|[Rr]esides in|[Mm]oved to|[Oo]utside|[Aa]round|[Vv]isiting|[Ll]eaving)[ ]+(?:the[ ]+)?"

_HEAD_KINDS = (
    "IMAGING|IMAGING PARTNERS|PARTNERS|SURGERY|ORAL SURGERY|DENTAL|MEDICAL GROUP|GROUP|ASSOCIATES|PATHOLOGY|LABORATOR(?:Y|IES)|RADIOLOGY|PRACTICE|MEDICINE|HEALTH|HEALTHCARE|HOSP|HOSPITAL|"
    "CLINIC|CENTER|CENTRE|MEDICAL CENTER|MEDICAL CENTRE|PEDIATRICS|CARDIOLOGY|UROLOGY|ONCOLOGY|DERMATOLOGY|ORTHOPA?EDICS|NEUROLOGY|INFIRMARY|HOSPICE|MANOR|PHARMACY|EMS|AMBULANCE|SCHOOL|COLLEGE"
)
_SHAPES = (
        ("en.place.address", SpanType.LOCATION, Strength.LABELLED, rf"\b(\d{{1,6}}[A-Za-z]?,?[ ]{{1,2}}(?:[NSEW]\.?[ ]{{1,2}})?(?:[A-ZÀ-Þ][\w'’À-ÿ-]*[ ]{{1,2}}){{1,3}}{_STREET}(?:,?[ ]+{_UNIT})?(?:,\s*{_TOWNLIKE})?(?:,?[ ]+(?:{_STATES}|{_STATE_NAMES}))?(?:,?[ ]+(?:{_ZIP}|{_UK_POSTCODE}|\d{{3}}\s?\d{{3}}))?)"),
        ("en.place.unit_address", SpanType.LOCATION, Strength.LABELLED, rf"\b((?:Apt|Apartment|Unit|Suite|Flat|Villa|Door|Lot|P\.?\s?O\.?[ ]+Box)(?:\.[ ]?|[ ]#?|#)[\w/-]+,[ ]+(?:{_ADDRESS}|{_TOWNLIKE}(?:,\s*{_TOWNLIKE})*))"),
        ("en.place.street", SpanType.LOCATION, Strength.LISTED, rf"\b((?:[A-ZÀ-Þ][\w'’À-ÿ-]+[ ]{{1,2}}){{1,3}}{_STREET})(?:\W|$)"),
        ("en.place.road", SpanType.LOCATION, Strength.LABELLED, r"(?i)\b((?:hwy|highway|route|rte|interstate|i-|county[ ]+road|state[ ]+road|us-)\s?\d{1,4}(?:\s*@\s*[\w' ]{3,30}(?:bridge|exit|creek|road|rd))?)\b"),
        ("en.place.town_state", SpanType.LOCATION, Strength.LABELLED, rf"\b({_TOWNLIKE},\s*(?:{_STATES}|{_STATE_NAMES})(?:[ ]+{_ZIP})?)\b"),
        ("en.place.town_zip", SpanType.LOCATION, Strength.LABELLED, rf"\b({_TOWNLIKE},?[ ]+{_ZIP})\b"),
        ("en.place.by_postcode", SpanType.LOCATION, Strength.LABELLED, rf"((?:(?:\d{{1,4}}[A-Za-z]? |(?:Unit|Shop|Flat|Suite|Lot|Level|Apt|Plot|House)\.? ?\w{{1,5}},? )?(?:\d{{1,4}}[A-Za-z]? )?(?:The )?[A-ZÀ-Þ][\w'’À-ɏḀ-ỿ.-]*(?: (?:y|ar|yr|de|la|le|du|of|upon|on|the|[A-ZÀ-Þ][\w'’À-ɏḀ-ỿ.-]*)){{0,4}}, ?){{1,4}}[A-ZÀ-Þ][\w'’À-ɏ-]+(?: [A-ZÀ-Þ][\w'’À-ɏ-]+){{0,2}},?[ ]+(?:{_UK_POSTCODE}|(?:VIC|NSW|QLD|TAS|ACT|NT|SA|WA)[ ]+\d{{4}}|(?:AB|BC|MB|NB|NL|NS|ON|PE|QC|SK)[ ]+[A-Z]\d[A-Z][ ]?\d[A-Z]\d))\b"),
        ("en.place.rural", SpanType.LOCATION, Strength.LABELLED, r"\b((?:RR|R\.R\.|HC|PSC) ?#?\d+,? Box \d+\w?(?:, [A-Z][\w'-]+(?: [A-Z][\w'-]+){0,3})?)\b"),
        ("en.place.letterhead", SpanType.LOCATION, Strength.LISTED, rf"(?:^|\n)[ ]*([A-Z][A-Z'’.&+ -]{{3,50}}\b(?:{_HEAD_KINDS})\b(?:,? (?:LLC|INC|PA|PC|LTD|PLLC)\b)?)[ ]*(?:\n|$|   |--|,|\||∙|·)"),
        ("en.place.zip", SpanType.LOCATION, Strength.LABELLED, r"(?i)\bzip(?:\s*code)?:?\s*(\d{5}(?:-\d{4})?)\b"),
        ("en.place.zip_in", SpanType.LOCATION, Strength.LISTED, r"\b(?:in|from|near|area)[ ]+(\d{5})\b"),
        ("en.place.postcode", SpanType.LOCATION, Strength.LISTED, rf"\b({_UK_POSTCODE})\b"),
        ("en.place.addr_label", SpanType.LOCATION, Strength.LABELLED, r"(?:ADDR(?:ESS)?|Addr(?:ess)?|CITY|City|TOWN|Town):?\s{1,4}((?:[\dA-ZÀ-Þ][\w'’À-ÿ-]*[ ,]?){1,7})"),
        ("en.place.facility", SpanType.LOCATION, Strength.LISTED, rf"\b({_HEAD}{_FACILITY}(?:[ ]+(?:of|in|at)[ ]+{_TOWNLIKE}|,\s{_TOWNLIKE})?)"),
        ("en.place.facility_of", SpanType.LOCATION, Strength.LISTED, rf"\b((?:University|Hospital|College|Institute|Children's[ ]+Hospital|Clinic|Center)(?:[ ]+(?:of|at|de|San|Santa)\s?)(?:the[ ]+)?{_TOWNLIKE}(?:[ ]+(?:Hospital|Medical Center|Clinic|Health))?)"),
        ("en.place.childrens", SpanType.LOCATION, Strength.LISTED, r"\b((?:Children['’]s|Women['’]s|General|Memorial) Hospital (?:[A-Z][a-z]+ ?){1,3})"),
        ("en.place.hospital_first", SpanType.LOCATION, Strength.LISTED, r"\b((?:Hospital|Clinica|Clínica|Hôpital)[ ]+(?:[A-ZÀ-Þ][\w'’À-ÿ-]+\s?){1,3})"),
        ("en.place.caps_facility", SpanType.LOCATION, Strength.LISTED, r"\b((?:[A-Z][A-Z.'-]+[ ]+){1,4}(?:HOSPITAL|CLINIC|HEALTH CENTRE|HEALTH CENTER|MEDICAL CENTER|MEDICAL CENTRE|INFIRMARY|PAVILION|MANOR|HOSPICE|NURSING HOME))\b"),
        ("en.org.caps", SpanType.ORGANIZATION, Strength.LISTED, r"\b((?:[A-Z][A-Z.'-]+[ ]+){1,4}(?:TABERNACLE|CHURCH|CHAPEL|SCHOOL|COLLEGE|UNIVERSITY|PHARMACY|COMPANY|INC|LLC|BAKERY|ACADEMY|TEMPLE|MOSQUE))\b"),
        ("en.place.saint", SpanType.LOCATION, Strength.LISTED, r"\b((?:St\.?|Saint|Mt\.?|Mount)[ ]+(?:[A-Z][\w-]+)(?:['’]s)?(?:[ ]+(?:[Hh]osp(?:ital)?\.?|[Cc]linic|Med(?:ical)?\.?[ ]+C(?:enter|tr)\.?|Health))?)"),
        ("en.place.clinic_lower", SpanType.LOCATION, Strength.LISTED, rf"\b({_CAP}(?:[ ]+{_CAP}){{0,3}}(?:[ ]+downtown)?[ ]+(?:clinic|hospital|hosp|health center|medical center|office))\b"),
        ("en.place.va", SpanType.LOCATION, Strength.LISTED, r"\b([A-Z][a-z]+[ ]+(?:VA|Gen|Med)\b\.?)"),
        ("en.place.acronym", SpanType.LOCATION, Strength.LISTED, r"\b([A-Z]{2,5}[ ]+(?:Med(?:ical)?\.?(?:[ ]+(?:Center|Ctr\.?|Centre))?|Health(?:[ ]+(?:Center|System|Care))?|Hosp(?:ital)?|Clinic|Cancer[ ]+Center))\b"),
        ("en.org.kind", SpanType.ORGANIZATION, Strength.LISTED, rf"\b({_HEAD}{_ORGANISATION})"),
        ("en.org.works", SpanType.ORGANIZATION, Strength.LISTED, rf"(?i:\b(?:works?(?:ing)?|worked|employed|employer|job)\b\s*:?\s*(?:nights[ ]+|days[ ]+|full[- ]time[ ]+)?(?i:for|at|with|by)?[ ]+)([A-ZÀ-Þ][a-zà-ÿ][\w'’À-ÿ-]*(?:[ ]+[A-ZÀ-Þ][\w'’À-ÿ-]+){{0,2}}(?:[ ]+&[ ]+{_TOWNLIKE})?)"),
        ("en.org.lower", SpanType.ORGANIZATION, Strength.LISTED, r"\b(?:from|at|with|via)[ ]+([a-z]+(?:[ ]+[a-z]+){1,2}[ ]+(?:homecare|home care|home health|hospice|pharmacy|school|bakery|church))\b"),
        ("en.place.lower", SpanType.LOCATION, Strength.LISTED, r"\b(?:from|to|at|in)[ ]+((?:[a-z]+[ ]+){1,2}(?:creek|springs|falls|heights|village|manor|vascular|medical center|general hospital|memorial|ridge|river|lake|valley|junction|gulch|hollow|harbor|beach))\b"),
        ("en.place.preposition", SpanType.LOCATION, Strength.SHAPED, _PREPOSITION + rf"({_TOWNLIKE})"),
        ("en.place.region", SpanType.LOCATION, Strength.LISTED, r"\b((?:[A-Z][\w'-]+[ ]+){1,2}(?:County|Township|Parish|District|Neighborhood|neighborhood|Valley|Beach|Island|Lake|River|Creek|Springs|Mountain|Bay|Harbor|Harbour|Gulch|Canyon))\b"),
        ("en.place.fork", SpanType.LOCATION, Strength.LISTED, r"\b((?:North|South|East|West|Left|Right|Upper|Lower|Middle|Big|Little|Dry) (?:Fork|Branch|Prong|Bank|Shore|End|Side) of (?:the )?(?:[A-Z][\w'-]+ ){0,2}[A-Z][\w'-]+)"),
    ("en.place.water", SpanType.LOCATION, Strength.LISTED, r"\b((?:Lake|Mount|Fort|Port|Cape|Camp|Point)[ ]+[A-Z][a-z]+)\b"),
        ("en.place.the_area", SpanType.LOCATION, Strength.LISTED, r"\bthe[ ]+([A-Z][a-z]+)[ ]+(?:neighborhood|neighbourhood|area|district|bar|pub|shelter)\b"),
)  # fmt: skip
_GENERIC = english_words("generic.txt")
_HEADS = english_words("generic_heads.txt")
_ABBREVIATIONS = english_words("abbreviations.txt")
_OPENINGS = english_words("openings.txt")
EPONYM_HEADS = english_words("eponym_heads.txt")
_NOT_PLACE = english_words("not_place.txt")


@cache
def _scanner() -> Scanner:
    return Scanner([expression for _, _, _, expression in _SHAPES])


class PlaceAnnotator:
    """Addresses, facilities, organisations, and towns."""

    name = "en.places"

    def __init__(self) -> None:
        listed = frozenset(read_lines(PACKAGE, "places.txt"))
        self._ambiguous = frozenset(read_lines(PACKAGE, "ambiguous_places.txt"))
        names = longest_first(listed | self._ambiguous)
        self._towns = re2.compile(r"\b(?:" + "|".join(map(re.escape, names)) + r")\b")

    def __reduce__(self) -> tuple[object, ...]:
        return PlaceAnnotator, ()

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of places and organisations; generic ones (``the clinic``) are left alone."""
        plain = document.plain
        for number, start, end in _scanner().matches(document):
            name, kind, strength, _ = _SHAPES[number]
            trimmed = _trimmed(plain, start, end)
            if trimmed is None:
                continue
            start, end = trimmed
            if strength == Strength.SHAPED and not _is_unknown(plain[start:end]):
                continue
            if not _is_place(plain, start, end, name):
                continue
            fitting = trimmed_place(plain, Mention(start, end, kind, strength, name))
            if fitting is not None:
                yield fitting
        yield from self._listed(plain)

    def _listed(self, plain: str) -> Iterator[Mention]:
        for match in self._towns.finditer(plain):
            start, end = match.span()
            if match[0] in self._ambiguous and not _PREPOSITION_BEFORE.search(
                plain[max(0, start - 12) : start]
            ):
                continue
            after = _EPONYM_AFTER.match(plain[end : end + 24])
            if after and after[1].casefold() in EPONYM_HEADS:
                continue
            yield Mention(start, end, SpanType.LOCATION, Strength.LISTED, "en.place.listed")


_PREPOSITION_BEFORE = re.compile(
    r"\b(?:in|from|at|to|near|of|the|our|visiting|outside)\s+$", re.IGNORECASE
)
_WHERE_BEFORE = re.compile(r"\b(?:at|from|to|via|near|visiting|@)\s+$", re.IGNORECASE)
_EPONYM_AFTER = re.compile(r"(?:['’]s)?[ -]([A-Za-z]+)")
_DATE_BEFORE = re.compile(r"(?:\d[/.-]|[A-Za-z]{3,9}\.? \d{1,2}(?:st|nd|rd|th)?,? )$")
_STATE_TAIL = re.compile(r",\s*([A-Z]{2})$")


def _is_unknown(text: str) -> bool:
    words = re.split(r"\s+", text)
    return (
        all(_WORDLIKE.fullmatch(word) and not is_term(word) for word in words)
        and not text.endswith(("'s", "’s"))
        and not any(is_word(fold(p)) or fold(p) in _NOT_PLACE for w in words for p in w.split("-"))
        and fold(text) not in US_STATES
    )


def _is_place(plain: str, start: int, end: int, name: str) -> bool:
    """What an expression cannot say: ``Varga, MD`` is no town, ``St. John's wort`` no clinic."""
    found = plain[start:end]
    if name == "en.place.town_state":
        state = _STATE_TAIL.search(found)
        if state and state[1] in _CREDENTIAL_STATES:
            return bool(_PREPOSITION_BEFORE.search(plain[max(0, start - 12) : start]))
    if name == "en.place.address":
        # `8/7/16 Alder Crossing`, `May 5, 2020 Alder Crossing`: the number ends a date.
        return not _DATE_BEFORE.search(plain[max(0, start - 16) : start])
    if name == "en.place.town_zip":
        words = re.findall(r"[^\W\d_]+", found)
        # `Chart 20077`, `I. Feliciano RN 33104`: numbers of other things.
        labelled = any(
            fold(first) in _NUMBER_LABELS or fold(last) in CREDENTIALS
            for first, last in zip(words[:1], words[-1:], strict=True)
        )
        return any(c.islower() for c in found) and not labelled
    if name == "en.place.preposition":
        return fold(found.split()[0]) not in TITLE_WORDS
    if name == "en.place.letterhead":
        # `ANTICOAGULATION CLINIC` says what it does, not where it is.
        return any(_is_rare(word) for word in re.findall(r"[A-Z]{3,}", found))
    if name == "en.place.street" and re.search(r"\bSt\.?$", found):
        return not re.match(r"\.? [A-Z]", plain[end : end + 3])
    if name in ("en.place.clinic_lower", "en.place.caps_facility", "en.org.caps") and not any(
        map(_is_local, re.findall(r"[^\W\d_][\w'’-]*", found)[:-1])
    ):
        # `INR clinic`, `OPERATIVE CLINIC`; but `at Boston clinic`
        return bool(_WHERE_BEFORE.search(plain[max(0, start - 12) : start]))
    if name == "en.place.clinic_lower":
        return not re.search(r"(?<!Children)(?<!Women)['’]s (?:clinic|office|hospital)$", found)
    if name in {"en.place.saint", "en.place.va"}:
        after = _EPONYM_AFTER.match(plain[end : end + 24])
        if names_a_thing(plain, start, end):
            return False
        return not (after and after[1].casefold() in EPONYM_HEADS)
    return True


def _is_local(word: str) -> bool:
    """Not what a clinic does: no term, no abbreviation, no word of medicine."""
    folded = fold(word)
    return not (
        is_clinical(folded)
        or folded in _GENERIC
        or folded in _HEADS
        or folded in _ABBREVIATIONS
        or folded in listed("en_terms")
        or is_term(word.capitalize())
        or (word.isupper() and len(word) < 4)
    )


def _is_rare(word: str) -> bool:
    """In no list of words of everyday or of medicine."""
    folded = fold(word)
    rank = ranks("en_words").get(folded)
    frequent = rank is not None and rank < _RARE_RANK
    return not (frequent or is_word(folded) or folded in listed("en_terms") or is_term(word))


_RARE_RANK = 20_000


def _trimmed(plain: str, start: int, end: int) -> tuple[int, int] | None:
    """Drop ordinary words at the head; a span of nothing but kind words is no identifier."""
    if plain[start:end].isupper():
        cut = _CAPS_CUT.match(plain[start:end])
        start += cut.end() if cut else 0
    words = list(re.finditer(r"[^\s,&]+", plain[start:end]))
    while words and (words[0][0].casefold() in _OPENINGS or _opens_sentence(plain, start, words)):
        words.pop(0)
    if not words:
        return None
    if plain[start:end].islower():
        proper = [w[0] for w in words if not is_word(fold(w[0]))] or [w[0] for w in words[:-1]]
    else:
        proper = [w[0] for w in words if _is_proper(w[0])]
    if not proper and not _PROPER_GENERIC.fullmatch(plain[start:end]):
        return None
    if not proper and not re.search(
        r"\b(?:at|from|in|to|by)\s+$", plain[max(0, start - 6) : start]
    ):
        return None
    return start + words[0].start(), start + words[-1].end()


# `seen at General Hospital`: generic words that, with capitals and a preposition, name one place.
_PROPER_GENERIC = re.compile(
    r"(?:General|Memorial|County|City|Community|University|Regional) (?:Hospital|General|Medical Center|Clinic)"
)


def _is_proper(word: str) -> bool:
    generic = fold(word) in _GENERIC or word.casefold() in _GENERIC
    return not generic and (word[0].isupper() or word[0].isdigit())


def _opens_sentence(plain: str, start: int, words: list[re.Match[str]]) -> bool:
    """``Attends Wee Acorns Preschool``, ``Tried St. John's``: a verb with its sentence's capital."""
    first = words[0][0]
    if len(words) < 2 or not re.search(r"(?:s|ed|ing)$", first) or not is_word(fold(first)):
        return False
    place = start + words[0].start()
    return bool(re.search(r"(?:^|[.!?:;]\s+|\n\s*)$", plain[max(0, place - 4) : place]))
