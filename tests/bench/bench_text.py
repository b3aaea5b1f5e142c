"""Speed of the text engine on one core: characters a second, start-up, memory.

The development notes of ``../shared`` are read, English and Chinese: with their patients, of whom
the engine keeps what it prepared; with a new patient for every note, of whom it holds nothing; and
without any. Each figure stands beside the same run without models, so that their price is a ratio
of one run. All times are those of the processor, so that other work on the machine counts little.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from deid.text.api import NoteInput, TextEngine
from deid.text.known_forms import forget_held
from deid.text.packs import load_pack
from deid.text.packs.base import LanguagePack, Reviewer
from deid.text.patients import person_of
from tests.memory import peak_memory

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
CORPORA = {
    "English notes": "notes_en/dev.jsonl",
    "Chinese notes": "notes_zh/dev.jsonl",
    "English queries": "asq_phi/even.gold.jsonl",
}
ROUNDS = 3
START = (
    "import time; t = time.process_time();"
    "from deid.text.api import NoteInput, TextEngine;"
    "e = TextEngine(b'k' * 32);"
    "e.find(NoteInput('1', 'Seen 3/4/2021 by Tom. 患者张三，男。', None, None, 7));"
    "print(time.process_time() - t)"
)


class RulesOnly:
    """A language pack without its models."""

    def __init__(self, pack: LanguagePack) -> None:
        self._pack = pack

    def __getattr__(self, name: str) -> object:
        return getattr(self._pack, name)

    @property
    def reviewers(self) -> Sequence[Reviewer]:
        """None."""
        return ()


def read(corpus: str, known: str, turn: int) -> list[NoteInput]:
    """Notes of a corpus, each a person of their own; another one each turn if they are new."""
    notes = []
    for line in (SHARED / corpus).read_text("utf-8").splitlines():
        row = json.loads(line)
        patient = row.get("patient") if known != "no" else None
        key = f"{row['id']}:{turn}" if known == "new" else row["id"]
        person = person_of(patient, key) if patient else None
        notes.append(NoteInput(row["id"], row["text"], None, person, 70))
    return notes


def speed(engine: TextEngine, corpus: str, known: str) -> float:
    """Characters a second of processor time, the best of some rounds after a first one."""
    best = 0.0
    for turn in range(ROUNDS + 1):
        notes = read(corpus, known, turn)
        if known == "new":
            forget_held()
        start = time.process_time()
        for note in notes:
            engine.find(note)
        best = max(best, sum(len(n.text) for n in notes) / (time.process_time() - start))
    return best


def command_seconds() -> float:
    """Processor time of ``carecommons scrub`` for a file of one note, from start to end."""
    with TemporaryDirectory() as folder:
        note = Path(folder) / "one.jsonl"
        note.write_text('{"id": "1", "text": "Seen 3/4/2021 by Tom. 患者张三，男。"}\n', "utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-m", "app.cli", "scrub", str(note), "-o", f"{folder}/out.jsonl"],
            capture_output=True,
            check=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def main() -> None:
    """Print one table."""
    engine = TextEngine(b"k" * 32)
    rules = TextEngine(b"k" * 32, packs=[RulesOnly(load_pack(tag)) for tag in ("en", "zh")])
    print("| notes | patient given | characters/s | rules alone | ratio |")
    print("|---|---|---|---|---|")
    for name, corpus in CORPORA.items():
        for known in ("yes", "new", "no") if "notes" in name else ("no",):
            whole, without = speed(engine, corpus, known), speed(rules, corpus, known)
            print(f"| {name} | {known} | {whole:,.0f} | {without:,.0f} | {whole / without:.2f} |")
    starts = [
        float(subprocess.run([sys.executable, "-c", START], capture_output=True, check=True).stdout)
        for _ in range(3)
    ]
    command = min(command_seconds() for _ in range(3))
    memory = peak_memory()
    print(
        f"\nStart-up with a first note {min(starts):.2f} s; "
        f"`carecommons scrub` of one note {command:.2f} s; memory {memory:.0f} MB."
    )
