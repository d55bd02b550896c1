"""Campaigns, briefs, costs and stages in words, as the screens of generation print them."""

import datetime as dt
from decimal import Decimal
from typing import Any

from django.urls import NoReverseMatch, reverse

from generation.campaigns.compiler import Compiled
from generation.campaigns.constraints import Constraints, rules
from generation.models import Campaign, ModelCall, ObjectiveKind, Run, Segment
from generation.money import Standing
from generation.selectors import LABELS

Facts = list[dict[str, Any]]


def campaign_facts(campaign: Campaign) -> Facts:
    """The brief without its constraints, as terms and values; what was left open is left out."""
    return _facts(
        ("Objective", campaign.get_objective_kind_display()),
        ("Audience", campaign.segment or "Everyone", _audience(campaign.segment)),
        ("Season", campaign.season),
        ("Dates", dates(campaign.starts_on, campaign.ends_on)),
        ("Page", f"{campaign.page}: {size(campaign.placements, campaign.products)}"),
        ("Variety", variety(campaign.variety)),
        ("Brand voice", campaign.brand_voice),
        ("Never say", ", ".join(campaign.banned_terms)),
        ("Kinds of products", ", ".join(campaign.concepts)),
    )


def run_facts(run: Run) -> Facts:
    """The brief that a run was made with, as terms and values."""
    brief = run.brief["brief"]
    return _facts(
        ("Objective", _kind(brief["objective_kind"])),
        ("In one sentence", brief["objective"]),
        ("Audience", brief["segment"]["name"], _audience(run.segment)),
        ("Season", brief["season"]),
        ("For the day", f"{dt.date.fromisoformat(brief['today']):%-d %b %Y}"),
        ("Page", size(brief["placements"], brief["products"])),
        ("Variety", variety(brief["variety"]) if "variety" in brief else ""),
        ("Brand voice", brief["brand_voice"]),
        ("Never say", ", ".join(brief["banned_terms"])),
        ("Kinds of products", ", ".join(brief.get("concepts", []))),
        ("Seed", brief["seed"]),
    )


def constraint_words(constraints: Constraints, today: dt.date, currency: str) -> list[str]:
    """Every constraint that is set, one short phrase each."""
    phrases = [rule.label for rule in rules(constraints, today, currency)]
    phrases.append(f"reaches {constraints.density_min} products or more")
    if constraints.max_per_brand is not None:
        phrases.append(f"at most {constraints.max_per_brand} of a brand in a placement")
    return phrases


def run_limits(run: Run) -> list[str]:
    """The constraints that a run was made with, one short phrase each."""
    made_on = dt.date.fromisoformat(run.brief["brief"]["today"])
    return constraint_words(Constraints.model_validate(run.brief["constraints"]), made_on, run.campaign.store.currency)


def call_row(call: ModelCall) -> dict[str, Any]:
    """One model call, every figure as text; what is unknown says so."""
    known = call.input_tokens is not None and call.output_tokens is not None
    return {
        "stage": LABELS.get(call.stage, call.stage),
        "placement": call.key,
        "model": call.model,
        "outcome": call.outcome.replace("_", " "),
        "cached": call.cached,
        "attempts": len(call.attempts),
        "tokens": f"{call.input_tokens:,} in, {call.output_tokens:,} out" if known else "unknown",
        "cost": "unknown" if call.cost is None else dollars(call.cost),
        "seconds": duration(call.seconds),
    }


def read_by(compiled: Compiled) -> str:
    """Who read a sentence and what that used; empty when the rules did, as nobody asked for more."""
    if compiled.note:
        return compiled.note
    asked = compiled.asked
    if asked is None:
        return ""
    if asked.cached:
        return f"Read by {asked.model}, as before: nothing was sent."
    tokens = "tokens unknown" if asked.tokens is None else f"{asked.tokens:,} tokens"
    money = "cost unknown" if asked.cost is None else dollars(Decimal(asked.cost))
    return f"Read by {asked.model}: {tokens}, {money}."


def size(placements: int, products: int) -> str:
    return f"{placements} placement{'s' if placements != 1 else ''} of {products} products"


def variety(dial: float) -> str:
    """``25 of 100: a little``: how far a row's products are chosen for being unlike one another."""
    steps = ((0, "the closest to the theme"), (0.4, "a little"), (0.75, "much"), (1, "as much as fits the theme"))
    return f"{dial * 100:.0f} of 100: {next(words for most, words in steps if dial <= most)}"


def dates(starts: dt.date | None, ends: dt.date | None) -> str:
    """A period in words: ``1 to 30 Nov 2026``; empty when both ends are open."""
    if starts and ends:
        if starts == ends:
            return f"{starts:%-d %b %Y}"
        if (starts.year, starts.month) == (ends.year, ends.month):
            return f"{starts:%-d} to {ends:%-d %b %Y}"
        return f"{starts:%-d %b} to {ends:%-d %b %Y}" if starts.year == ends.year else f"{_day(starts)} to {_day(ends)}"
    if starts:
        return f"from {_day(starts)}"
    return f"until {_day(ends)}" if ends else ""


def cost(run: Run, usd: Decimal | None) -> str:
    """Money of a run: the library costs none, and a cost that is not known is never shown as zero."""
    if run.generator == "library":
        return "no model cost"
    return "cost unknown" if usd is None else dollars(usd)


def money(standing: Standing) -> str:
    """``0.42 of 2.00 USD, 0.12 set aside for calls under way``; what nobody knows is said, never counted as zero."""
    unknown = standing.unknown
    beside = f"{unknown} call{'s' if unknown != 1 else ''} of unknown cost"
    if unknown and not standing.spent:
        parts = ["cost unknown"]
    else:
        limit = "" if standing.limit is None else f" of {standing.limit:.2f}"
        parts = [f"{_amount(standing.spent)}{limit} USD"]
        parts += [f"{beside} beside it"] if unknown else []
    if standing.reserved:
        parts.append(f"{_amount(standing.reserved)} set aside for calls under way")
    return ", ".join(parts)


def dollars(usd: Decimal) -> str:
    """USD with two digits, four below ten cents, where two would hide the amount."""
    return f"{usd:.4f} USD" if 0 < usd < Decimal("0.1") else f"{usd:.2f} USD"


def _amount(usd: Decimal) -> str:
    return dollars(usd).removesuffix(" USD")


def duration(seconds: float | None) -> str:
    """``0.4 s``, ``12 s``, ``3 min 5 s``; empty when there is none."""
    if seconds is None:
        return ""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def lasted(run: Run) -> str:
    """How long the last attempt of a run took; empty while it waits or works."""
    if run.started_at is None or run.finished_at is None or run.finished_at < run.started_at:
        return ""
    return duration((run.finished_at - run.started_at).total_seconds())


def link(name: str, *args: Any, query: str = "") -> str:
    """The address of a screen of another part of the studio, or "" while that part is not installed."""
    try:
        return reverse(name, args=args) + query
    except NoReverseMatch:
        return ""


def _day(day: dt.date) -> str:
    return f"{day:%-d %b %Y}"


def _kind(value: str) -> str:
    return ObjectiveKind(value).label if value in ObjectiveKind.values else value


def _audience(segment: Segment | None) -> str:
    return link("audience-detail", segment.slug) if segment else ""


def _facts(*rows: tuple[Any, ...]) -> Facts:
    """Terms and values, perhaps with the address of what the value names; what is empty is left out."""
    return [
        {"term": term, "value": value, "url": url[0] if url else ""}
        for term, value, *url in rows
        if value not in (None, "")
    ]
