"""The grammars of the notes: all of each can be reached, and every written form comes out of it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from datetime import date

import pytest

from deid.errors import GrammarError
from deid.synth import LOCALES, Locale
from deid.synth.corpus import Document, documents
from deid.synth.notes import PAPER, ROOTS, load_grammar
from deid.synth.notes.grammar import Grammar
from deid.synth.notes.slots import LOCAL, SLOTS
from deid.synth.streams import open_stream

# Productions that code asks for by the key of what it says.
BY_KEY = ("title.", "reading.", "series.", "amount.", "amounts.", "pair.", "answer.", "answers.",
          "label.", "text.", "word.", "part.", "hint.", "named.", "symptom.", "diagnosis.", "drug.",
          "often.", "vaccine.", "procedure.")  # fmt: skip
ITEMS = ("reading", "answer", "amount", "text", "problem", "drug")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_production_is_reached_from_what_a_text_may_begin_with(locale: Locale) -> None:
    grammar = load_grammar(locale)
    asked = [name for name in grammar.names if name.startswith((*BY_KEY, PAPER))]
    assert grammar.unreachable([*ROOTS, *ITEMS, *asked]) == []


def test_every_slot_is_asked_for_in_one_of_the_languages() -> None:
    asked = set().union(*(load_grammar(locale).slots_asked() for locale in LOCALES))
    assert asked == SLOTS.keys()
    assert set(LOCAL) < asked


@pytest.mark.parametrize(
    "wrong",
    ["= a\n{nobody}", "= a\n{@b}", "= a\n<no_fact> x", "= a\n{x|y", "= a\nx}", "= a\n= b\nx",
     "x", "= a\n<*0> x", "= a b\nx", "= a\nx\n= a\ny"],
)  # fmt: skip
def test_a_wrong_grammar_is_refused_with_its_place(wrong: str) -> None:
    with pytest.raises(GrammarError, match="here, line"):
        Grammar({"here": wrong}, ["n"], ["ill"])


def test_parts_can_come_in_any_order() -> None:
    grammar = Grammar({"here": "= a\n{&x&y&z}"}, [], [])
    stream = open_stream("order")
    texts = {"".join(map(str, grammar.expand("a", stream, {}, ()))) for _ in range(100)}
    assert texts == {"xyz", "xzy", "yxz", "yzx", "zxy", "zyx"}


def test_authors_prefer_words_each_the_same_at_the_same_place() -> None:
    grammar = Grammar({"here": "= a\n{one|two|three|four}"}, [], [])

    def favourite(habit: int) -> tuple[str, int]:
        stream = open_stream("habit", habit)
        said = ["".join(map(str, grammar.expand("a", stream, {}, (), habit))) for _ in range(600)]
        best = max(set(said), key=said.count)
        return best, said.count(best)

    found = [favourite(habit) for habit in (17, 171_717, 9_999_991, 123_456_789, 5_550_123)]
    assert all(200 < count < 300 for _, count in found)
    assert len({word for word, _ in found}) > 1


@pytest.fixture(scope="module")
def corpora() -> dict[Locale, list[Document]]:
    """Annotated documents of 160 residents a language."""
    return {locale: list(documents(160, 9, locale, until=date(2025, 6, 30))) for locale in LOCALES}


def _written(corpus: Iterable[Document], type_: str, role: str | None = None) -> list[str]:
    return [
        document.note.text[span.start : span.end]
        for document in corpus
        for span in document.note.spans
        if span.type == type_ and role in {None, span.role}
    ]


FORMS: dict[Locale, dict[str, tuple[str, ...]]] = {
    "en_US": {
        "DATE": (r"\d{1,2}/\d{1,2}/\d{4}", r"\d\d/\d\d/\d\d", r"\d{1,2}/\d{1,2}",
                 r"\d{4}-\d\d-\d\d", r"\d\d-[A-Z]{3}-\d{4}", r"\d{1,2}(st|nd|rd|th)",
                 r"[A-Z][a-z]+ \d{1,2}, \d{4}",
                 r"[A-Z][a-z]+day, [A-Z][a-z]+ \d{1,2}, \d{4}", r"[A-Z][a-z]+ \d{4}",
                 r"\d{1,2}-\d{1,2} [A-Z][a-z]+", r"[a-z]+ [a-z ]+ twenty [a-z ]+",
                 r"(January|March|June|July|November)", 
                 r"(Christmas|Halloween|Veterans Day|.*July)",
                 r"\d{1,2} [A-Z][a-z]{2}", r"[A-Z][a-z]{2} \d{1,2}/\d{1,2}"),
        "NAME": (r"[A-Z][a-z]+ [A-Z][a-z]+", r"[A-Z]\. [A-Z][a-z]+", r"[A-Z][a-z]+, [A-Z][a-z]+",
                 r"[A-Z]+, [A-Z]+", r"[a-z]+,[a-z]+", r"[A-Z]\.[A-Z]\.", r"[a-z]{2}", r"[A-Z]{2}",
                 r"[A-Z][a-z]+\n[A-Z][a-z]+", r"[A-Z](-[A-Z])+", r"[A-Z][a-z]+ [A-Z]\.",
                 r"[A-Z][a-z]+ [A-Z]\. [A-Z][a-z]+", r"[a-z]+ [a-z]+", r".*[^\x00-\x7f].*",
                 r"[A-Z][a-z]+-[A-Z][a-z]+", r".*\(?[\"“].*"),
        "PHONE": (r"\(\d{3}\) 555-\d{4}", r"\d{3}\.555\.\d{4}", r"\d{3}-555-\d{4}", r"555-\d{4}",
                  r"\d{10}", r"\+1 .*", r".* ?(x|ext\.?) ?\d\d", r"five .*|[a-z]+ oh .*", r"\d{4}"),
        "ID": (r"9\d\d-\d\d-\d{4}", r"9\d{8}", r"MC-\d{7}", r"MBX\d{9}", r"@?[a-z._]+\d+",
               r"[A-Z]{3}[ -]?\d{3}", r"[A-Z]{2,3}\d\d-\d{6}", r"DHS \d+"),
        "LOCATION": (r"\d+ .* MT \d{5}", r".*Hospital", r".*(Falls|Springs|Bay)", r"\d+ .*"),
        "AGE_OVER_89": (r"\d\d+", r"[a-z]+-?[a-z]*"),
        "EMAIL": (r".+@example\.(com|org)",), "URL": (r"https?://.*", r"www\..*"),
        "IP": (r"\d+\.\d+\.\d+\.\d+",), "PROFESSION": (r".* (of|of the) .*",),
        "ORGANIZATION": (r".*(Church|Club|Aid|Care|Services).*", r".*(School|Academy|College).*"),
    },
    "zh_CN": {
        "DATE": (r"\d{4}年\d{1,2}月\d{1,2}日", r"\d{4}-\d\d-\d\d", r"\d{4}\.\d{1,2}\.\d{1,2}",
                 r"\d{4}/\d\d/\d\d", r"\d{1,2}月\d{1,2}[日号]", r"[〇一二三四五六七八九十]+年.*",
                 r"(农历|阴历).*", r"上(周|星期).", r"星期.", r"[０-９]+年.*",
                 r"\d{4}年\d{1,2}月", r".*[至～-]\d{1,2}日", r"[一-鿿]{2,5}", r"\d\d-\d\d"),
        "NAME": (r"[一-鿿]{2,4}", r"[一-鿿]", r"[A-Z][a-z]+ [A-Z][a-z]+", r"[一-鿿] [一-鿿]+",
                 r"[A-Z]+ [A-Z]+", r"[a-z]+", r".*[āáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜĀÁǍÀŌÓǑÒ].*",
                 r"(小|阿)[一-鿿]", r"([一-鿿])\1", r".*·.*", r"[一-鿿]\n[一-鿿]+"),
        "PHONE": (r"1\d{10}", r"1\d\d \d{4} \d{4}", r"\+86.*", r"[１-９][０-９]{10}",
                  r"0599-555\d{5}",
                  r"[（(]0599.*", r".*转8\d\d"),
        "ID": (r"\d{17}[\dX]", r"\d{15}", r"\d{17}", r"\d{6}-\d{3}-\d{3}-\d{5}", r"[A-Z]\d{8}",
               r"闽[A-Z].*", r"[a-z_]+\d+", r"\d{9,10}", r"\d{6} \d{8} .{4}", r"ZY\d+"),
        "LOCATION": (r"福建省.*", r".*(村|社区).*号.*", r".*医院", r"(厦门|上海市|北京|杭州)"),
        "AGE_OVER_89": (r"\d\d+岁", r"九十.?岁|百岁", r"虚岁\d+"),
        "EMAIL": (r".+@.+",), "URL": (r"https?://.*", r"www\..*"), "IP": (r"[\d.]+|2001:.*",),
        "PROFESSION": (r".*(村支书|镇长|会长|校长)",),
        "ORGANIZATION": (r".*(公司|厂|超市)", r".*(小学|中学|幼儿园).*", r".*(协会|养老院|残联)"),
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("locale", "type_", "form"),
    [(locale, t, f) for locale in LOCALES for t, forms in FORMS[locale].items() for f in forms],
)
def test_every_written_form_of_an_identifier_occurs(
    corpora: dict[Locale, list[Document]], locale: Locale, type_: str, form: str
) -> None:
    assert any(re.fullmatch(form, text, re.DOTALL) for text in _written(corpora[locale], type_))


@pytest.mark.parametrize(
    ("locale", "roles"),
    [
        ("en_US", {"MRN", "ACCESSION", "SSN", "INSURANCE", "PLATE", "DEVICE", "HANDLE", "OTHER"}),
        ("zh_CN", {"RECORD_NO", "ID_CARD", "ID_CARD15", "MRN", "INSURANCE", "PLATE", "WECHAT",
                   "QQ", "DEVICE", "OTHER"}),
    ],
)  # fmt: skip
def test_every_role_of_the_annotated_notes_occurs(
    corpora: dict[Locale, list[Document]], locale: Locale, roles: set[str]
) -> None:
    found = defaultdict(set)
    for document in corpora[locale]:
        for span in document.note.spans:
            found[span.type].add(span.role)
    assert found["ID"] == roles
    assert found["NAME"] == {"PATIENT", "RELATIVE", "CLINICIAN", "OTHER"}
    if locale == "zh_CN":
        assert {"WEEKDAY", "HOLIDAY", "LUNAR", "BIRTH"} < found["DATE"]
        assert {"PATIENT", "RELATIVE", "FACILITY"} <= found["PHONE"]


def test_the_same_word_is_a_name_in_one_place_and_a_word_in_another(
    corpora: dict[Locale, list[Document]],
) -> None:
    ambiguous: dict[Locale, tuple[str, ...]] = {
        "en_US": ("May", "Will", "Rose", "Grace"), "zh_CN": ("平安", "高", "健康")}  # fmt: skip
    for locale, words in ambiguous.items():
        named = {text for text in _written(corpora[locale], "NAME") for text in text.split()}
        plain = " ".join(_outside(document) for document in corpora[locale])
        both = [w for w in words if any(w in name for name in named) and w in plain]
        assert both, locale


def _outside(document: Document) -> str:
    text, end, parts = document.note.text, 0, []
    for span in document.note.spans:
        parts.append(text[end : span.start])
        end = span.end
    return " ".join([*parts, text[end:]])


@pytest.mark.parametrize("locale", LOCALES)
def test_what_is_known_of_a_person_stands_nowhere_outside_the_gold(
    corpora: dict[Locale, list[Document]], locale: Locale
) -> None:
    met = 0
    for document in corpora[locale]:
        known, outside = document.patient, _outside(document)
        values = [known["phone"], known["email"], known["address"]]
        values += [known.get(k) for k in ("name", "id_card", "record_no", "mrn", "national_id")]
        if locale == "en_US":
            values.append(f"{known['given']} {known['family']}")
        values += [relative["name"] for relative in known["relatives"]]  # type: ignore[attr-defined]
        for value in values:
            if value and len(str(value)) > 1:
                met += str(value) in document.note.text
                assert str(value) not in outside, (document.id, document.kind)
    assert met > 300
