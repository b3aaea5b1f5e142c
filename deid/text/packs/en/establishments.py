# ruff: noqa: E501 -- an expression is read whole
"""Firms, shops, schools, churches, clinics and streets, in notes of any case.

Beside :mod:`places`, which reads prose: this reads lines in capitals (``FROM: BAPTIST MEMORIAL OF
TULLYVALE``), notes in small letters (``works at burger barn``), and names of which only the kind
word (``Riel Street memory clinic``) or the place in a sentence (``@ Tubbs & Sons``) tells.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.lists import listed, ranks
from deid.text.normalise import fold
from deid.text.packs.en.edges import trimmed_place
from deid.text.packs.en.lexicon import english_words, is_in_dictionary, is_term, is_word
from deid.text.packs.en.namelike import NOT_NAMES
from deid.text.packs.en.shapes import (
    CREDENTIALS,
    KIN_WORDS,
    TITLE_WORDS,
    count_letters,
    is_clinical,
)
from deid.text.scanning import Scanner

_GENERIC = english_words("generic.txt")
_HEADS = english_words("generic_heads.txt")
_LOWISH = 0.06

_CAP = r"[A-ZÀ-Þ][\w'’À-ÿ-]*"
_KINDS = (
    r"(?:SNF|ER|RHC|FQHC|VNA|DME|LTAC|ASC|Regional|Surgical|Pathology(?: Assoc\.?)?|Night Lab|Courier|Growers|Infusion Suite|Heart & Vein|Dialysis|Grazing District|Rheumatology|Nephrology|Gastroenterology|Endocrinology|Allergy(?: & Asthma)?|Podiatry|Pulmonary|Audiology|Ostomy|Prosthetics|Orthotics|Urgent Care|Walk-In|Surgicenter|Cath Lab|Draw Site|Fire District(?: \d{1,3})?|Volunteer Fire|Sheriff'?s Office|Police|Crossing|Derm(?:atology)?|Ortho(?:paedics|pedics)?|Cardio(?:logy)?|Neuro(?:logy)?|ENT|Peds|Pediatrics|OB/?GYN|Spine(?: & Joint)?|Joint|Hand(?: Center)?|Eye(?: Care)?|Vision|Optical|Skin|Dental|Dentistry|Orthodontics|Smiles|Physio(?:therapy)?|Therapy|Wellness"
    r"|Primary|Prep|Nursery|Daycare|Day Care|Montessori|EMS|Ambulance|Fire|Fire-Rescue|Depot|Station|Terminal|Kitchen|Barn|Towing|Paving|Drilling|Landscaping|Catering|Cleaners|Cleaning|Rentals?|Storage|Freight|Express|Airways|Casino|Resort|Hotel|Inn|Motel|Suites|Apartments|Apts|Commons|Landing|Pointe|Mall"
    r"|Ministries|Shoppe|Letterpress|Theat(?:er|re)|Choir|Orchestra|Cooperative|Rolling Mills|Tavern|Saloon|Brewing|Roasters|Coffee|Pizza|Pizzeria|Tacos|Deli|Butchers?|Nails|Barbers?|Gym|Fitness|Dojo|Yoga|Stables?|Ranch|Orchards?|Vineyards?|Nurser(?:y|ies)|Florists?|Glass|Electrical|Refrigeration|HVAC|Welding|Fabrication|Seafood|Fisheries|Poultry|Packing|Warehouse|Distribution"
    r"|Rx|Chemist|Chemists|Credit Union|Realty|Realtors|Law|Legal Aid|Housing|Ministry|Fellowship|Lutheran|Baptist|Methodist|Presbyterian|Gurdwara|Masjid|Shul|AME|Rescue|Mission|Outreach|Recovery|Youth|Seniors?|Boatyard|Shipyard|Marina|Quarry|Foundry|Sawmill|Tannery|Smokehouse|Speedway|Arena|Library|Museum|Zoo|Aquarium|Fairgrounds|Skatepark)"
)
_PREP = r"\b(?:at|from|to|for|with|by|via|near|nr|outside|behind|off|in|@|c/o|through|thru|called|ref(?:erred)?(?: to)?)[ ]+(?:the[ ]+)?"
_LOWER_TAIL = r"(?:clinic|depot|centre|center|skatepark|shelter|station|lab|office|school|primary|nursery|church|mosque|temple|gym|pool|library|market|garage|bakery|bar|pub|café|cafe|diner|restaurant|hotel|motel|farm|mill|plant|warehouse|yard|dock|docks|terminal|pharmacy|surgery|practice|hospital|hospice|neighborhood|estate|campus|branch|store|salon|daycare|playground|trailhead)"
_SAINTLY = r"(?:Mercy|Providence|Misericordia|Sacred Heart|Good Sam(?:aritan)?|Holy (?:Cross|Family|Name|Spirit)|Our Lady of(?: the)? [A-Z]\w+|(?:Mt\.?|Mount) Sinai|Ascension|Kaiser|Sanford|Intermountain|Geisinger|Mayo|Cleveland Clinic|Star of the Sea)(?: [A-Z][a-z]+)?"
_STREET_CAPS = r"(?:STREET|ST|AVENUE|AVE|ROAD|RD|BOULEVARD|BLVD|LANE|LN|DRIVE|DR|COURT|CT|PLACE|PL|TERRACE|WAY|CLOSE|LOOP|CIRCLE|CIR|HIGHWAY|HWY|PARKWAY|PKWY|TRAIL|TRL|SQUARE|SQ|CRESCENT|ALLEY|ROW|WALK|PIKE|PATH|RUN|RIDGE|CROSSING|GROVE|HILL|WHARF|QUAY)"
_CAPS_KINDS = r"(?:(?:REFERENCE )?LABS?|LABORATORY|SKILLED NURSING|NURSING(?: AND REHAB| & REHAB| CENTER)?|SNF|AIR AMBULANCE|AMBULANCE|EMS|FIRE(?: RESCUE)?|REHAB(?:ILITATION)?|INSTITUTE|MEMORIAL|GENERAL|REGIONAL|MEDICAL|MED CTR|HOME HEALTH|HOSPICE|CARE CENTER|DIALYSIS|IMAGING|FAIRGROUNDS|APARTMENTS|APTS|VILLAGE|ESTATES|ELEMENTARY|HIGH SCHOOL|SCHOOL|CHURCH|PHARMACY|DRUGS?|MARKET|FARMS?|HOTEL|MOTEL|INN|CASINO|HEALTH|HEART|UNIVERSITY|COLLEGE|BANK|MUTUAL|ADVANTAGE|INSURANCE|LLC|INC)"
_ROMANCE_STREET = r"(?i:rue|avenue|av\.?|boul\.?|boulevard|chemin|calle|avenida|avda\.?|rua|via|carrer|paseo|camino|plaza|strasse|weg)"
_LOWER_KINDS = (
    r"(?:clinic|hospital|hosp|vna|snf|surgical|infusion suite|heart & vein|growers|(?:convent|charter|day) school|polish national|grower|food bank|imaging|tower|towers|pharmacy|rx|drugs?|scan ctr|ctr|surgery ctr|trail|rd|road|ave|avenue|street|lane|ln|row|blvd|terrace|wharf|school|tech|elementary|primary|middle|high|college|academy|church|chapel|lutheran|baptist|presbyterian|pres|methodist|temple|mosque|parish|grange"
    r"|bakery|kitchen|grill|diner|cafe|bar|pub|tavern|barn|pizza|deli|market|foods|towing|trucking|roofing|plumbing|paving|landscaping|logistics|dental(?: van)?|derm|ortho|hand|spine|hospice|manor|lodge|homes?|house|village|apartments|apts|park|plaza|rv park|pines|birches|oaks|motel|inn|hotel|gym|farms?|dairy|orchards?"
    r"|local \d{2,5}|credit union|daycare|preschool|nursery|bubs clinic|plant|mills?|mines?|warehouse|shelter|mission|youth|athletic|leg club|home care|homecare|home health|ems|ambulance|transit|auto|auto glass|motors|salon|nails|cleaners|rehab|nursing|skilled nursing|memory care|insurance|mutual|health plan)"
)
_LOWER_PREP = r"(?:^|[\s(,;])(?:at|from|to|via|near|nr|outside|off|@|c/o|job|jobs?:|work|works|works at|worked at|employer|placement|back to|ref to|referred to|daycare|school|carers|seen|plays for|member of|called|w/|with|by|in|church|cook|barista|cashier|server|driver)[ :]+(?:the )?"
_WORDS = r"(?:[a-z][a-z'-]+ (?:& )?){1,3}"

_SHAPES: tuple[tuple[str, SpanType, int, str], ...] = (
    ("en.est.kind", SpanType.ORGANIZATION, Strength.LISTED, rf"\b((?:{_CAP}(?: & | and | of (?:the )?| )){{1,4}}{_KINDS})\b"),
    ("en.est.kind_of", SpanType.ORGANIZATION, Strength.LISTED, rf"\b((?:{_CAP} ){{1,3}}(?:School|College|Academy|Institute|Center|Centre|House|Bank|Union|Church|Church|Temple|Hospital|Clinic|Memorial|C) of (?:the )?{_CAP}(?: {_CAP}){{0,2}})"),
    ("en.est.lower_tail", SpanType.LOCATION, Strength.LISTED, rf"\b((?:{_CAP} ){{1,3}}(?:[a-z]+ )?{_LOWER_TAIL})\b"),
    ("en.est.pair", SpanType.ORGANIZATION, Strength.LISTED, rf"{_PREP}({_CAP}(?: {_CAP})? & {_CAP}(?: {_CAP})?)"),
    ("en.est.saintly", SpanType.LOCATION, Strength.LISTED, rf"(?:\b(?:at|from|to|via|the|of|by)|@)[ ]+({_SAINTLY})\b"),
    ("en.est.care_of", SpanType.LOCATION, Strength.LISTED, rf"\bc/o[ ]+({_CAP}(?: {_CAP}){{0,3}})"),
    ("en.est.at_sign", SpanType.LOCATION, Strength.LISTED, rf"@ ?({_CAP}(?: (?:& )?{_CAP}){{0,3}})"),
    ("en.est.po_box", SpanType.LOCATION, Strength.LABELLED, r"(?i)\b(p\.? ?o\.? box \d{1,6})\b"),
    ("en.est.suite", SpanType.LOCATION, Strength.LISTED, r"[A-Za-z],? ((?:SUITE|Suite|STE|Ste|APT|Apt|UNIT|BLDG|Bldg|FLAT|Flat)\.? ?#?[A-Z]?\d{1,4}[A-Z]?)\b"),
    ("en.est.romance_street", SpanType.LOCATION, Strength.LABELLED, rf"\b(\d{{1,5}},? {_ROMANCE_STREET} (?:(?:de|des|du|del|da|do|la|le|les|los|las|di|san|saint) )*[\wÀ-ÿ'-]+(?: [A-ZÀ-Þ][\wÀ-ÿ'-]+){{0,2}}(?:,? ?#\w{{1,4}})?)"),
    ("en.est.caps_address", SpanType.LOCATION, Strength.LABELLED, rf"\b(\d{{1,6}} (?:[NSEW] )?(?:[A-Z][A-Z'-]+ ){{1,3}}{_STREET_CAPS}\b\.?(?:,? (?:#|APT |UNIT |STE )\w{{1,5}})?(?:, [A-Z][A-Z'-]+(?: [A-Z][A-Z'-]+)?)?)"),
    ("en.est.caps_kind", SpanType.LOCATION, Strength.LISTED, rf"((?:[A-Z][A-Z'.&-]+ ){{1,4}}{_CAPS_KINDS}(?: (?:OF|AT) (?:THE )?[A-Z][A-Z'-]+(?: [A-Z][A-Z'-]+)?)?)\b"),
    ("en.est.vessel", SpanType.ORGANIZATION, Strength.LABELLED, rf"\b((?:[FMSR]/V|USS|USNS|USCGC|HMS|HMCS) {_CAP}(?: {_CAP}){{0,2}})"),
    ("en.est.numbered", SpanType.ORGANIZATION, Strength.LISTED, rf"\b((?:{_CAP} ){{1,4}}(?:No\.?|#|Store|Post|Lodge|Station|Local|District|Plant|Pier|Precinct|Engine|Ladder|Troop|Unit) ?#?\d{{1,5}})\b"),
    ("en.est.highway_shop", SpanType.ORGANIZATION, Strength.LISTED, rf"\b((?:Hwy|Highway|Route|Rte|US) \d{{1,3}} (?:{_CAP} )?(?:Grill|Diner|Cafe|Motel|Inn|Market|Mart|Store|Tavern|Bar|Liquor|Church|Clinic|Truck Stop|Lounge|Drive-In|Flea Market|Storage|Auto))\b"),
    ("en.est.plan", SpanType.ORGANIZATION, Strength.LISTED, rf"\b((?:{_CAP} ){{1,2}}(?:Life|Mutual|Advantage|Select|Choice|Complete|Gold|Silver|Bronze|Plus|Care|Health|Preferred|Community)) ?(?:supplement|plan|policy|insurance|PPO|HMO|ID\b|#|member)"),
    ("en.est.caps_saint", SpanType.LOCATION, Strength.LISTED, r"\b((?:ST\.?|SAINT|MT\.?|OUR LADY OF|STAR OF THE|HOLY|SACRED) [A-Z][A-Z'-]{2,}(?:'S)?(?: (?:EAST|WEST|NORTH|SOUTH|HOSP(?:ITAL)?|MEDICAL|HEART|MERCY))?)\b"),
)  # fmt: skip
_LOWER_SHAPES: tuple[tuple[str, SpanType, int, str], ...] = (
    ("en.est.lower_kind", SpanType.ORGANIZATION, Strength.LISTED, rf"{_LOWER_PREP}({_WORDS}{_LOWER_KINDS})(?:[\s.,;:)]|'s|$)"),
    ("en.est.lower_pair", SpanType.ORGANIZATION, Strength.LISTED, rf"{_LOWER_PREP}([a-z]+(?: [a-z]+)? & [a-z]+(?: (?:towing|imaging|sons|co|bros|law|dental|hardware|motors))?)(?:[\s.,;:)]|$)"),
    ("en.est.lower_work", SpanType.ORGANIZATION, Strength.LISTED, r"\b(?:(?:works?|worked|working|employed|job|cook|cashier|server|driver|barista|welder|clerk|janitor|nurses?)(?: (?:full|part)[ -]time)?(?: nights| days)?|student|senior|junior|sophomore|freshman|stays|staying|living|lives|resides|placed|rehab|snf) (?:at|for|@) ((?:the )?[a-z][a-z'-]+ (?:[a-z][a-z'-]+)(?: [a-z][a-z'-]+)?)(?:[.,;:)\n]|$)"),
    ("en.est.lower_address", SpanType.LOCATION, Strength.LABELLED, r"(?:^|[\s(])(\d{1,5} (?:[nsew] )?(?:[a-z][a-z'-]+ ){1,2}(?:st|street|ave|avenue|rd|road|blvd|lane|ln|dr|drive|ct|court|pl|place|way|terrace|hwy|row|circle|cir|trail)(?:,? (?:#|apt |unit )\w{1,4})?)(?:[\s.,;)]|$)"),
    ("en.est.lower_street", SpanType.LOCATION, Strength.LISTED, r"(?:^|[\s(])(?:lives?|living|resides?|stays?|staying|off|on|down|out|from|past|near|at|moved to|wreck on|crash on|fell on)(?: (?:off|on|at|out|down|by|past|near))? ((?:(?:old|n|s|e|w|north|south|east|west) )?[a-z][a-z'-]+ (?:[a-z][a-z'-]+ )?(?:rd|road|blvd|ave|avenue|lane|ln|pike|hwy|holler|hollow|fork rd))(?:[\s.,;)]|$)"),
    ("en.est.lower_saint", SpanType.LOCATION, Strength.LISTED, r"(?:^|[\s(])(?:at|to|from|a&e|ed|via|@|seen|near|in) ((?:st\.?|saint|mt\.?|ft\.?) [a-z][a-z'-]{2,}(?: (?:hosp|hospital|clinic|general|med|east|west))?)(?:[\s.,;)]|$)"),
)  # fmt: skip


@cache
def _scanner() -> Scanner:
    return Scanner([expression for _, _, _, expression in _SHAPES])


@cache
def _lower_scanner() -> Scanner:
    return Scanner([expression for _, _, _, expression in _LOWER_SHAPES])


class EstablishmentAnnotator:
    """Firms, shops, schools, churches, clinics and streets by kind word and place in a sentence."""

    name = "en.establishments"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions that hold at least one word that is theirs alone."""
        plain = document.plain
        letters, capitals = count_letters(plain)
        scanners = [(_SHAPES, _scanner())]
        if letters > 40 and capitals < _LOWISH * letters:
            scanners.append((_LOWER_SHAPES, _lower_scanner()))
        for shapes, scanner in scanners:
            for number, start, end in scanner.matches(document):
                name, kind, strength, _ = shapes[number]
                mention = _named(plain, Mention(start, end, kind, strength, name))
                if mention is not None:
                    yield mention


_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")


def _named(plain: str, mention: Mention) -> Mention | None:
    """The mention from its first word on that is neither generic nor a verb, if one is left."""
    if mention.detector in _SURE:
        return mention
    start, end = mention.start, mention.end
    if mention.detector == "en.est.lower_tail" and re.search(r"['’]s [a-z]", plain[start:end]):
        return None  # `Dr. Patel's clinic`: the name alone tells
    words = [(m.start(), m[0]) for m in _WORD.finditer(plain, start, end)]
    while words and _is_generic(words[0][1]):
        words.pop(0)
    if len(words) < _LEAST_WORDS.get(mention.detector, 2) and not (
        words and mention.detector in _ALONE
    ):
        return None
    if not words:
        return None
    if mention.detector in _PROSE and not any(_is_own(word) for _, word in words[:-1]):
        return None
    kept = Mention(words[0][0], end, mention.type, mention.strength, mention.detector)
    return trimmed_place(plain, kept)


_SURE = frozenset(
    {
        "en.est.po_box",
        "en.est.vessel",
        "en.est.romance_street",
        "en.est.caps_address",
        "en.est.lower_address",
        "en.est.saintly",
        "en.est.suite",
        "en.est.highway_shop",
    }
)
_ALONE = frozenset({"en.est.care_of", "en.est.at_sign", "en.est.caps_saint", "en.est.lower_saint"})
_LEAST_WORDS: dict[str, int] = {}
_PROSE = frozenset(
    {
        "en.est.numbered",
        "en.est.plan",
        "en.est.kind",
        "en.est.lower_tail",
        "en.est.caps_kind",
        "en.est.kind_of",
    }
)


def _is_generic(word: str) -> bool:
    folded = fold(word)
    return (
        folded in _GENERIC
        or word.casefold() in _GENERIC
        or folded in _HEADS
        or folded in NOT_NAMES
        or folded in KIN_WORDS
        or folded in TITLE_WORDS
        or (word.isupper() and folded in CREDENTIALS)
    )


def _is_own(word: str) -> bool:
    """A word of a name: not of medicine, and no verb or adverb of the sentence."""
    folded = fold(word)
    if _is_generic(word) or is_clinical(folded) or is_term(word) or folded in listed("en_terms"):
        return False
    if word.isupper():
        return not (is_word(folded) or ranks("en_words").get(folded, 1 << 20) < 15_000) or (
            is_in_dictionary(folded) is False and not is_word(folded)
        )
    return word[0].isupper() and not (
        is_word(folded) and ranks("en_words").get(folded, 1 << 20) < 2000
    )
