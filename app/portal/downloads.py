"""Files that a page gives to be kept."""

from __future__ import annotations

from flask import Response, make_response


def json_file(text: str, name: str, suffix: str) -> Response:
    """JSON as a file to download, called after ``name``."""
    words = "".join(letter if letter.isascii() and letter.isalnum() else " " for letter in name)
    stem = "-".join(words.lower().split())[:60] or "cohort"
    answer = make_response(text)
    answer.headers["Content-Type"] = "application/json; charset=utf-8"
    answer.headers["Content-Disposition"] = f'attachment; filename="{stem}-{suffix}.json"'
    return answer


def binary_file(data: bytes, name: str, media_type: str) -> Response:
    """Bytes as a file to download; ``name`` is one of ours, never what somebody typed."""
    answer = make_response(data)
    answer.headers["Content-Type"] = media_type
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
