"""SOAP notes: the sections of a contact's notes, and what the tables recorded at that contact.

Nothing is written here: a sentence is a stretch of a note, a datum is a row. What stands under a
heading goes to its section; a row goes to O (measurements, examinations), A (conditions) or P
(drugs, procedures, devices), and an observation to S if the person reported it, else to O.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from casebank import relations, rules
from casebank.identifiers import says_who_only
from casebank.ledger import Ledger
from casebank.model import Problem, Soap, Statement
from casebank.names import names_somebody
from casebank.record import Event, Note
from casebank.repeats import repeats_values, says

Letter = Literal["S", "O", "A", "P", ""]

HEADINGS: dict[Letter, str] = {
    "S": r"subjective|chief complaint|history( of present illness)?|hx|hpi|cc|interval history|"
    r"basis|data|why admitted|依据|经过|随访情况|入院原因|symptoms?|reason( for visit)?|reports|"
    r"主观(资料|部分)?|主诉|现病史|病史|症状|证状|患者自述|目前用药|来诊原因|就诊事由|事由",
    "O": r"objective|(physical )?exam(ination)?|pe|vitals?|vital signs|v/s|measured|"
    r"measurements|labs?|results?|findings|"
    r"客观(资料|部分)?|体格检查|查体|体检|体征|辅助检查|化验|检查结果|检查|数值|今日?测|生命体征",
    "A": r"assessment( and plan| & plan|/plan)?|(clinical )?impression|"
    r"(working )?(diagnos[ie]s|dx)|what is off|"
    r"a ?/ ?p|a ?& ?p|评估|评价|诊断|初步诊断|(初步)?印象|病名|问题|结论",
    "P": r"plan|recommendations?|treatment|management|follow.?up( plan)?|orders?|rx|"
    r"next steps?|action|dispo(sition)?|prescribed|"
    r"计划|处置(计划|及建议)?|处理(意见|计划|及建议)?|诊疗计划|治疗(计划)?|建议|健康指导|指导|下一步|现口?服",
}
_WORDS = "|".join(f"(?P<w{letter}>{words})" for letter, words in HEADINGS.items())
# A word may head a line or follow the end of a sentence; a single letter must be a capital.
_HEADING = re.compile(
    rf"(?:^|\n|(?<=[.。;；!！?？\n]))[ \t　]*[【\[（(]?"
    rf"(?:(?i:{_WORDS})|(?P<letter>[SOAP]))[】\]）)]?"
    rf"(?:[ \t　]*[:：]|(?<=[】\]])|(?<=[\nSOAP])[ \t]+[-–](?=[ \t]))"
)
# Markdown headings stand alone on their line; one that no word explains opens a part of its own.
_MARKDOWN = re.compile(
    rf"^[ \t]*#{{1,4}}[ \t]*(?:(?i:{_WORDS}|"
    r"(?P<told>(social|family|past medical) history|allergies|medications))[ \t]*$|[^\n]*$)",
    re.MULTILINE,
)
_SENTENCE_END = re.compile(r"(?<=[.!?])(?=\s)|(?<=[。！？；])|\n+")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Dr|Mr|Mrs|Ms|St|vs|No|approx|e\.g|i\.e|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|^\s*\d{1,2}|\n\s*\d{1,2})\.$"
)

REPORTED = (
    r"per day|per week|smoking|alcohol use|exercise|intake|adherence|adjustment|"
    r"compliance|hypoglyc|adverse drug|life event|reported|severity|symptom|complain|"
    r"self.rated|how often|worried|"
    r"症状|自评|主诉|自述"
)
# Sentences that say by themselves what they are, where a note has no heading for them.
EXAMINED_SENTENCE = re.compile(
    r"^((bp|hr|wt|temp(erature)?|pulse|weight|blood pressure|"
    r"vitals?|alert|abdomen|lungs|heart (rate|sounds|regular))\b|"
    r"[tp]\s?\d|no (leg )?o?edema\b|bp\s?\d|(血压|心率|脉搏|体温|体重)\s*\d|"
    r"双肺|心律|心音|神志清|腹软|腹平|双下肢无|双下肢轻)",
    re.IGNORECASE,
)
TOLD_SENTENCE = re.compile(
    r"诉(?!讼)|^自述|^近\d+\s*[天周日月年]|来诊[。.]?$|服药|停药|漏服|同住|陪同|精神可|自觉|"
    r"\b(reports|complains of|c/o|presents with|says|denies|first noticed|here because|lives with|"
    r"misses doses|meds: taking|takes (all|most)|came (with|along))\b|^cc\b",
    re.IGNORECASE,
)
PLANNED_SENTENCE = re.compile(
    r"^(meds?|rx|medications?|continue|return|recheck|next visit|follow.?up|start|add|increase|"
    r"reduce|stop|refer|no change|same meds|keep going|symptomatic care|rtc|added|step up|"
    r"counsell?ed|reassured|will (call|change))\b|"
    r"^(left|sent home) with\b|^(come|see) (back|us)\b|^knows to\b|^(showed|told) (her|him|them)\b|"
    r"^(用药|复诊|预约|嘱|继续|加用|调整|维持|转诊|原方案)|"
    r"^[^，,]{0,12}(随诊|复诊|再来|随时来|打电话|来站|就诊|按期来查)[。.]?$|^有疑问",
    re.IGNORECASE,
)
FOUND = r"^finding on exam|^abnormality found|体格检查所见|体检异常"
# What numbers or marks a line of a list.
_BULLET = re.compile(
    r"\s*(?:(?:\d{1,2}、|[（(]\d{1,2}[）)]|[①-⑳]|[·◎┃•｜|>*#-]+(?=\s|[^\W\d]))\s*)?"
)
_CLAUSES = re.compile(r"[,，;；]\s*")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
SCORED = r"total score|apgar|\bscore\b|总分|评分"
# The result of a test, which some notes write under the plan that asked for it.
RESULT_SENTENCE = re.compile(
    r"^(ecg|ekg|x-?ray|chest film|ultrasound|心电图|胸片|b超|彩超).*"
    r"(normal|unremarkable|no acute|abnormal|changes?|正常|异常|改变)",
    re.IGNORECASE,
)
# Who wrote the note, and where the patient is found: below the plan, and no part of it.
SIGNED_SENTENCE = re.compile(
    r"^(signed|e-?signed|electronically signed|dictated|transcribed|attending|author|entered by|"
    r"note by|copy to|addr(ess)?\b|home ph|pharmacy:|ssn|time spent|total time)|"
    r"^(医生签|医师签|医生：|医师：|记录者|记录人|签名|签字|随访人|随访医生|录入|"
    r"联系电话|本人电话|住址|身份证号)",
    re.IGNORECASE,
)
ASSESSED = r"class of this follow|overall evaluation|lost to follow|随访分类|健康评价|失访"
PLANNED = r"^target|^advice on|危险因素控制|next follow|referral to|目标|下次随访|转诊"


LEFT_OUT = (
    "identity lines of notes",
    "sentences of notes that name somebody",
    "sentences of notes that repeat measured values",
    "rows that repeat another of the day",
    "rows that a note of the day puts into words",
)


@dataclass(frozen=True)
class Section:
    """Stretch ``[start, end)`` of a note under one heading; no letter where there is none."""

    letter: Letter
    start: int
    end: int


def parse_note(text: str) -> tuple[Section, ...]:
    """Sections of a note in order. Headings themselves are in none.

    >>> [s.letter for s in parse_note("S: cough. O: T 37.5. A: cold. P: rest.")]
    ['S', 'O', 'A', 'P']
    """
    sections = []
    letter: Letter = ""
    start = 0
    headings = [*_MARKDOWN.finditer(text)]
    taken = [match.span() for match in headings]
    headings += [
        match
        for match in _HEADING.finditer(text)
        if not any(match.start() < last and first < match.end() for first, last in taken)
    ]
    for match in sorted(headings, key=lambda one: one.start()):
        if text[start : match.start()].strip():
            sections.append(Section(letter, start, match.start()))
        letter, start = _letter(match), match.end()
    if text[start:].strip():
        sections.append(Section(letter, start, len(text)))
    return tuple(sections)


def split_sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of ``text[start:end]``, without surrounding white space."""
    begin = start
    for match in _SENTENCE_END.finditer(text, start, end):
        if match.group() == "" and _ABBREVIATION.search(text[begin : match.start()]):
            continue
        yield from _trimmed(text, begin, match.start())
        begin = match.end()
    yield from _trimmed(text, begin, end)


class Linker:
    """Says which problems an entry belongs to."""

    def __init__(self, problems: tuple[Problem, ...], names: dict[int, tuple[str, ...]]) -> None:
        """``names`` are the problems' names in the release, in all its languages."""
        self._names = {
            problem.number: tuple(dict.fromkeys((problem.title, *names.get(problem.number, ()))))
            for problem in problems
        }
        self._titles = {number: " / ".join(mine) for number, mine in self._names.items()}
        self._mentions = {
            number: tuple({m for name in mine for m in (name.casefold(), rules.sameness_key(name))})
            for number, mine in self._names.items()
        }
        self._families = {
            number: frozenset().union(*(relations.families("problem", name) for name in mine))
            for number, mine in self._names.items()
        }
        self._problems = {problem.number: problem for problem in problems}
        self._evidence: dict[str, tuple[int, ...]] = {}
        for problem in problems:
            for item in problem.evidence:
                self._evidence.setdefault(item.id, item.problems)

    def of_families(self, wanted: frozenset[str]) -> tuple[int, ...]:
        """Problems of any of these relation families."""
        return tuple(number for number, mine in self._families.items() if wanted & mine)

    def of_event(self, event: Event, ledger: Ledger, here: frozenset[int]) -> tuple[int, ...]:
        """Problems of a row: those it is evidence of, those its name serves, or the only one here.

        ``here`` are the problems that are recorded at the same contact. A drug or procedure that no
        relation knows belongs to the one problem it was recorded with, if there is just one.
        """
        evidence = self._evidence.get(ledger.event(event).id)
        if evidence:
            return evidence
        part = {"drug_exposure": "drug", "measurement": "measurement"}.get(event.table, "problem")
        if event.table == "observation":
            part = "measurement"
        numbers = tuple(
            number
            for number in relations.related(part, event.name, self._titles)
            if _in_time(self._problems[number], ledger.day(event.start), part)
        )
        # A drug is given for the problem of its family that was dealt with at this contact.
        if part == "drug" and set(numbers) & here:
            numbers = tuple(number for number in numbers if number in here)
        if not numbers and event.table in {"drug_exposure", "procedure_occurrence"}:
            return tuple(here) if len(here) == 1 else ()
        return numbers

    def of_sentence(self, sentence: str, day: int) -> tuple[int, ...]:
        """Problems that a sentence names; else those whose illness, drugs or tests it names.

        Only problems that the sentence's day can belong to are taken by their drugs and tests.
        """
        folded = sentence.casefold()
        named = tuple(
            number
            for number, mentions in self._mentions.items()
            if any(mention in folded for mention in mentions)
            and _in_time(self._problems[number], day, "measurement")
        )
        covered = frozenset().union(*(self._families[number] for number in named))
        found = set(named)
        for part in ("problem", "drug", "measurement"):
            mentioned = relations.families(part, sentence) - covered
            found |= {
                number
                for number, mine in self._families.items()
                if mine & mentioned and _in_time(self._problems[number], day, part)
            }
        return tuple(sorted(found))


def _in_time(problem: Problem, day: int, part: str) -> bool:
    """Whether something on ``day`` can belong to the problem: a drug is not given before it."""
    if problem.promoted or problem.listed == "temporary":
        return any(
            one.start_day - rules.LINK_DAYS
            <= day
            <= (one.start_day if one.end_day is None else one.end_day) + rules.LINK_DAYS
            for one in problem.occurrences
        )
    before = after = rules.FOLLOW_DAYS
    if part == "drug":
        before = after = rules.LINK_DAYS
    if day < problem.onset_day - before:
        return False
    return problem.resolved_day is None or day <= problem.resolved_day + after


def build_soap(
    events: Iterable[Event], notes: Iterable[Note], linker: Linker, ledger: Ledger
) -> tuple[Soap, dict[str, int]]:
    """The SOAP note of one contact, and what was left out of it, counted by reason."""
    parts: dict[Letter, list[Statement]] = {"S": [], "O": [], "A": [], "P": [], "": []}
    counts = dict.fromkeys(LEFT_OUT, 0)
    events = list(events)
    values = frozenset(event.value for event in events if event.value is not None)
    found = findings_in_words(events)
    for note in notes:
        for section in parse_note(note.text):
            for start, end in split_sentences(note.text, section.start, section.end):
                sentence = note.text[start:end]
                shown = ledger.sentence_text(note, start, end)
                if says_who_only(sentence, shown):
                    counts["identity lines of notes"] += 1
                    continue
                if names_somebody(shown):
                    counts["sentences of notes that name somebody"] += 1
                    continue
                letter = file_under(sentence, section.letter)
                if letter != "O" and says_finding(sentence, found):
                    letter = "O"
                if letter == "O" and repeats_values(sentence, values):
                    counts["sentences of notes that repeat measured values"] += 1
                    continue
                numbers = linker.of_sentence(sentence, ledger.day(note.day))
                parts[letter].append(ledger.sentence(note, start, end, numbers))
    nothing: frozenset[int] = frozenset()
    conditions = [event for event in events if event.table == "condition_occurrence"]
    here = frozenset(
        number for event in conditions for number in linker.of_event(event, ledger, nothing)
    )
    written = {letter: len(parts[letter]) for letter in parts}
    seen: set[tuple[Letter, str]] = set()
    for event in events:
        letter, text = _letter_of(event), ledger.text(event)
        # Two forms filled in on one day ask the same things.
        if (letter, text) in seen:
            counts["rows that repeat another of the day"] += 1
            continue
        seen.add((letter, text))
        numbers = linker.of_event(event, ledger, here)
        place = says(event, text, [one.text for one in parts[letter][: written[letter]]])
        if place is not None:
            counts["rows that a note of the day puts into words"] += 1
            said = parts[letter][place]
            linked = tuple(sorted({*said.problems, *numbers}))
            parts[letter][place] = replace(said, problems=linked)
            continue
        parts[letter].append(ledger.event(event, numbers))
    soap = Soap(
        subjective=tuple(parts["S"]),
        objective=tuple(parts["O"]),
        assessment=tuple(parts["A"]),
        plan=tuple(parts["P"]),
        other=tuple(parts[""]),
    )
    return soap, {reason: count for reason, count in counts.items() if count}


def findings_in_words(events: Iterable[Event]) -> tuple[str, ...]:
    """The first clauses of what rows of examination say in words, folded."""
    return tuple(
        clause.casefold()
        for event in events
        if event.table == "observation" and event.value_text and _letter_of(event) == "O"
        if rules.matches(FOUND, event.name)
        for clause in _CLAUSES.split(event.value_text)[:2]
        if len(clause) >= (4 if _CHINESE.search(clause) else 10)
    )


def says_finding(sentence: str, found: tuple[str, ...]) -> bool:
    """Whether a sentence, wherever its note has it, tells what was found on examination."""
    folded = sentence.casefold()
    return any(clause in folded for clause in found)


def file_under(sentence: str, letter: Letter) -> Letter:
    """The heading's letter, or where it says too little, what the sentence plainly is.

    Notes leave headings out, and one heading often serves for assessment and plan together.
    """
    if letter in {"", "S"} and EXAMINED_SENTENCE.search(sentence):
        return "O"
    if letter in {"", "A", "P"} and RESULT_SENTENCE.search(sentence):
        return "O"
    if letter == "P" and SIGNED_SENTENCE.search(sentence):
        return ""
    if letter in {"", "S", "A"} and PLANNED_SENTENCE.search(sentence):
        return "P"
    if letter == "" and TOLD_SENTENCE.search(sentence):
        return "S"
    return letter


def _letter_of(event: Event) -> Letter:
    if event.table == "measurement":
        return "O"
    if event.table == "observation":
        if rules.matches(PLANNED, event.name):
            return "P"
        if rules.matches(ASSESSED, event.name):
            return "A"
        if rules.matches(SCORED, event.name):
            return "O"
        return "S" if rules.matches(REPORTED, event.name) else "O"
    return "A" if event.table == "condition_occurrence" else "P"


def _letter(match: re.Match[str]) -> Letter:
    for letter in HEADINGS:
        if match.group(f"w{letter}"):
            return letter
    groups = match.groupdict()
    if groups.get("told"):
        return "S"
    return next((letter for letter in HEADINGS if letter == groups.get("letter")), "")


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    piece = text[start:end]
    begin = start + _BULLET.match(piece).end()  # type: ignore[union-attr]
    finish = start + len(piece.rstrip())
    if begin < finish and re.search(r"\w", text[begin:finish]):
        yield begin, finish
