"""Builds, from settings, what stages may use. The only place that knows which adapter is behind which port."""

import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import Any

import numpy as np
from django.conf import settings
from django.db import connection

from accounts.models import Store
from generation import asking, money, trained_rankers
from generation.campaigns.constraints import Constraints
from generation.catalog import embed, spaces
from generation.catalog.search import CatalogSearch
from generation.encoders import registry as encoders
from generation.encoders.base import Encoder
from generation.encoders.openai import OpenAIEncoder
from generation.encoders.remembering import Remembering
from generation.encoders.reranking import CrossEncoderReranker, Reranker
from generation.evaluators import builtin
from generation.evaluators.base import Evaluator, ProductText, ThemeText, ThemeVectors
from generation.leases import give_back_connection
from generation.llm import registry
from generation.llm.base import TextModel
from generation.llm.library import shelf
from generation.llm.library.model import LibraryModel
from generation.llm.library.shelf import WrittenTheme
from generation.memory import StoreMemory
from generation.models import EmbeddingSpace, Product, Run
from generation.policy import policies
from generation.registry import releases
from generation.registry.versions import weights_file
from generation.stages.contracts import Brief, Hit, Theme
from generation.stages.policy import QualityPolicy
from generation.stages.ports import Fit, Kit
from generation.stages.settling import Settling
from generation.stages.sight import Discreet
from storefront_studio.lib.errors import Misconfigured, Transient

ENCODERS = 3  # kept by a process: the one that serves, the one that is to come, and what another store is served by
UNFITTED = ", fitted for another encoder"
LIBRARY_PROPOSALS = 96  # themes the library is asked for, whatever the page holds: they cost nothing

_loading = RLock()
"""A cache lets two threads that come at once both load; a worker's first job waits for the load instead."""
_shelving = RLock()
"""The same for the library's themes, which take longer: runs that do not need them must not wait for them."""
_shelves: dict[str, shelf.Shelf] = {}


@lru_cache(maxsize=ENCODERS)
def _built(recipe: encoders.Recipe) -> Encoder:
    key = settings.EMBEDDING_KEYS.get(recipe.base_url, "")  # a key is shown to its own address and to no other
    prices = registry.prices(os.environ, recipe.base_url)
    loaded = encoders.build(recipe, settings.STUDIO_DATA_DIR / "cache", key, prices)
    gc.freeze()  # the model's objects stay for good: no collection has to walk through them, 0.3 s at a time
    return loaded


def recipe() -> encoders.Recipe:
    """What the settings want texts to be encoded with."""
    if settings.ENCODER != "openai":
        return encoders.Recipe(settings.ENCODER)
    return encoders.Recipe("openai", settings.EMBEDDING_MODEL, settings.EMBEDDING_BASE_URL, settings.EMBEDDING_SHORTEN)


def encoder() -> Encoder:
    """The encoder that settings name; loading it takes seconds, so the web process never asks. A store that is still
    served by another one has vectors of that: see `encoder_of`."""
    return encoder_like(recipe())


def encoder_of(store: Store) -> Encoder:
    """The encoder that wrote the vectors which serve `store`, and the settings' one where there are none yet.

    Raises Misconfigured when this studio cannot build it any more."""
    row = spaces.serving(store)
    return encoder_as(row) if row else _named(spaces.encoder_name(store, encoders.LOCAL), {})


def encoder_as(space: EmbeddingSpace) -> Encoder:
    """The encoder of a space. Raises Misconfigured when this studio cannot build it any more."""
    return _named(space.encoder, space.recipe)


def encoder_like(wanted: encoders.Recipe) -> Encoder:
    """The encoder of a recipe. Raises Misconfigured."""
    with _loading:
        return _built(wanted)


def reranker() -> Reranker | None:
    """The model that orders the first results of a text search once more; None where settings name none. Nothing is
    loaded before it is asked."""
    return _reranker(settings.RERANKER) if settings.RERANKER else None


@lru_cache(maxsize=1)
def _reranker(folder: str) -> Reranker:
    return CrossEncoderReranker(Path(folder))


def charge(store: Store, by: Encoder) -> None:
    """Write down what an encoder's requests cost since this was last asked; nothing for one that makes none. Where a
    process works for several stores at once, each pays for what was asked until it came by."""
    spent = by.drain() if isinstance(by, OpenAIEncoder) else None
    if spent is not None:
        money.keep_embedding(store, by.name, spent)


def _named(name: str, kept: Mapping[str, Any]) -> Encoder:
    usual = encoder()
    if not name or name == usual.name:
        return usual
    found = encoder_like(encoders.Recipe.read(kept, name))
    if found.name != name:
        raise Misconfigured(f"The vectors are by {name}, and its recipe gives {found.name} now.")
    return found


def settle(store: Store) -> Encoder:
    """The encoder of the store, from now on noted as the one that serves it; for whoever writes vectors.

    Raises Misconfigured when the tables cannot hold its vectors."""
    found = encoder_of(store)
    kept = recipe() if found.name == encoder().name else encoders.Recipe.read({}, found.name)
    return encoder_as(spaces.ensure(store, found.name, found.dimensions, kept.as_dict()))


NEAR = frozenset(encoders.LOCAL)
"""Encoders of the same weights: what was fitted with one of them holds for the others (`bench embedding`)."""


def fits_encoder(judge: Evaluator, name: str) -> bool:
    """Whether the judge's weights were fitted with the encoder of that name, or one as good as that."""
    return judge.encoder == name or {judge.encoder, name} <= NEAR


def evaluator(version: str = "") -> Evaluator:
    """The built-in evaluator with the weights of a version, by default those the code names."""
    return builtin.load(weights_file(version)) if version else builtin.load()


_remembering: dict[str, Remembering] = {}


def _words(inner: Encoder) -> Encoder:
    """The encoder as stages use it: they ask for the same titles and concepts again and again."""
    with _loading:
        known = _remembering.get(inner.name)
        if known is None or known.inner is not inner:
            while len(_remembering) >= ENCODERS:
                _remembering.pop(next(iter(_remembering)))
            known = _remembering[inner.name] = Remembering(inner)
        return known


def forget_texts() -> None:
    """What was encoded in this process is encoded anew when it is asked for; for measuring."""
    with _loading:
        _remembering.clear()


def themes_shelf(by: Encoder | None = None) -> shelf.Shelf:
    """The library's themes as an encoder places them, by default the settings'."""
    by = by or encoder()
    with _shelving:
        if by.name not in _shelves:
            while len(_shelves) >= ENCODERS:
                _shelves.pop(next(iter(_shelves)))
            _shelves[by.name] = shelf.load(by, settings.STUDIO_DATA_DIR / "cache")
        return _shelves[by.name]


def language_model(name: str = "") -> TextModel | None:
    """The vendor's model of this name (``openai:gpt-…``), by default the one that settings name; None for the built-in
    library. Raises Misconfigured."""
    vendor, _, model = (name or settings.GENERATOR).partition(":")
    if vendor == LibraryModel.name:
        return None
    return registry.build(vendor, {**os.environ, **({f"{vendor.upper()}_MODEL": model} if model else {})})


def generator_label(name: str = "") -> tuple[str, str]:
    """Name and label of a generator, by default of the one that settings name."""
    model = language_model(name)
    return (LibraryModel.name, LibraryModel.label) if model is None else (model.name, model.label)


def build(run: Run, brief: Brief) -> Kit:
    """The kit for one run: its store's catalogue under its constraints, its money counted and limited."""
    search = CatalogSearch(run.campaign.store, Constraints.model_validate(run.brief["constraints"]), brief.today)
    run.space = spaces.number(search.store.pk)  # before anything is read: the ledger holds every answer against it
    began = releases.of_run(run.brief)
    model = language_model(began.generator if began else "")
    through = asking.for_run(run)
    policy, settled = policies.of_run(run.brief), run.brief.get("settle_share")
    return assemble(
        search,
        None if model is None else through(model),
        judges=[through(judge) for judge in judge_models(began.judges if began else None)],
        policy=policy,
        settling=Settling.model_validate(settled) if settled else Settling(share=policy.settle_share),
        versions=began,
        campaign=run.campaign_id,
    )


def judge_models(names: Sequence[str] | None = None) -> list[TextModel]:
    """The models of these names, by default those that settings name as judges; none when the generator's judges
    alone. Raises Misconfigured."""
    found = [language_model(name) for name in (settings.JUDGES if names is None else names)]
    return [model for model in found if model is not None]


def assemble(
    search: CatalogSearch,
    model: TextModel | None,
    *,
    judges: Sequence[TextModel] = (),
    policy: QualityPolicy | None = None,
    settling: Settling | None = None,
    versions: releases.Releases | None = None,
    campaign: int | None = None,
) -> Kit:
    """A kit over `search`; without a language model the built-in library plans and the built-in judge judges. Without
    `judges` the model that plans judges too.

    A vendor's model is shown what the policy in force now lets out, whatever was in force when the run began."""
    shown = policies.current(search.store)
    if model is not None:
        model = Discreet(model, shown)
    panel = [Discreet(judge, shown) for judge in judges] or ([model] if model else [])
    policy = policy or shown
    inner = encoder_of(search.store)
    words = _words(inner)
    if embed.between_encoders(search.store, words.name):
        raise Transient(
            f"Some of the catalogue's vectors are not by {words.name}. The run goes on when they are.", retry_after=30
        )
    judge = evaluator(versions.evaluator if versions else "")

    def fits(theme: Theme, hits: Sequence[Hit]) -> Sequence[Fit]:
        text = ThemeText(theme.title, theme.subtitle, theme.intent, tuple(theme.concepts))
        products = [ProductText(hit.title, hit.brand, hit.category, hit.description) for hit in hits]
        vectors = search.product_vectors([hit.product for hit in hits])
        give_back_connection()  # scoring takes a while and needs none
        return judge.score(text, products, ThemeVectors.of(text, words), vectors) if hits else []

    def suits(themes: Sequence[WrittenTheme], found: Sequence[Sequence[int]]) -> list[float]:
        ids = sorted({product for row in found for product in row})
        rows, vectors = Product.objects.in_bulk(ids), dict(zip(ids, search.product_vectors(ids), strict=True))
        give_back_connection()
        shares = []
        for theme, products in zip(themes, found, strict=True):
            there = [rows[product] for product in products if product in rows]
            text = ThemeText(theme.title, theme.subtitle, theme.intent, theme.concepts)
            facts = [ProductText(one.title, one.brand, one.category, one.description[:300]) for one in there]
            near = np.asarray([vectors[one.pk] for one in there], dtype=np.float32).reshape(len(there), -1)
            scores = judge.score(text, facts, ThemeVectors.of(text, words), near)
            shares.append(sum(one.probability >= judge.accept_at for one in scores) / max(len(products), 1))
        return shares

    kit = Kit(
        model=model or LibraryModel(lambda: themes_shelf(inner), words, search, suits),
        encoder=words,
        search=search,
        ranker=trained_rankers.serving(search.store),
        fits=fits,
        evaluator=f"Built-in judge {judge.version}" + ("" if fits_encoder(judge, words.name) else UNFITTED),
        fit_floor=policy.show_from,
        judge=panel[0] if panel else None,
        jurors=tuple(panel[1:]),
        policy=policy,
        memory=StoreMemory(search.store, words.name, campaign),
        settling=settling or Settling(share=policy.settle_share),
        reserves=0.75 if model else 2.0,
        proposals=0 if model else LIBRARY_PROPOSALS,
        # A model says of itself how sure it is; the library's confidence was measured in the catalogue.
        relevant=0.6 if model else 0.5,
        at_once=settings.MODEL_CONCURRENCY,
        release=connection.close,
    )
    return replace(kit, prompts={**kit.prompts, **versions.versions}) if versions else kit
