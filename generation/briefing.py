"""Reading a brief while a person waits: by the rules at once, by the language model where one is asked for.

The web process calls this. Nothing here loads the encoder, and no transaction or connection is held while a model
thinks. There is no run yet that its money could be counted on: every reading is a call of its store, and what they
cost in a day is held under BRIEF_BUDGET_USD for each store. Who had a brief read is in the audit trail (`brief.read`).
"""

import os
from decimal import Decimal

from django.conf import settings
from django.core.cache import cache
from django.db.models import Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts import audit
from accounts.models import Store, User
from generation import kit, leases, money
from generation.answers import Answers
from generation.campaigns.compiler import Compiled, compile
from generation.llm import registry
from generation.llm.base import TextModel
from generation.llm.cached import Cached
from generation.llm.library.model import LibraryModel
from generation.llm.metered import CallRecord, Metered
from generation.models import ModelCall
from generation.policy import policies
from generation.registry import releases
from generation.stages.sight import Discreet
from storefront_studio.lib.errors import Misconfigured
from storefront_studio.lib.hashing import digest

PATIENCE = "8"  # seconds of silence after which a person no longer waits
KEPT = 3600  # seconds for which a text that a model has read need not be read again
ACTION = "brief.read"


def model_label(store: Store) -> str:
    """The language model that would read briefs of `store`; empty when there is none, or it lacks its key."""
    if Decimal(settings.BRIEF_BUDGET_USD) <= 0:
        return ""
    try:
        found = releases.in_force(store)
        return "" if found.generator == LibraryModel.name else kit.generator_label(found.generator)[1]
    except Misconfigured:
        return ""


def read(*, store: Store, text: str, actor: User | None = None, ask: bool = False) -> Compiled:
    """What `text` asks for. With `ask`, by the language model of `store` where there is one; else by what a model has
    said of this very text within the last hour, or by the rules alone.

    Raises BadInput when the text is too long.
    """
    today = timezone.localdate()
    key = f"brief:{store.pk}:{digest({'text': text, 'day': today.isoformat()})}"
    kept = cache.get(key)
    if kept is not None:
        return Compiled.model_validate_json(kept)
    if not ask or not text.strip() or Decimal(settings.BRIEF_BUDGET_USD) <= 0:
        return compile(text, store, today)
    try:
        model, prompt = _model(store, actor)
    except Misconfigured as error:
        return compile(text, store, today).model_copy(update={"note": f"The built-in rules read it: {error}."})
    if model is None:
        return compile(text, store, today)
    read_by = compile(text, store, today, model, prompt)
    if not read_by.note:
        cache.set(key, read_by.model_dump_json(), KEPT)
    return read_by


def _model(store: Store, actor: User | None) -> tuple[TextModel | None, str]:
    """The store's model with one attempt and little patience, and the version of the prompt in production."""
    found = releases.in_force(store)
    vendor, _, name = found.generator.partition(":")
    if vendor == LibraryModel.name:
        return None, ""
    env = {**os.environ, "LLM_TIMEOUT": PATIENCE, f"{vendor.upper()}_MODEL": name}
    model = registry.build(vendor, env, max_attempts=1)
    metered = Metered(
        Cached(model, Answers(store.pk)),
        record=lambda record: _record(store, actor, record),
        limit=Decimal(settings.BRIEF_BUDGET_USD),
        spent=lambda: _before_asking(store),
    )
    return Discreet(metered, policies.current(store)), found.versions["brief"]


def spent_today(store: Store) -> Decimal:
    """USD spent on reading briefs of `store` today; what stayed unknown counts with the most it can have cost."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    calls = ModelCall.objects.filter(store=store, created_at__gte=midnight).exclude(stage=money.EMBEDDING)
    return Decimal(calls.aggregate(usd=Sum(Coalesce("cost", "at_most")))["usd"] or 0)


def _before_asking(store: Store) -> Decimal:
    spent = spent_today(store)
    leases.give_back_connection()
    return spent


def _record(store: Store, actor: User | None, record: CallRecord) -> None:
    """What was asked, whatever came of it; who had a model asked is in the trail, when it was sent anything."""
    money.keep(record, store=store)
    if record.cached or not record.attempts:
        return
    usage = record.usage
    known = usage.input_tokens is not None and usage.output_tokens is not None
    tokens = f"{(usage.input_tokens or 0) + (usage.output_tokens or 0):,} tokens" if known else "tokens unknown"
    cost = "cost unknown" if usage.cost is None else f"{usage.cost:.4f} USD"
    audit.record(
        store=store,
        actor=actor,
        action=ACTION,
        subject="brief",
        summary=f"{record.model} read a brief: {tokens}, {cost}",
        new={"model": record.model, "outcome": record.outcome},
    )
