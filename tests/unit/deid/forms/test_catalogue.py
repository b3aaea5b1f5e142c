"""The shipped forms agree with the vocabulary, and a faulty file is told with its line."""

from __future__ import annotations

import csv
import shutil
from importlib.resources import files
from pathlib import Path
from typing import get_args

import pytest

from deid.errors import FormError
from deid.forms import (
    ResidentForm,
    describe_form,
    find_form,
    load_forms,
    render_page,
    write_template,
)
from deid.forms.catalogue import read_forms
from deid.forms.model import CHOSEN, KINDS, Kind, normalised
from deid.forms.words import terms_by_key, terms_by_word, word_for
from deid.synth.visits import FormKind
from deid.vocabulary import load_terms

FORMS = load_forms()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the shipped files, to be spoilt."""
    return Path(shutil.copytree(str(files("deid.forms") / "data"), tmp_path / "data"))


def test_there_is_a_form_for_every_kind_that_synthetic_residents_fill_in() -> None:
    assert {form.key for form in FORMS} == {*get_args(FormKind), "household"}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.file_name)
def test_a_header_in_either_language_is_of_one_column(form: ResidentForm) -> None:
    seen: dict[str, object] = {}
    for column in form.columns:
        for header in set(column.headers()):
            assert seen.setdefault(header, column) is column


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.file_name)
def test_a_form_is_found_by_file_name_and_by_title_in_either_language(form: ResidentForm) -> None:
    for name in (form.key, form.file_name, form.zh, form.en, form.en.upper()):
        assert find_form(name) is form


def test_every_choice_is_an_answer_or_what_is_answered() -> None:
    terms = terms_by_key()
    domains = {
        "findings": {"Observation"},
        "problems": {"Condition", "Meas Value"},
        "mode": {"Visit"},
        "person": {"Gender", "Meas Value"},
    }
    for form in FORMS:
        for field in form.fields:
            wanted = domains.get(field.kind, {"Meas Value", "Condition", "Observation"})
            found = {terms[choice.key].domain_id for choice in field.choices}
            none = {"Meas Value"} if field.choice("NONE") else set()
            assert found - none <= wanted, (form.key, field.key)


def test_readings_are_measurements_and_the_rest_are_observations() -> None:
    terms = terms_by_key()
    for form in FORMS:
        for field in form.fields:
            if field.kind == "reading":
                assert terms[field.key].domain_id == "Measurement", (form.key, field.key)
            if field.kind in {"amount", "text", "day", "due"}:
                assert terms[field.term].domain_id != "Measurement", (form.key, field.key)


def test_a_readings_unit_is_that_of_its_term() -> None:
    terms = terms_by_key()
    for form in FORMS:
        for field in form.fields:
            for conversion in field.units if field.kind == "reading" else ():
                unit = terms[conversion.key].unit_concept_id
                concept = conversion.unit.concept if conversion.unit else None
                exact = (conversion.factor, conversion.offset) == (1.0, 0.0)
                if exact:
                    assert (terms[concept].concept_id if concept else None) == unit, field.key
                else:
                    assert unit is not None, field.key


def test_every_kind_of_field_is_explained() -> None:
    assert set(KINDS) == set(get_args(Kind))
    assert set(KINDS) >= CHOSEN


@pytest.mark.parametrize("domains", [("Condition", "Observation"), ("Drug",), ("Procedure",)])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_word_for_a_term_is_understood_as_that_term(
    domains: tuple[str, ...], language: str
) -> None:
    words = terms_by_word(*domains)
    for term in load_terms():
        if term.domain_id in domains:
            word = word_for(term.key, language, *domains)  # type: ignore[arg-type]
            assert words[normalised(word)] is term


def test_a_template_holds_the_headers_and_nothing_else(tmp_path: Path) -> None:
    form = find_form("diabetes")
    assert form is not None
    write_template(form, "zh", tmp_path / "t.csv")
    with (tmp_path / "t.csv").open(encoding="utf-8-sig", newline="") as file:
        (header,) = csv.reader(file)
    assert header[:4] == ["档案编号", "身份证号", "病案号", "日期"]
    assert "空腹血糖值(mmol/L)" in header
    with pytest.raises(FileExistsError):
        write_template(form, "zh", tmp_path / "t.csv")


def test_the_description_shows_limits_and_numbered_choices() -> None:
    form = find_form("hypertension")
    assert form is not None
    text = describe_form(form, "zh")
    assert "收缩压(mmHg): 测量数值, 50 至 280" in text
    assert "1 控制满意, 2 控制不满意, 3 不良反应, 4 并发症" in text


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        (
            "hypertension.csv",
            "SALT_INTAKE",
            "SALT_INTAK",
            r"line \d+: key SALT_INTAK is not",
        ),
        ("hypertension.csv", ",reading,mm[Hg],50", ",readin,mm[Hg],50", r"line \d+: unknown kind"),
        ("hypertension.csv", "mm[Hg],50", "mm[H],50", r"line \d+: unknown unit mm\[H\]"),
        ("hypertension.csv", "mm[Hg],50,280", "mm[Hg],280,50", r"line \d+: low is not below"),
        ("hypertension.csv", "mm[Hg],50,280", "mm[Hg],x,280", r"line \d+: low is not a number"),
        ("hypertension.csv", "answer,,,,salt", "answer,,,,pepper", r"unknown list .* pepper"),
        ("hypertension.csv", "answer,,,,salt", "answer,,,,", r"line \d+: choices belong"),
        (
            "hypertension.csv",
            "SALT_TARGET",
            "SALT_INTAKE",
            r"line \d+: key SALT_INTAKE comes",
        ),
        ("hypertension.csv", "目标摄盐情况", "摄盐情况", "the header 摄盐情况 is of"),
        ("hypertension.csv", "key,zh", "kee,zh", "line 1: the header is not"),
        ("hypertension.csv", "心率,Heart rate", "心率", r"line \d+: \d values, 9 columns"),
        ("choices.csv", "control,1,", "control,2,", r"line \d+: number 2 comes twice"),
        ("choices.csv", "salt,1,LIGHT,轻", "salt,1,LIGHT,重", r"line \d+: the word 重 is also"),
        ("choices.csv", "salt,1,LIGHT,轻", "salt,1,LIGHT,轻、微", r"a sign that separates"),
        ("units.csv", "MMHG", "MMHGG", r"line \d+: concept MMHGG is not a term"),
        ("forms.csv", "NOTE_CONTACT_RECORD", "NOTE_NOTHING", r"note_class NOTE_NOTHING is not"),
    ],
)
def test_a_fault_is_told_with_file_line_and_key(
    folder: Path, name: str, old: str, new: str, message: str
) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(FormError, match=message):
        read_forms(folder, load_terms())


def test_a_form_without_its_file_is_refused(folder: Path) -> None:
    (folder / "diabetes.csv").unlink()
    with pytest.raises(FormError, match=r"diabetes\.csv: no such file"):
        read_forms(folder, load_terms())


def test_the_page_about_the_forms_is_current() -> None:
    page = (Path(__file__).parents[4] / "docs" / "forms.md").read_text(encoding="utf-8")
    assert render_page(page) == page


def test_a_page_without_the_marks_is_refused() -> None:
    with pytest.raises(FormError, match="no marks"):
        render_page("# Forms\n")
