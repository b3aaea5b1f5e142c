"""``quality.html``: the assessment of one release as a page that stands alone and can be printed.

Nothing in it names a row or a person, and numbers below the release's smallest count are withheld.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from deid.quality.model import CheckResult, QualityAssessment
from deid.quality.rendering import advice, by_name
from deid.risk.html import STYLE

FILLED = "measureValueCompleteness"

_STYLE = (
    STYLE
    + """
caption{text-align:left;font-weight:600;padding:.3rem 0}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
th[scope=row]{background:none;font-weight:400;overflow-wrap:anywhere;min-width:9rem}
td.verdict{white-space:nowrap}.failed{color:#a40000;font-weight:600}
section{margin-top:2rem}h3{margin:1.6rem 0 .3rem}h3+p{margin:.3rem 0}h3~.wide table{margin:.4rem 0}
nav ul{padding-left:1.2rem}.quiet{color:#555}
.wide{overflow-x:auto}
@media print{body{max-width:none;margin:0;font-size:10pt}nav{display:none}.wide{overflow:visible}
thead{display:table-header-group}tr{break-inside:avoid}h2,h3{break-after:avoid}}
"""
)
_MEANING = {
    "Conformance": "Values have the form, codes and references that the data model asks for.",
    "Completeness": "What should be recorded is recorded.",
    "Plausibility": "What is recorded can be true: possible values, possible dates, nothing twice.",
    "Continuity": "People were seen as often as the follow-up schedule of their country asks.",
    "Standardisation": "What the source wrote is mapped to standard concepts, so that it is found.",
}
_ABOUT = (
    "<p>This page says how good the records of this release are for research. It asks the checks "
    "of OHDSI's Data Quality Dashboard that apply, in the categories of Kahn 2016, and those of a "
    "resident's continuous record. They were asked of the released rows, after treatment. Years of "
    "birth are bands here, so nothing is compared with birth. "
    "A check <strong>fails</strong> when its share is above the threshold beside it: use what it "
    "concerns with care. A check that passes may still have found something.</p>"
)


def render_page(title: str, assessment: QualityAssessment, smallest: int) -> bytes:
    """The page for one release; numbers below ``smallest`` are not told, and no row is named."""
    failed = assessment.failed
    continuity = [r for r in assessment.results if r.check.category == "Continuity"]
    mapping = [r for r in assessment.results if r.check.category == "Standardisation"]
    parts = [
        f"<h1>Data quality: {escape(title)}</h1>",
        _ABOUT,
        '<nav aria-label="On this page"><ul>'
        '<li><a href="#summary">Summary</a></li>'
        f'<li><a href="#failed">Checks that failed ({len(failed)})</a></li>'
        '<li><a href="#continuity">Continuity of follow-up</a></li>'
        '<li><a href="#mapping">Share of mapped codes</a></li>'
        '<li><a href="#filled">How full the columns are</a></li>'
        '<li><a href="#found">Other findings</a></li>'
        '<li><a href="#not-asked">Checks that did not apply</a></li></ul></nav>',
        _section("summary", "Summary", _summary(assessment)),
        _section("failed", f"Checks that failed ({len(failed)})", _failed(failed, smallest)),
        _section("continuity", "Continuity of follow-up", _continuity(continuity, smallest)),
        _section("mapping", "Share of mapped codes", _mapping(mapping, smallest)),
        _section("filled", "How full the columns are", _columns(assessment.results, smallest)),
        _section("found", "Other findings", _others(assessment.results, smallest)),
        _section("not-asked", "Checks that did not apply", _not_asked(assessment)),
    ]
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>Data quality: {escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body><main>{''.join(parts)}</main></body></html>"
    )
    return page.encode("utf-8")


def _section(key: str, title: str, body: str) -> str:
    return f'<section aria-labelledby="{key}"><h2 id="{key}">{escape(title)}</h2>{body}</section>'


def _summary(assessment: QualityAssessment) -> str:
    figures = assessment.summary()
    lines = [(str(name), _MEANING[name], total, passed) for name, passed, total in figures]
    lines.append(("All", "", sum(f[2] for f in figures), sum(f[1] for f in figures)))
    rows = [
        (name, meaning, f"{total:,}", f"{passed:,}", f"{total - passed:,}")
        for name, meaning, total, passed in lines
    ]
    return _table(
        "Checks by category",
        ("category", "what it asks", "checks", "passed", "failed"),
        rows,
        numbers=(2, 3, 4),
    )


def _failed(failed: Sequence[CheckResult], smallest: int) -> str:
    if not failed:
        return "<p>None.</p>"
    parts = []
    for name, group in by_name(failed):
        words = advice()[name]
        texts = list(dict.fromkeys(_words(result) for result in group))
        same = f" Found: {escape(texts[0])}." if len(texts) == 1 else ""
        parts.append(
            f"<h3>{escape(words.title)}</h3><p>{escape(group[0].check.category)}, check "
            f"<code>{escape(name)}</code>.{same} "
            f'<span class="quiet">At the source: {escape(words.text)}</span></p>'
        )
        rows = [
            (
                _about(r) if same else f"{_about(r)}: {_words(r)}",
                *_found(r, smallest),
                _limit(r),
            )
            for r in group
        ]
        head = ("where", "found", "share", "threshold")
        parts.append(_table("", head, rows, numbers=(1, 2, 3), label=words.title))
    return "".join(parts)


def _others(results: Iterable[CheckResult], smallest: int) -> str:
    """What the sections before do not list already."""
    apart = {"Continuity", "Standardisation"}
    rows = [
        (
            advice()[r.check.name].title,
            f"{_about(r)}: {_words(r)}",
            *_found(r, smallest),
            _limit(r),
            _verdict(r),
        )
        for r in results
        if r.violated and r.check.category not in apart and r.check.name != FILLED
    ]
    return _table(
        "Checks with at least one finding, failed or passed",
        ("check", "where and what", "found", "share", "threshold", "verdict"),
        rows,
        numbers=(2, 3, 4),
    )


def _columns(results: Iterable[CheckResult], smallest: int) -> str:
    """How full each column is that may be empty."""
    rows = [
        (
            r.check.place,
            f"{r.rows:,}" if r.rows >= smallest else f"fewer than {smallest}",
            f"{(1 - r.share) * 100:.1f} %" if _told(r, smallest) else "withheld",
            f"at least {(1 - r.check.threshold) * 100:g} %" if r.check.threshold < 1 else "none",
            _verdict(r),
        )
        for r in results
        if r.check.name == FILLED
    ]
    return _table(
        "Columns that may be empty, and the share of their rows that holds a value",
        ("column", "rows", "with a value", "threshold", "verdict"),
        rows,
        numbers=(1, 2, 3),
    )


def _about(result: CheckResult) -> str:
    check = result.check
    if check.category == "Continuity":
        return check.concept
    return f"{check.place} — {check.concept}" if check.concept else check.place


def _words(result: CheckResult) -> str:
    """What was found, without what is said of examples, of which a page has none."""
    found = result.check.text.split("; examples")[0]
    return f"{found}; {result.remark}" if result.remark else found


def _continuity(results: Sequence[CheckResult], smallest: int) -> str:
    """One line a schedule: due visits missed, people with a gap, people lost."""
    if not results:
        return "<p>No schedule applies to these records.</p>"
    names = {
        "dueVisitKept": "due visits missed",
        "followUpGap": "people with a gap",
        "lostToFollowUp": "people lost",
    }
    schedules: dict[str, dict[str, CheckResult]] = {}
    for result in results:
        schedules.setdefault(result.check.concept, {})[result.check.name] = result
    rows = [
        (title, *(_cell(found.get(name), smallest) for name in names))
        for title, found in schedules.items()
    ]
    rules = "".join(
        f"<li>{escape(title)}: {escape(next(iter(found.values())).check.source)}</li>"
        for title, found in schedules.items()
    )
    return (
        "<p>A visit is due when the schedule says so and the person was under observation; each "
        "schedule concerns residents of its country. Under each share stand its numbers and its "
        "threshold.</p>"
        + _table(
            "Follow-up against its schedule",
            ("schedule", *names.values()),
            rows,
            numbers=(1, 2, 3),
        )
        + f"<h3>Rules</h3><ul>{rules}</ul>"
    )


def _cell(result: CheckResult | None, smallest: int) -> str:
    if result is None:
        return "not asked"
    found, share = _found(result, smallest)
    lines = [share, found, _limit(result), "failed" if result.failed else ""]
    return "\n".join(line for line in lines if line)


def _mapping(results: Sequence[CheckResult], smallest: int) -> str:
    if not results:
        return "<p>No column with codes is in the release.</p>"
    rows = [
        (
            r.check.place,
            "distinct values" if r.check.name == "sourceValueCompleteness" else "records",
            f"{r.rows:,}" if r.rows >= smallest else f"fewer than {smallest}",
            # A share of few is not told, nor one that leaves few.
            f"{(1 - r.share) * 100:.1f} %" if _told(r, smallest) else "withheld",
            f"at least {(1 - r.check.threshold) * 100:g} %" if r.check.threshold < 1 else "none",
            _verdict(r),
        )
        for r in results
    ]
    return _table(
        "Mapped to a standard concept",
        ("column", "of", "number", "mapped", "threshold", "verdict"),
        rows,
        numbers=(2, 3, 4),
    )


def _not_asked(assessment: QualityAssessment) -> str:
    if not assessment.not_applicable:
        return "<p>None.</p>"
    return _table(
        "Checks that could not be asked of these records; they count neither way",
        ("schedule", "why it does not apply"),
        ((one.about, one.reason) for one in assessment.not_applicable),
    )


def _told(result: CheckResult, smallest: int) -> bool:
    """No count may stand for fewer people or rows than ``smallest``, nor may what is left over."""
    left = result.rows - result.violated
    return result.rows >= smallest and all(n == 0 or n >= smallest for n in (result.violated, left))


def _found(result: CheckResult, smallest: int) -> tuple[str, str]:
    """Number and share; both are withheld where few rows, or all but a few, are concerned."""
    if result.rows < smallest:
        return f"of fewer than {smallest}", ""
    if result.violated < smallest:
        return f"fewer than {smallest} of {result.rows:,}", ""
    if not _told(result, smallest):
        return f"nearly all of {result.rows:,}", ""
    return f"{result.violated:,} of {result.rows:,}", _percent(result.share)


def _percent(share: float) -> str:
    return "under 0.1 %" if 0 < share < 0.001 else f"{share * 100:.1f} %"


def _limit(result: CheckResult) -> str:
    limit = result.check.threshold
    return "no threshold" if limit >= 1 else f"at most {limit * 100:g} %"


def _verdict(result: CheckResult) -> str:
    return "failed" if result.failed else "passed"


def _table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Iterable[str]],
    numbers: Sequence[int] = (),
    label: str = "",
) -> str:
    """The first cell of a row is its header; ``numbers`` are the columns set to the right.

    A table right under its heading has that as ``label`` instead of a caption.
    """
    right = [' class="number"' if n in numbers else "" for n in range(len(head))]
    header = "".join(
        f'<th scope="col"{right[n]}>{escape(name)}</th>' for n, name in enumerate(head)
    )
    named = f"<caption>{escape(caption)}</caption>" if caption else ""
    body = []
    for row in rows:
        first, *rest = row
        cells = f'<th scope="row">{escape(first)}</th>'
        for n, cell in enumerate(rest, start=1):
            kind = f' class="verdict {cell}"' if head[n] == "verdict" else right[n]
            cells += f"<td{kind}>{escape(cell).replace(chr(10), '<br>')}</td>"
        body.append(f"<tr>{cells}</tr>")
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label or caption)}">'
        f"<table>{named}<thead><tr>{header}</tr></thead><tbody>{''.join(body)}</tbody></table></div>"
    )
