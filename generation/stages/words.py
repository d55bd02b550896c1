"""Words that must not appear: banned terms, seen through look-alike letters, and what an objective rules out."""

import re
import unicodedata
from collections.abc import Iterable

from rapidfuzz import fuzz

NAMES_ALIKE = 92  # likeness of two brand names from which one is taken for the other

# The hyphens that typesetting knows count as the one on the keyboard.
_HYPHENS = "\u2010\u2011\u2012\u2013\u2212"
_LIKE = {
    "a": "\u0430\u0251\u03b1",
    "b": "\u0185\u042c\u044c",
    "c": "\u0441\u03f2\u1d04",
    "d": "\u0501\u0257\u0111",
    "e": "\u0435\u0454\u04bd\u03b5",
    "g": "\u0261\u0581",
    "h": "\u04bb\u0570",
    "i": "\u0456\u0131\u0269\u03b9",
    "j": "\u0458\u03f3",
    "k": "\u043a\u03ba",
    "l": "\u0142\u04cf",
    "m": "\u043c",
    "n": "\u043f\u0578\u03b7",
    "o": "\u043e\u03bf\u03c3\u0585\u00f8",
    "p": "\u0440\u03c1",
    "q": "\u051b\u0566",
    "r": "\u0433",
    "s": "\u0455",
    "t": "\u0442\u03c4",
    "u": "\u03c5\u057d",
    "v": "\u03bd\u0475",
    "w": "\u051d\u03c9",
    "x": "\u0445\u03c7",
    "y": "\u0443\u03b3\u04af",
}
"""Latin letters, and the letters of other scripts that the eye takes for them, after NFKD and case folding."""
_LOOKALIKE = {ord(odd): plain for plain, some in _LIKE.items() for odd in some}
_LOOKALIKE |= {ord(hyphen): "-" for hyphen in _HYPHENS}


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
                found.update(dict.fromkeys(kin(word)))
    return list(found)


def kin(word: str) -> tuple[str, ...]:
    """`word` and what is sold under other names and is the same thing to whoever avoids it."""
    plain = skeleton(word)
    return tuple(dict.fromkeys([word, *_KIN.get(plain, ())]))


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
    """The first of `terms` that `text` holds as words, in whatever disguise `readings` sees through, or ""."""
    haystacks = readings(text)
    for term in terms:
        needle = skeleton(term)
        words = {needle, _folded(needle)} - {""}
        if any(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", haystack) for word in words for haystack in haystacks):
            return term
    return ""


def readings(text: str) -> list[str]:
    """`text` as the eye may read it: as it stands, with its d1g1ts taken for letters, with s.p.a.c.e.d and split-up
    words closed."""
    plain = skeleton(text)
    closed = _SPACED.sub(lambda found: re.sub(r"[\W_]", "", found[0]), plain)
    joined = re.sub(r"(?<=\w)[-._*·'’/]+(?=\w)", "", plain)
    found = [plain, closed, joined]
    return list(dict.fromkeys([*found, *(_MIXED.sub(lambda word: _folded(word[0]), one) for one in found)]))


# Letters one by one, at least three of them; and words that mix letters with the digits and signs that stand for them.
_SPACED = re.compile(r"(?<!\w)(?:[^\W_](?:[\s.*·-]{1,2}|_)){2,}[^\W_](?![^\W_])")
_MIXED = re.compile(r"(?=[^\s]*[a-z])(?=[^\s]*[013457@$!|])[\w@$!|]*[\w@$]")
_STANDS_FOR = str.maketrans("013457@$!|i", "oleastaslll")


def _folded(word: str) -> str:
    """`word` with the signs that stand for letters as those letters; i and l, which 1 stands for, become one."""
    return word.translate(_STANDS_FOR)


def same_name(name: str, other: str) -> bool:
    """Whether two brand names are one to the eye: "Nestlé", "NESTLE®", one with a foreign letter in it, or a long one
    with a letter too many."""
    a, b = (re.sub(r"[\W_]", "", skeleton(one)) for one in (name, other))
    if not a or not b:
        return False
    return a == b or _folded(a) == _folded(b) or (min(len(a), len(b)) >= 5 and fuzz.ratio(a, b) >= NAMES_ALIKE)
