"""The gold set: pairs of a theme and a product that people labelled beforehand, kept beside what judges say of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Literal

from django.db import transaction
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from accounts.models import Store
from review.calibration.history import Verdict
from review.models import Label
from storefront_studio.lib.errors import BadInput

OWN = Path(__file__).parent / "gold.jsonl"
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


class GoldTheme(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    subtitle: str = ""
    concepts: Annotated[list[Text], Field(min_length=1, max_length=12)]


class GoldProduct(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    title: Text
    brand: str = ""
    category: str = ""
    description: str = ""


class GoldPair(BaseModel):
    """One line of a gold file. `id` is unique in the file; what comes before its “/” names pairs that belong together.
    `facet` is “level.name”; `why` is the person's reason."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, StringConstraints(pattern=r"^[-\w.]+(/[-\w.]+)?$", max_length=120)]
    theme: GoldTheme
    product: GoldProduct
    facet: Literal["product.fits_title"] = "product.fits_title"
    passes: bool
    why: str = ""


def read(path: Path) -> list[GoldPair]:
    """The pairs of a JSON Lines file. Raises BadInput naming the line, also for an id that comes twice."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"The gold set {path} cannot be read: {error}.") from None
    found: dict[str, GoldPair] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            pair = GoldPair.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            raise BadInput(f"{path.name}, line {number}: {where + ': ' if where else ''}{first['msg']}.") from None
        if pair.id in found:
            raise BadInput(f"{path.name}, line {number}: the id “{pair.id}” comes twice.")
        found[pair.id] = pair
    if not found:
        raise BadInput(f"{path} holds no pair; write one JSON object a line.")
    return list(found.values())


@transaction.atomic
def seed(store: Store, scored: Sequence[tuple[GoldPair, Verdict]]) -> dict[str, int]:
    """Labels of these pairs and verdicts; what is there and says the same stays. {"new", "changed", "unchanged"}."""
    Store.objects.select_for_update().get(pk=store.pk)  # two at once seed one after the other
    wanted = {(f"gold:{pair.id}", verdict.judge): _label(store, pair, verdict) for pair, verdict in scored}
    counted = {"new": len(wanted), "changed": 0, "unchanged": 0}
    items = {item for item, _ in wanted}
    stale = []
    for there in Label.objects.filter(store=store, source=Label.Source.GOLD, item__in=items):
        new = wanted.get((there.item, there.judge))
        if new is None:
            continue
        counted["new"] -= 1
        if _same(there, new):
            counted["unchanged"] += 1
            del wanted[there.item, there.judge]
        else:
            counted["changed"] += 1
            stale.append(there.pk)
    Label.objects.filter(pk__in=stale).delete()
    Label.objects.bulk_create(wanted.values())
    return counted


def _label(store: Store, pair: GoldPair, verdict: Verdict) -> Label:
    level, _, facet = pair.facet.partition(".")
    return Label(
        store=store,
        source=Label.Source.GOLD,
        item=f"gold:{pair.id}",
        level=level,
        facet=facet,
        judge=verdict.judge,
        judge_passes=verdict.passes,
        judge_score=verdict.score,
        judge_reason=verdict.reason,
        person_passes=pair.passes,
        note=pair.why,
        text=f"“{pair.product.title}” in “{pair.theme.title}”"[:500],
    )


def _same(one: Label, other: Label) -> bool:
    names = ("facet", "judge_passes", "judge_score", "judge_reason", "person_passes", "note", "text")
    return all(getattr(one, name) == getattr(other, name) for name in names)
