"""What a placement must satisfy whoever wrote it: the rules of generation, applied to people's edits as well."""

from generation.campaigns.static_rows import LEAST
from generation.models import Run
from generation.stages.contracts import Brief
from generation.stages.judging import least_products
from generation.stages.judging.rules import LONGEST_SUBTITLE, LONGEST_TITLE
from generation.stages.words import banned_in
from review.models import Draft, Placement
from storefront_studio.lib.errors import BadInput


def brief_of(run: Run) -> Brief:
    """What the run was asked for, as it was when the run started."""
    return Brief.model_validate(run.brief["brief"])


def least(placement: Placement) -> int:
    """Fewer shown products than this are not a row. Of the shop's own rows no keyword has to reach anything."""
    if placement.source == Placement.Source.STATIC:
        return LEAST
    return least_products(brief_of(placement.draft.run))


def longest(placement: Placement) -> int:
    """A row is full with this many products."""
    return brief_of(placement.draft.run).products


def check_text(draft: Draft, title: str, subtitle: str) -> None:
    """Raises BadInput with the sentence to show when title or subtitle may not be printed like this."""
    if not title:
        raise BadInput("A placement needs a title.")
    for name, text, most in (("title", title, LONGEST_TITLE), ("subtitle", subtitle, LONGEST_SUBTITLE)):
        if len(text) > most:
            raise BadInput(f"The {name} has {len(text)} characters; {most} fit.")
    banned = [*draft.campaign.banned_terms, *brief_of(draft.run).banned_terms]
    word = banned_in(f"{title} {subtitle}", banned)
    if word:
        raise BadInput(f"The campaign never says “{word}”; write it without.")
