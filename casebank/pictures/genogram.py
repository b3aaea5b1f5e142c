"""Draws a family as a genogram with the symbols of McGoldrick, its own legend and an equal table.

Generations are rows, the oldest above. Ages stand inside the symbols, as bands; diseases fill
quarters of a symbol with one pattern each and are named by code beneath it, so that nothing hangs
on colour. Published legends differ, so that ours is printed with every picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

from casebank.family.diseases import QUARTERS, Quarter, disease, disease_of
from casebank.family.wording import member_text
from casebank.family_model import INDEX, Family, FamilyProblem, Member, Relation, Sex
from casebank.model import Case, Language
from casebank.pictures.canvas import (
    WIDTH,
    check_identifier,
    document,
    label_at,
    line,
    text_width,
    wrapped,
)
from casebank.timeline import Table

_R = 17.0
_INK = "#234"
_SLOT = 92.0
_LEADING = 10.5
_GAP = 34.0
_PARTNERS: tuple[Relation, ...] = ("spouse", "former spouse")

_TEXT = {
    "title": {"en": "Genogram", "zh": "家系图"},
    "desc": {
        "en": "{people} relatives in {rows} generations around the index person. "
        "The table beside it says the same in words.",
        "zh": "本人及{people}位亲属，共{rows}代。旁边的表格内容相同。",
    },
    "index": {"en": "index person", "zh": "本人"},
    "dead": {"en": "dead", "zh": "已故"},
    "alive": {"en": "no death recorded", "zh": "未记录死亡"},
    "legend": {"en": "Legend", "zh": "图例"},
    "male": {"en": "male", "zh": "男性"},
    "female": {"en": "female", "zh": "女性"},
    "unknown": {"en": "sex not told", "zh": "性别未示"},
    "x": {"en": "dead", "zh": "已故"},
    "double": {"en": "index person", "zh": "本人"},
    "many": {"en": "4 or more", "zh": "4人及以上"},
    "pregnancy": {"en": "pregnancy", "zh": "妊娠"},
    "couple": {"en": "couple or parents", "zh": "夫妻或父母"},
    "parted": {"en": "divorced", "zh": "离婚"},
    "descent": {"en": "child of", "zh": "子女"},
    "unclear": {"en": "exact link not told", "zh": "具体关系未示"},
    "loop": {"en": "one household", "zh": "同住一户"},
    "later": {
        "en": "y3: known by the third year of the record. Ages: at the first contact.",
        "zh": "y3：至记录第3年已知。年龄为首次接诊时。",
    },
    "circulation": {"en": "heart and circulation", "zh": "心脑血管"},
    "metabolism": {"en": "metabolism and bone", "zh": "代谢与骨"},
    "lungs, kidneys, growths": {"en": "lungs, kidneys, tumors", "zh": "肺、肾、肿瘤"},
    "mind and nerves": {"en": "mind and nerves", "zh": "精神与神经"},
    "caption": {
        "en": "The family, as the genogram shows it",
        "zh": "家系图的文字内容",
    },
    "nobody": {"en": "not recorded", "zh": "未记录"},
    "this person": {"en": "the index person", "zh": "本人"},
    "yes": {"en": "yes", "zh": "是"},
    "no": {"en": "not told", "zh": "未示"},
    "by year": {"en": "by year {n} of the record", "zh": "至记录第{n}年"},
}
_HEADERS = {
    "en": ("Person", "Sex", "Age at first contact", "Life", "Diseases", "Child of", "Household"),
    "zh": ("成员", "性别", "首次接诊时年龄", "生存状况", "疾病", "父母", "是否同住"),
}


@dataclass(frozen=True)
class _Symbol:
    """A person as drawn; ``codes`` are the diseases with the year they are known by."""

    key: str
    name: str
    sex: Sex
    age: str
    dead: bool
    problems: tuple[FamilyProblem, ...]
    generation: int
    parents: tuple[str, ...]
    relation: Relation | None = None
    count: int = 1
    in_household: bool = False
    parents_said: bool = True


def draw_genogram(case: Case, language: Language, identifier: str = "genogram") -> str:
    """The family of ``case`` as an SVG fragment; ``identifier`` must be unique on the page.

    The index person's own diseases are those of the case's problem list: while that is not
    disclosed, neither are they.

    Raises:
        ValueError: for a malformed ``identifier``.
    """
    prefix = check_identifier(identifier)
    symbols = _symbols(case, language)
    rows = _rows(symbols)
    placed: dict[str, tuple[float, float]] = {}
    top = 10.0
    for row in rows:
        top += _GAP
        slot = min(_SLOT, (WIDTH - 24) / len(row))
        left = (WIDTH - slot * (len(row) - 1)) / 2
        for place, symbol in enumerate(row):
            placed[symbol.key] = (left + place * slot, top + _R)
        top += 2 * _R + max(len(_lines(symbol, slot, _alone(symbol, symbols), language))
                            for symbol in row) * _LEADING + 8  # fmt: skip
    parts = [*_loop(rows, placed, case.background.family_tree), *_descent(symbols, rows, placed)]
    parts += _couples(symbols, placed)
    for row in rows:
        slot = min(_SLOT, (WIDTH - 24) / len(row))
        for symbol in row:
            parts.append(
                _draw(symbol, placed[symbol.key], slot, _alone(symbol, symbols), prefix, language)
            )
    legend, height = _legend(symbols, top + 14, prefix, language)
    description = _TEXT["desc"][language].format(
        people=sum(s.count for s in symbols if s.key != INDEX and s.relation != "pregnancy"),
        rows=len(rows),
    )
    return document(
        prefix, _TEXT["title"][language], description, height, [*parts, *legend], _patterns(prefix)
    )


def genogram_table(case: Case, language: Language) -> Table:
    """All that the genogram shows, one row a person."""
    symbols = _symbols(case, language)
    names = {symbol.key: symbol.name for symbol in symbols}
    names[INDEX] = _TEXT["this person"][language]
    rows = []
    for row in _rows(symbols):
        for one in row:
            parents = " + ".join(names[key] for key in one.parents)
            rows.append(
                (
                    one.name,
                    _TEXT[one.sex][language] if one.relation != "pregnancy" else "–",
                    one.age or "–",
                    _TEXT["dead" if one.dead else "alive"][language]
                    if one.relation != "pregnancy"
                    else "–",
                    "; ".join(_disease_text(p, language) for p in one.problems) or "–",
                    parents or _TEXT["nobody"][language],
                    _TEXT["yes" if one.in_household else "no"][language],
                )
            )
    return Table(_TEXT["caption"][language], _HEADERS[language], tuple(rows))


def _disease_text(problem: FamilyProblem, language: Language) -> str:
    text = f"{problem.code} {disease(problem.code).name(language)}"
    if problem.year:
        text += f" ({_TEXT['by year'][language].format(n=problem.year)})"
    return text


def _symbols(case: Case, language: Language) -> list[_Symbol]:
    family = case.background.family_tree
    own: dict[str, FamilyProblem] = {}
    for problem in case.problems:
        found = disease_of(problem.title)
        if found is not None and problem.listed == "master":
            data = problem.evidence[0].id
            own.setdefault(found.code, FamilyProblem(found.code, problem.title, 0, data))
    parents = tuple(member.key for member in family.of("parent"))
    index = _Symbol(
        key=INDEX,
        name=_TEXT["index"][language],
        sex=family.sex,
        age=family.age,
        dead=case.outcome.died,
        problems=tuple(own.values()),
        generation=0,
        parents=parents,
        in_household=family.index_in_household,
    )
    return [index, *(_relative(member, family, language) for member in family.members)]


def _relative(member: Member, family: Family, language: Language) -> _Symbol:
    """A member as drawn; a child or sibling whose parents are not told hangs on a dashed line."""
    parents = member.parents
    said = bool(parents)
    if not said and member.relation == "child":
        parents = (INDEX,)
    if not said and member.relation == "sibling":
        parents = tuple(one.key for one in family.of("parent"))
    return _Symbol(
        key=member.key,
        name=member_text(member, language),
        sex=member.sex,
        age=member.age,
        dead=bool(member.dead),
        problems=member.problems,
        generation=member.generation,
        parents=parents,
        relation=member.relation,
        count=member.count,
        in_household=member.in_household,
        parents_said=said,
    )


def _rows(symbols: Sequence[_Symbol]) -> list[list[_Symbol]]:
    """Generations, the oldest first; couples stand side by side, the man to the left."""
    index = next(one for one in symbols if one.key == INDEX)
    by_relation: dict[Relation | None, list[_Symbol]] = {}
    for symbol in symbols:
        by_relation.setdefault(symbol.relation, []).append(symbol)
    partners = [one for relation in _PARTNERS for one in by_relation.get(relation, [])]
    couple = sorted([index, *partners], key=_male_first)
    # Siblings come by age, so that who is not known to be younger stands before the couple.
    siblings = by_relation.get("sibling", [])
    parents = sorted(by_relation.get("parent", []), key=_male_first)
    line_of = {key: n for n, one in enumerate(parents) for key in one.parents}
    grandparents = sorted(
        by_relation.get("grandparent", []),
        key=lambda one: (line_of.get(one.key, len(parents)), _male_first(one)),
    )
    children = by_relation.get("child", [])
    order = {one.key: n for n, one in enumerate(children)}
    grandchildren = sorted(
        by_relation.get("grandchild", []),
        key=lambda one: min((order.get(key, len(order)) for key in one.parents), default=0),
    )
    rows = [
        grandparents,
        parents,
        [*siblings, *couple],
        [*children, *by_relation.get("pregnancy", [])],
        grandchildren,
    ]
    return [row for row in rows if row]


def _male_first(symbol: _Symbol) -> int:
    return {"male": 0, "unknown": 1, "female": 2}[symbol.sex]


def _partner(symbols: Iterable[_Symbol]) -> _Symbol | None:
    return next((one for one in symbols if one.relation in _PARTNERS), None)


def _pairs(symbols: Sequence[_Symbol]) -> list[tuple[str, str]]:
    """Who is joined by a line: parents of one person, and the index person with a partner."""
    pairs = {tuple(sorted(one.parents)) for one in symbols if len(one.parents) == 2}
    partner = _partner(symbols)
    if partner is not None:
        pairs.add(tuple(sorted((INDEX, partner.key))))
    return sorted((one, two) for one, two in pairs)


def _alone(symbol: _Symbol, symbols: Sequence[_Symbol]) -> bool:
    """Whether a line goes down from this person, who has children with nobody shown."""
    return any(one.parents == (symbol.key,) for one in symbols)


def _couples(symbols: Sequence[_Symbol], placed: dict[str, tuple[float, float]]) -> list[str]:
    partner = _partner(symbols)
    parts = []
    for one, two in _pairs(symbols):
        (x1, y), (x2, _) = sorted((placed[one], placed[two]))
        parts.append(line(x1 + _R, y, x2 - _R, y, _INK, 1.6))
        if partner is not None and partner.relation == "former spouse" and INDEX in {one, two}:
            middle = (x1 + x2) / 2
            for at in (middle - 10, middle - 4):
                parts.append(line(at - 3, y + 7, at + 3, y - 7, _INK, 1.6))
    return parts


def _descent(
    symbols: Sequence[_Symbol],
    rows: Sequence[Sequence[_Symbol]],
    placed: dict[str, tuple[float, float]],
) -> list[str]:
    """Lines from parents to children: down from the couple, along, and down to each child."""
    groups: dict[tuple[str, ...], list[_Symbol]] = {}
    for symbol in symbols:
        if symbol.parents:
            groups.setdefault(tuple(sorted(symbol.parents)), []).append(symbol)
    parts = []
    used: dict[float, int] = {}
    for parents, children in sorted(groups.items(), key=lambda group: placed[group[1][0].key]):
        spots = [placed[key] for key in parents]
        x = sum(spot[0] for spot in spots) / len(spots)
        y = spots[0][1] + (_R if len(parents) == 1 else 0)
        row = placed[children[0].key][1] - _R
        level = row - 12 - 5 * (used.get(row, 0) % 3)
        used[row] = used.get(row, 0) + 1
        for dash in ("", "3 3"):
            ends = [placed[c.key][0] for c in children if c.parents_said == (not dash)]
            if not ends:
                continue
            parts.append(line(x, y, x, level, _INK, 1.2, dash))
            parts.append(line(min(x, *ends), level, max(x, *ends), level, _INK, 1.2, dash))
            parts += [line(end, level, end, row, _INK, 1.2, dash) for end in ends]
    return [*parts, *_loose(symbols, placed)]


def _loose(symbols: Sequence[_Symbol], placed: dict[str, tuple[float, float]]) -> list[str]:
    """Dashed: grandparents and grandchildren of whom it is not told through whom they are so."""
    parents_told = {key for one in symbols for key in one.parents}
    parts = []
    for relation, between in (("grandparent", "parent"), ("grandchild", "child")):
        older = relation == "grandparent"
        loose = [
            placed[one.key]
            for one in symbols
            if one.relation == relation and not (one.key in parents_told if older else one.parents)
        ]
        nearer = [placed[one.key] for one in symbols if one.relation == between]
        nearer = nearer or [placed[INDEX]]
        if not loose:
            continue
        upper, lower = (loose, nearer) if older else (nearer, loose)
        row = lower[0][1] - _R
        level = row - 10
        xs = [x for x, _ in (*upper, *lower)]
        parts.append(line(min(xs), level, max(xs), level, _INK, 1.2, "3 3"))
        parts += [line(x, level, x, row, _INK, 1.2, "3 3") for x, _ in lower]
        parts += [line(x, level - 9, x, level, _INK, 1.2, "3 3") for x, _ in upper]
    return parts


def _loop(
    rows: Sequence[Sequence[_Symbol]], placed: dict[str, tuple[float, float]], family: Family
) -> list[str]:
    """A dashed loop around those who live together."""
    if not family.index_in_household:
        return []
    boxes = []
    for row in rows:
        inside = [placed[one.key] for one in row if one.in_household]
        if inside:
            xs = [x for x, _ in inside]
            boxes.append((min(xs) - _R - 9, inside[0][1], max(xs) + _R + 9))
    (left, y, right) = boxes[0]
    if len(boxes) == 1:
        path = f"M{left:.1f} {y - _R - 7:.1f}H{right:.1f}V{y + _R + 7:.1f}H{left:.1f}z"
    else:
        low_left, low, low_right = boxes[-1]
        middle = (y + low) / 2
        path = (
            f"M{left:.1f} {y - _R - 7:.1f}H{right:.1f}V{middle:.1f}H{low_right:.1f}"
            f"V{low + _R + 7:.1f}H{low_left:.1f}V{middle:.1f}H{left:.1f}z"
        )
    return [
        f'<path d="{path}" fill="none" stroke="#777" stroke-width="1.5" stroke-dasharray="7 4" '
        'stroke-linejoin="round"/>'
    ]


def _lines(symbol: _Symbol, slot: float, alone: bool, language: Language) -> list[str]:
    """What stands beneath a symbol: who it is, and codes of diseases."""
    width = int((slot / 2 - 5 if alone else slot - 8) / 4.9)
    lines = wrapped(symbol.name, max(8, width))
    if symbol.count > 1 and symbol.age:
        lines.append(symbol.age)
    codes = [p.code + (f" y{p.year}" if p.year else "") for p in symbol.problems]
    text = ""
    for code in codes:
        longer = f"{text}, {code}" if text else code
        if text and text_width(longer) > width:
            lines.append(text + ",")
            text = code
        else:
            text = longer
    return [*lines, text] if text else lines


def _draw(
    symbol: _Symbol,
    at: tuple[float, float],
    slot: float,
    alone: bool,
    prefix: str,
    language: Language,
) -> str:
    x, y = at
    words = [symbol.name]
    if symbol.relation != "pregnancy":
        words += [w for w in (symbol.age, _TEXT["dead"][language] if symbol.dead else "") if w]
    title = ", ".join(words)
    if symbol.problems:
        title += ": " + ", ".join(_disease_text(p, language) for p in symbol.problems)
    parts = [f"<g><title>{escape(title)}</title>"]
    quarters = {disease(p.code).quarter for p in symbol.problems}
    parts.append(_shape(symbol, x, y, _R, "#fff"))
    parts += [_quarter(quarter, symbol.sex, x, y, prefix) for quarter in QUARTERS
              if quarter in quarters]  # fmt: skip
    parts.append(_shape(symbol, x, y, _R, "none"))
    if symbol.key == INDEX:
        parts.append(_shape(symbol, x, y, _R + 3.5, "none"))
    if symbol.dead:
        reach = _R * {"male": 1.0, "female": 0.72, "unknown": 0.85}[symbol.sex]
        parts.append(line(x - reach, y - reach, x + reach, y + reach, _INK, 1.2))
        parts.append(line(x - reach, y + reach, x + reach, y - reach, _INK, 1.2))
    inside = f"{symbol.count}+" if symbol.count > 1 else symbol.age
    if inside:
        half = text_width(inside) * 2.4 + 1
        parts.append(
            f'<rect x="{x - half:.1f}" y="{y - 5.5:.1f}" width="{2 * half:.1f}" height="11" '
            'fill="#fff"/>'
        )
        parts.append(label_at(x, y + 3, inside, small=True, middle=True))
    for number, text in enumerate(_lines(symbol, slot, alone, language)):
        down = y + _R + 12 + number * _LEADING
        parts.append(label_at(x + 4 if alone else x, down, text, small=True, middle=not alone))
    return "".join([*parts, "</g>"])


def _shape(symbol: _Symbol, x: float, y: float, r: float, fill: str) -> str:
    style = f'fill="{fill}" stroke="{_INK}" stroke-width="1.6"'
    if symbol.relation == "pregnancy":
        return f'<path d="M{x:.1f} {y - r:.1f}l{r:.1f} {2 * r:.1f}h{-2 * r:.1f}z" {style}/>'
    if symbol.sex == "male":
        return (
            f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" '
            f"{style}/>"
        )
    if symbol.sex == "female":
        return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {style}/>'
    path = f"M{x:.1f} {y - r:.1f}l{r:.1f} {r:.1f}l{-r:.1f} {r:.1f}l{-r:.1f} {-r:.1f}z"
    return f'<path d="{path}" {style}/>'


_SIDES: dict[Quarter, tuple[int, int]] = {
    "circulation": (-1, -1),
    "metabolism": (1, -1),
    "lungs, kidneys, growths": (-1, 1),
    "mind and nerves": (1, 1),
}


def _quarter(quarter: Quarter, sex: Sex, x: float, y: float, prefix: str) -> str:
    """A quarter of a symbol in its pattern: left or right, upper or lower."""
    across, down = _SIDES[quarter]
    to = f"{x + across * _R:.1f} {y:.1f}"
    up = f"{x:.1f} {y + down * _R:.1f}"
    if sex == "male":
        edge = f"L{x + across * _R:.1f} {y + down * _R:.1f}L{up}"
    elif sex == "female":
        sweep = 1 if across * down > 0 else 0
        edge = f"A{_R} {_R} 0 0 {sweep} {up}"
    else:
        edge = f"L{up}"
    fill = f"url(#{prefix}-q{QUARTERS.index(quarter)})"
    return (
        f'<path d="M{x:.1f} {y:.1f}L{to}{edge}z" fill="{fill}" stroke="{_INK}" stroke-width="0.8"/>'
    )


def _patterns(prefix: str) -> str:
    marks = (
        '<path d="M0 4L4 0" stroke="#234" stroke-width="1.1"/>',
        '<circle cx="2" cy="2" r="1.1" fill="#234"/>',
        '<path d="M0 2H4" stroke="#234" stroke-width="1.1"/>',
        '<rect width="4" height="4" fill="#9aa8b5"/>'
        '<path d="M0 0L4 4M0 4L4 0" stroke="#234" stroke-width="0.8"/>',
    )
    return "".join(
        f'<pattern id="{prefix}-q{n}" width="4" height="4" patternUnits="userSpaceOnUse">'
        f'<rect width="4" height="4" fill="#fff"/>{mark}</pattern>'
        for n, mark in enumerate(marks)
    )


def _legend(
    symbols: Sequence[_Symbol], top: float, prefix: str, language: Language
) -> tuple[list[str], float]:
    """The whole legend, and how high the picture is with it."""
    parts = [
        line(12, top - 6, WIDTH - 12, top - 6, "#999", 0.8),
        label_at(12, top + 9, _TEXT["legend"][language], bold=True),
    ]
    column, y = 0, top + 26

    def put(drawing: str, words: str) -> None:
        nonlocal column, y
        x = 12 + column * 152
        parts.append(f'<g transform="translate({x + 12} {y})">{drawing}</g>')
        parts.append(label_at(x + 30, y + 3, words, small=True))
        column = (column + 1) % 3
        if column == 0:
            y += 22

    def small(key: str, sex: Sex, relation: Relation | None = None) -> _Symbol:
        return _Symbol(key, "", sex, "", False, (), 0, (), relation)

    r = 7.0
    unknown = _shape(small("x", "unknown"), 0, 0, r, "#fff")
    put(_shape(small("x", "male"), 0, 0, r, "#fff"), _TEXT["male"][language])
    put(_shape(small("x", "female"), 0, 0, r, "#fff"), _TEXT["female"][language])
    put(unknown, _TEXT["unknown"][language])
    put(unknown + _shape(small("x", "unknown"), 0, 0, r + 3, "none"), _TEXT["double"][language])
    put(
        unknown + line(-r, -r, r, r, _INK, 1.2) + line(-r, r, r, -r, _INK, 1.2),
        _TEXT["x"][language],
    )
    put(unknown + label_at(0, 3, "4+", small=True, middle=True), _TEXT["many"][language])
    put(_shape(small("x", "unknown", "pregnancy"), 0, 0, r, "#fff"), _TEXT["pregnancy"][language])
    put(line(-12, 0, 12, 0, _INK, 1.6), _TEXT["couple"][language])
    put(
        line(-12, 0, 12, 0, _INK, 1.6)
        + line(-4, 6, 1, -6, _INK, 1.6)
        + line(1, 6, 6, -6, _INK, 1.6),
        _TEXT["parted"][language],
    )
    put(line(0, -8, 0, 8, _INK, 1.2), _TEXT["descent"][language])
    put(line(0, -8, 0, 8, _INK, 1.2, "3 3"), _TEXT["unclear"][language])
    put(
        '<rect x="-12" y="-7" width="24" height="14" fill="none" stroke="#777" '
        'stroke-width="1.5" stroke-dasharray="7 4"/>',
        _TEXT["loop"][language],
    )
    for number, quarter in enumerate(QUARTERS):
        across, down = _SIDES[quarter]
        box = (
            f'<rect x="{-8 if across < 0 else 0}" y="{-8 if down < 0 else 0}" width="8" height="8" '
            f'fill="url(#{prefix}-q{number})" stroke="{_INK}" stroke-width="0.8"/>'
            f'<rect x="-8" y="-8" width="16" height="16" fill="none" stroke="{_INK}"/>'
        )
        put(box, _TEXT[quarter][language])
    y += 22 if column else 0
    codes = sorted({p.code for one in symbols for p in one.problems})
    words = "; ".join(f"{code} {disease(code).name(language)}" for code in codes)
    for text in [*wrapped(words, 92), *wrapped(_TEXT["later"][language], 92)]:
        parts.append(label_at(12, y + 2, text, small=True))
        y += 12
    return parts, y + 4
