"""Sampling decisions for audit: drawn at random in strata, looked at blind, held against who decided.

Within a stratum decisions are ordered by a hash of seed and placement and the first ones taken: a simple random sample
without replacement that anybody can draw again. Every person's approvals, every person's rejections, every judge
version's drops and every rule's are a stratum, so that a busy reviewer does not crowd out the others.
"""

import datetime as dt
import hashlib
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import CharField, F, QuerySet, Value, Window
from django.db.models.functions import MD5, Cast, Concat, RowNumber
from django.utils import timezone

from accounts import audit
from accounts.models import Store, User
from accounts.permits import NotAllowed, require_admin
from review.archive import midnight
from review.calibration import labels
from review.calibration.agreement import Agreement, Counts, count, measure
from review.models import AuditSample, By, Decision, Placement, ReasonCode, SampleItem, TurnedDown
from storefront_studio.lib.errors import BadInput, WrongState

Kind = AuditSample.Kind
MOST_EACH, MOST = 50, 500
LONGEST_SEED = 2**31 - 1


@transaction.atomic
def draw(
    *,
    store: Store,
    actor: User,
    kinds: Iterable[str],
    each: int,
    since: dt.date,
    until: dt.date,
    seed: int | None = None,
) -> AuditSample:
    """A sample of up to `each` decisions of a stratum, `MOST` in all. Without `seed`, one is made up and kept.

    Raises NotAllowed for anybody but an admin; BadInput for no kinds, days the wrong way round or nothing to draw.
    """
    require_admin(store, actor, "draw samples")
    wanted = [kind for kind in Kind.values if kind in set(kinds)]
    if not wanted:
        raise BadInput("Choose what to draw from: approvals, rejections, or drops.")
    if not 1 <= each <= MOST_EACH:
        raise BadInput(f"Draw between 1 and {MOST_EACH} of each.")
    if since > until:
        raise BadInput("The first day is after the last one.")
    seed = secrets.randbelow(LONGEST_SEED) if seed is None else seed
    sample = AuditSample(store=store, seed=seed, each=each, kinds=wanted, since=since, until=until, created_by=actor)
    items = _mixed([item for kind in wanted for item in _drawn(sample, Kind(kind))], seed)[:MOST]
    if not items:
        raise BadInput("Nothing was decided in these days that could be drawn. Choose other days.")
    drawn = Counter((item.kind, item.decided_by_id or item.judge) for item in items)
    sample.strata = [{"kind": kind, "who": who, "drawn": n} for (kind, who), n in sorted(drawn.items(), key=str)]
    sample.save()
    for place, item in enumerate(items, start=1):
        item.sample, item.place = sample, place
    SampleItem.objects.bulk_create(items)
    audit.record(
        store=store,
        actor=actor,
        action="audit.sample",
        subject=f"sample:{sample.pk}",
        summary=f"{actor} drew a sample of {len(items)} decisions from {len(drawn)} strata.",
        new={"seed": seed, "each": each, "kinds": wanted, "since": since.isoformat(), "until": until.isoformat()},
    )
    return sample


def _drawn(sample: AuditSample, kind: Kind) -> list[SampleItem]:
    start, end = midnight(sample.since), midnight(sample.until + dt.timedelta(days=1))
    chance = MD5(Concat(Value(f"{sample.seed}:"), Cast("placement_id", CharField())))
    if kind == Kind.APPROVED:
        said: QuerySet[Decision] = Decision.objects.filter(
            placement__store=sample.store,
            placement__status=Placement.Status.APPROVED,
            kind__in=[Decision.Kind.APPROVE, Decision.Kind.FIX_APPROVE],
            created_at__gte=start,
            created_at__lt=end,
        ).order_by()
        # One approved twice counts once, as its newest approval; twice as many are ranked for those that drop out.
        rank = Window(RowNumber(), partition_by=F("actor"), order_by=[chance.asc(), F("id").desc()])
        rows = said.annotate(rank=rank).filter(rank__lte=2 * sample.each).order_by("actor", "rank")
        found, taken = [], Counter[int]()
        seen: set[int] = set()
        for row in rows.select_related("actor"):
            if row.placement_id not in seen and taken[row.actor_id] < sample.each:
                seen.add(row.placement_id)
                taken[row.actor_id] += 1
                found.append(SampleItem(placement_id=row.placement_id, kind=kind, passed=True, decided_by=row.actor))
        return found
    by = {Kind.REJECTED: By.PERSON, Kind.JUDGED: By.JUDGE, Kind.RULED: By.RULE}[kind]
    turned = TurnedDown.objects.filter(store=sample.store, by=by, at__gte=start, at__lt=end).order_by()
    who = "person" if by == By.PERSON else "judge"
    rank = Window(RowNumber(), partition_by=F(who), order_by=chance.asc())
    ranked = turned.defer("words").annotate(rank=rank).filter(rank__lte=sample.each).order_by(who, "rank")
    return [
        SampleItem(placement_id=row.placement_id, kind=kind, passed=False, decided_by_id=row.person_id, judge=row.judge)
        for row in ranked
    ]


def _mixed(items: list[SampleItem], seed: int) -> list[SampleItem]:
    """In an order that gives away neither stratum nor decision, the same for the same seed."""
    return sorted(items, key=lambda item: hashlib.md5(f"{seed}/{item.placement_id}".encode()).digest())


# --- Looking at it ------------------------------------------------------------------------------------------------
@transaction.atomic
def say(*, item: SampleItem, actor: User, passes: bool, reason_code: str = "", note: str = "") -> SampleItem:
    """What `actor` says of an item, once and for all; labels for its judges come of it.

    Raises NotAllowed (no admin; one's own decision), BadInput (a no without reason, "other" without a note),
    WrongState (somebody said it already).
    """
    store = item.sample.store
    require_admin(store, actor, "audit decisions")
    if item.decided_by_id == actor.pk:
        raise NotAllowed("You decided this yourself; another admin has to audit it.")
    note = " ".join(note.split())
    if not passes and reason_code not in ReasonCode.values:
        raise BadInput("Choose a reason for turning it down.")
    if not passes and reason_code == ReasonCode.OTHER and not note:
        raise BadInput("Say in the note what the other reason is.")
    values = {"passes": passes, "reason_code": "" if passes else reason_code, "note": note}
    done = SampleItem.objects.filter(pk=item.pk, passes=None).update(**values, auditor=actor, audited_at=timezone.now())
    if not done:
        raise WrongState("This was audited meanwhile; look at the next one.")
    item = SampleItem.objects.select_related("sample", "placement__draft", "decided_by").get(pk=item.pk)
    labels.audited(item)
    verb = "agreed with" if item.agrees else "disagreed with"
    audit.record(
        store=store,
        actor=actor,
        action="audit.verdict",
        subject=f"placement:{item.placement_id}",
        summary=f"{actor} looked at “{item.placement}” blind and {verb} {item.who}.",
        old={"passes": item.passed},
        new={"sample": item.sample_id, **{name: value for name, value in values.items() if value != ""}},
    )
    return item


def next_for(sample: AuditSample, person: User) -> SampleItem | None:
    """The next item that `person` may say something of."""
    open_ones = sample.items.filter(passes=None).order_by("place")
    return open_ones.exclude(decided_by=person).first()


# --- What came of it ----------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Reviewer:
    """How far one person's or judge's decisions agree with those of admins who looked blind."""

    who: str
    is_person: bool
    agreement: Agreement

    @property
    def agreed(self) -> int:
        return self.agreement.counts.both_pass + self.agreement.counts.both_fail


def reviewers(store: Store, sample: AuditSample | None = None) -> list[Reviewer]:
    """Everybody whose decisions were audited, people first; one query."""
    items = SampleItem.objects.filter(sample__store=store, passes__isnull=False)
    if sample is not None:
        items = items.filter(sample=sample)
    found: defaultdict[tuple[bool, str], list[tuple[int, Counts]]] = defaultdict(list)
    for item in items.select_related("decided_by"):
        pair = count([(item.passed, bool(item.passes))])
        found[item.decided_by_id is not None, item.who].append((item.placement_id, pair))
    rows = [Reviewer(who, is_person, measure(parts)) for (is_person, who), parts in found.items()]
    return sorted(rows, key=lambda row: (not row.is_person, row.who))
