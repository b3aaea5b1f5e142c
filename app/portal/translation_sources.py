"""Which messages the portal speaks, read from its templates and modules.

Templates mark theirs by ``_()``. Modules need no mark where it is plain that a text is shown: the
text of an error that is raised, of a flashed notice, and of what :mod:`app.portal.spoken` names. A
value within an f-string becomes a place: ``f"Needs {n} people."`` is the message
``Needs {0} people.``, which :func:`app.languages.say` finds again.

``python -m app.portal.translation_sources`` writes what has no translation yet into the catalogue
of its area, with an empty translation to fill in.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import click
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po
from jinja2 import Environment, nodes
from jinja2.ext import extract_from_ast

from app.languages import CATALOGUES, messages_in_chinese
from app.portal.spoken import (
    BENEATH,
    FOR_PROGRAMMERS,
    OF_THE_LIBRARY,
    PLACED_ERRORS,
    SHOWING,
    SHOWN,
)

PORTAL: Final = Path(__file__).parent
TEMPLATES: Final = PORTAL / "templates"
APP: Final = PORTAL.parent
_WORD = re.compile(r"[A-Za-z]{2,}")
_SHOWN_ATTRIBUTES: Final = (
    "alt",
    "title",
    "aria-label",
    "placeholder",
    "data-label",
    "data-failed",
)
# Names of endpoints, of parts of a page, and places within a document.
_NO_WORDS = re.compile(r"[a-z_]+\.[a-z_]+|part-[a-z]+|\$\..*")
_ATTRIBUTES: Final = re.compile(r'[\w-]+="[^"]*"')
_ATTRIBUTE: Final = re.compile(r'([\w-]+)="$')
# Macros whose arguments are shown as they are.
_SHOWING_MACROS: Final = frozenset({"empty", "trail", "state_badge"})
# Names and codes that are the same in every language.
_SAME: Final = frozenset(
    {"Care Commons", "UTC", "CSV", "JSON", "PDF", "SHA-256", "OMOP", "LTI", "sha256:"}
)


def environment() -> Environment:
    """An environment that reads the portal's templates as the portal does."""
    made = Environment(
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True, autoescape=True
    )
    made.newstyle_gettext = True  # type: ignore[attr-defined]
    return made


def areas() -> dict[str, list[Path]]:
    """The templates of each area: a folder, or ``base`` for those that all pages share."""
    found: dict[str, list[Path]] = {}
    for path in sorted((*TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt"))):
        parts = path.relative_to(TEMPLATES).parts
        found.setdefault(parts[0] if len(parts) > 1 else "base", []).append(path)
    return found


def template_messages(path: Path) -> list[tuple[str, ...]]:
    """Messages of a template; one with a plural as a pair."""
    tree = environment().parse(path.read_text(encoding="utf-8"))
    found = []
    for _, _, message in extract_from_ast(tree):
        texts = (message,) if isinstance(message, str) else message or ()
        # Without a text: `_(name)`, whose words are marked where the name is given them.
        if shown := tuple(text for text in texts if isinstance(text, str)):
            found.append(shown)
    return found


# Modules ---------------------------------------------------------------------------------------


def modules() -> list[Path]:
    """The modules that speak to readers: the portal's, the services', and what both share.

    The API speaks to programs, in English.
    """
    found = [*PORTAL.rglob("*.py"), *APP.glob("*.py")]
    found += [path for part in ("services", "worker") for path in (APP / part).glob("*.py")]
    found += [path for pattern in BENEATH for path in APP.parent.glob(pattern)]
    return sorted(
        path for path in found if "translation" not in path.name and path.parent.name != "api"
    )


def area_of(module: Path) -> str:
    """The area of a module's messages: its own, so that two modules never share a catalogue."""
    root = APP if module.is_relative_to(APP) else APP.parent
    return module.relative_to(root).with_suffix("").as_posix()


def module_messages(path: Path) -> list[str]:
    """Texts of a module that readers see, in the order in which they stand."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shown = SHOWN.get(f"{area_of(path)}.py", frozenset())
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            raised = node.exc.func
            if not (isinstance(raised, ast.Name) and raised.id in FOR_PROGRAMMERS):
                placed = isinstance(raised, ast.Name) and raised.id in PLACED_ERRORS
                found += _texts(node.exc.args[1:2] if placed else node.exc.args[:1])
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else None
            name = node.func.id if isinstance(node.func, ast.Name) else name
            found += _texts(node.args[SHOWING.get(name or "", slice(0))])
        elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if any(isinstance(one, ast.Name) and one.id in shown for one in targets):
                found += _constants(node.value)
        elif isinstance(node, ast.keyword) and (node.arg or "").startswith(OF_THE_LIBRARY):
            found += map(_placed, list(_constants(node.value))[:1])
        elif isinstance(node, ast.ClassDef) and node.name in shown:
            for member in node.body:
                found += _constants(member.value) if isinstance(member, ast.Assign) else ()
        elif isinstance(node, ast.FunctionDef) and node.name in shown:
            returns = [one.value for one in ast.walk(node) if isinstance(one, ast.Return)]
            found += _texts([one for one in returns if one is not None])
    return [
        text
        for text in dict.fromkeys(found)
        if _WORD.search(text) and not _NO_WORDS.fullmatch(text)
    ]


def _texts(arguments: list[ast.expr]) -> Iterator[str]:
    for argument in arguments:
        if isinstance(argument, ast.IfExp):
            yield from _texts([argument.body, argument.orelse])
        elif isinstance(argument, ast.BoolOp):
            yield from _texts(argument.values)
        elif (text := _text(argument)) is not None:
            yield text


def _placed(text: str) -> str:
    """A text whose values stand as ``%(name)s``, with numbered places."""
    places = iter(range(100))
    return re.sub(r"%\(\w+\)s", lambda _: f"{{{next(places)}}}", text)


def _text(node: ast.expr) -> str | None:
    """A text with a place for each value in it; ``None`` where it is not written here."""
    places = iter(range(100))

    def parts(one: ast.expr) -> str | None:
        if isinstance(one, ast.Constant) and isinstance(one.value, str):
            return one.value
        if isinstance(one, ast.JoinedStr):
            return "".join(
                part.value
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
                else f"{{{next(places)}}}"
                for part in one.values
            )
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.Add):
            left, right = parts(one.left), parts(one.right)
            return None if left is None or right is None else left + right
        return None

    return parts(node)


def _constants(value: ast.expr) -> Iterator[str]:
    """Texts in a value; keys of dictionaries, members of sets and parts of f-strings are none."""
    apart: set[int] = set()
    for one in ast.walk(value):
        if isinstance(one, ast.Dict):
            apart |= {id(key) for key in one.keys}
        elif isinstance(one, ast.Set):
            apart |= {id(member) for member in one.elts}
        elif isinstance(one, ast.Compare):
            apart |= {id(part) for part in one.comparators}
        elif isinstance(one, ast.JoinedStr):
            apart |= {id(part) for part in one.values}
    for one in ast.walk(value):
        text = _text(one) if isinstance(one, ast.Constant | ast.JoinedStr) else None
        if text is not None and id(one) not in apart:
            yield text


# Texts that nobody marked ----------------------------------------------------------------------


def unmarked(path: Path) -> list[str]:
    """Visible words of a template that stand outside of ``_()``."""
    tree = environment().parse(path.read_text(encoding="utf-8"))
    written: list[str] = []
    found: list[str] = []
    for output in tree.find_all(nodes.Output):
        for node in output.nodes:
            if isinstance(node, nodes.TemplateData):
                written.append(node.data)
                continue
            within = _ATTRIBUTE.search("".join(written[-2:]))
            if not _is_marked(node) and (not within or within[1] in _SHOWN_ATTRIBUTES):
                found += [text for text in _shown(node) if _WORD.search(text)]
            written.append("•")
    reader = _Visible()
    reader.feed("".join(written))
    return [*found, *(text for text in reader.found if text not in _SAME)]


def _is_marked(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Call) and (
        isinstance(node.node, nodes.Name) and node.node.name in ("_", "gettext", "ngettext")
    )


def _shown(node: nodes.Node) -> Iterator[str]:
    """Sentences written into an expression; words of one piece may be values of attributes."""
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        if " " in node.value.strip() or node.value[:1].isupper():
            yield node.value
    elif isinstance(node, nodes.CondExpr):
        yield from _shown(node.expr1)
        if node.expr2 is not None:
            yield from _shown(node.expr2)
    elif isinstance(node, nodes.Concat):
        for part in node.nodes:
            yield from _shown(part)
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        if node.node.name in _SHOWING_MACROS:
            for argument in node.args:
                yield from _shown(argument)
    elif isinstance(node, nodes.List | nodes.Tuple):
        for item in node.items:
            yield from _shown(item)


class _Visible(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._silent = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._silent += tag in ("code", "style", "script")
        for name, value in attrs:
            if name in _SHOWN_ATTRIBUTES and value and _WORD.search(value):
                self.found.append(value)

    def handle_endtag(self, tag: str) -> None:
        self._silent -= tag in ("code", "style", "script")

    def handle_data(self, data: str) -> None:
        text = " ".join(data.replace("•", " ").replace("–", " ").split())
        text = _ATTRIBUTES.sub("", text)  # a macro can make attributes only
        if not self._silent and _WORD.search(text):
            self.found.append(text)


# Catalogues ------------------------------------------------------------------------------------


def messages_by_area() -> dict[str, list[tuple[str, ...]]]:
    """Every message of the portal, by the area whose catalogue it belongs to."""
    found: dict[str, list[tuple[str, ...]]] = {}
    for area, paths in areas().items():
        found[area] = [message for path in paths for message in template_messages(path)]
    for module in modules():
        found[area_of(module)] = [(text,) for text in module_messages(module)]
    return {area: list(dict.fromkeys(messages)) for area, messages in found.items() if messages}


def untranslated() -> dict[str, list[tuple[str, ...]]]:
    """Messages without a translation, by area; areas where nothing is left do not appear."""
    known = messages_in_chinese()
    left = {
        area: [message for message in messages if message[0] not in known]
        for area, messages in messages_by_area().items()
    }
    return {area: messages for area, messages in left.items() if messages}


def write_catalogue(area: str, translations: dict[tuple[str, ...], str]) -> None:
    """Put messages with their translations (or none) into an area's catalogue."""
    path = CATALOGUES / area / "zh" / "LC_MESSAGES" / "messages.po"
    if path.exists():
        with path.open("rb") as file:
            catalogue = read_po(file, locale="zh")
    else:
        catalogue = Catalog(locale="zh", fuzzy=False)
    for message, text in translations.items():
        several = len(message) > 1
        catalogue.add(message if several else message[0], (text,) if several else text)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, omit_header=True, sort_output=True)


@click.command()
def main() -> None:
    """Write what has no translation yet into the catalogues."""
    for area, messages in untranslated().items():
        write_catalogue(area, dict.fromkeys(messages, ""))
        click.echo(f"{area}: {len(messages)} without a translation")


if __name__ == "__main__":
    main()
