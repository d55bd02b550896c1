"""What people type into a search field, as PostgreSQL's full-text search reads it."""

import re

from django.db.models import F, Func, TextField, Value

MOST_WORDS = 12
MARKS = "“”„‟‘’‚«»‹›…–—·•"
"""Marks that PostgreSQL takes for letters where its locale is C; in texts they become spaces."""


def prefixes(text: str) -> str:
    """A tsquery (config "simple") for texts that hold a word beginning with each of the words typed; "" without words.

    Only letters and digits survive, so nothing typed is ever an operator. Beyond ASCII a C locale knows no case, so
    such a word is looked for as typed, in lower case and with a capital.
    """
    return " & ".join(_either(word[:60]) for word in re.findall(r"\w+", text.replace("_", " "))[:MOST_WORDS])


def _either(word: str) -> str:
    if word.isascii():
        return f"{word.lower()}:*"
    forms = sorted({word, word.lower(), word.capitalize()})
    return "(" + " | ".join(f"{form}:*" for form in forms) + ")"


def without_marks(column: str) -> Func:
    """The text of a column with `MARKS` as spaces, for a search vector."""
    return Func(F(column), Value(MARKS), Value(" " * len(MARKS)), function="translate", output_field=TextField())
