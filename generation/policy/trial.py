"""What another policy would have made of the last rows that were judged. Counts what is stored; runs no model.

Both policies are tried on the same stored scores in the same way, so that what cannot be known (a product that was
never kept) is left out of both.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rapidfuzz import fuzz, utils

from accounts.models import Store
from generation.models import Run
from generation.policy import policies
from generation.stages.contracts import DraftPage, Judged, JudgementOut, LeftOut, PlacementDraft
from generation.stages.facets import Level
from generation.stages.policy import QualityPolicy

ROWS = 40
RUNS = 40  # looked at, at most, to find so many rows
EXAMPLES = 5
# Checks that the trial makes itself, from scores; what the run said of them is not asked again.
TWIN, BEFORE = "not a duplicate", "rejected before"
REPEATED = {"enough products", "products fit the title", TWIN, BEFORE}


@dataclass(frozen=True)
class Fate:
    """What a policy makes of a row: kept, flagged or dropped, and how many products it would show."""

    state: str
    shown: int
    why: str = ""


@dataclass(frozen=True)
class Change:
    """A row whose fate would have been another."""

    title: str
    run: int
    before: Fate
    after: Fate


@dataclass(frozen=True)
class Trial:
    """The difference over `rows` judged rows. `products` are those shown under the policy as it is."""

    rows: int = 0
    dropped_more: int = 0
    kept_more: int = 0
    flagged_more: int = 0
    flagged_less: int = 0
    products: int = 0
    products_less: int = 0
    products_more: int = 0
    changes: Sequence[Change] = field(default_factory=list)

    @property
    def sentence(self) -> str:
        """In words, numbers included."""
        if not self.rows:
            return "No row was judged yet, so there is nothing to try this on. Generate a page first."
        parts = [
            f"{count} more would have been {word}"
            for count, word in (
                (self.dropped_more, "dropped"),
                (self.kept_more, "kept"),
                (self.flagged_more, "flagged for people"),
            )
            if count
        ]
        if self.flagged_less:
            parts.append(f"{self.flagged_less} fewer would have been flagged")
        moved = [
            f"{count} {way} products would be shown"
            for count, way in ((self.products_less, "fewer"), (self.products_more, "more"))
            if count
        ]
        said = f"Of the last {self.rows} judged rows, " + (_listed(parts) if parts else "all would have ended the same")
        return f"{said}.{' In the rows that stay, ' + _listed(moved) + '.' if moved else ''}"


def trial(store: Store, now: QualityPolicy, then: QualityPolicy) -> Trial:
    """What `then` would have done differently from `now` with the last rows of this store. A handful of queries."""
    rows = dropped = kept = flagged = unflagged = products = less = more = 0
    changes: list[Change] = []
    for run, page, under in _pages(store):
        before, after = _fates(page, now, under), _fates(page, then, under)
        for (title, was), (_title, would) in zip(before, after, strict=True):
            if rows == ROWS:
                break
            rows += 1
            dropped += was.state != "dropped" and would.state == "dropped"
            kept += was.state == "dropped" and would.state != "dropped"
            flagged += was.state == "kept" and would.state == "flagged"
            unflagged += was.state == "flagged" and would.state == "kept"
            if "dropped" not in (was.state, would.state):
                products += was.shown
                less += max(was.shown - would.shown, 0)
                more += max(would.shown - was.shown, 0)
            if was.state != would.state:
                changes.append(Change(title, run, was, would))
        if rows == ROWS:
            break
    return Trial(rows, dropped, kept, flagged, unflagged, products, less, more, changes[:EXAMPLES])


@dataclass(frozen=True)
class _Under:
    """What a page was made under: products asked for a row, the least of a row, and the policy of the run."""

    wanted: int
    least: int
    policy: QualityPolicy

    def settled(self, level: Level, said: JudgementOut) -> bool:
        """Whether something else than the policy said what failing does, such as a juror who was outvoted."""
        return bool(said.severity) and said.severity != self.policy.severity(level, said.facet)

    def severity(self, said: JudgementOut, policy: QualityPolicy) -> str:
        """What failing it does under another policy."""
        return said.severity if self.settled(said.level, said) else policy.severity(said.level, said.facet)


def _pages(store: Store) -> Iterator[tuple[int, DraftPage, _Under]]:
    """Finished pages, newest first, with the number of their run."""
    done = Run.objects.filter(campaign__store=store, status=Run.Status.DONE).order_by("-id")
    for run in done.only("id", "result", "brief")[:RUNS].iterator(chunk_size=4):
        brief: dict[str, Any] = run.brief["brief"]
        wanted = int(brief.get("products", 10))
        least = min(wanted, max(brief.get("density_min", 6), 3))
        yield run.pk, DraftPage.model_validate(run.result), _Under(wanted, least, policies.of_run(run.brief))


def _fates(page: DraftPage, policy: QualityPolicy, under: _Under) -> list[tuple[str, Fate]]:
    """Every generated row of a page in the order it was judged, then the themes left out for an earlier rejection."""
    found: list[tuple[str, Fate]] = []
    above: list[tuple[str, set[int]]] = []
    generated = [row for row in (*page.placements, *page.dropped) if row.source == "generated"]
    for row in sorted(generated, key=lambda one: one.key):
        shown = _shown(row.judged, policy, under)
        fate = _row(row, shown, policy, above, under)
        if fate.state != "dropped":
            above.append((row.theme.title, set(shown)))
        found.append((row.theme.title, fate))
    return found + [(one.theme.title, _left_out(one, policy)) for one in page.left_out if one.ruling is not None]


def _row(
    row: PlacementDraft,
    shown: dict[int, float],
    policy: QualityPolicy,
    above: Sequence[tuple[str, set[int]]],
    under: _Under,
) -> Fate:
    count = len(shown)
    failed = [one for one in row.judged.judgements if one.level == "placement" and not one.passes]
    severities = [under.severity(one, policy) for one in failed if one.facet not in REPEATED]
    mean = sum(shown.values()) / count if count else 0.0
    if "drop" in severities:
        return Fate("dropped", count, "a check it failed")
    if count < under.least:
        return Fate("dropped", count, _left(count))
    if mean < policy.placement_floor:
        return Fate("dropped", count, f"its products fit with {mean:.2f} on average")
    twin = next((title for title, products in above if _alike(row, shown, title, products, policy)), "")
    if twin:
        return Fate("dropped", count, f"too much like “{twin}”")
    for one in failed:
        if one.score is None:
            continue
        if one.facet == BEFORE and one.score >= policy.reject_near:
            return Fate("dropped", count, "near to what people rejected")
        # By meaning only where it decided before: under the run's own policy words and products do not explain it.
        if one.facet == TWIN and one.score >= policy.same_meaning and not _explained(row, shown, above, under):
            return Fate("dropped", count, "it means the same as another row")
    near = any(one.facet == BEFORE and (one.score or 0) >= policy.flag_near for one in failed)
    doubted = any(
        under.severity(one, policy) == "review"
        for one in row.judged.judgements
        if one.level == "product" and not one.passes and one.product in shown
    )
    return Fate("flagged" if "review" in severities or near or doubted else "kept", count)


def _alike(row: PlacementDraft, shown: dict[int, float], title: str, products: set[int], policy: QualityPolicy) -> bool:
    """Whether a row repeats another by the words of their titles, or by the products both show."""
    words = fuzz.token_set_ratio(title, row.theme.title, processor=utils.default_process)
    together = len(products | shown.keys())
    shared = len(products & shown.keys()) / together if together else 0.0
    return bool(words >= policy.same_title or shared >= policy.same_products)


def _explained(
    row: PlacementDraft, shown: dict[int, float], above: Sequence[tuple[str, set[int]]], under: _Under
) -> bool:
    return any(_alike(row, shown, title, products, under.policy) for title, products in above)


def _shown(judged: Judged, policy: QualityPolicy, under: _Under) -> dict[int, float]:
    """Products the row would show under this policy, with their fit: of those whose fit was kept."""
    fits = {one.hit.product: one.fit for one in (*judged.shown, *judged.bench)}
    said = {(one.product, one.facet): one for one in judged.judgements if one.level == "product" and not one.passes}
    for one in judged.dropped_products:
        verdict = said.get((one.product, one.facet))
        does = under.severity(verdict, policy) if verdict else policy.severity("product", one.facet)
        if one.score is not None and does != "drop":
            fits.setdefault(one.product, one.score)
    # The built-in judge's no is the bar itself, which is compared below.
    out = {product for (product, _), one in said.items() if one.score is None and under.severity(one, policy) == "drop"}
    fitting = {product: fit for product, fit in fits.items() if fit >= policy.show_from and product not in out}
    return dict(sorted(fitting.items(), key=lambda one: -one[1])[: under.wanted])


def _left_out(one: LeftOut, policy: QualityPolicy) -> Fate:
    """A theme that was blocked for being near to an earlier rejection."""
    if one.score is None or one.score >= policy.reject_near:
        return Fate("dropped", 0, one.reason)
    return Fate("flagged" if one.score >= policy.flag_near else "kept", 0)


def _left(count: int) -> str:
    return f"only {count} product{'' if count == 1 else 's'} would be left" if count else "no product would be left"


def _listed(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
