"""Changing a placement's words."""

from django.db import transaction

from accounts.models import User
from review.models import Placement
from review.workflow import limits
from review.workflow.changing import Outcome, end_edit, fresh, start_edit
from storefront_studio.lib.errors import BadInput


@transaction.atomic
def edit_text(
    *, placement: Placement, actor: User, revision: int, title: str | None = None, subtitle: str | None = None
) -> Outcome:
    """Write title, subtitle or both anew, under the rules that models obey. What is None stays.

    Raises NotAllowed, WrongState, BadInput (too long, empty title, banned term, nothing new).
    """
    placement = fresh(placement)
    given = {"title": title, "subtitle": subtitle}
    new = {name: " ".join(text.split()) for name, text in given.items() if text is not None}
    old = {name: getattr(placement, name) for name in new}
    changed = {name for name in new if new[name] != old[name]}
    limits.check_text(placement.draft, new.get("title", placement.title), new.get("subtitle", placement.subtitle))
    if not changed:
        raise BadInput("The words are the same as before.")
    new, old = ({name: words[name] for name in sorted(changed)} for words in (new, old))
    status = start_edit(placement, actor, revision, **new)
    said = " and ".join(f"{name} to “{text}”" for name, text in sorted(new.items(), reverse=True))
    return end_edit(placement, actor, "edit_text", f"{actor} changed the {said}.", old, new, status)
