"""Every page at both widths: nothing refused by the content policy, no script error, nothing that axe finds serious.

What the pages show was made by the services, so that this does not depend on the road beside it.
"""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.browser.people import Team, Watched
from tests.browser.steps import until

WIDTHS = {1440: 900, 390: 844}
FIRST = {
    "campaign": '.table-title a[href^="/campaigns/"]',
    "run": 'a[href^="/runs/"]',
    "review": '.table-title a[href^="/review/"]',
    "product": 'tbody a[href^="/catalogue/products/"]',
    "import": '.table-title a[href^="/catalogue/imports/"]',
    "ranker": '.table-title a[href^="/settings/rankers/1"]',
    "proposal": '.table-title a[href^="/settings/rankers/proposals/"]',
    "rejection": '.table-title a[href^="/audit/rejected/"]',
}
PAGES: dict[str, list[tuple[str, str]]] = {
    "marketing": [
        ("/", ""),
        ("/campaigns/", ""),
        ("/campaigns/new/", ""),
        ("/campaigns/", "campaign"),
        ("/campaigns/", "run"),
        ("/campaigns/audiences/", ""),
        ("/campaigns/audiences/new/", ""),
        ("/insights/judges/", ""),
        ("/insights/spend/", ""),
        ("/settings/policy/", ""),
    ],
    "merchandiser": [
        ("/", ""),
        ("/review/", ""),
        ("/review/", "review"),
        ("/review/?risk=low&state=approved", ""),
        ("/review/keys/", ""),
        ("/review/bulk/?kind=reject", ""),
        ("/pages/", ""),
        ("/pages/sunday/", ""),
        ("/catalogue/products/", ""),
        ("/catalogue/products/", "product"),
        ("/catalogue/keywords/", ""),
        ("/catalogue/keywords/gaps/", ""),
        ("/catalogue/imports/", ""),
        ("/catalogue/imports/new/", ""),
        ("/catalogue/imports/", "import"),
        ("/find/?q=oats", ""),
    ],
    "admin": [
        ("/", ""),
        ("/audit/rejected/", ""),
        ("/audit/rejected/", "rejection"),
        ("/audit/remembered/", ""),
        ("/audit/trail/", ""),
        ("/settings/policy/", ""),
        ("/settings/registry/", ""),
        ("/settings/rankers/", ""),
        ("/settings/rankers/", "ranker"),
        ("/settings/rankers/", "proposal"),
        ("/settings/keys/", ""),
    ],
}


@pytest.fixture(scope="module")
def something_everywhere(
    catalogue: str, environment: dict[str, str], team: Team, django_db_blocker: Any
) -> Iterator[None]:
    """A finished run with one row rejected, the others approved and live, and a second run that waits for review; a
    trained ranker and a ranking proposal."""
    from generation import tasks
    from generation.models import Run
    from generation.services import start_run
    from review.models import Draft
    from review.publishing import services as publishing
    from review.workflow import services as workflow
    from storefront_studio.celery import app
    from tests.generation.cascade import shop
    from tests.generation.rankers import made

    merchandiser = team.people["merchandiser"].user
    with django_db_blocker.unblock():
        for page, name in (("sunday", "Slow Sundays"), ("pets", "Everyday breakfasts")):
            planned = shop.campaign(team.store, page=page, name=name, created_by=team.people["marketing"].user)
            run = start_run(campaign=planned, actor=team.people["marketing"].user, enqueue=False)
            with app.connection_for_write(url=environment["CELERY_BROKER_URL"]) as broker:
                tasks.execute_run.apply_async((run.pk,), connection=broker)
            until(lambda run=run: Run.objects.get(pk=run.pk).status == Run.Status.DONE, 90)
        first = Draft.objects.get(campaign__name="Slow Sundays")
        rejected, *others = first.placements.filter(status="waiting")
        workflow.reject(
            actor=merchandiser, placement=rejected, revision=rejected.revision, reason_code="brand", note="Too stiff."
        )
        for placement in others:
            workflow.approve(actor=merchandiser, placement=placement, revision=placement.revision)
        publishing.publish(draft=first, actor=merchandiser)
        made.trained(team.store, 1)
        made.proposed(team.store, 1)
    yield


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("role", PAGES)
def test_pages_are_clean_and_open_to_everybody(
    something_everywhere: None, sit_down: Callable[..., Any], watched: Watched, role: str, width: int
) -> None:
    page = sit_down(role, width, WIDTHS[width])
    found = {}
    for path, then in PAGES[role]:
        page.goto(path)
        if then:
            page.goto(page.locator(FIRST[then]).first.get_attribute("href"))
        found.update({f"{path} {then}": said for said in [serious(page)] if said})
        sideways = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not sideways, f"{path} {then} scrolls sideways at {width}"
    assert found == {}
    assert watched.complaints == []


def serious(page: Any) -> list[str]:
    """What axe calls serious or critical: its rule and the first element it means."""
    response = Axe().run(page, options={"resultTypes": ["violations"]}).response
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:200]}"
        for one in response["violations"]
        if one["impact"] in ("serious", "critical")
    ]
