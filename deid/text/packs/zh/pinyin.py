"""Pinyin of Chinese names. The tables take half a second to load, so they wait until asked for."""

from __future__ import annotations

from functools import lru_cache

_HELD = 100_000


@lru_cache(maxsize=_HELD)
def syllables_of(text: str) -> tuple[str, ...]:
    """Syllables without tones; ü is written v."""
    from pypinyin import lazy_pinyin

    return tuple(lazy_pinyin(text, v_to_u=False))


@lru_cache(maxsize=_HELD)
def numbered(text: str) -> tuple[str, ...]:
    """Syllables with the number of their tone at the end."""
    from pypinyin import Style, lazy_pinyin

    return tuple(lazy_pinyin(text, style=Style.TONE3, v_to_u=False))
