"""Word lists of Chinese: surnames and given names from Faker, titles, kin and place words."""

from __future__ import annotations

import importlib
import re
from functools import cache

from deid.text.document import Document
from deid.text.words import alternation, longest_first, read_words

PACKAGE = "deid.text.packs.zh"

_EXTRA_SURNAMES = read_words(PACKAGE, "extra_surnames.txt")
# Characters that are surnames but far more often something else; kept out of bare matching.
_NEVER_SURNAMES = frozenset("阿由来同是")
_WEAK_SURNAMES = set(
    "于有时年一多少大小从经能对无和后双次便水生平日月心手口血气天代木承义资福火黑别归山秋"
)


_HAN = re.compile("[\u3400-\u9fff]")


@cache
def _people() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    provider = importlib.import_module("faker.providers.person.zh_CN").Provider
    return (
        tuple(dict.fromkeys(provider.last_names)),
        tuple(provider.first_names_male),
        tuple(provider.first_names_female),
    )


@cache
def surnames() -> frozenset[str]:
    """Single and compound surnames."""
    return (frozenset(_people()[0]) | frozenset(_EXTRA_SURNAMES)) - _NEVER_SURNAMES


@cache
def surname_class() -> str:
    """An expression for one surname."""
    single = "".join(sorted(name for name in surnames() if len(name) == 1))
    double = alternation(name for name in surnames() if len(name) == 2)
    return rf"(?:{double}|[{single}])"


@cache
def common_surnames() -> tuple[str, ...]:
    """The most frequent single surnames, for surrogates."""
    return tuple(name for name in _people()[0][:90] if len(name) == 1 and name not in "于余高")


@cache
def compound_surnames() -> tuple[str, ...]:
    """Surnames of two characters."""
    return tuple(sorted(name for name in surnames() if len(name) == 2))


@cache
def given_characters() -> frozenset[str]:
    """Characters that given names are made of."""
    _, male, female = _people()
    extra = "".join(read_words(PACKAGE, "given_characters.txt"))
    return frozenset("".join(male) + "".join(female) + extra)


def given_pool(length: int, sex: str | None) -> tuple[str, ...]:
    """Given names of ``length`` characters for surrogates."""
    _, male, female = _people()
    pool = {"M": male, "F": female}.get(sex or "", male + female)
    return tuple(sorted({name for name in pool if len(name) == length}))


def is_surname(text: str) -> bool:
    """Whether ``text`` is a surname that may be matched without a label beside it."""
    return text in surnames() and text not in _WEAK_SURNAMES


def split_full_name(name: str) -> tuple[str, str]:
    """Surname and given name of a Chinese full name; names with a middle dot are all given."""
    if "·" in name:
        head, _, tail = name.partition("·")
        return tail, head
    length = 2 if name[:2] in surnames() and len(name) > 2 else 1
    return name[:length], name[length:]


def has_han(text: str) -> bool:
    """Whether any character is a CJK ideograph."""
    return not text.isascii() and _HAN.search(text) is not None


def is_chinese(document: Document) -> bool:
    """Whether the note, or some of it, is Chinese."""
    return document.language == "zh" or has_han(document.text)


TITLES = read_words(PACKAGE, "titles.txt")
# One-character titles join too many words; they count only after 小/老 forms or at a clause's end.
STRONG_TITLES = tuple(longest_first(t for t in TITLES if len(t) > 1 and t != "某某"))
KIN = read_words(PACKAGE, "kin.txt")

# Full names that are ordinary words of everyday or clinical Chinese; context decides.
ORDINARY = read_words(PACKAGE, "ordinary.txt")
COMMON = read_words(PACKAGE, "common.txt") | ORDINARY
"""Words of everyday Chinese: no names unless something but their characters says so."""
# Second characters of common words: 神志清 is no 志清.
JOINING = {"志": "神意同标斗", "清": "神澄", "平": "水和公", "明": "说证查声", "安": "不治公"}
LABELS = read_words(PACKAGE, "labels.txt")

_EPONYMS = read_words(PACKAGE, "eponyms.txt")
_EPONYM_HEADS = re.compile(
    r"(?:-|·|－)?氏?(?:征|病|综合征|综合症|现象|试验|反射|点|瘤|细胞|小体|呼吸|手法|手术|评分|量表|分级|分期|分型|标准|指数|"
    r"骨折|畸形|囊肿|疝|线|角|管|钳|针|结节|培养|染色|腺|韧带|间隙|三角|区|菌|杆菌|球菌|病毒|热|淋巴瘤|肉瘤|液|昏迷)"
)


def is_eponym(plain: str, start: int, end: int) -> bool:
    """Whether what stands here names a disease, sign, test or score, and no person."""
    text = plain[start:end].replace(" ", "")
    if text in _EPONYMS or text.rstrip("氏") in _EPONYMS:
        return True
    if len(text) > 2 and text.endswith(("征", "病", "症")):
        return True
    if text[0] in surnames() and len(text) <= 3:
        return False
    return bool(_EPONYM_HEADS.match(plain, end)) or bool(_EPONYM_HEADS.search(text))


_MALE_KIN = re.compile("父|爸|夫|子|兄|弟|哥|爷|公|叔|伯|舅|侄子|男|婿")
_FEMALE_KIN = re.compile("母|妈|妻|女|姐|妹|奶|婆|姨|姑|婶|嫂|媳|侄女")


def sex_of_kin(relationship: str) -> str | None:
    """``M`` or ``F`` by the last character of a relationship that tells it: 妻子 is a woman."""
    if re.search("妻|孙女|外甥女|儿媳|弟媳", relationship):
        return "F"
    male = [m.start() for m in _MALE_KIN.finditer(relationship)]
    female = [m.start() for m in _FEMALE_KIN.finditer(relationship)]
    if not male and not female:
        return None
    return "M" if max(male, default=-1) > max(female, default=-1) else "F"
