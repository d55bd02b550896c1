"""Free text as the readers see it: folded for matching, with the way back to the words as they were typed."""

import re
from collections.abc import Iterator

from generation.campaigns.compiler.shapes import Leftover, Reading
from generation.stages.words import skeleton

LONGEST = 1000
BOUNDARY = r"(?=\s*(?:$|[.,;:!?()\[\]\"“”]|\s[-–—]\s))"
WORD = re.compile(r"[^\W_][\w'’-]*")


class Draft:
    """The text being read, what was read so far, and which of its characters are spoken for.

    `folded` is the text for matching: lower case, without accents, marks that cannot be seen and look-alike letters.
    Offsets that come in are of `folded`; readings carry those of the text.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded, self._origin = _fold(text)
        self.readings: list[Reading] = []
        self.leftovers: list[Leftover] = []
        self._taken = bytearray(len(self.folded))

    def find(self, pattern: str | re.Pattern[str]) -> Iterator[re.Match[str]]:
        """Matches none of whose characters were claimed before they are yielded."""
        for match in re.finditer(pattern, self.folded):
            if match.end() > match.start() and self.is_free(*match.span()):
                yield match

    def is_free(self, start: int, end: int) -> bool:
        return not any(self._taken[start:end])

    def claim(self, start: int, end: int) -> None:
        """These characters are understood; no later reader reads them."""
        self._taken[start:end] = b"\x01" * (end - start)

    def quoted(self, start: int, end: int) -> tuple[str, int, int]:
        """The words as typed, with their offsets in the text."""
        if start >= end:
            return "", -1, -1
        first, last = self._origin[start], self._origin[end - 1] + 1
        return self.text[first:last], first, last

    def add(
        self,
        field: str,
        value: str | int | bool | None,
        label: str,
        span: tuple[int, int],
        *,
        sure: bool = True,
        note: str = "",
        question: str = "",
        claim: bool = True,
    ) -> None:
        """A reading from folded[span]; the first one of a field and value stays."""
        quote, start, end = self.quoted(*span)
        reading = Reading(
            field=field,
            value=value,
            label=label,
            quote=quote,
            start=start,
            end=end,
            sure=sure,
            note=note,
            question=question,
        )
        if claim:
            self.claim(*span)
        if all(reading.key != earlier.key for earlier in self.readings):
            self.readings.append(reading)

    def leave(self, start: int, end: int, why: str = "") -> None:
        """These words ask for something that no reader can give."""
        quote, first, last = self.quoted(start, end)
        if quote.strip() and all(last <= other.start or first >= other.end for other in self.leftovers):
            self.leftovers.append(Leftover(quote=quote.strip(" ,;"), start=first, end=last, why=why))
        self.claim(start, end)

    def rest(self) -> str:
        """The text without what was claimed, tidied: for whoever reads on."""
        kept = "".join(" " if gone else character for character, gone in zip(self.folded, self._taken, strict=True))
        spans = [match.span() for match in re.finditer(r"[^\s,;.]+(?:\s?[^\s,;.]+)*", kept)]
        parts = [self.quoted(*span)[0] for span in spans]
        return "; ".join(part for part in parts if re.search(r"\w{3,}", part) and skeleton(part) not in _EMPTY)

    def has(self, field: str) -> bool:
        return any(reading.field == field for reading in self.readings)


_EMPTY = frozenset(["and", "but", "please", "also", "then", "the", "make it", "with", "more", "for"])


def _fold(text: str) -> tuple[str, list[int]]:
    out: list[str] = []
    origin: list[int] = []
    for place, character in enumerate(text):
        plain = " " if character.isspace() else "'" if character in "’‘ʼ" else skeleton(character)
        if character in "–—":
            plain = character  # a dash parts clauses; as a hyphen it would join them
        out.extend(plain)
        origin.extend([place] * len(plain))
    return "".join(out), origin


def stem(word: str) -> str:
    """A word without its plural: enough to hold a text against names and titles."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes", "oes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def stems(text: str) -> tuple[str, ...]:
    """The words of a name, folded and without plurals."""
    return tuple(stem(word) for word in re.findall(r"[^\W_]+", skeleton(text)))
