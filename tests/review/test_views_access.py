"""Who may open which page of home, review, pages and audit, and who may act."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from review.models import Draft, PageVersion, Placement
from review.publishing import services as publishing
from tests.factories import DraftFactory, PlacementFactory, UserFactory

EVERYBODY = ("marketing", "merchandiser", "team_mate", "admin")
ADMINS = ("admin",)


@pytest.fixture
def draft(store: Any) -> Draft:
    return DraftFactory(store=store, requested_by=UserFactory())


@pytest.fixture
def placement(draft: Draft) -> Placement:
    return PlacementFactory(draft=draft)


@pytest.fixture
def dropped(draft: Draft) -> Placement:
    return PlacementFactory(draft=draft, dropped=True)


@pytest.fixture
def version(draft: Draft, merchandiser: Any) -> PageVersion:
    PlacementFactory(draft=draft, approved=True)
    return publishing.publish(draft=draft, actor=merchandiser, allow_waiting=True)


@pytest.fixture
def addresses(draft: Draft, placement: Placement, dropped: Placement, version: PageVersion) -> dict[str, str]:
    return {
        "home": reverse("home"),
        "queue": reverse("review-queue"),
        "placement": reverse("placement-review", args=[placement.pk]),
        "preview": reverse("draft-preview", args=[draft.pk]),
        "shop": reverse("draft-shop", args=[draft.pk]),
        "pages": reverse("page-list"),
        "page": reverse("page-detail", args=["home"]),
        "version": reverse("version-shop", args=["home", version.number]),
        "rejected": reverse("audit-rejected"),
        "rejection": reverse("audit-rejection", args=[dropped.pk]),
        "patterns": reverse("audit-patterns"),
        "alike": reverse("audit-alike", args=[dropped.pk]),
        "rejected export": reverse("audit-rejected-export", args=["json"]),
        "trail": reverse("audit-trail"),
        "export": reverse("audit-trail-export", args=["csv"]),
    }


PAGES = ("home", "queue", "placement", "preview", "shop", "pages", "page", "version")
OF_THE_STORE = ("placement", "preview", "shop", "page", "version", "rejection", "alike")
AUDIT = ("rejected", "patterns", "alike", "rejected export", "rejection", "trail", "export")


@pytest.mark.parametrize("name", [*PAGES, *AUDIT])
def test_anonymous_people_are_sent_to_sign_in(name: str, addresses: dict[str, str]) -> None:
    answer = Client().get(addresses[name])
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("login"))


@pytest.mark.parametrize("name", OF_THE_STORE)
def test_another_store_is_not_there(name: str, addresses: dict[str, str], stranger_client: Any) -> None:
    assert stranger_client.get(addresses[name]).status_code == 404


@pytest.mark.parametrize("person", EVERYBODY)
@pytest.mark.parametrize("name", PAGES)
def test_everybody_of_the_store_may_look(
    name: str, person: str, addresses: dict[str, str], request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(f"{person}_client")
    assert client.get(addresses[name]).status_code == 200


@pytest.mark.parametrize("name", AUDIT)
def test_admins_read_the_audit(name: str, addresses: dict[str, str], admin_client: Any) -> None:
    assert admin_client.get(addresses[name]).status_code == 200


@pytest.mark.parametrize("person", ["marketing", "merchandiser"])
@pytest.mark.parametrize("name", AUDIT)
def test_the_audit_is_for_admins_only(
    name: str, person: str, addresses: dict[str, str], request: pytest.FixtureRequest
) -> None:
    client = request.getfixturevalue(f"{person}_client")
    assert client.get(addresses[name]).status_code == 403


ACTS = ("approve", "request-changes", "reject", "undo", "edit", "product", "overturn", "resubmit")


@pytest.mark.parametrize("act", ACTS)
def test_a_stranger_finds_no_placement_to_act_on(act: str, placement: Placement, stranger_client: Any) -> None:
    address = reverse(f"placement-{act}", args=[placement.pk])
    assert stranger_client.post(address, {"revision": 0}).status_code == 404


@pytest.mark.parametrize("act", ACTS)
def test_looking_at_the_address_of_an_act_changes_nothing(
    act: str, placement: Placement, merchandiser_client: Any
) -> None:
    answer = merchandiser_client.get(reverse(f"placement-{act}", args=[placement.pk]))
    assert answer["Location"] == reverse("placement-review", args=[placement.pk])
    placement.refresh_from_db()
    assert (placement.status, placement.revision) == ("waiting", 0)


@pytest.mark.parametrize("act", ["approve", "request-changes", "reject", "edit", "product", "overturn"])
def test_marketing_decides_and_edits_nothing_that_waits(act: str, placement: Placement, marketing_client: Any) -> None:
    item = placement.items.first()
    assert item is not None
    sent = {"revision": 0, "title": "Other", "reason_code": "title", "note": "n", "act": f"remove:{item.product_id}"}
    answer = marketing_client.post(reverse(f"placement-{act}", args=[placement.pk]), sent)
    assert answer.status_code == 403
    placement.refresh_from_db()
    assert (placement.status, placement.revision) == ("waiting", 0)


def test_marketing_does_not_publish(draft: Draft, marketing_client: Any) -> None:
    PlacementFactory(draft=draft, approved=True)
    assert marketing_client.post(reverse("page-publish", args=[draft.pk])).status_code == 403
    assert not PageVersion.objects.exists()


def test_marketing_does_not_roll_back(version: PageVersion, marketing_client: Any) -> None:
    assert marketing_client.post(reverse("page-rollback", args=["home"]), {"version": 1}).status_code == 403


def test_a_stranger_cannot_publish(draft: Draft, stranger_client: Any) -> None:
    assert stranger_client.post(reverse("page-publish", args=[draft.pk])).status_code == 404


def test_a_merchandiser_does_not_overturn(dropped: Placement, merchandiser_client: Any) -> None:
    address = reverse("placement-overturn", args=[dropped.pk])
    assert merchandiser_client.post(address, {"revision": 0, "note": "It is fine."}).status_code == 403
