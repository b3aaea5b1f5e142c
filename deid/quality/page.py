"""``quality.html``: the assessment in tables, in one self-contained page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from deid.quality.model import CheckResult, QualityAssessment
from deid.risk.report import STYLE

_ABOUT = (
    "<p>Checks of OHDSI's Data Quality Dashboard that apply, in the categories of Kahn 2016, and "
    "the continuity and mapping of residents' records. They were asked of the released rows, "
    "after treatment; what compares with birth is left out, because years of birth are bands.</p>"
)


def render_page(title: str, assessment: QualityAssessment, smallest: int) -> bytes:
    """The page for one release; numbers below ``smallest`` are not told, and no row is named."""
    parts = [
        f"<h1>Data quality: {escape(title)}</h1>",
        _ABOUT,
        _table(
            ("category", "passed", "checks"),
            ((name, f"{passed:,}", f"{total:,}") for name, passed, total in assessment.summary()),
        ),
        f"<h2>Over their threshold ({len(assessment.failed)})</h2>",
        _results(assessment.failed, smallest) if assessment.failed else "<p>None.</p>",
        "<h2>All checks that found something</h2>",
        _results((r for r in assessment.results if r.violated), smallest),
    ]
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Data quality: {escape(title)}</title><style>{STYLE}</style>"
        f"<body>{''.join(parts)}</body></html>"
    )
    return page.encode("utf-8")


def _results(results: Iterable[CheckResult], smallest: int) -> str:
    return _table(
        ("check", "of", "found", "share", "at most", "verdict"),
        (
            (
                f"{r.check.name}: {r.check.text.split('; examples')[0]}",
                f"{r.check.table}{'.' + r.check.column if r.check.column else ''}"
                f"{' — ' + r.check.concept if r.check.concept else ''}",
                *_found(r, smallest),
                f"{r.check.threshold:.1%}",
                "failed" if r.failed else "passed",
            )
            for r in results
        ),
    )


def _found(result: CheckResult, smallest: int) -> tuple[str, str]:
    """Number and share; both are withheld where few rows, or all but a few, are concerned."""
    if result.rows < smallest:
        return f"of fewer than {smallest}", ""
    if result.violated < smallest:
        return f"fewer than {smallest} of {result.rows:,}", ""
    if 0 < result.rows - result.violated < smallest:
        return f"nearly all of {result.rows:,}", ""
    return f"{result.violated:,} of {result.rows:,}", f"{result.share:.2%}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    header = "".join(f"<th>{escape(name)}</th>" for name in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{header}</tr></thead><tbody>{body}</tbody></table>"
