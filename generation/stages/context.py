"""Stage 1: compact, typed facts about audience, season and catalogue. Catalogue text is data, never instructions."""

from collections.abc import Sequence

from generation.stages import calendar
from generation.stages.contracts import Brief, Context, Upcoming
from generation.stages.ports import Kit

MOST_CATEGORIES = 40


def run(brief: Brief, store: str, currency: str, kit: Kit, fixed_titles: Sequence[str] = ()) -> Context:
    """The facts for model 1: what time of the year it is, what may be sold under the constraints, and where in the
    category tree it lies. What of it a vendor's model gets to see is said in `sight`."""
    return Context(
        brief=brief,
        store=store,
        currency=currency,
        month=brief.today.strftime("%B"),
        season="" if brief.season else calendar.season(brief.today, currency),
        upcoming=[Upcoming(occasion=name, in_days=days) for name, days in calendar.upcoming(brief.today, currency)],
        eligible=kit.search.eligible_count,
        catalogue=kit.search.categories(MOST_CATEGORIES),
        fixed_titles=list(fixed_titles),
    )
