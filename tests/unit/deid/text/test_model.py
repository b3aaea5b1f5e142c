"""The statistical models: reproducible, checked, and no more than an advice to the rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.text.api import NoteInput, TextEngine
from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.model import crf
from deid.text.model.chinese import TEMPLATES, feature_codes, prepared
from deid.text.model.english import tokenise
from deid.text.model.review import load_model
from deid.text.model.review_en import EnglishModel
from deid.text.model.training.recipes import RECIPES, described, smaller, train_model
from deid.text.model.training.trainer import Fitted, averaged

LANGUAGES = ("en", "zh")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_recipe_trains_the_same_bytes(language: str) -> None:
    pytest.importorskip("pycrfsuite")
    recipe = smaller(RECIPES[language], 0.005)
    generated = [("Seen by Ann Lee on 3/4/2021.", [(8, 15, "NAME"), (19, 27, "DATE")])] * 9
    first = train_model(recipe, generated)
    assert first == train_model(recipe, generated)
    model = crf.read_model(first)
    assert model.header["recipe"] == described(recipe)
    assert len(model.features) > 100


def test_what_one_draw_alone_taught_counts_half() -> None:
    moves = np.zeros((2, 2), np.float32)
    one = Fitted(moves, {"both": np.array([0, 1], np.float32), "one": np.array([0, 2], np.float32)})
    other = Fitted(moves + 1, {"both": np.array([0, 3], np.float32)})
    mean = averaged([one, other])
    assert {name: row.tolist() for name, row in mean.rows.items()} == {
        "both": [0, 2],
        "one": [0, 1],
    }
    assert mean.transitions.tolist() == [[0.5, 0.5], [0.5, 0.5]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_shipped_model_is_that_of_the_recipe(language: str) -> None:
    header = load_model(language).header
    assert header["recipe"] == described(RECIPES[language])
    assert len(header["data_sha256"]) == 64


def test_the_manifest_tells_model_and_training_data() -> None:
    versions = TextEngine(b"k" * 32).versions
    for language in LANGUAGES:
        assert load_model(language).header["data_sha256"] in versions[f"{language}.model"]


def test_a_changed_model_file_is_refused() -> None:
    rows = {"0|w=a": np.ones(2, np.float32)}
    data = crf.write_model({}, ("O", "NAME"), np.zeros((2, 2), np.float32), rows)
    assert crf.read_model(data).weights.tolist() == [[1.0, 1.0]]
    other = crf.write_model({}, ("O", "NAME"), np.ones((2, 2), np.float32), rows)
    head, body = data.split(b"\n", 1)[0], other.split(b"\n", 1)[1]
    with pytest.raises(ValueError, match="model file"):
        crf.read_model(head + b"\n" + body)


def test_windows_do_not_change_the_marginals() -> None:
    numbers = np.random.default_rng(1)
    emissions = numbers.normal(size=(300, 4)).astype(np.float32)
    transitions = numbers.normal(size=(4, 4)).astype(np.float32)
    whole = crf.exact_marginals(emissions, transitions)
    assert np.allclose(crf.marginals(emissions, transitions), whole, atol=0.01)
    assert np.allclose(whole.sum(axis=1), 1, atol=1e-5)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=80))
def test_tokens_tile_any_text(text: str) -> None:
    tokens, starts = tokenise(text)
    assert "".join(tokens) == text
    assert starts[-1] == len(text)
    assert feature_codes(prepared(text)).shape == (len(TEMPLATES), len(text))


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet="AB ab.张三,\n'-·3/", max_size=60))
def test_a_known_or_labelled_mention_is_never_taken_back(text: str) -> None:
    document = Document(text, "en")
    mentions = [
        Mention(i, i + 1, SpanType.NAME, strength, "known")
        for strength in (Strength.KNOWN, Strength.CHECKED)
        for i in range(len(text))
    ]
    assert set(mentions) <= set(EnglishModel().review(document, mentions))


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Neighbor Zorvela brought him in; Zorvela has the key.", "Zorvela"),
        ("Transferred from Quilverton Regional Hospital for sepsis.", "Quilverton"),
        ("Works at Brundage Cannery as a welder.", "Brundage"),
        ("患者由邻居佟玉柱送来，佟玉柱代诉病史。", "佟玉柱"),
        ("曾在白桦沟卫生院住院治疗。", "白桦沟"),
    ],
)
def test_names_in_no_list_are_found_by_what_stands_beside_them(text: str, name: str) -> None:
    language = "en" if text.isascii() else "zh"
    spans = TextEngine(b"k" * 32).find(NoteInput("1", text, language, None, 7))
    covered = {i for span in spans for i in range(span.start, span.end)}
    place = text.find(name)
    while place >= 0:
        assert set(range(place, place + len(name))) <= covered
        place = text.find(name, place + 1)


@pytest.mark.parametrize(
    "text",
    [
        "Babinski and Hoffmann signs absent, Romberg negative, no Kernig sign.",
        "Barrett's esophagus, Prague C2M4, on omeprazole 40 mg BID.",
        "Tinel and Phalen negative; Finkelstein equivocal.",
        "巴宾斯基征阴性，克尼格征阴性，帕金森病服美多芭。",
        "面色萎黄，方用香砂六君子汤，白术12g，高良姜3g。",
    ],
)
def test_eponyms_and_remedies_stay(text: str) -> None:
    language = "en" if text.isascii() else "zh"
    assert TextEngine(b"k" * 32).find(NoteInput("1", text, language, None, 7)) == ()
