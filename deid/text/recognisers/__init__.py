"""Further recognisers beside the engine's own: spaCy, Presidio, an ONNX model, or anybody's.

A recogniser is named ``NAME``, ``NAME=MODEL`` or ``NAME=OPTIONS.toml``. The name is a shipped one
or that of an entry point of the group ``carecommons.annotators``, whose object takes
:class:`~deid.text.recognisers.options.RecogniserOptions` and returns an annotator. Nothing is ever
downloaded: a model is a package that is installed, or a folder.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from importlib.metadata import entry_points
from importlib.util import find_spec

from deid.errors import ConfigurationError
from deid.text.packs.base import Annotator
from deid.text.recognisers.options import read_options

ENTRY_POINT_GROUP = "carecommons.annotators"
SHIPPED = ("onnx", "presidio", "spacy")
"""Each is a module of its name here, and an extra of its name installs what it imports."""
_LIBRARIES = {"onnx": "onnxruntime", "presidio": "presidio_analyzer", "spacy": "spacy"}


def load_recognisers(specs: Sequence[str]) -> tuple[Annotator, ...]:
    """The recognisers that ``specs`` name, in their order.

    Raises:
        ConfigurationError: for an unknown name, a library or model that is not there, a malformed
            option, or one recogniser twice.
    """
    found = tuple(load_recogniser(spec) for spec in specs)
    names = [recogniser.name for recogniser in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ConfigurationError(f"recogniser {', '.join(twice)} is asked for twice")
    return found


def load_recogniser(spec: str) -> Annotator:
    """One recogniser.

    Raises:
        ConfigurationError: as :func:`load_recognisers`.
    """
    name, _, argument = spec.partition("=")
    further = {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}
    if name not in SHIPPED and name not in further:
        known = ", ".join(_described(known) for known in sorted({*SHIPPED, *further}))
        raise ConfigurationError(f"no recogniser {name!r}; there are {known}")
    if _is_missing(name):
        raise ConfigurationError(
            f"recogniser {name} needs {_LIBRARIES[name]}: pip install 'carecommons[{name}]'"
        )
    options = read_options(argument)
    if name in SHIPPED:
        make = importlib.import_module(f"{__name__}.{name}_recogniser").make
    else:
        make = further[name].load()
    recogniser: Annotator = make(options)
    return recogniser


def _described(name: str) -> str:
    return f"{name} (needs carecommons[{name}])" if _is_missing(name) else name


def _is_missing(name: str) -> bool:
    return name in _LIBRARIES and find_spec(_LIBRARIES[name]) is None
