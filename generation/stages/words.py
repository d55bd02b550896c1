"""Words that must not appear: banned terms, seen through look-alike letters, and what an objective rules out."""

import re
import unicodedata
from collections.abc import Iterable

# Letters of other scripts that look like Latin ones, after NFKD and case folding; enough for words typed to slip by.
# The hyphens that typesetting knows count as the one on the keyboard.
_HYPHENS = "\u2010\u2011\u2012\u2013\u2212"
_LOOKALIKE = str.maketrans("аеорсухіјѕԁɡһӏոԛԝνικταορ" + _HYPHENS, "aeopcyxijsdghlnqwviktaop" + "-" * len(_HYPHENS))


def skeleton(text: str) -> str:
    """`text` as the eye reads it: accents, case, look-alike letters, zero-width marks and stretched blanks removed."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    plain = "".join(c for c in plain if not unicodedata.combining(c) and unicodedata.category(c) != "Cf")
    return re.sub(r"\s+", " ", plain.translate(_LOOKALIKE)).strip()


_NEGATION = re.compile(
    r"\b(?:no|without|free (?:from|of)|excluding|avoid(?:ing)?|nothing with)\s+"
    r"([a-z][\w'-]*(?:\s+(?:or|and)\s+[a-z][\w'-]*)*)",
    re.IGNORECASE,
)
# What people rule out by one word is sold under several.
_KIN = {
    "fragrance": ("fragrance", "perfume", "perfumed", "scented", "cologne", "parfum"),
    "perfume": ("fragrance", "perfume", "perfumed", "scented", "cologne", "parfum"),
    "pork": ("pork", "bacon", "ham", "salami", "pepperoni", "prosciutto", "chorizo", "lard"),
    "alcohol": ("alcohol", "wine", "beer", "whisky", "vodka", "rum", "gin"),
    "meat": ("meat", "chicken", "mutton", "lamb", "beef", "pork", "bacon", "ham", "sausage", "salami", "fish", "prawn"),
    "sugar": ("sugar", "sugary", "candy"),
    "plastic": ("plastic",),
    "nuts": ("nut", "nuts", "almond", "almonds", "cashew", "cashews", "walnut", "pistachio", "hazelnut", "peanut"),
    "palm": ("palm",),
}
_NOT_THINGS = frozenset(
    ["more", "less", "longer", "fuss", "need", "time", "one", "matter", "wonder", "doubt", "idea", "other"]
)


def ruled_out(objective: str) -> list[str]:
    """The things an objective rules out ("no fragrance", "without pork or beef"), with their close kin."""
    found: dict[str, None] = {}
    for match in _NEGATION.finditer(objective):
        for word in re.split(r"\s+(?:or|and)\s+", match.group(1).casefold()):
            if word not in _NOT_THINGS:
                found.update(dict.fromkeys(_KIN.get(word, (word,))))
    return list(found)


def carries(text: str, word: str) -> bool:
    """Whether `text` says that a product has `word`, rather than that it is free of it ("fragrance-free")."""
    haystack = skeleton(text)
    needle = re.escape(skeleton(word))
    plain = re.sub(
        rf"\b(?:no|without|zero|non|free (?:from|of)|0%?)[\s-]+(?:\w+[\s-]+)?{needle}\b"
        rf"|\b{needle}s?[\s-]*free\b|\bun{needle}\b",
        " ",
        haystack,
    )
    return re.search(rf"(?<!\w){needle}(?!\w)", plain) is not None


def banned_in(text: str, terms: Iterable[str]) -> str:
    """The first of `terms` that `text` holds as words, or ""."""
    haystack = skeleton(text)
    for term in terms:
        needle = skeleton(term)
        if needle and re.search(rf"(?<!\w){re.escape(needle)}(?!\w)", haystack):
            return term
    return ""
