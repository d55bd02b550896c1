"""What the catalogue calls things: its brands, categories, keywords and segments, looked up by words.

A handful of queries whatever the length of the text; no vectors, so the web process can ask.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q

from accounts.models import Store
from generation.campaigns import names
from generation.campaigns.compiler.text import stem, stems
from generation.models import Keyword, KeywordKind, Product, Segment

Stems = tuple[str, ...]
NAMES = 5_000  # categories and brands held against the text; the fullest ones of a larger catalogue
LONGEST_NAME = 6  # words
SEGMENTS = 500


@dataclass
class Known:
    """One store's names. `currency` is what its prices are in."""

    store: Store

    @property
    def currency(self) -> str:
        return self.store.currency

    @cached_property
    def categories(self) -> dict[Stems, list[str]]:
        """Paths by the words of their last node, the fullest first."""
        found: dict[Stems, list[str]] = {}
        for path in names.categories(self.store, NAMES):
            leaf = stems(path.rsplit(">", 1)[-1])
            if leaf:
                found.setdefault(leaf, []).append(path)
        return found

    @cached_property
    def brands(self) -> dict[Stems, str]:
        found: dict[Stems, str] = {}
        for brand in names.brands(self.store, NAMES):
            found.setdefault(stems(brand), brand)
        found.pop((), None)
        return found

    @cached_property
    def own_brands(self) -> list[str]:
        """Brands that carry the store's name."""
        name = stems(self.store.name)
        joined = "".join(name)
        return [
            brand
            for words, brand in self.brands.items()
            if name and (words[: len(name)] == name or "".join(words) == joined or _first(name) == words[:1])
        ]

    @cached_property
    def segments(self) -> dict[Stems, tuple[str, str]]:
        """Slug and name of each segment, by the words of its name."""
        rows = Segment.objects.filter(store=self.store).order_by("name").values_list("slug", "name")[:SEGMENTS]
        return {stems(name): (slug, name) for slug, name in rows if stems(name)}

    def category(self, phrase: str) -> str:
        """The path whose last node is `phrase`, the fullest of several; or the whole path as typed; else ""."""
        if ">" in phrase:
            found, _problems = names.resolve_categories(self.store, [phrase])
            return found[0] if found else ""
        paths = self.categories.get(stems(phrase), [])
        return min(paths, key=lambda path: path.count(">")) if paths else ""

    def brand(self, phrase: str) -> str:
        """The brand of this name in the catalogue's spelling, rare ones included; else ""."""
        known = self.brands.get(stems(phrase))
        if known:
            return known
        rows = Product.objects.filter(store=self.store, brand__iexact=phrase.strip())
        return rows.values_list("brand", flat=True).first() or ""

    def sells(self, phrase: str) -> bool:
        """Whether any product's title, brand or category holds all the words of `phrase`."""
        words = re.findall(r"\w+", phrase)
        if not words:
            return False
        query = SearchQuery(" ".join(words), config="english", search_type="plain")
        return Product.objects.filter(store=self.store, search=query).exists()

    def phrases(self, phrases: Iterable[str]) -> dict[Stems, str]:
        """Those of `phrases` that are search keywords, by their words without plurals, as the vocabulary has them."""
        forms = {form for phrase in phrases for form in _forms(phrase)}
        rows = Keyword.objects.filter(Q(text__in=forms), store=self.store, kind=KeywordKind.SEARCH, field="")
        return {stems(text): text for text in rows.order_by("-density").values_list("text", flat=True)}


def _first(name: Stems) -> Stems:
    """The telling first word of a store's name; a short or common one tells nothing."""
    return name[:1] if name and len(name[0]) >= 5 and name[0] not in _COMMON else ("\x00",)


_COMMON = frozenset(
    ["corner", "super", "general", "market", "green", "fresh", "daily", "family", "house", "store", "world", "first"]
)


def _forms(phrase: str) -> Iterable[str]:
    """A phrase as keywords may have it: as it stands, singular, plural."""
    *before, last = phrase.split(" ")
    one = stem(last)
    many = [one + "s", one + "es", one[:-1] + "ies"] if one else []
    return [" ".join([*before, form]) for form in dict.fromkeys([last, one, *many])]
