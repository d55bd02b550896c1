"""Stage 1: compact, typed facts about audience, season and catalogue. Catalogue text is data, never instructions."""

from generation.stages.contracts import Brief, Context
from generation.stages.ports import Kit

MOST_CATEGORIES = 40


def run(brief: Brief, store: str, currency: str, kit: Kit) -> Context:
    """The facts for model 1: what may be sold under the constraints, and where in the category tree it lies."""
    return Context(
        brief=brief,
        store=store,
        currency=currency,
        month=brief.today.strftime("%B"),
        eligible=kit.search.eligible_count,
        catalogue=kit.search.categories(MOST_CATEGORIES),
    )
