"""The document behind the PDF: an edition of a case as one HTML page without script or address.

Editions: ``student`` has what the stages show, question by question, and no answer; ``teacher``
adds keys, expert view and the whole record; ``reading`` is the whole record without keys, for
those who have solved the case. None has a source, a release's name or an id of a person.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from lxml import etree, html
from lxml.html.builder import E

from casebank.errors import ExportImpossible
from casebank.exports.package import TERMS
from casebank.exports.questions import answer_key, question, spoken
from casebank.exports.shown import said, value_text, worded
from casebank.exports.words import word
from casebank.lesson import Lesson, Order, Stage, Wording
from casebank.model import Background, Case, Contact, Language, Soap, Statement
from casebank.pictures.ecomap import draw_ecomap, ecomap_table
from casebank.pictures.genogram import draw_genogram, genogram_table
from casebank.relative import day_text
from casebank.svg import draw_flow_sheet, draw_timeline
from casebank.timeline import Table, flow_table, timeline_table

Edition = Literal["student", "teacher", "reading"]

SECTIONS = ("profile", "past_history", "family", "living_environment", "lifestyle")
SOAP_PARTS = ("subjective", "objective", "assessment", "plan", "other")


@dataclass(frozen=True)
class Exporter:
    """Who has the document made, and when (UTC): stands at the foot of every page."""

    by: str
    at: datetime


def printed_document(
    case: Case, lesson: Lesson | None, edition: Edition, exporter: Exporter, language: Language
) -> str:
    """The edition as HTML.

    Raises:
        ExportImpossible: for the student's or teacher's edition of a case without a lesson.
    """
    if lesson is None and edition != "reading":
        raise ExportImpossible("this edition needs stages and questions, and the case has none")
    page = _Page(case.for_student(), lesson, language)
    title = lesson.title.text(language) if lesson else case.title
    body = E.body(*page.opening(edition, title, exporter))
    if edition != "reading" and lesson is not None:
        for number, stage in enumerate(lesson.stages, 1):
            body.append(page.stage(number, stage, with_keys=edition == "teacher"))
        if edition == "student":
            body.extend(page.results())
    if edition != "student":
        body.extend(page.expert_view())
        body.extend(page.record(heading=edition == "teacher"))
    document = E.html(
        E.head(
            E.meta(charset="utf-8"),
            E.title(title),
            E.meta(name="author", content="Care Commons"),
        ),
        body,
        lang=_tag(language),
    )
    return "<!doctype html>" + html.tostring(document, encoding="unicode")


class _Page:
    """Parts of a document over one case; record texts carry the record's own language."""

    def __init__(self, case: Case, lesson: Lesson | None, language: Language) -> None:
        self.case, self.lesson, self.language = case, lesson, language
        self.orders: list[tuple[str, Order]] = []
        if lesson is not None:
            numbered = (order for stage in lesson.stages for order in stage.orders)
            self.orders = [(f"R{n}", order) for n, order in enumerate(numbered, 1)]

    def _(self, key: str) -> str:
        return word(key, self.language)

    def say(self, wording: Wording) -> html.HtmlElement:
        """A wording, marked as the other language where it is only in that one."""
        return spoken(worded(wording, self.language), self.language)

    def recorded(self, text: str) -> html.HtmlElement:
        """A text of the record, marked where that is in another language than the document."""
        return spoken((text, self.case.language), self.language)

    def opening(
        self, edition: Edition, title: str, exporter: Exporter
    ) -> Iterator[html.HtmlElement]:
        """Title, what this print is, terms, objectives."""
        yield E.h1(title)
        facts = [self._(edition), f"{self._('level')}: {self._(self.case.level)}"]
        lesson = self.lesson
        if lesson is not None:
            facts.append(f"{self._('setting')}: {lesson.setting.text(self.language)}")
            facts.append(f"{self._('minutes')}: {lesson.minutes}")
        yield E.p(" · ".join(facts))
        if edition != "reading":
            yield E.p(self._(f"{edition} note"), {"class": "notice"})
        yield E.p(f"{self._('terms')}: {TERMS[0 if self.language == 'en' else 1]}")
        moment = exporter.at.strftime("%Y-%m-%d %H:%M UTC")
        said = (
            f"由{exporter.by}于{moment}导出 · 仅供教学"
            if self.language == "zh"
            else f"Exported by {exporter.by} at {moment} · for teaching only"
        )
        yield E.p(said, {"class": "released"})
        if lesson is not None and lesson.objectives:
            yield E.h2(self._("objectives"))
            yield E.ul(*(E.li(self.say(one.text)) for one in lesson.objectives))

    def stage(self, number: int, stage: Stage, *, with_keys: bool) -> html.HtmlElement:
        """What a stage shows, what may be asked for, and its questions."""
        assert self.lesson is not None
        section = E.section(
            {"class": "stage"},
            E.h2(f"{self._('stage')} {number}: ", self.say(stage.title)),
            E.h3(self._("finding")),
            *self.shown(frozenset(stage.reveals)),
        )
        if stage.orders:
            section.append(E.h3(self._("orders")))
            section.append(E.ul(*(self._order(one, with_keys) for one in stage.orders)))
        before = sum(1 for one in self.lesson.exercises if one.stage < number)
        for place, exercise in enumerate(self.lesson.at(number), before + 1):
            asked = E.div(
                {"class": "question"},
                E.h3(f"{self._('question')} {place}: ", self.say(exercise.prompt)),
                *question(exercise, self.case, self.language, room=not with_keys),
            )
            if with_keys:
                asked.append(answer_key(exercise, self.case, self.language))
            section.append(asked)
        return section

    def _order(self, order: Order, with_result: bool) -> html.HtmlElement:
        name = next(name for name, one in self.orders if one is order)
        item = E.li(self.say(order.label))
        if order.cost:
            item.append(E.span(f" ({self._('points')}: {order.cost})"))
        if with_result:
            item.extend(self.shown(frozenset(order.data)))
        else:
            link = E.a(f"{self._('result')} {name}", href=f"#{name}")
            page = E.a({"class": "page"}, f", {self._('page')} ", href=f"#{name}")
            item.extend([E.span(" → "), link, page])
        return item

    def results(self) -> Iterator[html.HtmlElement]:
        """What orders give, each on a page of its own, after all stages."""
        for name, order in self.orders:
            yield E.section(
                {"class": "result"},
                E.h2(f"{self._('result')} {name}: ", self.say(order.label), id=name),
                *self.shown(frozenset(order.data), "h3"),
            )

    def shown(self, ids: frozenset[str], level: str = "h4") -> list[html.HtmlElement]:
        """The statements and values with those ids, in the record's order."""
        parts = list(self.background(self.case.background, ids, level))
        for contact in self.case.contacts:
            if any(one.id in ids for one in contact.soap.statements):
                parts += self.contact(contact, ids, level)
        written = {one.id for one in self.case.statements()}
        values = [
            value_text(series, point, self.language)
            for sheet in self.case.flow_sheets
            for series in sheet.series
            for point in series.points
            if point.id in ids and point.id not in written
        ]
        if values:
            parts.append(getattr(E, level)(self._("measured")))
            parts.append(E.ul(*(E.li(self.recorded(value)) for value in values)))
        return parts or [E.p(self._("nothing"), {"class": "soft"})]

    def background(
        self, background: Background, ids: frozenset[str] | None, level: str
    ) -> Iterator[html.HtmlElement]:
        """Its sections; ``ids`` None means everything."""
        for name in SECTIONS:
            kept = _kept(getattr(background, name), ids)
            if kept:
                yield getattr(E, level)(self._(name))
                yield self.statements(kept, dated=name == "past_history")

    def contact(
        self, contact: Contact, ids: frozenset[str] | None, level: str
    ) -> Iterator[html.HtmlElement]:
        """A contact's heading and its SOAP note."""
        when = day_text(contact.day, self.language)
        yield getattr(E, level)(self.recorded(contact.setting), f", {when}")
        rows = []
        for part in SOAP_PARTS:
            kept = _kept(_part(contact.soap, part), ids)
            if kept:
                name = self._("notes" if part == "other" else part)
                rows.append(E.tr(E.th(name, scope="row"), E.td(self.statements(kept))))
        if rows:
            yield E.table({"class": "soap"}, E.tbody(*rows))

    def statements(
        self, statements: Iterable[Statement], *, dated: bool = False
    ) -> html.HtmlElement:
        """Statements as a list."""
        items = []
        for one in statements:
            item = E.li(spoken(said(self.case, one, self.language), self.language))
            if dated and one.day is not None:
                item.append(E.span(f" ({day_text(one.day, self.language)})"))
            items.append(item)
        return E.ul(*items)

    def expert_view(self) -> Iterator[html.HtmlElement]:
        """What an expert makes of it, and whose voices the author added."""
        if self.lesson is None:
            return
        expert = self.lesson.expert
        yield E.h2(self._("expert"))
        yield E.h3(self._("summary"))
        yield E.p(self.say(expert.summary))
        yield E.h3(self._("script"))
        yield E.p(self.say(expert.script))
        if expert.take_home:
            yield E.h3(self._("take home"))
            yield E.ul(*(E.li(self.say(one)) for one in expert.take_home))
        if self.lesson.perspectives:
            yield E.h3(self._("perspectives"))
            yield E.ul(*(E.li(self.say(one)) for one in self.lesson.perspectives))
        if self.lesson.community is not None:
            yield E.h3(self._("community"))
            yield E.p(self.say(self.lesson.community))

    def record(self, *, heading: bool) -> Iterator[html.HtmlElement]:
        """The whole record: problems, background, contacts, pictures with their tables, outcome."""
        if heading:
            yield E.h2({"style": "break-before: page"}, self._("record"))
        yield E.h2(self._("problems"))
        yield self._problems()
        yield E.h2(self._("background"))
        yield from self.background(self.case.background, None, "h3")
        yield E.h2(self._("contacts"))
        for contact in self.case.contacts:
            yield from self.contact(contact, None, "h3")
        yield from self._pictures()
        yield E.h2(self._("outcome"))
        yield E.p(f"{self._('last')}: {day_text(self.case.outcome.last_day, self.language)}")
        if self.case.outcome.died:
            yield E.p(self._("died"))
        if self.case.outcome.statements:
            yield self.statements(self.case.outcome.statements)

    def _problems(self) -> html.HtmlElement:
        heads = ("problem", "kind", "list", "status", "begins", "ends")
        rows = []
        for one in self.case.problems:
            cell = E.th(f"#{one.number} ", self.recorded(one.title), scope="row")
            if one.see is not None:
                cell.append(E.span(f" ({self._('part of')} #{one.see})"))
            ends = "–" if one.resolved_day is None else day_text(one.resolved_day, self.language)
            kind = "kind family" if one.kind == "family" else one.kind
            said = (self._(kind), self._(one.listed), self._(one.status))
            begins = day_text(one.onset_day, self.language)
            rows.append(E.tr(cell, *(E.td(text) for text in (*said, begins, ends))))
        head = E.thead(E.tr(*(E.th(self._(name), scope="col") for name in heads)))
        return E.table(head, E.tbody(*rows))

    def _pictures(self) -> Iterator[html.HtmlElement]:
        case = self.case
        if case.background.family_tree.members:
            yield E.h2(self._("genogram"))
            yield _figure(draw_genogram(case, self.language))
            yield self._table(genogram_table(case, self.language))
        surroundings = ecomap_table(case, self.language)
        if surroundings.rows:
            yield E.h2(self._("ecomap"))
            yield _figure(draw_ecomap(case, self.language))
            yield self._table(surroundings)
        if case.timeline.lanes:
            yield E.h2(self._("timeline"))
            table = timeline_table(case.timeline, self.language)
            yield _figure(draw_timeline(case.timeline, self.language))
            yield self._table(table)
        if case.flow_sheets:
            yield E.h2(self._("flow"))
        for number, sheet in enumerate(case.flow_sheets):
            yield E.h3(self.recorded(sheet.title))
            table = flow_table(sheet, self.language)
            yield _figure(draw_flow_sheet(sheet, self.language, f"flow-{number}"))
            yield self._table(table)

    def _table(self, table: Table) -> html.HtmlElement:
        return E.table(
            E.caption(table.caption),
            E.thead(E.tr(*(E.th(text, scope="col") for text in table.headers))),
            E.tbody(*(E.tr(*(E.td(text) for text in row)) for row in table.rows)),
        )


def _figure(svg: str) -> html.HtmlElement:
    """The drawing as a picture, whose alternative text is the drawing's own description."""
    address = "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()
    described = etree.fromstring(svg).iterfind("{*}desc")
    return E.figure(E.img(src=address, alt=" ".join(one.text or "" for one in described)))


def _kept(statements: tuple[Statement, ...], ids: frozenset[str] | None) -> tuple[Statement, ...]:
    return statements if ids is None else tuple(one for one in statements if one.id in ids)


def _part(soap: Soap, part: str) -> tuple[Statement, ...]:
    found: tuple[Statement, ...] = getattr(soap, part)
    return found


def _tag(language: Language) -> str:
    return "zh-CN" if language == "zh" else "en"
