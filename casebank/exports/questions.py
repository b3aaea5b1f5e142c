"""An exercise on paper: the question with room for an answer, and apart from it the key."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import html
from lxml.html.builder import E

from casebank.exports.shown import Line, lines_of, worded
from casebank.exports.words import word
from casebank.lesson import Exercise, Option, Wording
from casebank.model import Case, Language

_ROWS = 6
BOX = "[   ] "


def spoken(line: Line, language: Language) -> html.HtmlElement:
    """A text, marked where it is in another language than the document, ``language``."""
    text, its_own = line
    if its_own == language:
        return E.span(text)
    return E.span(text, lang="zh-CN" if its_own == "zh" else "en")


def question(
    exercise: Exercise, case: Case, language: Language, *, room: bool = True
) -> Iterator[html.HtmlElement]:
    """What a student is asked, without anything that only the key says; ``room`` to write in."""

    def say(wording: Wording) -> html.HtmlElement:
        return spoken(worded(wording, language), language)

    def choices(options: Iterable[Option]) -> html.HtmlElement:
        return E.ul({"class": "choices"}, *(E.li(BOX, say(option.text)) for option in options))

    if not room and (exercise.summary or exercise.problem_list or exercise.differential):
        return
    if exercise.summary is not None:
        yield E.div({"class": "lines"})
    elif exercise.problem_list is not None:
        yield _empty_table((word("problem", language), word("kind", language)), _ROWS)
    elif exercise.differential is not None:
        heads = ("diagnosis", "confidence")
        yield _empty_table(tuple(word(name, language) for name in heads), _ROWS - 1)
    elif exercise.reflection is not None:
        key = exercise.reflection
        yield E.p(word("matrix", language))
        head = E.tr(
            E.th(word("finding", language), scope="col"),
            *(E.th(say(one.text), scope="col") for one in key.hypotheses),
        )
        rows = (
            E.tr(
                E.th(say(one.text), scope="row"),
                *(E.td({"class": "write"}, "\u00a0") for _ in key.hypotheses),
            )
            for one in key.findings
        )
        yield E.table(E.thead(head), E.tbody(*rows))
    elif exercise.key_features is not None:
        yield E.p(word("choose", language).format(n=exercise.key_features.most))
        yield choices(exercise.key_features.options)
    elif exercise.script_concordance is not None:
        concordance = exercise.script_concordance
        yield E.p(
            f"{word('if', language)} ",
            say(concordance.hypothesis),
            f", {word('then', language)} ",
            say(concordance.finding),
            f", {word('becomes', language)}:",
        )
        yield E.p(word("scale", language))
    elif exercise.management is not None:
        yield E.p(word("mark", language))
        yield choices(exercise.management.options)
    elif exercise.errors is not None:
        yield E.p(word("mark", language))
        lines = lines_of(case, language)
        shown = (lines[one] for one in exercise.errors.candidates if one in lines)
        yield E.ul({"class": "choices"}, *(E.li(BOX, spoken(line, language)) for line in shown))


def answer_key(exercise: Exercise, case: Case, language: Language) -> html.HtmlElement:
    """The key, why it is so, and on what it rests."""
    return E.div(
        {"class": "key"},
        E.h4(word("key", language)),
        *_key(exercise, case, language),
        E.p(
            E.strong(word("because", language)),
            ": ",
            spoken(worded(exercise.explanation, language), language),
        ),
        E.p(
            {"class": "soft"},
            f"{word('source', language)}: {exercise.source} "
            f"({word(f'origin {exercise.origin}', language)})",
        ),
    )


def _key(exercise: Exercise, case: Case, language: Language) -> Iterator[html.HtmlElement]:
    def say(wording: Wording) -> html.HtmlElement:
        return spoken(worded(wording, language), language)

    def _(name: str) -> str:
        return word(name, language)

    if exercise.summary is not None:
        summary = exercise.summary
        yield E.p(f"{_('context words')}: {', '.join(summary.context)}")
        yield E.p(f"{_('syndrome words')}: {', '.join(summary.syndrome)}")
        yield E.ul(*(E.li(say(one)) for one in summary.experts))
    elif exercise.problem_list is not None:
        rows = [
            (say(one.title), _("kind family" if one.kind == "family" else one.kind), one.weight)
            for one in exercise.problem_list.problems
        ]
        yield _table((_("problem"), _("kind"), _("weight")), rows)
    elif exercise.differential is not None:
        listed = [
            (
                E.span(say(one.title), f" ({_('must')})" if one.must_not_miss else ""),
                one.relevance,
                say(one.why) if one.why else "",
            )
            for one in exercise.differential.diagnoses
        ]
        yield _table((_("diagnosis"), _("relevance"), _("because")), listed)
    elif exercise.reflection is not None:
        key = exercise.reflection
        names = {one.code: one.text for one in (*key.hypotheses, *key.findings)}
        links = [
            (say(names[ln.finding]), _(ln.stance), say(names[ln.hypothesis])) for ln in key.links
        ]
        yield _table((_("finding"), _("stance"), _("hypothesis")), links)
    elif exercise.key_features is not None:
        features = exercise.key_features
        judged = [
            (
                say(one.text),
                _("right")
                if one.code in features.right
                else _("harmful")
                if one.code in features.harmful
                else _("other"),
            )
            for one in features.options
        ]
        yield _table((_("option"), _("verdict")), judged)
    elif exercise.script_concordance is not None:
        panel = exercise.script_concordance.panel
        scale = ("-2", "-1", "0", "1", "2")
        yield _table((_("option"), *scale), [(_("panel"), *(panel.get(one, 0) for one in scale))])
    elif exercise.management is not None:
        management = exercise.management
        decided = [
            (
                say(one.text),
                _("yes") if one.code in management.asked else "–",
                _("yes") if one.code in management.happened else "–",
            )
            for one in management.options
        ]
        yield _table((_("option"), _("asked"), _("happened")), decided)
    elif exercise.errors is not None:
        lines = lines_of(case, language)
        wrong = [
            (spoken(lines[one.code], language) if one.code in lines else one.code, say(one.text))
            for one in exercise.errors.wrong
        ]
        yield _table((_("finding"), _("wrong")), wrong)


def _table(heads: Iterable[str], rows: Iterable[tuple[object, ...]]) -> html.HtmlElement:
    return E.table(
        E.thead(E.tr(*(E.th(head, scope="col") for head in heads))),
        E.tbody(
            *(
                E.tr(E.th(_content(first), scope="row"), *(E.td(_content(cell)) for cell in rest))
                for first, *rest in rows
            )
        ),
    )


def _content(cell: object) -> object:
    return cell if isinstance(cell, html.HtmlElement) else str(cell)


def _empty_table(heads: tuple[str, ...], rows: int) -> html.HtmlElement:
    """Numbered rows to write in; a blank cell holds a space, so that a reader finds it."""
    return E.table(
        E.thead(
            E.tr(
                E.th("#", {"class": "number"}, scope="col"),
                *(E.th(head, scope="col") for head in heads),
            )
        ),
        E.tbody(
            *(
                E.tr(
                    E.th(str(row), scope="row"),
                    *(E.td({"class": "write"}, "\u00a0") for _ in heads),
                )
                for row in range(1, rows + 1)
            )
        ),
    )
