"""Publishing moves a page's live pointer to something frozen; rolling back moves it to something older."""

from functools import partial

from django.db import transaction

from accounts.audit import record
from accounts.models import User
from review.models import Draft, Page, PageVersion, Placement, Publication
from review.policies import Act, check
from review.publishing.snapshot import freeze, verify
from review.serving import shelf
from review.workflow.transitions import check_in_force
from storefront_studio.lib.errors import BadInput, WrongState

Kind = Publication.Kind


@transaction.atomic
def publish(*, draft: Draft, actor: User, allow_waiting: bool = False) -> PageVersion:
    """Freeze what is approved as a new version and make it live. The same body again is the live version itself.

    Raises NotAllowed, BadInput (nothing approved, a product twice) and WrongState (a page that was replaced or is only
    proposed; placements still open, unless `allow_waiting` leaves them out).
    """
    check(actor, Act.PUBLISH, draft.store)
    # Taken first: whoever chooses between this page and another one waits until it is live, and the other way round.
    Draft.objects.select_for_update().get(pk=draft.pk)
    draft = Draft.objects.select_related("store", "run", "parent__run").get(pk=draft.pk)
    check_in_force(draft)
    page = _taken(Page.objects.get_or_create(store=draft.store, slug=draft.page, segment=draft.segment)[0])
    # Taken too, so that no decision is undone between being read here and being published.
    placements = list(draft.placements.select_for_update().order_by("pk"))
    _check_open(placements, allow_waiting)
    body, manifest = freeze(draft)
    if page.live and page.live.manifest == manifest:
        return page.live
    newest = page.versions.order_by("-number").values_list("number", flat=True).first() or 0
    version = PageVersion.objects.create(
        page=page, number=newest + 1, draft=draft, body=body, manifest=manifest, created_by=actor
    )
    _go_live(page, version, actor, Kind.PUBLISH)
    return version


@transaction.atomic
def publish_version(*, page: Page, version: PageVersion, actor: User) -> PageVersion:
    """Make a frozen version live again; a lower number than the live one is a rollback. Live already: nothing happens.

    Raises NotAllowed, BadInput (a version of another page) and WrongState (its body is not what was approved).
    """
    check(actor, Act.PUBLISH, page.store)
    page = _taken(page)
    if version.page_id != page.pk:
        raise BadInput(f"{version} is not a version of {page}.")
    if page.live_id == version.pk:
        return version
    if not verify(version):
        raise WrongState(f"{version} is not what was approved: its manifest does not match. Publish another one.")
    back = page.live is not None and version.number < page.live.number
    _go_live(page, version, actor, Kind.ROLLBACK if back else Kind.PUBLISH)
    return version


def _taken(page: Page) -> Page:
    """The page, locked until the transaction ends: two who publish do so one after the other."""
    return Page.objects.select_for_update(of=("self",)).select_related("store", "live").get(pk=page.pk)


def _check_open(placements: list[Placement], allow_waiting: bool) -> None:
    waiting = (Placement.Status.WAITING, Placement.Status.CHANGES_REQUESTED)
    left = [placement for placement in placements if placement.status in waiting]
    if left and not allow_waiting:
        rows = "1 row is" if len(left) == 1 else f"{len(left)} rows are"
        raise WrongState(f"{rows} not decided yet (“{left[0]}”); decide, or publish without.")


def _go_live(page: Page, version: PageVersion, actor: User, kind: Kind) -> None:
    previous = page.live
    page.live = version
    page.save(update_fields=["live"])
    Publication.objects.create(page=page, version=version, previous=previous, kind=kind, actor=actor)
    record(
        store=page.store,
        actor=actor,
        action=f"page.{kind}",
        subject=f"page:{page.pk}",
        summary=f"{actor} {kind.label.lower()} {version}"
        + (f"; before: version {previous.number}." if previous else "."),
        old={"version": previous.number, "manifest": previous.manifest} if previous else None,
        new={"version": version.number, "manifest": version.manifest},
    )
    transaction.on_commit(partial(shelf.renew, page.store_id, page.slug), robust=True)
