"""Small parts of pages: tables, numbers, and a chart beside its table."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#222}
table{border-collapse:collapse;width:100%;margin:1rem 0}
th,td{border:1px solid #bbb;padding:.35rem .6rem;text-align:left;vertical-align:top}
th{background:#f1f3f5}td.number{text-align:right;font-variant-numeric:tabular-nums}
.passed{color:#0a5c2b}.refused{color:#a40000;font-weight:600}
figure{margin:1rem 0}figure svg{width:100%;height:auto}figcaption{font-weight:600}
details{margin:.4rem 0}summary{cursor:pointer}nav li{display:inline-block;margin-right:1rem}
nav ul{list-style:none;padding:0}
@media print{details::details-content{display:block;content-visibility:visible}
figure,tr{break-inside:avoid}nav{display:none}}
"""


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A table with a head; a cell that says ``passed`` or ``refused`` is marked."""
    lines = ["<table><thead><tr>", *(f'<th scope="col">{escape(cell)}</th>' for cell in head)]
    lines.append("</tr></thead><tbody>")
    for row in rows:
        cells = "".join(
            f'<td class="{cell}">{cell}</td>'
            if cell in {"passed", "refused"}
            else f"<td>{escape(cell)}</td>"
            for cell in row
        )
        lines.append(f"<tr>{cells}</tr>")
    lines.append("</tbody></table>")
    return "".join(lines)


def number(value: float | None) -> str:
    """A share or count in at most four decimals."""
    if value is None:
        return "does not apply"
    return f"{value:,.4f}".rstrip("0").rstrip(".")


def percent(share: float) -> str:
    """A share of people, in words for running text."""
    return f"{share:.1%}".replace(".0%", "%")


def count(value: int | None, k: int) -> str:
    """A count of people; None is one that is hidden because it is small."""
    return f"fewer than {k}, or hidden" if value is None else f"{value:,}"


def figure(caption: str, chart: str) -> str:
    """A chart with its caption."""
    return f"<figure><figcaption>{escape(caption)}</figcaption>{chart}</figure>"


def section(anchor: str, title: str, *parts: str) -> str:
    """A section that the page's list of contents leads to."""
    return f'<section id="{anchor}"><h2>{escape(title)}</h2>{"".join(parts)}</section>'


def page(title: str, body: str) -> bytes:
    """A whole page that needs nothing else."""
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body>\n{body}\n</body></html>\n"
    ).encode()
