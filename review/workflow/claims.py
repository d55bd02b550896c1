"""Who is at a placement: a lease that ends by itself, is renewed while the person is active, and can be taken over.

One row a placement and one statement a move: of two who come at once the database lets one have it. A claim tells
people from one another and keeps the next one from being handed out twice; what was decided on is still said by the
revision, so a lost claim loses nothing.
"""

import datetime as dt
from typing import Any

from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from accounts.models import User
from review.models import Claim, Placement
from review.policies import Act, check
from review.workflow.changing import audit
from storefront_studio.lib.errors import WrongState

LEASE = dt.timedelta(minutes=3)
RENEW_EVERY = 45  # seconds between two renewals of a page that is looked at
CLAIMED = (Placement.Status.WAITING, Placement.Status.CHANGES_REQUESTED)
TAKE = """
    INSERT INTO review_claim (placement_id, person_id, since, until)
    VALUES (%(placement)s, %(person)s, statement_timestamp(), statement_timestamp() + %(lease)s)
    ON CONFLICT (placement_id) DO UPDATE SET
        person_id = excluded.person_id, until = excluded.until,
        since = CASE WHEN review_claim.person_id = excluded.person_id AND review_claim.until > excluded.since
                     THEN review_claim.since ELSE excluded.since END
    WHERE review_claim.person_id = excluded.person_id OR review_claim.until <= excluded.since
"""


def live(prefix: str = "claim__") -> Q:
    """The condition that a placement is claimed now."""
    return Q(**{f"{prefix}until__gt": Now()})


def take(placement: Placement, person: User) -> None:
    """Claim it or renew the claim, when nobody else is at it. Only rows that wait for a decision are claimed."""
    if placement.status in CLAIMED:
        given: dict[str, Any] = {"placement": placement.pk, "person": person.pk, "lease": LEASE}
        with connection.cursor() as cursor:
            cursor.execute(TAKE, given)


def of(placement: Placement) -> Claim | None:
    """The claim that holds now."""
    return Claim.objects.filter(live(""), placement=placement).select_related("person").first()


def other(placement: Placement, person: User) -> Claim | None:
    """The claim that somebody else holds now."""
    found = of(placement)
    return found if found is not None and found.person_id != person.pk else None


def leave(placement: Placement, person: User) -> None:
    """`person` is not at it any more."""
    Claim.objects.filter(placement=placement, person=person).delete()


def decided(placement: Placement) -> None:
    """Nobody needs to be at what is decided."""
    Claim.objects.filter(placement=placement).delete()


@transaction.atomic
def take_over(*, placement: Placement, actor: User, holder: int) -> str:
    """From the person (`holder`) who was seen to be at it. Returns a sentence. Raises NotAllowed, and WrongState when
    somebody else came meanwhile."""
    check(actor, Act.DECIDE, placement.draft.store)
    seen = Claim.objects.select_for_update().filter(placement=placement).select_related("person").first()
    if seen is None or seen.until <= timezone.now() or seen.person_id == actor.pk:
        take(placement, actor)
        return f"Nobody else is at “{placement}” any more; it is yours."
    if seen.person_id != holder:
        raise WrongState(f"{sentence(seen)} Take it over from them if you must.")
    now = timezone.now()
    Claim.objects.filter(pk=seen.pk).update(person=actor, since=now, until=now + LEASE)
    said = f"{actor} took “{placement}” over from {seen.person}."
    audit(placement, actor, "take_over", said, {"person": str(seen.person)}, {"person": str(actor)})
    return f"“{placement}” is yours now; {seen.person} reads it on their screen."


def check_free(placement: Placement, actor: User) -> None:
    """Raises WrongState, naming who is at it, when `actor` would decide on what somebody else looks at."""
    theirs = other(placement, actor)
    if theirs is not None:
        raise WrongState(f"{sentence(theirs)} Take it over to decide; nothing you wrote is lost.")


def sentence(claim: Claim) -> str:
    """ "Merle is at this since 2 minutes." """
    minutes = int((timezone.now() - claim.since).total_seconds() // 60)
    if minutes < 1:
        return f"{claim.person} opened this just now."
    return f"{claim.person} is at this since {minutes} minute{'' if minutes == 1 else 's'}."
