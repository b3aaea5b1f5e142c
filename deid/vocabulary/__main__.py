"""``python -m deid.vocabulary``: check the term files and write names.py from them again."""

from __future__ import annotations

import sys

from deid.errors import VocabularyError
from deid.vocabulary.loading import load_base_vocabulary
from deid.vocabulary.terms import NAMES, load_terms, render_names


def main() -> int:
    """Write names.py; 1 with a message on standard error where the files are at fault."""
    try:
        load_base_vocabulary()
        terms = load_terms()
    except VocabularyError as error:
        print(error, file=sys.stderr)
        return 1
    NAMES.write_text(render_names(terms), encoding="utf-8")
    print(f"{NAMES.name}: {len(terms)} names")
    return 0


if __name__ == "__main__":
    sys.exit(main())
