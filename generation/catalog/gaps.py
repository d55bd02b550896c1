"""What runs report of the vocabulary: concepts that nothing in it comes near to, counted once a run."""

from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from accounts.models import Store
from generation.models import VocabularyGap
from generation.stages.contracts import Gap

THEMES_KEPT = 5


def note(store: Store, found: Iterable[tuple[Gap, str]]) -> None:
    """Count each gap, with the title of the theme that asked for it, for one run more. A settled one stays settled."""
    now = timezone.now()
    asked: dict[str, tuple[Gap, list[str]]] = {}
    for gap, title in found:
        asked.setdefault(gap.concept.casefold()[:200], (gap, []))[1].append(title)
    for concept, (gap, titles) in sorted(asked.items()):  # in one order, so that two runs never wait for each other
        row, new = VocabularyGap.objects.get_or_create(
            store=store, concept=concept, defaults={"last_seen": now, **_nearest(gap), "themes": titles[:THEMES_KEPT]}
        )
        if not new:
            kept = list(dict.fromkeys([*titles, *row.themes]))[:THEMES_KEPT]
            VocabularyGap.objects.filter(pk=row.pk).update(
                runs=F("runs") + 1, last_seen=now, themes=kept, **_nearest(gap)
            )


def _nearest(gap: Gap) -> dict[str, str | float | None]:
    return {"nearest": gap.nearest, "similarity": gap.similarity}
