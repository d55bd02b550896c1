"""Training a store's ranker from a file of events. It serves nobody until a person activates it."""

import datetime as dt
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from accounts import audit
from accounts.models import Store, User
from accounts.permits import require_admin
from generation.catalog.facts import as_hit
from generation.models import Product, TrainedRanker
from generation.rankers import events
from generation.rankers.learned import Kind, LearnedRanker, facts_of
from generation.rankers.log import EventLog, day, gather
from generation.rankers.signals import SignalRanker
from generation.rankers.training import Row, Say, Shop, rows_of, train
from generation.stages.contracts import Brief, Hit
from storefront_studio.lib.errors import BadInput


def learn(
    *,
    store: Store,
    actor: User | None,
    path: Path,
    kind: Kind,
    held_out: float = 0.2,
    say: Say = lambda text: None,
) -> TrainedRanker:
    """A ranker of `kind` from the events of a file, with its report; it serves nobody until a person activates it.

    Raises NotAllowed for anybody but an admin; BadInput when the file, or what it holds of this store's products, does
    not suffice.
    """
    require_admin(store, actor, "train rankers")
    if not 0.05 <= held_out <= 0.5:
        raise BadInput("Between 0.05 and 0.5 of the time is held out for measuring.")
    say("reading the events")
    read = events.read(path)
    shop, hits = shop_of(store)
    items = [hit.item_id for hit in hits]
    log = log_of(store, read, items)
    ranker, report = train(shop, log, kind, held_out, say)
    counts = counts_of(log, read)
    report["errors"] = read.errors
    report["catalogue"] = {"products": len(items), "day": timezone.localdate().isoformat()}
    packed = ranker.pack()
    LearnedRanker.unpack(packed)  # what cannot be read again is not kept
    return _saved(store, actor, kind, log, read.digest, counts, report, packed)


def log_of(store: Store, read: events.EventRows, items: Sequence[str]) -> EventLog:
    """The events that are about products of the store; raises BadInput when none is."""
    known = set(items)
    ours = [row for row in read.rows if row[2] in known]
    if not ours:
        example = read.rows[0][2]
        raise BadInput(
            f"None of the {len(read.rows):,} events is about a product of {store}; the first names “{example[:60]}”. "
            "The column product holds the ids of the feed."
        )
    return gather(ours, items)


def counts_of(log: EventLog, read: events.EventRows) -> dict[str, int]:
    """What a file held, and what of it was left out."""
    return {**log.counts(), "other_products": len(read.rows) - len(log), "refused_lines": read.refused}


def _saved(
    store: Store,
    actor: User | None,
    kind: Kind,
    log: EventLog,
    log_hash: str,
    counts: dict[str, int],
    report: dict[str, Any],
    packed: bytes,
) -> TrainedRanker:
    with transaction.atomic():
        Store.objects.select_for_update(no_key=True).get(pk=store.pk)  # two trainings at once get two numbers
        last = TrainedRanker.objects.filter(store=store).aggregate(last=Max("number"))["last"] or 0
        row = TrainedRanker.objects.create(
            store=store,
            kind=kind,
            number=last + 1,
            trained_from=dt.datetime.fromtimestamp(float(log.time[0]), dt.UTC),
            trained_to=dt.datetime.fromtimestamp(float(log.time[-1]), dt.UTC),
            counts=counts,
            log_hash=log_hash,
            report=report,
            artefact=packed,
            artefact_hash=f"sha256:{hashlib.sha256(packed).hexdigest()}",
            author=actor,
            author_name=str(actor) if actor else "Command line",
        )
        audit.record(
            store=store,
            actor=actor,
            action="ranker.trained",
            subject=f"ranker:{row.pk}",
            summary=f"Trained ranker {row.number} ({row.get_kind_display()}) from {counts['events']:,} events until "
            f"{day(float(log.time[-1]))}",
            actor_name=row.author_name,
        )
    return row


def shop_of(store: Store) -> tuple[Shop, list[Hit]]:
    """The store's products as training sees them, and as the stages do, in the same order."""
    products = list(Product.objects.filter(store=store).defer("search", "attributes").order_by("id"))
    if not products:
        raise BadInput(f"{store} has no products. Import the catalogue first.")
    for product in products:
        product.attributes = {}
    hits = [as_hit(product, similarity=0, rrf=0, sources=[]) for product in products]
    rows, row_of = rows_of([product.categories for product in products])
    signals = SignalRanker()

    def score(row: Row, today: dt.date) -> Any:
        brief = Brief(objective_kind="season", objective="", today=today)
        return np.asarray(signals.score(brief, [hits[place] for place in row.places]))

    return Shop(facts_of(hits), rows, row_of, score), hits
