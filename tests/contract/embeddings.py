"""OpenAI's `/v1/embeddings` as a server would answer: vectors that are near where texts share words.

The shape follows https://developers.openai.com/api/reference/resources/embeddings; it is read back through the SDK in
the tests.
"""

import hashlib
import math
from collections.abc import Callable
from functools import cache
from typing import Any

PATH = "/v1/embeddings"
WIDE = 1536
Rows = list[dict[str, Any]]


@cache
def _word(word: str) -> tuple[float, ...]:
    """Numbers of a word, -1 to 1, the same everywhere."""
    made = b"".join(hashlib.blake2b(f"{word}:{n}".encode(), digest_size=64).digest() for n in range(WIDE // 64))
    return tuple(byte / 127.5 - 1 for byte in made)


def vector(text: str, dimensions: int = WIDE) -> list[float]:
    """The sum of its words' numbers, the first `dimensions` of them, of length 1."""
    words = text.lower().split() or [""]
    found = [sum(column) for column in zip(*(_word(word) for word in words), strict=True)][:dimensions]
    length = math.sqrt(sum(number * number for number in found)) or 1.0
    return [number / length for number in found]


def _first(change: Callable[[list[float]], Any]) -> Callable[[Rows], Rows]:
    return lambda rows: [{**rows[0], "embedding": change(rows[0]["embedding"])}, *rows[1:]]


ODD: dict[str, Callable[[Rows], Rows]] = {
    "fewer": lambda rows: rows[1:],
    "backwards": lambda rows: rows[::-1],  # allowed: each says which text it is of
    "same_index": lambda rows: [{**row, "index": 0} for row in rows],
    "nan": _first(lambda numbers: [math.nan, *numbers[1:]]),
    "words": _first(lambda numbers: ["a", *numbers[1:]]),
    "nothing": _first(lambda numbers: None),
    "zeros": _first(lambda numbers: [0.0] * len(numbers)),
    "one_short": _first(lambda numbers: numbers[1:]),
    "long": _first(lambda numbers: [number * 3 for number in numbers]),  # allowed: the direction counts
}
"""What can be wrong with the rows of an answer."""


def answer(body: dict[str, Any], odd: str = "") -> dict[str, Any]:
    """The answer to a request; `odd` names what is wrong with it, `unmetered` leaves the usage out."""
    texts = [body["input"]] if isinstance(body["input"], str) else body["input"]
    rows: Rows = [
        {"object": "embedding", "index": place, "embedding": vector(text, body.get("dimensions") or WIDE)}
        for place, text in enumerate(texts)
    ]
    tokens = sum(len(text.split()) for text in texts)
    found = {"object": "list", "model": body["model"], "data": ODD[odd](rows) if odd in ODD else rows}
    return found if odd == "unmetered" else {**found, "usage": {"prompt_tokens": tokens, "total_tokens": tokens}}
