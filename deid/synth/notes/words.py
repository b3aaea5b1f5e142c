"""Numbers in words, and words gone wrong: what dictation, haste and a keyboard make of them."""

from __future__ import annotations

from random import Random

_ONES = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
         "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen",
         "eighteen", "nineteen")  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_ORDINALS = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth",
             "nine": "ninth", "twelve": "twelfth", "twenty": "twentieth",
             "thirty": "thirtieth"}  # fmt: skip
_ZH = "〇一二三四五六七八九十"


def number_en(number: int, dash: str = " ") -> str:
    """A number below 1000 as spoken in clinics: ``one eighteen``, ``ninety five``."""
    if number >= 100:
        rest = number % 100
        if rest == 0:
            return f"{_ONES[number // 100]} hundred"
        return f"{_ONES[number // 100]} {'oh ' if rest < 10 else ''}{number_en(rest, dash)}"
    if number < 20:
        return _ONES[number]
    return _TENS[number // 10] + (dash + _ONES[number % 10] if number % 10 else "")


def ordinal_en(number: int, words: bool = False) -> str:
    """``4th``, or ``fourth``."""
    if not words:
        ending = (
            "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
        )
        return f"{number}{ending}"
    head, _, last = number_en(number).rpartition(" ")
    return f"{head} {_ORDINALS.get(last, last + 'th')}".strip()


def count_zh(number: int) -> str:
    """A number below 100 in Chinese characters: ``廿`` is not used, zero is ``〇``."""
    if number <= 10:
        return _ZH[number]
    tens, ones = divmod(number, 10)
    return f"{_ZH[tens] if tens > 1 else ''}十{_ZH[ones] if ones else ''}"


def spelt_digits(digits: str) -> str:
    """``five five five oh one``: digits as read out over the telephone."""
    return " ".join("oh" if digit == "0" else _ONES[int(digit)] for digit in digits)


def misspelt(stream: Random, word: str) -> str:
    """A word with one slip of the fingers; short ones stay."""
    if len(word) < 4:
        return word
    place = 1 + int(stream.random() * (len(word) - 2))
    draw = stream.random()
    if draw < 0.5 and place < len(word) - 1:
        return word[:place] + word[place + 1] + word[place] + word[place + 2 :]
    if draw < 0.8:
        return word[:place] + word[place + 1 :]
    return word[:place] + word[place] + word[place:]
