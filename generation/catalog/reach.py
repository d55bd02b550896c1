"""Which products a keyword reaches: the condition for one, and the same for many in few queries."""

from collections import defaultdict
from collections.abc import Sequence

from django.contrib.postgres.expressions import ArraySubquery
from django.contrib.postgres.search import SearchQuery
from django.db.models import Count, Func, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Upper

from generation.models import Keyword, KeywordKind, Product
from generation.stages.contracts import Candidate

Word = Candidate | Keyword


def reach(keyword: Word) -> Q:
    """The products a keyword reaches: all its words, its branch of the tree, or its attribute's value."""
    if keyword.kind == KeywordKind.CATEGORY:
        return Q(categories__overlap=[keyword.text])
    if keyword.kind == KeywordKind.ATTRIBUTE:
        name, _, inner = keyword.field.partition(".")
        if name != "attributes":
            return Q(**{f"{keyword.field}__iexact": keyword.text})
        return Q(**{f"attributes__{inner}": keyword.text}) | Q(**{f"attributes__{inner}__contains": [keyword.text]})
    condition = Q(search=SearchQuery(keyword.text, config="english"))
    for phrase in keyword.synonyms:
        condition |= Q(search=SearchQuery(phrase, config="english"))
    return condition


def eligible_counts(products: "QuerySet[Product]", keywords: Sequence[Word]) -> dict[int, int]:
    """How many of `products` each keyword reaches, by its id: one query for the phrases, one for the categories, and
    one for every attribute that is among them."""
    counts: dict[int, int] = {}
    for kind, ids in _by_column(keywords):
        one = products.filter(_outer(kind)).order_by().annotate(n=Func("pk", function="Count")).values("n")
        counts.update(Keyword.objects.filter(id__in=ids).annotate(n=Subquery(one)).values_list("id", "n"))
    for field, words in _by_field(keywords).items():
        inner = field.removeprefix("attributes.")
        if inner == field:
            values = [word.text.upper() for word in words]
            rows = products.order_by().annotate(value=Upper(field)).filter(value__in=values)
            found = dict(rows.values_list("value").annotate(n=Count("id")))
            counts.update((_id(word), found.get(word.text.upper(), 0)) for word in words)
        else:
            counts.update((_id(word), products.filter(reach(word)).count()) for word in words)
    counts.update((_id(word), products.filter(reach(word)).count()) for word in _with_synonyms(keywords))
    return counts


def members(products: "QuerySet[Product]", keywords: Sequence[Word]) -> dict[int, list[int]]:
    """The ids of those of `products` that each keyword reaches, by the keyword's id; few queries, as above."""
    found: dict[int, list[int]] = {}
    for kind, ids in _by_column(keywords):
        reached = ArraySubquery(products.filter(_outer(kind)).order_by().values("id"))
        found.update(Keyword.objects.filter(id__in=ids).annotate(reached=reached).values_list("id", "reached"))
    for words in _by_field(keywords).values():
        for word in words:
            found[_id(word)] = list(products.filter(reach(word)).order_by().values_list("id", flat=True))
    for word in _with_synonyms(keywords):
        found[_id(word)] = list(products.filter(reach(word)).order_by().values_list("id", flat=True))
    return found


def _outer(kind: str) -> Q:
    """`reach` of the keyword in the query around."""
    if kind == KeywordKind.CATEGORY:
        return Q(categories__contains=[OuterRef("text")])
    return Q(search=SearchQuery(OuterRef("text"), config="english"))


def _by_column(keywords: Sequence[Word]) -> list[tuple[str, list[int]]]:
    """Ids of phrases and of categories, where there are any."""
    kinds: defaultdict[str, list[int]] = defaultdict(list)
    for keyword in keywords:
        if keyword.kind != KeywordKind.ATTRIBUTE and not keyword.synonyms:
            kinds[keyword.kind].append(_id(keyword))
    return list(kinds.items())


def _with_synonyms(keywords: Sequence[Word]) -> list[Word]:
    """An editor's phrases that other words stand for too; there are few, so each is asked for by itself."""
    return [keyword for keyword in keywords if keyword.synonyms]


def _by_field(keywords: Sequence[Word]) -> dict[str, list[Word]]:
    fields: defaultdict[str, list[Word]] = defaultdict(list)
    for keyword in keywords:
        if keyword.kind == KeywordKind.ATTRIBUTE:
            fields[keyword.field].append(keyword)
    return fields


def _id(keyword: Word) -> int:
    return keyword.pk if isinstance(keyword, Keyword) else keyword.id
