"""A lesson as QTI 3: every exercise an item, scored as here, in the order of the stages."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from casebank import Case
from casebank.errors import ExportImpossible
from casebank.exports.qti import MANIFEST_NAMESPACE, items_of, to_qti
from casebank.exports.shown import lines_of
from casebank.lesson import Exercise, KeyDiagnosis, Lesson, Option
from casebank.scoring import (
    DifferentialKey,
    Guess,
    KeyFeature,
    item_credits,
    score_differential,
    score_links,
)
from casebank.scoring.script_concordance import OPTIONS, ConcordanceItem
from tests.unit.casebank.exports.grammars import check_documents
from tests.unit.casebank.exports.qti_engine import NS, outcomes

CP = f"{{{MANIFEST_NAMESPACE}}}"


@pytest.fixture(scope="module")
def package(farmer: Case, farmer_lesson: Lesson) -> dict[str, bytes]:
    data = to_qti(farmer, farmer_lesson)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _item(package: dict[str, bytes], exercise: Exercise) -> bytes:
    return package[f"items/{exercise.name}.xml"]


def _choices(item: bytes) -> dict[str, str]:
    """Identifiers by the text that is shown."""
    root = etree.fromstring(item)
    kinds = ("qti-simple-choice", "qti-simple-associable-choice")
    return {one.text: one.get("identifier") for kind in kinds for one in root.iter(NS + kind)}


def _codes(
    package: dict[str, bytes], exercise: Exercise, options: Iterable[Option | KeyDiagnosis]
) -> dict[str, str]:
    """Identifiers by the code of the option that is shown under them."""
    shown = _choices(_item(package, exercise))
    texts = {one.code: one.text if isinstance(one, Option) else one.title for one in options}
    return {code: shown[text.en] for code, text in texts.items()}


def test_the_manifest_lists_every_file_and_nothing_else(package: dict[str, bytes]) -> None:
    root = etree.fromstring(package["imsmanifest.xml"])
    listed = {one.get("href") for one in root.iter(f"{CP}file")}
    assert listed == set(package) - {"imsmanifest.xml"}
    resources = {one.get("identifier"): one for one in root.iter(f"{CP}resource")}
    assert {one.get("identifierref") for one in root.iter(f"{CP}dependency")} < set(resources)
    assert root.findtext(f"{CP}metadata/{CP}schema") == "QTI Package"
    kinds = [one.get("type") for one in resources.values()]
    assert kinds.count("imsqti_item_xmlv3p0") == 8


def test_the_test_is_linear_and_follows_the_stages(
    package: dict[str, bytes], farmer_lesson: Lesson
) -> None:
    root = etree.fromstring(package["test.xml"])
    part = root.find(f"{NS}qti-test-part")
    assert part is not None
    assert (part.get("navigation-mode"), part.get("submission-mode")) == ("linear", "individual")
    order = [one.get("identifier") for one in root.iter(f"{NS}qti-assessment-item-ref")]
    stages = range(1, len(farmer_lesson.stages) + 1)
    assert order == [one.name for stage in stages for one in farmer_lesson.at(stage)]


def test_items_and_test_are_as_the_schema_demands(farmer: Case, farmer_lesson: Lesson) -> None:
    assert check_documents(to_qti(farmer, farmer_lesson)) == len(farmer_lesson.exercises) + 1


def test_an_item_declares_what_it_uses(package: dict[str, bytes]) -> None:
    for name, data in package.items():
        if not name.startswith("items/"):
            continue
        root = etree.fromstring(data)
        declared = {one.get("identifier") for one in root if "declaration" in one.tag}
        used = {
            one.get("identifier")
            for one in root.iter(
                f"{NS}qti-variable", f"{NS}qti-set-outcome-value", f"{NS}qti-map-response"
            )
        }
        assert used <= declared
        choices = [
            one.get("identifier")
            for one in root.iter(f"{NS}qti-simple-choice", f"{NS}qti-simple-associable-choice")
        ]
        assert len(set(choices)) == len(choices)
        named = {value for one in root.iter(f"{NS}qti-value") for value in one.text.split()}
        assert named <= set(choices)


def test_an_item_shows_the_data_of_its_own_stage_and_no_later_one(
    package: dict[str, bytes], farmer: Case, farmer_lesson: Lesson
) -> None:
    texts = {name: text for name, (text, _) in lines_of(farmer, "en").items()}
    for exercise in farmer_lesson.exercises:
        said = "".join(etree.fromstring(_item(package, exercise)).itertext())
        stage = farmer_lesson.stages[exercise.stage - 1]
        assert all(texts[one] in said for one in stage.reveals)
        seen = {
            t for s in farmer_lesson.stages[: exercise.stage] for i in s.reveals for t in [texts[i]]
        }
        later = {texts[i] for s in farmer_lesson.stages[exercise.stage :] for i in s.reveals} - seen
        assert not [text for text in later if f">{text}<" in _item(package, exercise).decode()]


def test_what_is_right_does_not_stand_first_by_rule(
    package: dict[str, bytes], farmer_lesson: Lesson
) -> None:
    item = _item(package, farmer_lesson.exercise("causes"))
    root = etree.fromstring(item)
    shown = [one.get("identifier") for one in root.iter(f"{NS}qti-simple-choice")]
    right = [one.text for one in root.iter(f"{NS}qti-value")]
    assert sorted(shown) == sorted(right)
    assert shown == sorted(shown)
    interaction = root.find(f".//{NS}qti-order-interaction")
    assert interaction is not None
    assert interaction.get("shuffle") == "true"


@settings(max_examples=60, deadline=None)
@given(chosen=st.sets(st.sampled_from("abcd")))
def test_key_features_management_score_as_here(
    package: dict[str, bytes], farmer_lesson: Lesson, chosen: set[str]
) -> None:
    exercise = farmer_lesson.exercise("first-step")
    key = exercise.key_features
    assert key is not None
    codes = _codes(package, exercise, key.options)
    given_ = [codes[one] for one in chosen]
    feature = KeyFeature("x", frozenset(key.right), key.most, frozenset(key.harmful))
    score = outcomes(_item(package, exercise), given_)["SCORE"]
    assert score == pytest.approx(feature.score(chosen), abs=1e-6)

    exercise = farmer_lesson.exercise("decide")
    managed = exercise.management
    assert managed is not None
    codes = _codes(package, exercise, managed.options)
    score = outcomes(_item(package, exercise), [codes[one] for one in chosen])["SCORE"]
    right = len(chosen & set(managed.asked))
    assert score == pytest.approx(2 * right / (len(chosen) + len(managed.asked)), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(ranked=st.permutations(["x1", "x2", "x3"]), depth=st.integers(1, 3))
def test_a_differential_scores_as_here(
    package: dict[str, bytes], farmer_lesson: Lesson, ranked: list[str], depth: int
) -> None:
    exercise = farmer_lesson.exercise("causes")
    key = exercise.differential
    assert key is not None
    codes = _codes(package, exercise, key.diagnoses)
    named = ranked[:depth]
    score = outcomes(_item(package, exercise), [codes[one] for one in named])["SCORE"]
    relevance = {one.code: one.relevance for one in key.diagnoses}
    here = score_differential([[Guess(one) for one in named]], DifferentialKey(relevance))
    assert score == pytest.approx(here.ndcg, abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(
    links=st.sets(
        st.tuples(
            st.sampled_from("ab"),
            st.sampled_from(["for", "against", "absent"]),
            st.sampled_from("cd"),
        )
    )
)
def test_a_reflection_scores_as_here(
    package: dict[str, bytes], farmer_lesson: Lesson, links: set[tuple[str, Any, str]]
) -> None:
    exercise = farmer_lesson.exercise("why")
    key = exercise.reflection
    assert key is not None
    findings = _codes(package, exercise, key.findings)
    places = {one.code: f"h{place}" for place, one in enumerate(key.hypotheses, 1)}
    pairs = [f"{findings[f]} {places[h]}-{stance}" for h, stance, f in links]
    score = outcomes(_item(package, exercise), pairs)["SCORE"]
    here = score_links(links, [(ln.hypothesis, ln.stance, ln.finding) for ln in key.links])
    assert score == pytest.approx(here.f, abs=1e-6)


def test_script_concordance_gives_the_panels_credit(
    package: dict[str, bytes], farmer_lesson: Lesson
) -> None:
    exercise = farmer_lesson.exercise("if-then")
    key = exercise.script_concordance
    assert key is not None
    credit = item_credits(ConcordanceItem("x", {int(k): n for k, n in key.panel.items()}))
    for place, option in enumerate(OPTIONS, 1):
        score = outcomes(_item(package, exercise), f"v{place}")["SCORE"]
        assert score == pytest.approx(credit[option], abs=1e-6)


def test_without_a_panel_or_a_question_nobody_is_told_a_score(
    farmer: Case, farmer_lesson: Lesson
) -> None:
    asked = farmer_lesson.exercise("if-then")
    assert asked.script_concordance is not None
    alone = replace(asked, script_concordance=replace(asked.script_concordance, panel={}))
    lesson = replace(farmer_lesson, exercises=(alone,), objectives=())
    item = etree.tostring(items_of(farmer, lesson, "en")["if-then"])
    assert "SCORE" not in outcomes(item, "v1")
    with pytest.raises(ExportImpossible, match="none yet"):
        to_qti(farmer, replace(lesson, exercises=()))


def test_typed_answers_are_marked_by_a_person(
    package: dict[str, bytes], farmer_lesson: Lesson
) -> None:
    for name in ("summary", "problems"):
        item = _item(package, farmer_lesson.exercise(name))
        declared = etree.fromstring(item).find(f"{NS}qti-outcome-declaration")
        assert declared is not None
        assert declared.get("external-scored") == "human"
        assert "SCORE" not in outcomes(item, "text")


def test_nothing_of_the_release_is_in_the_package(package: dict[str, bytes], farmer: Case) -> None:
    assert farmer.sources is not None
    assert farmer.sources.release.encode() not in b"".join(package.values())
