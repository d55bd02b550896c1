"""Tuning how much the shop's score counts beside the fit, on a store's events; a proposal until an admin takes it."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max, QuerySet

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation import kit, ranker_learning, trained_rankers
from generation.evaluators.base import ProductText, ThemeText, ThemeVectors
from generation.models import ProductVector, RankingProposal
from generation.policy import policies
from generation.rankers import events, tuning
from generation.rankers.base import Ranker
from generation.rankers.demand import Demand, Floats
from generation.rankers.learned import LearnedRanker, by_demand
from generation.rankers.log import DAY, EventLog, day
from generation.rankers.signals import WEIGHTS, SignalRanker
from generation.rankers.training import WHOLE, Shop, boosted_for, chosen_in
from generation.rankers.tuning import LEADS, Objectives, Part, Shelf
from generation.stages.contracts import Brief, Hit
from generation.stages.fusion import ALPHA, alpha_of
from generation.stages.policy import Tuning
from storefront_studio.lib.errors import BadInput

Say = Callable[[str], object]
LEAST_CHOICES = 30
LEAST_SHELF = 12  # products that fit: of fewer the first ten are nearly all
TUNED_ON = 0.3  # of the time before the held-out part: what came before it is what rankers learn from
BY_CHOICE = ("season", "occasion", "category", "basket", "discovery")
SILENT = {
    "clear_stock": "Events do not say what stock there was, so its values stay.",
    "launch": "Events do not say what was worth bringing in because it was new, so its values stay.",
}


def kept(store: Store) -> dict[str, Any]:
    """What serves where nothing was tuned: alpha by kind of objective and beta, and that no events are kept."""
    now = policies.current(store).tuning
    return {
        "store": store.slug,
        "proposal": None,
        "sentence": f"{store} keeps no events of its own, so nothing was tuned and the values stay. Give a log with "
        "--events FILE (time, visitor, product, kind).",
        "alpha": {kind: alpha_of(kind, now) for kind in sorted({*WEIGHTS, *ALPHA})},
        "beta": now.beta,
    }


def propose(
    *, store: Store, actor: User | None, path: Path, held_out: float = 0.2, say: Say = lambda text: None
) -> RankingProposal:
    """A proposal from the events of a file, with its report; nothing changes until an admin activates it.

    Raises NotAllowed for anybody but an admin; BadInput when the file, or what it holds of this store's products, does
    not suffice.
    """
    require_admin(store, actor, "tune the ranking")
    if not 0.05 <= held_out <= 0.5:
        raise BadInput("Between 0.05 and 0.5 of the time is held out for measuring.")
    say("reading the events")
    read = events.read(path)
    shop, hits = ranker_learning.shop_of(store)
    log = ranker_learning.log_of(store, read, [hit.item_id for hit in hits])
    begin, end = float(log.time[0]), float(log.time[-1])
    if end - begin < 2 * DAY:
        raise BadInput(f"The events span {(end - begin) / DAY:.1f} days; 2 are the least to tune on.")
    cut = end - held_out * (end - begin)
    first = cut - TUNED_ON * (cut - begin)
    policy = policies.current(store)
    say("how well products fit their categories")
    shelves, shelf_of = _shelves(store, shop, hits, policy.show_from)
    parts = [_part(log.since(first).before(cut), shop, shelf_of), _part(log.since(cut), shop, shelf_of)]
    for part, name in zip(parts, ("tuned on", "held out"), strict=True):
        if len(part.chosen) < LEAST_CHOICES:
            raise BadInput(
                f"In the time that is {name}, people chose {len(part.chosen)} products that fit their category's name; "
                f"the least is {LEAST_CHOICES}. Give a longer log."
            )
    say("what each product was worth to the shop")
    ranker_name, rankers = _rankers(store, shop, log, (first, cut))
    found, silent = [], dict(SILENT)
    for group in _groups(shop, hits, shelves, rankers, policy.tuning, parts, (first, cut)):
        say(f"tuning {group.kinds[0]}")
        if len(group.tuning.chosen) < LEAST_CHOICES or len(group.held_out.chosen) < LEAST_CHOICES:
            silent |= dict.fromkeys(group.kinds, "Too few choices of products with a known margin, so its values stay.")
        else:
            found.append(tuning.tune(shelves, group))
    body = tuning.value_of(found, policy.tuning)
    report = {
        "held_out_from": day(cut).isoformat(),
        "tuned_from": day(first).isoformat(),
        "ranker": ranker_name,
        "policy": policy.number,
        "evaluator": f"{kit.evaluator().name} {kit.evaluator().version}",
        "shelves": len(shelves),
        "products": int(sum(len(shelf.places) for shelf in shelves)),
        "objectives": [{**one, "sentences": tuning.sentences(one)} for one in found],
        "silent": [{"kind": kind, "why": why} for kind, why in sorted(silent.items())],
        "notes": _notes(ranker_name, policy.show_from),
    }
    return _saved(store, actor, body, report, ranker_learning.counts_of(log, read), read.digest)


def listed(store: Store) -> QuerySet[RankingProposal]:
    """All proposals of a store, newest first."""
    return RankingProposal.objects.filter(store=store).order_by("-number")


def numbered(store: Store, number: int) -> RankingProposal:
    """The proposal of this number; raises BadInput when there is none."""
    row = listed(store).filter(number=number).first()
    if row is None:
        raise BadInput(f"There is no ranking proposal {number} in {store}.")
    return row


def activate(*, store: Store, actor: User | None, number: int, seen: int, note: str) -> int:
    """What a proposal says (0: the studio's own values) as the next version of the policy, whose number comes back.

    `seen` is the version that the person had before them. Raises what `policies.save` raises, and BadInput for a
    number that is none.
    """
    value = Tuning()
    if number:
        value = Tuning.model_validate({**numbered(store, number).body, "number": number})
    policy = policies.current(store).model_copy(update={"tuning": value})
    return policies.save(store=store, actor=actor, policy=policy, note=note, seen=seen).number


# --- What is tuned on ----------------------------------------------------------------------------------------------
def _shelves(store: Store, shop: Shop, hits: Sequence[Hit], floor: float) -> tuple[list[Shelf], dict[int, int]]:
    """Categories as rows, with the products that fit their names from `floor` on, and the shelf of each place."""
    vectors = dict(ProductVector.objects.filter(product__store=store).values_list("product_id", "embedding"))
    judge, encoder = kit.evaluator(), kit.encoder_of(store)
    shelves: list[Shelf] = []
    shelf_of: dict[int, int] = {}
    for number, row in enumerate(shop.rows):
        # A product stands on the shelf of its deepest category only; the whole store has no title to fit.
        own = [int(p) for p in row.places if shop.row_of[p] == number and hits[p].product in vectors]
        if row.name == WHOLE or len(own) < LEAST_SHELF:
            continue
        *above, name = row.name.split(" > ")
        theme = ThemeText(name, "", "", (name, *above[-1:]))
        texts = [ProductText(hits[p].title, hits[p].brand, hits[p].category, hits[p].description) for p in own]
        near = np.asarray([vectors[hits[p].product] for p in own], dtype=np.float32)
        scores = judge.score(theme, texts, ThemeVectors.of(theme, encoder), near)
        fits = [(p, one.probability) for p, one in zip(own, scores, strict=True) if one.probability >= floor]
        if len(fits) >= LEAST_SHELF:
            shelf_of.update((p, len(shelves)) for p, _fit in fits)
            places, fit = zip(*fits, strict=True)
            shelves.append(Shelf(row.name, np.asarray(places, dtype=np.int64), np.asarray(fit)))
    if not shelves:
        raise BadInput(
            f"No category of {store} has {LEAST_SHELF} products that fit its name, so no row can be made to tune on."
        )
    return shelves, shelf_of


def _part(log: EventLog, shop: Shop, shelf_of: Mapping[int, int]) -> Part:
    chosen = chosen_in(log, shop) if len(log) else np.empty((0, 2), dtype=np.int64)
    chosen = chosen[[int(place) in shelf_of for place in chosen[:, 1]]]
    of = np.asarray([shelf_of[int(place)] for place in chosen[:, 1]], dtype=np.int64)
    return Part(chosen, of, np.ones(len(chosen)))


def _rankers(store: Store, shop: Shop, log: EventLog, moments: Sequence[float]) -> tuple[str, list[Ranker]]:
    """What gives R in the store now, as it would have been at each moment: nothing after it is looked at."""
    active = trained_rankers.active(store)
    if active is None:
        return SignalRanker.name, [SignalRanker() for _ in moments]
    begin = float(log.time[0])
    found: list[Ranker] = []
    for moment in moments:
        model = boosted_for(shop, log, begin, moment) if active.kind == "lambdamart" else None
        found.append(LearnedRanker(active.kind, Demand.of(log, moment), model))  # type: ignore[arg-type]
    return f"{active.kind} (as ranker {active.number})", found


def _groups(
    shop: Shop,
    hits: Sequence[Hit],
    shelves: Sequence[Shelf],
    rankers: Sequence[Ranker],
    now: Tuning,
    parts: Sequence[Part],
    moments: Sequence[float],
) -> list[Objectives]:
    """Objectives that order alike and have one alpha are tuned together."""
    learned = isinstance(rankers[0], LearnedRanker)
    groups: dict[Any, list[str]] = {}
    for kind in (*BY_CHOICE, "margin"):
        same = "learned" if learned and by_demand(kind) else repr(now.weights.get(kind, WEIGHTS[kind]))
        groups.setdefault((same, alpha_of(kind, now), kind == "margin"), []).append(kind)
    return [
        Objectives(
            kinds=tuple(kinds),
            alpha=alpha,
            beta=now.beta,
            tuning=_by_margin(parts[0], hits) if margin else parts[0],
            held_out=_by_margin(parts[1], hits) if margin else parts[1],
            worth=_Worth(kinds[0], hits, shelves, rankers, now, moments),
            factors=(1.0,) if same == "learned" else LEADS,
        )
        for (same, alpha, margin), kinds in groups.items()
    ]


def _by_margin(part: Part, hits: Sequence[Hit]) -> Part:
    """Choices count what the shop earned by them: margin times price; those of an unknown margin are left out."""
    earned = np.asarray([(hits[place].margin or 0.0) * hits[place].price for place in part.chosen[:, 1]])
    some = earned > 0
    return Part(part.chosen[some], part.of[some], earned[some])


class _Worth:
    """R on each shelf, computed once a part and factor."""

    def __init__(
        self,
        kind: str,
        hits: Sequence[Hit],
        shelves: Sequence[Shelf],
        rankers: Sequence[Ranker],
        now: Tuning,
        moments: Sequence[float],
    ) -> None:
        self.kind, self.hits, self.shelves = kind, hits, shelves
        self.rankers, self.now, self.moments = rankers, now, moments
        self._known: dict[tuple[int, float], list[Floats]] = {}

    def __call__(self, part: int, factor: float) -> Sequence[Floats]:
        key = (part, factor)
        if key not in self._known:
            ranker = self.rankers[part].weighed(tuning.multiplied(self.kind, factor, self.now))
            brief = Brief(objective_kind=self.kind, objective="", today=day(self.moments[part]))
            self._known[key] = [
                np.asarray([one.value for one in ranker.rate(brief, [self.hits[p] for p in shelf.places])])
                for shelf in self.shelves
            ]
        return self._known[key]


def _notes(ranker: str, floor: float) -> list[str]:
    built_in = ranker == SignalRanker.name
    return [
        "Events do not say from which row a product was chosen. A row is taken to be the deepest category of the "
        f"product, its title the category's name, S the evaluator's fit to that name, and only products from a fit of "
        f"{floor:g} on stand in it, as on a page. How people choose under a title written for a campaign may differ.",
        "NDCG@10 looks for each choice among the first ten of its row; means over visitors, with 95 % intervals over "
        "1,000 resamples of them. Values are chosen on the first part and measured on the part held out: of those that "
        "are not told from the best, the nearest to what serves now. Where the best is not told from what serves now, "
        "that stays.",
        "Only alpha / beta decides an order, so beta stays 1. Both ends are measured and never proposed.",
        *(
            [
                "R is the business score, which uses the catalogue's facts as they are today, popularity and ratings "
                "among them. They know of the time that is measured, which favours a greater alpha."
            ]
            if built_in
            else ["R is the ranker that serves, learned anew from what was before each part."]
        ),
    ]


def _saved(
    store: Store, actor: User | None, body: Tuning, report: dict[str, Any], counts: dict[str, int], log_hash: str
) -> RankingProposal:
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # two at once get two numbers
        last = RankingProposal.objects.filter(store=store).aggregate(last=Max("number"))["last"] or 0
        row = RankingProposal.objects.create(
            store=store,
            number=last + 1,
            body=body.model_dump(mode="json", exclude={"number"}),
            report=report,
            counts=counts,
            log_hash=log_hash,
            author=actor,
            author_name=str(actor) if actor else "Command line",
        )
        audit.record(
            store=store,
            actor=actor,
            action="ranker.tuned",
            subject=f"ranking_proposal:{row.pk}",
            summary=f"Tuned the ranking on {counts['events']:,} events: proposal {row.number}",
            actor_name=row.author_name,
        )
    return row
