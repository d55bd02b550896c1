"""What a person typed into the search of the products screen: products by their words, best first, and how they came.

The web process holds no encoder, so words alone rank here; where no product holds any, a worker is asked what the text
means (`meaning`).
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from django.contrib.postgres.search import SearchQuery
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL
from rapidfuzz import fuzz, process
from rapidfuzz.distance import DamerauLevenshtein

from accounts.models import Store
from generation.catalog import hybrid
from generation.catalog.hybrid import Words
from generation.models import Keyword, KeywordKind, Product, WordCount

LISTED = 500  # best matches: nobody turns ten pages
KNOWN = 20_000  # phrases of the vocabulary, those of the most products, among whose words one is looked for
ALIKE = 0.8  # least likeness of a mistyped word: one letter of five, two of ten
SHORTEST = 4  # letters of a word that may have been mistyped; of shorter ones, too many are alike


@dataclass(frozen=True)
class Found:
    """What the words of a text find: products that hold all of them (`whole` says how many, counted to one more than
    `LISTED`), or where none does, some of them.
    `mended` are words as they were typed, which no product holds, with those that were looked for instead."""

    store: Store
    asked: Words
    whole: int
    mended: Mapping[str, str]

    def best(self, products: "QuerySet[Product]") -> list[int]:
        """The ids of those of `products` that the words speak for most, best first, at most `LISTED`."""
        scores = hybrid.by_words(products, expected(products), self.asked, hybrid.saved().weights, LISTED)
        return [id_ for id_, _score in scores]

    def rows(self, products: "QuerySet[Product]", most: int) -> tuple["QuerySet[Product]", int]:
        """Those of `products` that hold all of the words, or some where none holds all; and how many, counted to one
        more than `most`."""
        query = hybrid.all_of(self.asked) if self.whole else hybrid.any_of(self.asked)
        held = products.filter(pk__in=holding(self.store, query))
        ids = list(held.order_by().values_list("pk", flat=True)[: most + 1])
        # The planner cannot know how few a subquery gives, and would walk all prices in search of them.
        return (held if len(ids) > most else products.filter(pk__in=ids)), len(ids)


def by_words(store: Store, products: "QuerySet[Product]", q: str) -> Found | None:
    """What the words of `q` find among the store's `products`; None where it has none that any product holds."""
    asked = hybrid.words(store, q)
    mended: Mapping[str, str] = {}
    if asked.unknown:
        asked, mended = meant(store, asked)
    if not asked.counts:
        return None
    whole = products.filter(pk__in=holding(store, hybrid.all_of(asked))).order_by().values("pk")[: LISTED + 1].count()
    return Found(store, asked, whole, mended)


def holding(store: Store, query: str) -> RawSQL:
    """The ids of the store's products whose words a full-text query finds."""
    return RawSQL(
        "SELECT product_id FROM generation_productwords WHERE store_id = %s AND words @@ %s::tsquery", [store.pk, query]
    )


def named(products: "QuerySet[Product]", q: str) -> "QuerySet[Product]":
    """Those of `products` whose id it is, or whose title, brand and category hold every word of `q`, the last one
    perhaps unfinished: what is there to find in products that just came in, before their words are written."""
    words = re.findall(r"\w+", q)[: hybrid.MOST_WORDS]
    quoted = [f"'{word}'" for word in words]
    by_id = Q(item_id=q.strip())
    if not words:
        return products.filter(by_id)
    query = SearchQuery(" & ".join([*quoted[:-1], f"{quoted[-1]}:*"]), config="english", search_type="raw")
    return products.filter(by_id | Q(search=query))


def meant(store: Store, asked: Words) -> tuple[Words, dict[str, str]]:
    """The words of a query with those that no product holds replaced by ones that were probably meant: the commonest
    that goes on as an unfinished last word begins, or one of the vocabulary with nearly the same letters. The second
    value names what was typed and what was looked for in its place."""
    unknown = [word for word in asked.unknown if not any(sign.isdigit() for sign in word)]  # no number is mistyped
    typed = re.findall(r"[^\W\d_]+", asked.query)
    counts, mended = dict(asked.counts), dict[str, str]()
    last = typed[-1].casefold() if typed else ""
    for word in unknown:
        begun = WordCount.objects.filter(store=store, word__startswith=word) if last.startswith(word) else None
        near = begun.order_by("-products", "word").first() if begun is not None else None
        if near is not None:
            counts[near.word] = near.products
            unknown = [other for other in unknown if other != word]
    if unknown:
        known = _vocabulary(store)
        for word in unknown:
            wrong = max(typed, key=lambda one: fuzz.ratio(one.casefold(), word), default="")
            right = _alike(wrong.casefold(), known) if len(wrong) >= SHORTEST else None
            if right is not None:
                mended[wrong] = right
                counts.update(hybrid.words(store, right).counts)
    return replace(asked, counts=hybrid.rarest(counts)), mended


def _vocabulary(store: Store) -> list[str]:
    """The words of the store's search phrases and brands, those of the most products first."""
    rows = Keyword.objects.filter(Q(kind=KeywordKind.SEARCH) | Q(field="brand"), store=store).order_by("-density", "id")
    texts = rows.values_list("text", flat=True)[:KNOWN]
    return list(dict.fromkeys(word for text in texts for word in re.findall(r"[^\W\d_]+", text.casefold())))


def _alike(word: str, known: Sequence[str]) -> str | None:
    """Of words as near, the first."""
    found = process.extractOne(
        word, known, scorer=DamerauLevenshtein.normalized_similarity, score_cutoff=ALIKE, processor=None
    )
    return found[0] if found else None


def expected(products: "QuerySet[Product]") -> int:
    """About how many `products` there are, as the planner knows it: counting reads them all."""
    plan = json.loads(products.order_by().values("pk").explain(format="json"))
    return int(plan[0]["Plan"]["Plan Rows"])
