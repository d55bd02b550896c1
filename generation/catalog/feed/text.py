"""Text of a feed made safe to store and show: one form, no hidden characters, no markup.

It stays what it is, data: sentences that address a model are kept word for word, and never obeyed.
"""

import html
import json
import math
import re
import unicodedata
from decimal import Decimal
from typing import Any

import nh3

# Controls (but white space), bidi embeddings, overrides and isolates, byte order marks, zero-width space,
# annotation marks, non-characters, lone surrogates. LRM, RLM and joiners stay: scripts and emoji need them.
_UNWANTED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u200b\u202a-\u202e\u2060\u2066-\u2069\ufeff\ufff9-\ufffb"
    "\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
# Tag characters are invisible letters; only the flags of England, Scotland and the like use them honestly.
_TAGS = re.compile("(\U0001f3f4[\U000e0030-\U000e007a]{1,6}\U000e007f)|[\U000e0000-\U000e007f]")
MARKUP = re.compile(r"<[a-zA-Z/!?]|&[a-zA-Z#]")
_BLOCK = re.compile(r"(?=</?(?:p|br|li|ul|ol|div|h[1-6]|tr|td|th|table|section|article|hr|dd|dt)\b)", re.IGNORECASE)
_PASSES = 3
"""Exports escape HTML once or twice over; deeper nesting is left as the text it is."""


def clean(value: Any) -> str:
    """Any scalar as one line of NFC text without hidden characters; a list is joined by commas."""
    text = value if isinstance(value, str) else _as_text(value)
    if text.isascii() and text.isprintable():
        if "  " not in text:  # then blanks can only stand at the ends
            return text.strip()
    else:
        text = _UNWANTED.sub("", unicodedata.normalize("NFC", text))
        if not text.isascii():
            text = _TAGS.sub(lambda match: match[1] or "", text)
    return " ".join(text.split())


def plain(value: Any) -> str:
    """`clean`, with HTML reduced to the text a reader would see; scripts and styles vanish whole."""
    text = value if isinstance(value, str) else _as_text(value)
    if ("<" in text or "&" in text) and MARKUP.search(text):
        text = clean(text)  # first of all, lone surrogates, which the parser below cannot take
        for _ in range(_PASSES):
            before, text = text, html.unescape(nh3.clean(_BLOCK.sub(" ", text), tags=set()))
            if text == before or not MARKUP.search(text):
                break
        else:
            text = re.sub(r"<(?=[a-zA-Z/!?])", "< ", text)
    return clean(text)


def shorten(text: str, limit: int) -> str:
    """At most `limit` characters, cut after a word where one ends in the last fifth."""
    if len(text) <= limit:
        return text
    cut = text[:limit]
    space = cut.rfind(" ") if text[limit] != " " else limit
    cut = cut[:space] if space >= limit * 4 // 5 else cut
    return cut.rstrip(" \u200d,;-–")


def _as_text(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case float():
            return number_text(value)
        case list() | tuple():
            return ", ".join(text for item in value if (text := _as_text(item)))
        case dict():
            return json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
        case _:
            return str(value)


def number_text(value: float) -> str:
    """A float without exponent or idle zeros; empty for infinity and not-a-number."""
    if not math.isfinite(value):
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else format(Decimal(repr(value)), "f")
