"""Changes of valid files: of bytes and lines, of the cells of a table, of the nodes of JSON."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Mapping
from typing import Any

Files = Mapping[str, bytes]
"""File names and contents: one input."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63 - 1, 2**63, 2**64, -(2**63) - 1, 10**40, 1e308,
    0.1, "", " ", "0", "-1", "NaN", "Infinity", "1e400", "null", "\x00", "a\x00b", "\ufeff",
    "\ud800", "\U0001f9d1", "e\u0301", "\u202eabc", "\u3000", "１２３", "2023-02-29", "0000-00-00",
    "9999-12-31", "99999-01-01", "1-1-1", "2020-01-01T25:61:61", "20200101", "2020-01-01T00:00:00Z",
    "2020-01-01T00:00:00+99:99", "'; DROP TABLE person; --", "=1+1", "../../etc/passwd", "%s%n{}",
    "a" * 70_000, "(" * 500, [], {}, [[]], [None], {"": None},
)  # fmt: skip
"""What programs have stumbled over before, of every type of JSON."""
DEEPEST = 300
LARGEST = 400_000
"""Bytes over which an input is not made longer."""

Mutation = Callable[[bytes, random.Random], bytes]


def mutate_bytes(data: bytes, chance: random.Random) -> bytes:
    """One change that knows nothing of the format."""
    if not data:
        return chance.randbytes(chance.randint(0, 9))
    start = chance.randrange(len(data))
    end = min(len(data), start + chance.choice((1, 2, 8, 64, 1024)))
    kind = chance.randrange(8)
    if kind == 0:  # cut off, as a transfer that broke
        return data[:start]
    if kind == 1:
        return data[:start] + data[end:]
    if kind == 2:
        return data[:start] + bytes([data[start] ^ 1 << chance.randrange(8)]) + data[start + 1 :]
    if kind == 3:
        return data[:start] + chance.randbytes(end - start) + data[end:]
    if kind == 4 and len(data) < LARGEST:
        times = chance.choice((1, 2, 50))
        return data[:end] + data[start:end] * times + data[end:]
    if kind == 5:
        piece = chance.choice((b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b'"', b"'", b"\r", b"\n",
                               b"\\", b"{", b"]", b",", b"\t", b"\xed\xa0\x80"))  # fmt: skip
        return data[:start] + piece + data[start:]
    if kind == 6:
        encoding = chance.choice(("utf-16", "gb18030", "utf-8-sig", "utf-32"))
        return data.decode("utf-8", "replace").encode(encoding, "replace")
    lines = data.splitlines(keepends=True)
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"".join(lines)


def mutate_table(data: bytes, chance: random.Random, delimiter: str = ",") -> bytes:
    """One change of cells, columns or lines of a delimited table."""
    rows = [line.split(delimiter) for line in data.decode("utf-8", "replace").splitlines()]
    if not rows or chance.random() < 0.25:
        return mutate_bytes(data, chance)
    row = chance.choice(rows)
    place = chance.randrange(len(row))
    kind = chance.randrange(8)
    if kind <= 2:
        row[place] = _cell(chance)
    elif kind == 3:
        row[place] = chance.choice(chance.choice(rows))
    elif kind == 4:
        for one in rows:
            del one[place : place + 1]
    elif kind == 5:
        for one in rows:
            one.insert(place, one[min(chance.randrange(len(one) + 1), len(one) - 1)] if one else "")
    elif kind == 6:
        rows.insert(chance.randrange(len(rows) + 1), list(row))
    else:
        rows.remove(row)
    return "\n".join(delimiter.join(one) for one in rows).encode("utf-8", "surrogatepass") + b"\n"


def _cell(chance: random.Random) -> str:
    value = chance.choice(VALUES)
    text = value if isinstance(value, str) else json.dumps(value)
    return f'"{text}"' if chance.random() < 0.2 else text


def mutate_json(data: bytes, chance: random.Random) -> bytes:
    """One change of a node of a JSON document."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return mutate_bytes(data, chance)
    if chance.random() < 0.15:
        return mutate_bytes(data, chance)
    try:
        document = change_node(document, chance)
        text = json.dumps(document, ensure_ascii=chance.random() < 0.5)
    except RecursionError:  # it is buried as deep as it can be already
        return mutate_bytes(data, chance)
    return text.encode("utf-8", "surrogatepass")


def change_node(document: Any, chance: random.Random) -> Any:
    """A document with one node changed, removed, doubled, moved or buried."""
    places = list(_places(document))
    if not places:
        return chance.choice(VALUES)
    parent, key = chance.choice(places)
    kind = chance.randrange(9)
    if kind <= 3:
        parent[key] = copy.deepcopy(chance.choice(VALUES))
    elif kind == 4:
        del parent[key]
    elif kind == 5:
        other, name = chance.choice(places)
        parent[key] = copy.deepcopy(other[name])
    elif kind == 6 and isinstance(parent, list):
        parent.extend(copy.deepcopy(parent[key]) for _ in range(chance.choice((1, 3, 200))))
    elif kind == 6:
        parent[chance.choice(("", "id", "unknown", key + "x", key.upper()))] = parent.pop(key)
    elif kind == 7:
        for _ in range(chance.choice((1, 5, 60, DEEPEST))):
            parent[key] = [parent[key]]
    elif isinstance(parent[key], str):
        at = chance.randrange(len(parent[key]) + 1)
        value = chance.choice([one for one in VALUES if isinstance(one, str)])
        parent[key] = parent[key][:at] + value + parent[key][at:]
    else:
        parent[key] = [parent[key]]
    return document


def _places(document: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    waiting = [document]
    while waiting:
        node = waiting.pop()
        if not isinstance(node, dict | list):
            continue
        for key in list(node) if isinstance(node, dict) else range(len(node)):
            found.append((node, key))
            if isinstance(node[key], dict | list):
                waiting.append(node[key])
    return found


def mutate_lines_of_json(data: bytes, chance: random.Random) -> bytes:
    """One change of a line of NDJSON, or of the lines themselves."""
    lines = data.splitlines()
    if not lines or chance.random() < 0.2:
        return mutate_bytes(data, chance)
    place = chance.randrange(len(lines))
    lines[place] = mutate_json(lines[place], chance)
    return b"\n".join(lines) + b"\n"


def mutate_toml(data: bytes, chance: random.Random) -> bytes:
    """One change of a value, key or line of TOML."""
    lines = data.decode("utf-8", "replace").splitlines()
    if not lines or chance.random() < 0.25:
        return mutate_bytes(data, chance)
    place, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    kind = chance.randrange(5)
    if kind <= 1 and "=" in lines[place]:
        value = chance.choice(VALUES)
        shown = json.dumps(value) if chance.random() < 0.8 else str(value)
        lines[place] = lines[place].split("=")[0] + "= " + shown
    elif kind == 2:
        del lines[place]
    elif kind == 3:
        lines.insert(place, lines[other])
    else:
        lines[place], lines[other] = lines[other], lines[place]
    return "\n".join(lines).encode("utf-8", "surrogatepass")


def mutated(files: Files, chance: random.Random, mutation: Mutation) -> dict[str, bytes]:
    """An input with one to four changes of a file; now and then the files themselves change."""
    made = dict(files)
    name = chance.choice(sorted(made))
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        made[name] = mutation(made[name], chance)
    if len(made) > 1 and chance.random() < 0.03:
        del made[chance.choice(sorted(made))]
    elif len(made) > 1 and chance.random() < 0.02:
        one, two = chance.sample(sorted(made), 2)
        made[one], made[two] = made[two], made[one]
    return made
