"""A page for a privacy officer: what was replaced in a sample of notes, and what was left.

The page shows identifiers. It belongs on the vault's side, is written with mode 0600, and needs
neither a network nor scripts.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from deid.errors import TextRefused
from deid.scrubbing.treating import LineTreatment, Recipe
from deid.text.api import NoteInput, NoteOutput, Span
from deid.text.document import gaps
from deid.whole_files import write_whole

CONTEXT = 45
"""Characters shown on either side of a span."""
LEFT_SHOWN = 200
"""Most frequent words and numbers shown of those that were left."""

_NUMBERS = {1: "number", 2: "number", 3: "number", 4: "found"}
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){4,}")
_CAPITALISED = re.compile(r"(?<=[a-z,;] )[A-Z][a-z'\u2019-]+(?: [A-Z][a-z'\u2019-]+)*")

_STYLE = """
:root{color-scheme:light dark;--faint:#595959;--line:#8886;--alarm:#a40000}
@media(prefers-color-scheme:dark){:root{--faint:#b4b4b4;--alarm:#ff8a80}}
body{font:16px/1.5 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}
h1,h2,h3{line-height:1.25;scroll-margin-top:1rem}
h1,td{overflow-wrap:anywhere}
nav ul{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0;list-style:none}
:any-link{color:LinkText}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{border:1px solid var(--line);padding:.25rem .5rem;text-align:left;vertical-align:top}
th{overflow-wrap:normal}
th.number,td.number{text-align:right;font-variant-numeric:tabular-nums}
td.left{text-align:right}
td.left,td.right,td.found{color:var(--faint)}
td.found{font-size:.875rem}
.warning{border:2px solid var(--alarm);padding:.5rem 1rem}
pre{white-space:pre-wrap;overflow-wrap:anywhere;font:inherit}
pre{border:1px solid var(--line);padding:1rem}
del{background:#f9d6d5;color:#222;text-decoration:line-through}
ins{background:#d3f0d8;color:#222;text-decoration:none;margin:0 .15em}
sup{font-size:.65rem;color:var(--faint);line-height:1}
@media(max-width:45rem){
th,td{padding:.25rem}
th{font-size:.8rem}
table.types .found{display:none}
table.types td{overflow-wrap:normal}
table.spans thead{position:absolute;clip-path:inset(50%);width:1px;height:1px;overflow:hidden}
table.spans tr{display:block;border:1px solid var(--line);padding:.25rem .5rem;margin:.5rem 0}
table.spans td{display:inline;border:0;padding:0 .15rem}
}
@media print{
body{max-width:none;margin:0}nav{display:none}tr,h3{break-inside:avoid}h2,h3{break-after:avoid}
thead{display:table-header-group}del,ins{print-color-adjust:exact}
}
"""


@dataclass(frozen=True)
class Reviewed:
    """One note of the sample; ``output`` None where it was withheld for ``reason``."""

    number: int
    note: NoteInput | None
    output: NoteOutput | None
    reason: str = ""


def write_review(notes: Path, page: Path, recipe: Recipe, sample: int, seed: int) -> int:
    """Scrub a sample of a file of notes and write the page that shows it.

    Equal ``seed`` and file give the same sample.

    Returns:
        the number of notes shown.
    """
    lines = _sample(notes, sample, seed)
    treatment = LineTreatment(recipe)
    reviewed = [_review(treatment, number, line) for number, line in lines]
    document = render_page(reviewed, f"sample {seed} of {notes.name}").encode("utf-8")
    write_whole(page, lambda staged: staged.write_bytes(document))
    return len(reviewed)


def _sample(notes: Path, size: int, seed: int) -> list[tuple[int, bytes]]:
    """Lines with their numbers, drawn at random without replacement, in the order of the file."""
    chance = random.Random(seed)  # noqa: S311 -- chooses what a person looks at, no secret  # nosec B311 # chooses what a person looks at
    held: list[tuple[int, bytes]] = []
    with notes.open("rb") as file:
        count = 0
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            count += 1
            if len(held) < size:
                held.append((number, line))
            elif (place := chance.randrange(count)) < size:
                held[place] = (number, line)
    return sorted(held)


def _review(treatment: LineTreatment, number: int, line: bytes) -> Reviewed:
    note = None
    try:
        note = treatment.read(line)
        return Reviewed(number, note, treatment.scrub(note))
    except TextRefused as error:
        return Reviewed(number, note, None, str(error))


def render_page(reviewed: Iterable[Reviewed], title: str) -> str:
    """The page for notes that were reviewed."""
    notes = list(reviewed)
    shown = [(n.number, n.note, n.output) for n in notes if n.note and n.output]
    withheld = [note for note in notes if note.output is None]
    spans = [(number, note, span) for number, note, output in shown for span in output.spans]
    parts = [
        f"<h1>Review of scrubbed notes: {escape(title)}</h1>",
        '<p class="warning"><strong>This page shows identifiers.</strong> Keep it where the vault '
        "is, and remove it when you are done.</p>",
        f"<p>Notes shown: {len(shown):,}, with {len(spans):,} spans. "
        f"Notes withheld: {len(withheld):,}.</p>",
        _contents(sorted({span.type for _, _, span in spans}), bool(withheld)),
        '<h2 id="types">Spans by type</h2>',
        *_summary(spans),
    ]
    if withheld:
        parts += [
            '<h2 id="withheld">Withheld notes</h2>',
            _table(("line", "reason"), ((str(n.number), escape(n.reason)) for n in withheld)),
        ]
    for kind in sorted({span.type for _, _, span in spans}):
        parts += [f'<h2 id="{kind}">{kind}</h2>', "<p>The least sure first.</p>"]
        parts.append(_spans(row for row in spans if row[2].type is kind))
    parts += ['<h2 id="left">Left as it was</h2>', *_left(shown)]
    parts.append('<h2 id="notes">Whole notes</h2>')
    for number, note, output in shown:
        parts.append(f'<h3 id="line-{number}">Line {number}</h3>{_whole(note.text, output.spans)}')
    body = "\n".join(["<main>", *parts, "</main>"])
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>Review of scrubbed notes: {escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body>\n{body}\n</body></html>\n"
    )


def _contents(kinds: Iterable[str], withheld: bool) -> str:
    """Links to the parts of the page, in their order."""
    parts = [("types", "Spans by type"), *([("withheld", "Withheld notes")] if withheld else [])]
    parts += [(kind, kind) for kind in kinds]
    parts += [("left", "Left as it was"), ("notes", "Whole notes")]
    links = "".join(f'<li><a href="#{anchor}">{title}</a></li>' for anchor, title in parts)
    return f'<nav aria-label="Parts of this page"><ul>{links}</ul></nav>'


def _summary(spans: list[tuple[int, NoteInput, Span]]) -> Iterator[str]:
    kinds = sorted({span.type for _, _, span in spans})
    rows = []
    for kind in kinds:
        own = [(note, span) for _, note, span in spans if span.type is kind]
        values = {note.text[span.start : span.end] for note, span in own}
        detectors = Counter(name for _, span in own for name in span.detectors)
        rows.append(
            (
                f'<a href="#{kind}">{kind}</a>',
                f"{len(own):,}",
                f"{len(values):,}",
                f"{min(span.confidence for _, span in own):.2f}",
                escape(", ".join(f"{name} {count:,}" for name, count in detectors.most_common(6))),
            )
        )
    yield _table(
        ("type", "spans", "different values", "least confidence", "found by"),
        rows,
        _NUMBERS,
        "types",
    )


def _spans(rows: Iterable[tuple[int, NoteInput, Span]]) -> str:
    ordered = sorted(rows, key=lambda row: (row[2].confidence, row[0], row[2].start))
    cells = []
    for number, note, span in ordered:
        before = note.text[max(0, span.start - CONTEXT) : span.start]
        after = note.text[span.end : span.end + CONTEXT]
        cells.append(
            (
                f'<a href="#line-{number}">{number}</a>',
                _flat(before),
                f"<del>{_flat(note.text[span.start : span.end])}</del> "
                f"<ins>{_flat(span.surrogate)}</ins>",
                _flat(after),
                escape(", ".join(span.detectors)),
                f"{span.confidence:.2f}",
            )
        )
    head = ("line", "before", "replaced", "after", "found by", "confidence")
    classes = {1: "left", 3: "right", 4: "found", 5: "number"}
    return _table(head, cells, classes, name="spans")


def _left(shown: list[tuple[int, NoteInput, NoteOutput]]) -> Iterator[str]:
    """What an officer looks at first: capitals within sentences and long numbers that stayed."""
    counts: Counter[str] = Counter()
    example: dict[str, tuple[int, str]] = {}
    for number, note, output in shown:
        for start, end in gaps(len(note.text), output.spans):
            for expression in (_CAPITALISED, _LONG_NUMBER):
                for match in expression.finditer(note.text, start, end):
                    counts[match[0]] += 1
                    around = note.text[max(0, match.start() - CONTEXT) : match.end() + CONTEXT]
                    example.setdefault(match[0], (number, around))
    yield (
        f"<p>Words with a capital within a sentence, and numbers of five digits or more, that no "
        f"span covers: the {LEFT_SHOWN} most frequent.</p>"
    )
    yield _table(
        ("text", "times", "first seen", "line"),
        (
            (
                _flat(text),
                f"{count:,}",
                _flat(example[text][1]),
                f'<a href="#line-{example[text][0]}">{example[text][0]}</a>',
            )
            for text, count in counts.most_common(LEFT_SHOWN)
        ),
        {1: "number"},
    )


def _whole(text: str, spans: Iterable[Span]) -> str:
    pieces, place = [], 0
    for span in spans:
        pieces += [
            escape(text[place : span.start]),
            f"<del>{escape(text[span.start : span.end])}</del>"
            f"<ins>{escape(span.surrogate)}</ins><sup>{span.type}</sup>",
        ]
        place = span.end
    return f"<pre>{''.join(pieces)}{escape(text[place:])}</pre>"


def _flat(text: str) -> str:
    return escape(" ".join(text.split()))


def _table(
    head: Iterable[str],
    rows: Iterable[Iterable[str]],
    classes: dict[int, str] | None = None,
    name: str = "",
) -> str:
    """Cells are HTML already; ``classes`` are those of columns, ``name`` is that of the table."""
    styled = {i: f' class="{column}"' for i, column in (classes or {}).items()}
    titles = "".join(
        f'<th scope="col"{styled.get(i, "")}>{escape(title)}</th>' for i, title in enumerate(head)
    )
    body = "".join(
        "<tr>"
        + "".join(f"<td{styled.get(i, '')}>{cell}</td>" for i, cell in enumerate(row))
        + "</tr>"
        for row in rows
    )
    style = f' class="{name}"' if name else ""
    return f"<table{style}><thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
