"""What editors do about vocabulary gaps: concepts that plans named and nothing in the vocabulary comes near to."""

from collections.abc import Sequence

from django.contrib.postgres.search import SearchQuery
from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts import audit
from accounts.models import Store, User
from generation import runs, tasks
from generation.models import Keyword, KeywordKind, Product, VocabularyGap
from storefront_studio.lib.errors import BadInput, WrongState

LONGEST_PHRASE = 60
MOST_SYNONYMS = 12
EXAMPLES = 6


def reached(store: Store, phrases: Sequence[str]) -> "QuerySet[Product]":
    """The products that hold all words of at least one of `phrases`, as retrieval would find them."""
    condition = Q(pk=None)
    for phrase in phrases:
        condition |= Q(search=SearchQuery(phrase, config="english"))
    return Product.objects.filter(condition, store=store)


def read_phrases(text: str, synonyms: Sequence[str]) -> tuple[str, list[str]]:
    """A keyword and what else brings its products, blanks and repeats removed. Raises BadInput in words."""
    phrase = _plain(text)
    others = [one for one in dict.fromkeys(_plain(one) for one in synonyms) if one and one != phrase]
    if len(phrase) < 2:
        raise BadInput("Write the keyword: the phrase that plans may choose.")
    if len(others) > MOST_SYNONYMS:
        raise BadInput(f"{len(others)} synonyms are too many; {MOST_SYNONYMS} are the most.")
    for one in (phrase, *others):
        if len(one) > LONGEST_PHRASE:
            raise BadInput(f"“{one[:40]}…” is longer than {LONGEST_PHRASE} characters. Shorten it.")
    return phrase, others


@transaction.atomic
def add_keyword(
    *, store: Store, actor: User, text: str, synonyms: Sequence[str] = (), gap: VocabularyGap | None = None
) -> Keyword:
    """An editor's search phrase, which stays when the vocabulary is built anew. It closes `gap`.

    Raises BadInput when it brings no product or is there already, WrongState when somebody settled the gap first.
    """
    phrase, others = read_phrases(text, synonyms)
    density = reached(store, [phrase, *others]).count()
    if not density:
        raise BadInput(f"No product says “{phrase}”. Add words that your products do say as synonyms.")
    try:
        with transaction.atomic():
            keyword = Keyword.objects.create(
                store=store,
                kind=KeywordKind.SEARCH,
                text=phrase,
                synonyms=others,
                origin=Keyword.Origin.EDITOR,
                density=density,
            )
    except IntegrityError:
        raise BadInput(f"The vocabulary has “{phrase}” already.") from None
    if gap is not None:
        _settle(gap, VocabularyGap.Status.ADDED, actor, keyword)
    audit.record(
        store=store,
        actor=actor,
        action="keyword.add",
        subject=f"keyword:{keyword.pk}",
        summary=f"Added the keyword “{phrase}”, which brings {density:,} products",
        new={"text": phrase, "synonyms": others, "gap": gap.concept if gap else None},
    )
    runs.after_commit(tasks.embed_catalogue, store.pk)
    return keyword


@transaction.atomic
def remove_keyword(*, keyword: Keyword, actor: User) -> None:
    """Take an editor's keyword back; the gaps it closed open again. Raises WrongState for the catalogue's own words."""
    if keyword.origin != Keyword.Origin.EDITOR:
        raise WrongState(f"“{keyword.text}” comes from the catalogue and goes with its products.")
    VocabularyGap.objects.filter(keyword=keyword).update(
        status=VocabularyGap.Status.OPEN, settled_by=None, keyword=None
    )
    audit.record(
        store=keyword.store,
        actor=actor,
        action="keyword.remove",
        subject=f"keyword:{keyword.pk}",
        summary=f"Removed the keyword “{keyword.text}”",
        old={"text": keyword.text, "synonyms": keyword.synonyms},
    )
    keyword.delete()


@transaction.atomic
def dismiss(*, gap: VocabularyGap, actor: User) -> None:
    """Say that the shop does not sell such a thing. Raises WrongState when somebody settled it first."""
    _settle(gap, VocabularyGap.Status.DISMISSED, actor, None)
    _note(gap, actor, "gap.dismiss", "Dismissed")


@transaction.atomic
def reopen(*, gap: VocabularyGap, actor: User) -> None:
    """A dismissed gap counts again. Raises WrongState when it is not dismissed."""
    changed = VocabularyGap.objects.filter(pk=gap.pk, status=VocabularyGap.Status.DISMISSED).update(
        status=VocabularyGap.Status.OPEN, settled_by=None
    )
    if not changed:
        raise WrongState(f"“{gap.concept}” is not dismissed.")
    _note(gap, actor, "gap.reopen", "Opened again")


def _settle(gap: VocabularyGap, status: str, actor: User, keyword: Keyword | None) -> None:
    changed = VocabularyGap.objects.filter(pk=gap.pk, status=VocabularyGap.Status.OPEN).update(
        status=status, settled_by=actor, keyword=keyword, last_seen=timezone.now()
    )
    if not changed:
        raise WrongState(f"Somebody settled “{gap.concept}” in the meantime. Load the page again.")


def _note(gap: VocabularyGap, actor: User, action: str, verb: str) -> None:
    audit.record(
        store=gap.store,
        actor=actor,
        action=action,
        subject=f"gap:{gap.pk}",
        summary=f"{verb} the vocabulary gap “{gap.concept}”",
    )


def _plain(text: str) -> str:
    return " ".join(text.replace("\x00", " ").casefold().split())
