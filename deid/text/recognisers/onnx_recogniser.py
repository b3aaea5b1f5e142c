"""A token classifier in ONNX, as Hugging Face's exporter writes it: ``onnx=FOLDER``.

The folder holds ``model.onnx``, ``tokenizer.json`` and ``config.json`` (``id2label``,
``max_position_embeddings``). Labels may be plain or carry the prefixes of IOB, BIOES or BILOU.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.errors import ConfigurationError
from deid.text.document import Document, Mention, SpanType
from deid.text.recognisers.labels import CLINICAL, category
from deid.text.recognisers.options import RecogniserOptions
from deid.text.recognisers.windows import windows

WINDOW = 20_000
"""Characters that are tokenised at a time."""
LONGEST = 512
STRIDE = 64
"""Tokens that two pieces share, so that each name is seen with context on both sides."""
_FILES = ("model.onnx", "tokenizer.json", "config.json")
_BEGINS = frozenset("BSU")


@dataclass(frozen=True)
class _Token:
    start: int
    end: int
    kind: SpanType | None
    begins: bool
    score: float


class OnnxRecogniser:
    """One classifier, in notes of the languages that the options name (all if none)."""

    seconds_a_character = 2e-2

    def __init__(
        self,
        session: Any,
        tokeniser: Any,
        labels: Mapping[int, str],
        name: str,
        digest: str,
        options: RecogniserOptions,
    ) -> None:
        import onnxruntime

        self._session = session
        self._inputs = [item.name for item in session.get_inputs()]
        self._tokeniser = tokeniser
        self._options = options
        self._labels = [_read_label(labels[i], options) for i in range(len(labels))]
        self.languages = options.languages
        self.name = f"onnx.{name}"
        self.version = f"{onnxruntime.__version__}/{digest}/{options.fingerprint}"

    def annotate(self, document: Document) -> Iterator[Mention]:
        """Mentions of all runs of tokens of one category."""
        text = document.text
        for start, end in windows(text, WINDOW):
            encoding = self._tokeniser.encode(text[start:end])
            for piece in (encoding, *encoding.overflowing):
                for first, last, kind, score in _runs(text[start:end], self._tokens(piece)):
                    strength = self._options.strength_of(score)
                    if strength is not None:
                        yield Mention(start + first, start + last, kind, strength, self.name)

    def _tokens(self, piece: Any) -> list[_Token]:
        given = {
            "input_ids": piece.ids,
            "attention_mask": piece.attention_mask,
            "token_type_ids": piece.type_ids,
        }
        feed = {name: np.asarray([given[name]], dtype=np.int64) for name in self._inputs}
        (logits, *_) = self._session.run(None, feed)
        shares = _softmax(np.asarray(logits[0], dtype=np.float64))
        if shares.shape != (len(piece.ids), len(self._labels)):
            raise ValueError("the model's output is not one share a token and label")
        best = shares.argmax(axis=1)
        return [
            _Token(start, end, *self._labels[int(label)], float(share[label]))
            for (start, end), special, label, share in zip(
                piece.offsets, piece.special_tokens_mask, best, shares, strict=True
            )
            if not special and start < end
        ]


def _read_label(label: str, options: RecogniserOptions) -> tuple[SpanType | None, bool]:
    prefix, mark, rest = label.partition("-")
    plain = rest if mark and prefix in {"B", "I", "E", "S", "L", "U"} else label
    return category(plain, options.labels, CLINICAL), plain != label and prefix in _BEGINS


def _runs(text: str, tokens: list[_Token]) -> Iterator[tuple[int, int, SpanType, float]]:
    """Neighbours of one category, grown to whole words; the score is that of the surest token."""
    start = end = 0
    kind: SpanType | None = None
    score = 0.0
    for token in tokens:
        inside_word = token.start == end and end > 0 and _is_inside_word(text, end)
        goes_on = kind is not None and token.kind is kind and (inside_word or not token.begins)
        if goes_on and text[end : token.start].strip() == "":
            end, score = token.end, max(score, token.score)
            continue
        if kind is not None:
            yield *_whole_words(text, start, end), kind, score
        start, end, kind, score = token.start, token.end, token.kind, token.score
    if kind is not None:
        yield *_whole_words(text, start, end), kind, score


def _whole_words(text: str, start: int, end: int) -> tuple[int, int]:
    while start > 0 and _is_inside_word(text, start):
        start -= 1
    while end < len(text) and _is_inside_word(text, end):
        end += 1
    return start, end


def _is_inside_word(text: str, place: int) -> bool:
    """Chinese is written without spaces: there every character may begin a word."""
    return place < len(text) and all(
        c.isalnum() and c < "\u2e80" for c in text[place - 1 : place + 1]
    )


def _softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return shares


def make(options: RecogniserOptions) -> OnnxRecogniser:
    """The recogniser of a folder.

    Raises:
        ConfigurationError: if the folder is no token classifier.
    """
    folder = Path(options.model or "")
    missing = [name for name in _FILES if not (folder / name).is_file()]
    if options.model is None or missing:
        raise ConfigurationError(
            f"onnx=FOLDER: a folder with {', '.join(_FILES)}"
            + (f"; {folder} has no {', '.join(missing)}" if options.model else "")
        )
    import onnxruntime
    from tokenizers import Tokenizer

    try:
        config = json.loads((folder / "config.json").read_text("utf-8"))
        labels = {int(key): str(label) for key, label in config["id2label"].items()}
        if sorted(labels) != list(range(len(labels))):
            raise ValueError("id2label has no label for some number")
        tokeniser = Tokenizer.from_file(str(folder / "tokenizer.json"))
        longest = min(LONGEST, int(config.get("max_position_embeddings", LONGEST)))
        tokeniser.enable_truncation(longest, stride=min(STRIDE, longest // 4))
        tokeniser.no_padding()
        settings = onnxruntime.SessionOptions()
        # Notes are scrubbed in parallel processes, each on one core.
        settings.intra_op_num_threads = settings.inter_op_num_threads = 1
        session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), settings, providers=["CPUExecutionProvider"]
        )
    except Exception as error:
        raise ConfigurationError(f"{folder} holds no token classifier: {error}") from None
    known = {"input_ids", "attention_mask", "token_type_ids"}
    if unknown := {item.name for item in session.get_inputs()} - known:
        raise ConfigurationError(f"{folder}: the model asks for {', '.join(sorted(unknown))}")
    found = OnnxRecogniser(session, tokeniser, labels, folder.name, _digest(folder), options)
    try:
        list(found.annotate(Document("Is this a token classifier?")))
    except Exception as error:
        raise ConfigurationError(f"{folder} holds no token classifier: {error}") from None
    return found


def _digest(folder: Path) -> str:
    """Of all that decides what the model finds; large models keep their weights beside it."""
    digest = hashlib.sha256()
    weights = sorted(path.name for path in folder.glob("model.onnx?*") if path.is_file())
    for name in (*_FILES, *weights):
        with (folder / name).open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
