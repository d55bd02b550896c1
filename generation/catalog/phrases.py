"""Search phrases from product titles: one to three words that several titles share and that name a thing.

A phrase never crosses punctuation, has no units, numbers or loose letters, ends in a word that titles end with (their
head nouns), and is no mere fragment of a longer phrase. Counting goes by length, and a longer phrase is counted only
when both its shorter halves are frequent, so that memory stays small (Agrawal and Srikant 1994, the a priori rule).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from sys import intern

LONGEST = 3
HEAD_SHARE = 0.12  # of a word's titles: so often must it end a part of the title to count as the name of a thing
FRAGMENT_SHARE = 0.8  # of a phrase's titles: when one longer phrase covers so many, the shorter is a piece of it
_BREAKS = re.compile(r"[,;:()\[\]{}|/+•*\"“”]|\s[-–—]+\s|\.\s|\s&\s|\band\b|\bwith\b|\bfor\b", re.IGNORECASE)
_TOKEN = re.compile(r"\w[\w&'’-]*\w|\w")
UNITS = frozenset(
    [
        "g",
        "gm",
        "gms",
        "gram",
        "grams",
        "kg",
        "mg",
        "ml",
        "cl",
        "l",
        "ltr",
        "litre",
        "litres",
        "liter",
        "liters",
        "oz",
        "lb",
        "lbs",
        "cm",
        "mm",
        "m",
        "inch",
        "inches",
        "ft",
        "pc",
        "pcs",
        "pack",
        "packs",
        "set",
        "sets",
        "piece",
        "pieces",
        "x",
        "pkt",
        "pouch",
        "combo",
        "assorted",
        "size",
        "sizes",
        "new",
        "free",
        "off",
        "no",
        "nos",
        "pair",
        "pairs",
        "count",
        "ct",
        "pages",
        "gb",
        "mb",
        "tb",
        "mah",
        "hz",
        "ghz",
        "watt",
        "watts",
        "dpi",
        "w",
        "v",
    ]
)
# Words that praise or measure, and name nothing by themselves.
VAGUE = frozenset(
    [
        "large",
        "small",
        "medium",
        "big",
        "mini",
        "extra",
        "super",
        "ultra",
        "mega",
        "regular",
        "original",
        "classic",
        "premium",
        "special",
        "best",
        "pure",
        "real",
        "true",
        "rich",
        "good",
        "great",
        "fresh",
        "start",
        "plus",
        "max",
        "pro",
        "lite",
        "light",
        "heavy",
        "soft",
        "hard",
        "long",
        "short",
        "full",
        "half",
        "double",
        "single",
        "triple",
        "dual",
        "total",
        "complete",
        "advanced",
        "active",
        "perfect",
        "ultimate",
        "essential",
        "essentials",
        "natural",
        "organic",
        "based",
        "made",
        "type",
        "style",
        "value",
        "quality",
        "high",
        "low",
        "red",
        "blue",
        "green",
        "black",
        "white",
        "pink",
        "yellow",
        "brown",
        "grey",
        "gray",
        "silver",
        "orange",
        "purple",
        "gold",
        "each",
        "item",
        "items",
        "product",
        "products",
        "range",
        "collection",
        "series",
        "edition",
        "version",
        "model",
        "original",
        "multi",
        "various",
    ]
)
Phrase = tuple[str, ...]


def mine(titles: Sequence[str], known: Iterable[str], stop_words: frozenset[str], least: int) -> list[tuple[str, int]]:
    """(phrase, titles that hold it) with at least `least` titles, most frequent first; lower case.

    `known` are words of category names, which name things whatever their place in a title.
    """
    trusted = {word for name in known for word in _TOKEN.findall(name.lower())}
    parts = [list(_parts(title)) for title in titles]
    counts: Counter[Phrase] = Counter()
    frequent: set[Phrase] = set()
    for length in range(1, LONGEST + 1):
        found: Counter[Phrase] = Counter()
        for title in parts:
            found.update({gram for part in title for gram in _grams(part, length, frequent)})
        frequent = {gram for gram, n in found.items() if n >= least}
        counts.update({gram: found[gram] for gram in frequent})
    ends = Counter(word for title in parts for word in {part[-1] for part in title})
    heads = {
        word
        for (word,) in (gram for gram in counts if len(gram) == 1)
        if word not in VAGUE and (word in trusted or ends[word] >= HEAD_SHARE * counts[word,])
    }
    pieces = _pieces(counts)
    kept = [
        (" ".join(gram), n)
        for gram, n in counts.items()
        if gram not in pieces and _names_a_thing(gram, heads, trusted, stop_words)
    ]
    return sorted(kept, key=lambda entry: (-entry[1], entry[0]))


def _parts(title: str) -> Iterator[list[str]]:
    for part in _BREAKS.split(title.lower()):
        if words := [intern(word) for word in _TOKEN.findall(part)]:
            yield words


def _grams(words: list[str], length: int, frequent: set[Phrase]) -> Iterator[Phrase]:
    for start in range(len(words) - length + 1):
        gram = tuple(words[start : start + length])
        if length == 1 or (gram[1:] in frequent and gram[:-1] in frequent):
            yield gram


def _pieces(counts: Counter[Phrase]) -> set[Phrase]:
    """Phrases of two words that occur nearly always inside one longer phrase."""
    return {
        shorter
        for gram, n in counts.items()
        if len(gram) == LONGEST
        for shorter in (gram[1:], gram[:-1])
        if n >= FRAGMENT_SHARE * counts[shorter]
    }


def _names_a_thing(gram: Phrase, heads: set[str], trusted: set[str], stop_words: frozenset[str]) -> bool:
    if gram[-1] not in heads or len(set(gram)) < len(gram):
        return False
    return all(
        word not in UNITS
        and word not in stop_words
        and not word[0].isdigit()
        and (len(word) > 2 or word in trusted)
        and any(map(str.isalpha, word))
        for word in gram
    )
