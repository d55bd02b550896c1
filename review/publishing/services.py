"""Publishing moves a page's live pointer to something frozen; rolling back moves it to something older."""

import datetime as dt

from django.db import transaction

from accounts.models import User
from review.models import Draft, Page, PageVersion, Placement, Publication
from review.policies import Act, check
from review.publishing import checks
from review.publishing.moves import at_or_now, go_live, settle, taken, windows_of
from review.publishing.snapshot import freeze, verify
from review.workflow.transitions import check_in_force
from storefront_studio.lib.errors import BadInput, WrongState

Kind = Publication.Kind


@transaction.atomic
def publish(*, draft: Draft, actor: User, allow_waiting: bool = False, now: dt.datetime | None = None) -> PageVersion:
    """Freeze what is approved as a new version and make it live. The same body again is the live version itself.

    A schedule that runs at this moment ends; the next ones stay. Raises NotAllowed, BadInput (nothing approved, a
    product twice, what blocks by `checks`) and WrongState (a page that was replaced or is only proposed; placements
    still open, unless `allow_waiting` leaves them out).
    """
    now = at_or_now(now)
    page, version = frozen(draft=draft, actor=actor, allow_waiting=allow_waiting, now=now)
    if not _shown_for_good(page, version, now):
        go_live(page, version, actor, Kind.PUBLISH, now)
    return version


@transaction.atomic
def publish_version(*, page: Page, version: PageVersion, actor: User, now: dt.datetime | None = None) -> PageVersion:
    """Make a frozen version live again; a lower number than the live one is a rollback. Live already: nothing happens.

    Raises NotAllowed, BadInput (a version of another page) and WrongState (its body is not what was approved).
    """
    check(actor, Act.PUBLISH, page.store)
    now = at_or_now(now)
    page = taken(page)
    settle(page, now)
    check_version(page, version)
    if _shown_for_good(page, version, now):
        return version
    back = page.live is not None and version.number < page.live.number
    go_live(page, version, actor, Kind.ROLLBACK if back else Kind.PUBLISH, now)
    return version


def frozen(*, draft: Draft, actor: User, allow_waiting: bool, now: dt.datetime) -> tuple[Page, PageVersion]:
    """The page of `draft`, taken, and what is approved as a version of it: the newest one where that is the same.

    Within the caller's transaction. Raises as `publish` does.
    """
    check(actor, Act.PUBLISH, draft.store)
    # Taken first: whoever chooses between this page and another one waits until it is live, and the other way round.
    Draft.objects.select_for_update().get(pk=draft.pk)
    draft = Draft.objects.select_related("store", "run", "parent__run").get(pk=draft.pk)
    check_in_force(draft)
    page = taken(Page.objects.get_or_create(store=draft.store, slug=draft.page, segment=draft.segment)[0])
    settle(page, now)
    # Taken too, so that no decision is undone between being read here and being published.
    placements = list(draft.placements.select_for_update().order_by("pk"))
    _check_open(placements, allow_waiting)
    body, manifest = freeze(draft)
    checks.stop(draft.store, body, draft.run)
    newest = page.versions.order_by("-number").first()
    for same in (page.live, newest):
        if same is not None and same.manifest == manifest:
            return page, same
    number = (newest.number if newest else 0) + 1
    return page, PageVersion.objects.create(
        page=page, number=number, draft=draft, body=body, manifest=manifest, created_by=actor
    )


def check_version(page: Page, version: PageVersion) -> None:
    """Raises BadInput for a version of another page, WrongState where the body is not what was approved."""
    if version.page_id != page.pk:
        raise BadInput(f"{version} is not a version of {page}.")
    if page.live_id != version.pk and not verify(version):
        raise WrongState(f"{version} is not what was approved: its manifest does not match. Publish another one.")


def _shown_for_good(page: Page, version: PageVersion, now: dt.datetime) -> bool:
    """Whether publishing would change nothing: the base itself is shown, with no schedule above it."""
    return page.live_id == page.base_id == version.pk and not any(one.covers(now) for one in windows_of(page))


def _check_open(placements: list[Placement], allow_waiting: bool) -> None:
    waiting = (Placement.Status.WAITING, Placement.Status.CHANGES_REQUESTED)
    left = [placement for placement in placements if placement.status in waiting]
    if left and not allow_waiting:
        rows = "1 row is" if len(left) == 1 else f"{len(left)} rows are"
        raise WrongState(f"{rows} not decided yet (“{left[0]}”); decide, or publish without.")
