"""Treatment pathways as a flow from left to right: heights are people, words are beside them."""

from __future__ import annotations

from cohorts.characterisation.pathways import ENDS, Branch, Pathways
from cohorts.charts.drawing import WIDTH, Canvas

_BAR = 12
_TOP = 44
_LEAST = 17.0
_GAP = 5.0
_LARGEST = 420.0


def draw_pathways(found: Pathways, title: str, prefix: str = "pathways") -> str:
    """The tree of treatments; each column is a step, each ribbon the people who go on."""
    canvas = Canvas(
        title,
        f"Flow of {found.root.people} people through treatments after the index date, one column "
        "a step; the height of a bar is its number of people. The table beside it has every "
        "number.",
        prefix,
    )
    depth = _depth(found.root)
    column = (WIDTH - 24) / (depth + 1)
    per_person = _LARGEST / max(1, found.root.people.shown or 1)
    for step in range(depth + 1):
        words = "index date" if step == 0 else f"treatment {step}"
        canvas.text(12 + step * column, 22, words, soft=True, size=11)
    _draw(canvas, found.root, 0, _TOP, column, per_person)
    return canvas.svg()


def _depth(branch: Branch) -> int:
    return 1 + max(map(_depth, branch.next)) if branch.next else 0


def _height(branch: Branch, per_person: float) -> float:
    """Height of a bar: its people, or all that flows out of it where rounding makes that more."""
    flowing = sum(_height(one, per_person) for one in branch.next)
    return max(3.0, (branch.people.shown or 0) * per_person, flowing)


def _room(branch: Branch, per_person: float) -> float:
    """Height that a branch and all below it need."""
    below = sum(_room(one, per_person) + _GAP for one in branch.next) - _GAP
    return max(_LEAST, _height(branch, per_person), below)


def _draw(
    canvas: Canvas, branch: Branch, step: int, top: float, column: float, per_person: float
) -> None:
    """Draw a branch at the top of its room, and what follows it."""
    x, height = 12 + step * column, _height(branch, per_person)
    name = branch.path[-1] if branch.path else "everybody"
    words = f"{' → '.join(branch.path) or name}: {branch.people} people"
    canvas.bar(x, top, _BAR, height, words, "quiet" if name == ENDS else "mark")
    middle = top + min(max(height / 2, 9), 30)
    label = f"{name} · {branch.people}"
    below, leaves = top, top
    for one in branch.next:
        reached = _height(one, per_person)
        right, left = x + column, x + _BAR
        bend = column * 0.35
        canvas.area(
            f"M{left:.1f} {leaves:.1f}C{left + bend:.1f} {leaves:.1f} {right - bend:.1f} "
            f"{below:.1f} {right:.1f} {below:.1f}V{below + reached:.1f}C{right - bend:.1f} "
            f"{below + reached:.1f} {left + bend:.1f} {leaves + reached:.1f} {left:.1f} "
            f"{leaves + reached:.1f}z",
            opacity=0.28,
        )
        _draw(canvas, one, step + 1, below, column, per_person)
        below += _room(one, per_person) + _GAP
        leaves += reached
    canvas.text(x + _BAR + 5, middle + 4, label, size=11, soft=name == ENDS,
                room=column - _BAR - 10)  # fmt: skip
