"""One small shop for the tests of the cascade: shelves of the sample catalogue, imported and embedded for real."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from generation import imports, kit, tasks
from generation.catalog.feed import guess_mapping, open_feed
from generation.catalog.sample import generator
from generation.encoders.base import Encoder, Vectors
from generation.models import Campaign, ImportJob, Run
from tests.contract import responder
from tests.factories import CampaignFactory, StoreFactory, UserFactory

SHELVES = ("Grocery > Breakfast", "Pet > Dog", "Pet > Cat", "Baby > Changing")


@dataclass
class Remembering:
    """An encoder that asks another one once per text, and counts what it was asked."""

    inner: Encoder
    asked: list[str] = field(default_factory=list)
    known: dict[str, Vectors] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.inner.name

    @property
    def dimensions(self) -> int:
        return self.inner.dimensions

    def encode(self, texts: Sequence[str], batch_size: int = 64) -> Vectors:
        self.asked += texts
        new = [text for text in dict.fromkeys(texts) if text not in self.known]
        self.known.update(zip(new, self.inner.encode(new, batch_size), strict=True))
        return np.asarray([self.known[text] for text in texts], dtype=np.float32).reshape(len(texts), self.dimensions)


@cache
def encoder() -> Remembering:
    """Kept for the whole test process, so that loading the shop again costs no encoding."""
    return Remembering(kit.encoder())


def rows(shelves: tuple[str, ...] = SHELVES) -> list[dict[str, Any]]:
    """The feed of the shop: about 320 products on all shelves, 129 on the first."""
    return [row for row in generator.products() if str(row["product_type"]).startswith(shelves)]


def write_feed(folder: Path, feed: Sequence[dict[str, Any]], name: str = "feed.jsonl") -> Path:
    path = folder / name
    path.write_text("".join(f"{json.dumps(row)}\n" for row in feed), encoding="utf-8")
    return path


def confirmed(store: Any, path: Path) -> ImportJob:
    """An import whose columns were guessed and confirmed, ready for the worker."""
    feed = open_feed(path)
    mapping = guess_mapping(feed.columns, feed.sample()).mapping.with_currency(store.currency)
    job = imports.create(store=store, path=path, file_name=path.name, mapping=mapping)
    imports.confirm(job, mapping)
    return job


def import_file(store: Any, path: Path) -> ImportJob:
    return imports.execute(confirmed(store, path))


def open_shop(folder: Path, shelves: tuple[str, ...] = SHELVES) -> Any:
    """A store with the products of `shelves`, their vectors and the vocabulary."""
    store = StoreFactory(slug="fixture-shop", name="Fixture Shop")
    job = import_file(store, write_feed(folder, rows(shelves)))
    assert job.status == ImportJob.Status.DONE, job.error
    prepare(store)
    return store


def prepare(store: Any) -> None:
    """What the worker does after an import, with the remembering encoder."""
    from generation.catalog import embed, vocabulary, wording

    wording.refresh(store)
    embed.embed_stale(store, encoder())
    vocabulary.rebuild(store, encoder())


def campaign(store: Any, **fields: Any) -> Campaign:
    """A campaign that the shop can fill, unless `fields` say otherwise."""
    asked: dict[str, Any] = {
        "name": "Slow mornings",
        "objective": "Breakfast for slow weekend mornings",
        "objective_kind": "discovery",
        "placements": 3,
        "products": 5,
        "constraints": {"density_min": 3},
    }
    return CampaignFactory(store=store, **{**asked, **fields})


def start(store: Any, seed: int = 1, **fields: Any) -> Run:
    """A queued run, started through the service; nothing is put on the broker."""
    from generation.services import start_run

    return start_run(campaign=campaign(store, **fields), actor=UserFactory(), seed=seed, enqueue=False)


def work(run: Run) -> Run:
    """What the worker does with a queued run."""
    tasks.execute_run(run.pk)
    run.refresh_from_db()
    return run


THEMES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Muesli to wake up for", ("muesli", "crunchy granola", "oat muesli", "granola")),
    ("Porridge, warm and slow", ("porridge oats", "porridge", "rolled oats", "oats")),
    ("Jam for fresh toast", ("strawberry jam", "jam", "marmalade", "fruit spread")),
    ("Dinner for a good dog", ("dog food", "dry dog food", "wet dog food", "dog treats")),
    ("What cats come running for", ("cat food", "wet cat food", "dry cat food", "cat treats")),
    ("Clean and dry", ("nappies", "baby wipes", "changing mat", "nappy cream")),
)


@dataclass
class Answers:
    """What the stand-in vendor answers: themes this shop can fill, the nearest candidates, and a judge's verdicts.

    `turned_down` holds item ids the judge refuses; `against` is a reason to refuse every placement.
    """

    themes: Sequence[tuple[str, Sequence[str]]] = THEMES
    turned_down: set[str] = field(default_factory=set)
    against: str = ""
    abstained: str = ""
    selected: list[int] | None = None
    data: list[dict[str, Any]] = field(default_factory=list)

    def __call__(self, request: dict[str, Any]) -> dict[str, Any]:
        data = responder.data_of(request)
        self.data.append(data)
        match responder.stage_of(request):
            case "themes":
                return self._themes(data)
            case "keywords":
                # They come nearest first; how near is not told to a vendor.
                chosen = [one["id"] for one in data["candidates"] if one["kind"] != "attribute"][:4]
                return {"reason": "Nearest.", "selected": chosen if self.selected is None else self.selected}
            case "judge":
                return self._verdicts(data)
            case "page":
                return self._page(data)
        return {}

    def _themes(self, data: dict[str, Any]) -> dict[str, Any]:
        if self.abstained:
            return {"themes": [], "abstained": self.abstained}
        context = data["context"]
        settled = {*context.get("fixed_titles", []), *context["brief"].get("avoid", [])}
        free = [theme for theme in self.themes if theme[0] not in settled]
        made = [
            {
                "title": title,
                "subtitle": "",
                "intent": f"A shopper wants {concepts[0]}.",
                "concepts": list(concepts),
                "confidence": 0.8,
                "reason": "It fits.",
            }
            for title, concepts in free[: data["wanted"]]
        ]
        return {"themes": made, "abstained": None}

    def _verdicts(self, data: dict[str, Any]) -> dict[str, Any]:
        row = [one["facet"] for one in data["facets"].get("placement", [])]
        product = [one["facet"] for one in data["facets"]["product"]]

        def against(facet: str) -> bool:
            return bool(self.against) and facet == "coherent"

        def bad(one: dict[str, Any], facet: str) -> bool:
            return facet == "fits_title" and one["id"] in self.turned_down

        return {
            "placement": [
                {
                    "facet": facet,
                    "reason": self.against if against(facet) else "It reads well.",
                    "passes": not against(facet),
                }
                for facet in row
            ],
            "products": [
                {
                    "id": one["id"],
                    "facet": facet,
                    "reason": "Not for this row." if bad(one, facet) else "It belongs.",
                    "passes": not bad(one, facet),
                }
                for one in data.get("products", [])
                for facet in product
            ],
        }

    def _page(self, data: dict[str, Any]) -> dict[str, Any]:
        return {
            "page": [
                {"facet": one["facet"], "reason": "One page.", "passes": True, "rows": []} for one in data["facets"]
            ]
        }


def asked(server: Any, stage: str) -> Iterator[dict[str, Any]]:
    """The data of the requests that `server` got for one stage."""
    for seen in server.requests:
        if responder.stage_of(seen.body) == stage:
            yield responder.data_of(seen.body)
