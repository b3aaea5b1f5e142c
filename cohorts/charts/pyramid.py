"""The population pyramid: women to the left, men to the right, the oldest on top."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from cohorts.charts.drawing import WIDTH, Canvas, Scale
from cohorts.disclosure import SafeCount

_ROW: Final = 26
_MIDDLE: Final = 70.0
_EDGE: Final = 60.0

DESCRIPTION: Final = (
    "Bars of people by age, women to the left and men to the right. The table beside it has "
    "every number; counts that are withheld have no bar."
)

Row = tuple[str, SafeCount, SafeCount]


def draw_pyramid(
    rows: Sequence[Row],
    title: str,
    prefix: str = "pyramid",
    sides: tuple[str, str] = ("Women", "Men"),
    description: str = DESCRIPTION,
    say: Callable[[SafeCount], str] = str,
) -> str:
    """Bars of shown counts, ``(age, women, men)`` from the youngest; withheld ones are text.

    ``description`` and ``say`` put it in another language.
    """
    canvas = Canvas(
        title,
        description,
        prefix,
    )
    half = (WIDTH - _MIDDLE) / 2
    left, right = half, half + _MIDDLE
    most = max([count.shown or 0 for _, women, men in rows for count in (women, men)] + [1])
    scale = Scale(0, most, 0, half - _EDGE)
    canvas.text(left - 8, 20, sides[0], anchor="end", bold=True)
    canvas.text(right + 8, 20, sides[1], bold=True)
    y = 32.0
    for age, women, men in reversed(rows):
        middle = y + _ROW / 2 + 4
        canvas.text(WIDTH / 2, middle, age, anchor="middle")
        for count, side in ((women, -1), (men, 1)):
            words = f"{age}, {sides[side > 0]}: {say(count)}"
            start = left if side < 0 else right
            if count.shown is None:
                canvas.text(start + side * 6, middle, say(count), soft=True, size=11,
                            anchor="end" if side < 0 else "start")  # fmt: skip
                continue
            length = scale(count.shown)
            canvas.bar(start - length if side < 0 else start, y + 2, length, _ROW - 4, words,
                       "mark" if side < 0 else "quiet")  # fmt: skip
            canvas.text(start + side * (length + 6), middle, say(count), size=11,
                        anchor="end" if side < 0 else "start")  # fmt: skip
        y += _ROW
    canvas.line(left, 28, left, y, "axis")
    canvas.line(right, 28, right, y, "axis")
    return canvas.svg()
