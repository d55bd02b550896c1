"""The names a catalogue really has: categories and brands to offer, to check and to correct what people typed."""

from collections.abc import Iterable
from difflib import SequenceMatcher

from django.db.models import CharField, F, Func, QuerySet

from accounts.models import Store
from generation.models import Keyword, KeywordKind, Product

OFFERED = 1_000  # names in a list of suggestions; more would make the page heavy, and typing still accepts them all
COMPARED = 5_000  # names a misspelt one is compared with


def _nodes(store: Store) -> "QuerySet[Product, str]":
    node: Func = Func(F("categories"), function="unnest", output_field=CharField())
    node.set_returning = True
    return Product.objects.filter(store=store).order_by().annotate(node=node).values_list("node", flat=True).distinct()


def categories(store: Store, limit: int = OFFERED) -> list[str]:
    """Category nodes of `store`, the fullest first; from the products themselves while there is no vocabulary yet."""
    words = Keyword.objects.filter(store=store, kind=KeywordKind.CATEGORY).order_by("-density", "text")
    return list(words.values_list("text", flat=True)[:limit]) or sorted(_nodes(store)[:limit])


def brands(store: Store, limit: int = OFFERED) -> list[str]:
    """Brands of `store`, the fullest first; from the products themselves while there is no vocabulary yet."""
    words = Keyword.objects.filter(store=store, kind=KeywordKind.ATTRIBUTE, field="brand")
    found = list(words.order_by("-density", "text").values_list("text", flat=True)[:limit])
    if found:
        return found
    products = Product.objects.filter(store=store).exclude(brand="").order_by("brand")
    return list(products.values_list("brand", flat=True).distinct()[:limit])


def resolve_categories(store: Store, asked: Iterable[str]) -> tuple[list[str], list[str]]:
    """`asked` in the catalogue's own spelling, and a sentence for each name that it does not have."""
    found: list[str] = []
    problems: list[str] = []
    known: list[str] | None = None
    for typed in asked:
        name = " > ".join(part.strip() for part in typed.split(">"))
        if Product.objects.filter(store=store, categories__contains=[name]).exists():
            found.append(name)
            continue
        known = categories(store, COMPARED) if known is None else known
        _take(name, known, "category", found, problems)
    return found, problems


def resolve_brands(store: Store, asked: Iterable[str]) -> tuple[list[str], list[str]]:
    """`asked` in the catalogue's own spelling, and a sentence for each brand that it does not have."""
    found: list[str] = []
    problems: list[str] = []
    for name in asked:
        products = Product.objects.filter(store=store).values_list("brand", flat=True)
        spelling = products.filter(brand=name).first() or products.filter(brand__iexact=name).first()
        if spelling:
            found.append(spelling)
        else:
            _take(name, brands(store, COMPARED), "brand", found, problems)
    return found, problems


def nearest(name: str, known: Iterable[str]) -> str:
    """The most similar of `known`, or "" when none is alike. A path is also compared by its last part, since people
    type what they see on the shelf."""
    wanted = name.casefold()
    leaf = wanted.rsplit(">", 1)[-1].strip()
    best, likeness = "", 0.55
    for one in known:
        whole = one.casefold()
        score = max(_alike(wanted, whole), 0.98 * _alike(leaf, whole.rsplit(">", 1)[-1].strip()))
        if score > likeness:
            best, likeness = one, score
    return best


def _alike(one: str, other: str) -> float:
    matcher = SequenceMatcher(None, one, other)
    return matcher.ratio() if matcher.real_quick_ratio() > 0.55 and matcher.quick_ratio() > 0.55 else 0.0


def _take(name: str, known: list[str], kind: str, found: list[str], problems: list[str]) -> None:
    same = next((one for one in known if one.casefold() == name.casefold()), None)
    if same:
        found.append(same)
    elif not known:
        problems.append(f"The catalogue has no {kind} “{name}”: it names none yet.")
    else:
        near = nearest(name, known)
        problems.append(f"The catalogue has no {kind} “{name}”." + (f" The nearest is “{near}”." if near else ""))
