"""Recognisers of others plug into the engine by name; none is needed and none is downloaded."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import ClassVar

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from app.cli import cli
from deid.errors import ConfigurationError
from deid.text import scrub
from deid.text.api import NoteInput, TextEngine
from deid.text.document import Document, Mention, SpanType, Strength
from deid.text.recognisers import load_recogniser, load_recognisers
from deid.text.recognisers.options import RecogniserOptions, read_options
from deid.text.recognisers.windows import OVERLAP, windows
from tests.unit.deid.text.builders import KEY, install_entry_point

UNKNOWN = "The matter was put to zorblatt verily yesterday evening."
"""Has a name that only a plugged-in recogniser finds."""


class Zorblatt:
    """A recogniser of somebody else's, as an entry point gives it."""

    name = "zorblatt"
    version = "7"
    languages = ("en",)

    def __init__(self, options: RecogniserOptions) -> None:
        self.options = options

    def annotate(self, document: Document) -> Iterable[Mention]:
        for match in re.finditer("zorblatt|ゾル", document.text):
            yield Mention(*match.span(), SpanType.NAME, self.options.strength, self.name)


@pytest.fixture
def zorblatt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install_entry_point(
        tmp_path / "site", "carecommons.annotators", "zorblatt", f"{__name__}:Zorblatt"
    )
    monkeypatch.syspath_prepend(tmp_path / "site")


def names_found(engine: TextEngine, text: str, language: str | None = None) -> list[str]:
    spans = engine.find(NoteInput("n", text, language, None, 7))
    return [text[s.start : s.end] for s in spans if s.type is SpanType.NAME]


loaded = cache(load_recogniser)


def with_recognisers(*specs: str) -> TextEngine:
    return TextEngine(KEY, annotators=load_recognisers(specs))


def test_the_engine_alone_needs_none_of_the_libraries() -> None:
    code = (
        "import sys; from deid.text import scrub; scrub('Seen by Dr. Okafor.'); "
        "sys.exit(any(m in sys.modules for m in ('spacy','presidio_analyzer','onnxruntime')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.usefixtures("zorblatt")
def test_a_recogniser_of_another_package_is_found_by_its_entry_point() -> None:
    engine = with_recognisers("zorblatt")
    assert names_found(TextEngine(KEY), UNKNOWN) == []
    assert names_found(engine, UNKNOWN) == ["zorblatt"]
    assert engine.versions["annotator.zorblatt"] == "7"


@pytest.mark.usefixtures("zorblatt")
def test_the_command_and_the_call_take_recognisers(tmp_path: Path) -> None:
    notes, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    notes.write_text(json.dumps({"id": "1", "text": UNKNOWN}) + "\n")
    arguments = ["scrub", str(notes), "-o", str(out), "--mode", "tag", "--recogniser", "zorblatt"]
    assert CliRunner().invoke(cli, arguments).exit_code == 0
    expected = UNKNOWN.replace("zorblatt", "[NAME]")
    assert json.loads(out.read_text("utf-8"))["text"] == expected
    assert scrub(UNKNOWN, mode="tag", recognisers=["zorblatt"]).text == expected


@pytest.mark.usefixtures("zorblatt")
def test_an_unknown_recogniser_is_refused_with_those_that_are_there(tmp_path: Path) -> None:
    notes = tmp_path / "in.jsonl"
    notes.write_text("")
    result = CliRunner().invoke(
        cli, ["scrub", str(notes), "-o", str(tmp_path / "out"), "--recogniser", "spacey"]
    )
    assert isinstance(result.exception, ConfigurationError)
    message = str(result.exception)
    assert message.startswith("no recogniser 'spacey'; there are onnx")
    assert "zorblatt" in message
    assert not (tmp_path / "out").exists()


@pytest.mark.usefixtures("zorblatt")
def test_one_recogniser_twice_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="zorblatt is asked for twice"):
        load_recognisers(["zorblatt", "zorblatt"])


def test_a_recogniser_without_its_library_says_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("deid.text.recognisers.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=r"pip install 'carecommons\[spacy\]'"):
        load_recogniser("spacy=en_core_web_sm")


@pytest.mark.usefixtures("zorblatt")
@pytest.mark.parametrize(
    ("text", "language", "read"),
    [
        (UNKNOWN, None, True),
        (UNKNOWN, "en-GB", True),
        ("患者zorblatt来诊，诉头晕。", "zh", True),
        ("患者ゾル来诊，诉头晕。", "zh", False),
        ("患者ゾル来诊，诉头晕。", None, False),
    ],
)
def test_a_recogniser_reads_notes_of_its_languages_only(
    text: str, language: str | None, read: bool
) -> None:
    engine = TextEngine(KEY, annotators=load_recognisers(["zorblatt"]))
    detectors = {
        d for s in engine.find(NoteInput("n", text, language, None, 0)) for d in s.detectors
    }
    assert ("zorblatt" in detectors) is read


def test_a_language_without_a_pack_is_read_unless_the_note_says_another() -> None:
    recogniser = Zorblatt(RecogniserOptions())
    recogniser.languages = ("fi",)
    engine = TextEngine(KEY, annotators=[recogniser])
    assert names_found(engine, UNKNOWN) == ["zorblatt"]
    assert names_found(engine, UNKNOWN, "fi") == ["zorblatt"]
    assert names_found(engine, UNKNOWN, "en") == []


@given(st.text("ab \n", max_size=3000), st.integers(2 * OVERLAP, 900))
def test_pieces_of_a_long_note_cover_it_and_cut_no_short_word(text: str, size: int) -> None:
    pieces = list(windows(text, size))
    assert all(0 < end - start <= size for start, end in pieces)
    covered = {i for start, end in pieces for i in range(start, end)}
    assert covered == set(range(len(text)))
    for cut in {end for _, end in pieces} - {len(text)}:
        on_a_line_end = text[cut - 1] == "\n"
        assert on_a_line_end or any(s <= cut - OVERLAP and cut < e for s, e in pieces)


def test_options_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    file = tmp_path / "options.toml"
    file.write_text(
        'model = "model"\nlanguages = ["en"]\nstrength = 70\nleast_score = 0.8\n'
        '[labels]\nDRUG = "ignore"\nWARD = "LOCATION"\n'
    )
    options = read_options(str(file))
    assert options.model == str(tmp_path / "model")
    assert options.labels == {"DRUG": None, "WARD": SpanType.LOCATION}
    assert (options.strength_of(1.0), options.strength_of(0.79)) == (70, None)
    assert options.fingerprint != RecogniserOptions().fingerprint


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("strength = 100", "strength is a whole number from 1 to 99"),
        ("least_score = 2", "least_score is a number from 0 to 1"),
        ('[labels]\nX = "THING"', "labels maps labels to ignore or one of"),
        ("modle = 1", "unknown modle; known are"),
        ("strength =", "Invalid value"),
    ],
)
def test_a_malformed_option_is_refused_with_its_file(
    tmp_path: Path, written: str, reason: str
) -> None:
    file = tmp_path / "options.toml"
    file.write_text(written)
    with pytest.raises(ConfigurationError, match=reason) as refusal:
        read_options(str(file))
    assert "options.toml" in str(refusal.value)


class TestSpacy:
    """A pipeline without a trained model, whose rules stand for what a model would find."""

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        spacy = pytest.importorskip("spacy", reason="the extra `spacy` is not installed")
        pipeline = spacy.blank("en")
        rules = [("PERSON", "zorblatt verily"), ("DATE", "three weeks"), ("WARD", "east wing")]
        pipeline.add_pipe("entity_ruler").add_patterns(
            [{"label": label, "pattern": pattern} for label, pattern in rules]
        )
        pipeline.meta["name"] = "invented"
        pipeline.meta["version"] = "1.2"
        folder = tmp_path_factory.mktemp("spacy") / "pipeline"
        pipeline.to_disk(folder)
        return folder

    def test_its_entities_are_found_and_its_version_is_told(self, folder: Path) -> None:
        engine = with_recognisers(f"spacy={folder}")
        assert names_found(engine, UNKNOWN) == ["zorblatt verily"]
        assert names_found(engine, "zorblatt verily来诊", "zh") == []
        assert "/1.2/" in engine.versions["annotator.spacy.en_invented"]

    def test_general_dates_are_left_and_own_labels_can_be_added(
        self, folder: Path, tmp_path: Path
    ) -> None:
        file = tmp_path / "o.toml"
        file.write_text(f'model = "{folder}"\n[labels]\nWARD = "LOCATION"\nPERSON = "ignore"\n')
        text = "zorblatt verily, three weeks in the east wing"
        document = Document(text)
        kinds = [m.type for m in load_recogniser(f"spacy={file}").annotate(document)]
        assert kinds == [SpanType.LOCATION]

    def test_a_long_note_is_read_in_pieces(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("deid.text.recognisers.spacy_recogniser.WINDOW", 2 * OVERLAP)
        text = ("lorem ipsum " * 33 + "zorblatt verily ") * 5
        found = {
            text[m.start : m.end]
            for m in load_recogniser(f"spacy={folder}").annotate(Document(text))
        }
        places = {m.start for m in load_recogniser(f"spacy={folder}").annotate(Document(text))}
        assert found == {"zorblatt verily"}
        assert len(places) == 5

    def test_a_pipeline_that_is_not_there_is_refused_and_never_downloaded(self) -> None:
        pytest.importorskip("spacy", reason="the extra `spacy` is not installed")
        with pytest.raises(ConfigurationError, match="no spaCy pipeline en_nowhere; installed are"):
            load_recogniser("spacy=en_nowhere")
        with pytest.raises(ConfigurationError, match="name a pipeline"):
            load_recogniser("spacy")


class TestPresidio:
    """Its predefined patterns, and recognisers of one's own from its configuration file."""

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def installed(cls) -> None:
        pytest.importorskip("presidio_analyzer", reason="the extra `presidio` is not installed")

    def test_a_pattern_of_ones_own_is_found_by_its_configuration(self, tmp_path: Path) -> None:
        file = tmp_path / "county.yaml"
        file.write_text(
            "supported_languages: [en]\n"
            "nlp_configuration: {nlp_engine_name: no_op, models: "
            "[{lang_code: en, model_name: none}]}\n"
            "recognizer_registry:\n"
            "  supported_languages: [en]\n"
            "  recognizers:\n"
            "    - name: Zorblatt\n"
            "      type: custom\n"
            "      supported_entity: PERSON\n"
            "      supported_languages: [en]\n"
            "      patterns: [{name: z, regex: 'zorblatt \\w+', score: 0.9}]\n"
        )
        engine = with_recognisers(f"presidio={file}")
        assert names_found(engine, UNKNOWN) == ["zorblatt verily"]
        assert "annotator.presidio.county" in engine.versions

    def test_its_predefined_patterns_run_without_a_model(self) -> None:
        recogniser = load_recogniser("presidio")
        text = "Card 4012-8888-8888-1881 on file."
        (mention,) = recogniser.annotate(Document(text))
        assert text[mention.start : mention.end] == "4012-8888-8888-1881"
        assert mention.type is SpanType.ID
        assert mention.strength < Strength.LISTED

    def test_a_configuration_that_would_download_a_model_is_refused(self, tmp_path: Path) -> None:
        file = tmp_path / "a.yaml"
        for written, reason in [
            ("supported_languages: [en]\n", "says no nlp_configuration"),
            (
                "nlp_configuration: {nlp_engine_name: spacy, models: "
                "[{lang_code: en, model_name: en_nowhere}]}\nsupported_languages: [en]\n",
                "no spaCy pipeline en_nowhere",
            ),
        ]:
            file.write_text(written)
            with pytest.raises(ConfigurationError, match=reason):
                load_recogniser(f"presidio={file}")


class TestOnnx:
    """A classifier of one layer: the label of each token is read from a table."""

    LABELS = ("O", "B-PATIENT", "I-PATIENT", "B-HOSP")
    WORDS: ClassVar = {"[UNK]": 0, "[CLS]": 0, "zor": 1, "##blatt": 2, "##s": 0, "verily": 2}

    @pytest.fixture(scope="class")
    @classmethod
    def folder(cls, tmp_path_factory: pytest.TempPathFactory) -> Path:
        reason = "the extra `onnx` or the library that writes models is not installed"
        pytest.importorskip("onnxruntime", reason=reason)
        onnx = pytest.importorskip("onnx", reason=reason)
        import numpy as np
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

        folder = tmp_path_factory.mktemp("onnx") / "tiny"
        folder.mkdir()
        vocabulary = {word: i for i, word in enumerate(cls.WORDS)}
        tokeniser = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
        tokeniser.normalizer = normalizers.Lowercase()
        tokeniser.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        tokeniser.save(str(folder / "tokenizer.json"))
        table = np.zeros((len(vocabulary), len(cls.LABELS)), dtype=np.float32)
        for row, label in enumerate(cls.WORDS.values()):
            table[row, label] = 6.0
        helper, kind = onnx.helper, onnx.TensorProto
        graph = helper.make_graph(
            [helper.make_node("Gather", ["table", "input_ids"], ["logits"])],
            "tiny",
            [helper.make_tensor_value_info("input_ids", kind.INT64, ["batch", "tokens"])],
            [helper.make_tensor_value_info("logits", kind.FLOAT, ["batch", "tokens", 4])],
            [onnx.numpy_helper.from_array(table, "table")],
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, folder / "model.onnx")
        config = {
            "id2label": {str(i): label for i, label in enumerate(cls.LABELS)},
            "max_position_embeddings": 32,
        }
        (folder / "config.json").write_text(json.dumps(config))
        return folder

    def test_parts_of_words_and_words_become_one_name(self, folder: Path) -> None:
        engine = with_recognisers(f"onnx={folder}")
        assert names_found(engine, UNKNOWN) == ["zorblatt verily"]
        assert names_found(engine, "ZORBLATT verily, zorblatts") == ["ZORBLATT verily", "zorblatts"]
        assert "annotator.onnx.tiny" in engine.versions

    def test_a_note_longer_than_the_model_can_read_is_read_in_pieces(self, folder: Path) -> None:
        text = ("a b c d e f g " * 3 + "zorblatt verily ") * 30
        recogniser = load_recogniser(f"onnx={folder}")
        starts = {m.start for m in recogniser.annotate(Document(text))}
        assert len(starts) == 30
        assert {text[s : s + 15] for s in starts} == {"zorblatt verily"}

    @given(st.text(max_size=80))
    def test_any_text_gives_valid_offsets(self, folder: Path, text: str) -> None:
        for mention in loaded(f"onnx={folder}").annotate(Document(text)):
            assert mention.end <= len(text)

    def test_a_folder_without_a_model_is_refused(self, folder: Path, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match=r"has no model\.onnx"):
            load_recogniser(f"onnx={tmp_path}")
        for name in ("model.onnx", "tokenizer.json", "config.json"):
            (tmp_path / name).write_bytes((folder / name).read_bytes())
        (tmp_path / "config.json").write_text('{"id2label": {"0": "O"}}')
        with pytest.raises(ConfigurationError, match="holds no token classifier"):
            load_recogniser(f"onnx={tmp_path}")
