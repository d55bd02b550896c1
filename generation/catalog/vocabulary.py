"""The closed vocabulary: what retrieval understands, mined from the catalogue itself.

Three kinds: search phrases (1 to 3 words shared by several titles), category nodes, and attribute values (brands
first). Each has a density, counted with the very condition that retrieval uses.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

from django.core.cache import cache
from django.db import connection
from django.db.models import Count, F, Func, Max

from accounts.models import Store
from generation.catalog import embed, phrases
from generation.catalog.reach import reach
from generation.encoders.base import Encoder
from generation.models import Keyword, KeywordKind, Product

MOST_PHRASES = 20_000
MOST_REACHED = 0.08
LEAST_IN_NODE = 3
LEAST_BRAND = 4
MOST_VALUES = 200  # an attribute with more distinct values than this is an identifier or a sentence, not a facet
TITLES_READ = 200_000
FACETS = ("brand", "color", "material")
EMPTY_VALUES = frozenset(
    [
        "yes",
        "no",
        "none",
        "n/a",
        "na",
        "unknown",
        "other",
        "others",
        "not",
        "applicable",
        "true",
        "false",
        "any",
        "all",
        "default",
        "misc",
    ]
)
STOP_WORDS = frozenset(
    [
        "a",
        "an",
        "the",
        "and",
        "or",
        "of",
        "for",
        "in",
        "on",
        "at",
        "by",
        "to",
        "from",
        "with",
        "without",
        "is",
        "are",
        "be",
        "as",
        "it",
        "its",
        "this",
        "that",
        "your",
        "you",
        "our",
        "we",
        "my",
        "all",
        "any",
        "can",
        "not",
        "no",
        "up",
        "out",
        "over",
        "per",
        "into",
        "only",
        "more",
        "most",
        "less",
        "very",
        "so",
        "if",
        "than",
        "then",
        "them",
        "they",
        "their",
        "there",
        "was",
        "were",
        "has",
        "have",
        "will",
        "just",
        "also",
        "both",
        "each",
        "few",
        "other",
        "some",
        "such",
        "own",
        "same",
        "too",
        "s",
        "t",
        "d",
    ]
)

Entry = tuple[str, str, str]  # kind, field, text


def rebuild(store: Store, encoder: Encoder, on_batch: Callable[[int, int], Any] = lambda done, total: None) -> int:
    """Bring the vocabulary up to the catalogue; the number of keywords. Entries that stay keep their vectors.

    Safe to run twice or to kill: entries are added and removed first, then vectors are filled in batches.
    """
    newest = _newest(store)
    wanted = dict.fromkeys([*_categories(store), *_attributes(store), *_phrases(store)])
    present = {(k.kind, k.field, k.text): k for k in Keyword.objects.filter(store=store).defer("embedding")}
    ours = Keyword.Origin.CATALOGUE  # an editor's words stay whatever the catalogue says
    gone = [word.pk for entry, word in present.items() if entry not in wanted and word.origin == ours]
    for start in range(0, len(gone), 5000):
        Keyword.objects.filter(pk__in=gone[start : start + 5000]).delete()
    Keyword.objects.bulk_create(
        [
            Keyword(store=store, kind=kind, field=field, text=text)
            for kind, field, text in wanted
            if (kind, field, text) not in present
        ],
        batch_size=2000,
        ignore_conflicts=True,
    )
    settle_indexes()
    count_densities(store)
    Keyword.objects.filter(store=store, density=0, origin=ours).delete()
    # A phrase reaches products by brand and category too: one that brings so much of the shop says nothing.
    most = max(MOST_REACHED * Product.objects.filter(store=store).count(), 200)
    Keyword.objects.filter(store=store, kind=KeywordKind.SEARCH, density__gt=most, origin=ours).delete()
    _embed(store, encoder, on_batch)
    cache.set(_stamp(store), newest, None)
    return Keyword.objects.filter(store=store).count()


def is_behind(store: Store, encoder_name: str | None = None) -> bool:
    """Whether products changed since the vocabulary was last built, or keywords still lack a vector (of the encoder,
    when named)."""
    words = Keyword.objects.filter(store=store)
    if (words.exclude(encoder=encoder_name) if encoder_name else words.filter(embedding=None)).exists():
        return True
    newest = _newest(store)
    return bool(newest) and cache.get(_stamp(store)) != newest


def _stamp(store: Store) -> str:
    # In the cache: when it is lost, one rebuild too many is all that happens.
    return f"vocabulary:{store.pk}"


def _newest(store: Store) -> str:
    """When the store's products changed last; empty when there are none."""
    at = Product.objects.filter(store=store).aggregate(at=Max("updated_at"))["at"]
    return at.isoformat() if at else ""


def _categories(store: Store) -> Iterator[Entry]:
    node = Func(F("categories"), function="unnest")
    rows = Product.objects.filter(store=store).annotate(node=node).values("node").annotate(n=Count("id"))
    for row in rows.filter(n__gte=LEAST_IN_NODE).order_by("node"):
        yield KeywordKind.CATEGORY.value, "", row["node"]


def _attributes(store: Store) -> Iterator[Entry]:
    products = Product.objects.filter(store=store)
    for field in FACETS:
        least = LEAST_BRAND if field == "brand" else LEAST_IN_NODE
        rows = products.exclude(**{field: ""}).values(field).annotate(n=Count("id")).filter(n__gte=least)
        for row in rows.order_by(field):
            yield KeywordKind.ATTRIBUTE.value, field, row[field]
    yield from _json_attributes(store)


# Every string value, and every member of a list of strings, in ``attributes``: (key, value, products).
_VALUES = """
    SELECT a.key, v.value, count(*) AS n FROM generation_product p,
           LATERAL jsonb_each(p.attributes) AS a(key, value),
           LATERAL (SELECT a.value #>> '{}' WHERE jsonb_typeof(a.value) = 'string'
                    UNION
                    SELECT m #>> '{}' FROM jsonb_array_elements(
                        CASE WHEN jsonb_typeof(a.value) = 'array' THEN a.value ELSE '[]'::jsonb END) AS m
                    WHERE jsonb_typeof(m) = 'string') AS v(value)
    WHERE p.store_id = %s AND length(v.value) BETWEEN 2 AND 60
    GROUP BY 1, 2"""


def _json_attributes(store: Store) -> Iterator[Entry]:
    with connection.cursor() as cursor:
        cursor.execute(f"{_VALUES} HAVING count(*) >= %s ORDER BY 1, 2", [store.pk, LEAST_IN_NODE])
        rows = cursor.fetchall()
    values = Counter(key for key, _value, _n in rows)
    for key, value, _n in rows:
        # Numbers mean nothing by themselves; a path with dots or quotes could not be written as a filter.
        if value.casefold() in EMPTY_VALUES:
            continue
        if values[key] <= MOST_VALUES and re.search(r"[^\W\d]{2}", value) and re.fullmatch(r"\w{1,60}", key):
            yield KeywordKind.ATTRIBUTE.value, f"attributes.{key}", value


def _phrases(store: Store) -> Iterator[Entry]:
    rows = Product.objects.filter(store=store).order_by("id").values_list("title", "brand")[:TITLES_READ]
    # A brand has a keyword of its own; in front of a title its pieces would pass for kinds of goods.
    titles = [title[len(brand) :] if title.casefold().startswith(brand.casefold()) else title for title, brand in rows]
    least = 3 if len(titles) < 10_000 else 5
    most = max(0.04 * len(titles), 50)
    nodes = [path.rsplit(" > ", 1)[-1] for _kind, _field, path in _categories(store)]
    found = [(text, n) for text, n in phrases.mine(titles, nodes, STOP_WORDS, least) if n <= most]
    for text in _distinct([text for text, _n in found])[:MOST_PHRASES]:
        yield KeywordKind.SEARCH.value, "", text


def _distinct(texts: list[str]) -> list[str]:
    """Without those that mean the same query as one before: plurals, or the same words in another order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tsvector_to_array(to_tsvector('english', t)) FROM unnest(%s::text[]) WITH ORDINALITY AS x(t, n)"
            " ORDER BY n",
            [texts],
        )
        stems = [tuple(sorted(row[0])) for row in cursor.fetchall()]
    first: dict[tuple[str, ...], str] = {}
    for text, key in zip(texts, stems, strict=True):
        if key:
            first.setdefault(key, text)
    return list(first.values())


def settle_indexes() -> None:
    """What autovacuum does a minute later at best: tell the planner what has just been loaded (it takes a new store for
    empty and reads all its products for each keyword), and put what waits beside the inverted indexes into them (each
    of a thousand lookups reads through all that waits)."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE generation_product, generation_productvector, generation_keyword")
        cursor.execute(
            """SELECT gin_clean_pending_list(i.oid) FROM pg_class i JOIN pg_am a ON a.oid = i.relam AND a.amname = 'gin'
               JOIN pg_index x ON x.indexrelid = i.oid WHERE x.indrelid = 'generation_product'::regclass"""
        )


def count_densities(store: Store) -> None:
    """Set the density of every keyword of `store`, kind by kind, with retrieval's own conditions."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE generation_keyword k SET density = n.n FROM (
                   SELECT k.id, (SELECT count(*) FROM generation_product p WHERE p.store_id = k.store_id
                                 AND p.search @@ plainto_tsquery('english', k.text)) AS n
                   FROM generation_keyword k WHERE k.store_id = %s AND k.kind = 'search' AND k.synonyms = '{}') n
               WHERE n.id = k.id AND k.density <> n.n""",
            [store.pk],
        )
        for keyword in Keyword.objects.filter(store=store).exclude(synonyms=[]).defer("embedding"):
            density = Product.objects.filter(reach(keyword), store=store).count()
            Keyword.objects.filter(pk=keyword.pk).exclude(density=density).update(density=density)
        cursor.execute(
            """WITH n AS (SELECT node, count(*) AS n FROM generation_product p, unnest(p.categories) AS node
                          WHERE p.store_id = %s GROUP BY node)
               UPDATE generation_keyword k SET density = n.n FROM n
               WHERE k.store_id = %s AND k.kind = 'category' AND n.node = k.text AND k.density <> n.n""",
            [store.pk, store.pk],
        )
        for field in FACETS:
            cursor.execute(
                f"""WITH n AS (SELECT upper({field}) AS value, count(*) AS n FROM generation_product
                               WHERE store_id = %s GROUP BY 1)
                    UPDATE generation_keyword k SET density = n.n FROM n
                    WHERE k.store_id = %s AND k.field = %s AND n.value = upper(k.text) AND k.density <> n.n""",
                [store.pk, store.pk, field],
            )
        cursor.execute(
            f"""WITH n AS ({_VALUES})
                UPDATE generation_keyword k SET density = n.n FROM n
                WHERE k.store_id = %s AND k.field = 'attributes.' || n.key AND k.text = n.value AND k.density <> n.n""",
            [store.pk, store.pk],
        )


def embedding_text(keyword: Keyword) -> str:
    """What is embedded for a keyword: the last two nodes of a path, a value with its attribute, or the phrase."""
    if keyword.kind == KeywordKind.CATEGORY:
        return ", ".join(reversed(keyword.text.split(" > ")[-2:]))
    if keyword.kind == KeywordKind.ATTRIBUTE and keyword.field != "brand":
        return f"{keyword.text} ({keyword.field.removeprefix('attributes.').replace('_', ' ')})"
    return keyword.text


_PLACE = """
UPDATE generation_keyword k SET embedding = made.embedding::halfvec, encoder = %s
FROM unnest(%s::bigint[], %s::text[]) AS made(id, embedding) WHERE k.id = made.id"""


def _embed(store: Store, encoder: Encoder, on_batch: Callable[[int, int], Any]) -> None:
    missing = Keyword.objects.filter(store=store).exclude(encoder=encoder.name)
    total = missing.count()
    done = 0
    for batch, vectors in embed.encoded(embed.by_id(missing.defer("embedding")), embedding_text, encoder):
        with connection.cursor() as cursor:
            cursor.execute(_PLACE, [encoder.name, [word.pk for word in batch], embed.as_text(vectors)])
        done += len(batch)
        on_batch(done, total)
