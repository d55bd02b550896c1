"""Every line of the trail says through which door it came, and no more of the caller than it should."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts import origin
from accounts.audit import record
from accounts.models import AuditEntry
from accounts.origin import Origin
from tests.factories import PlacementFactory, UserFactory

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


@pytest.fixture
def placement(store: Any) -> Any:
    return PlacementFactory(draft__store=store, draft__requested_by=UserFactory())


def last() -> Origin:
    entry = AuditEntry.objects.order_by("-id")[0]
    return Origin(entry.through, entry.address, entry.agent)


def approve(client: Client, placement: Any, **headers: Any) -> None:
    client.post(reverse("placement-approve", args=[placement.pk]), {"revision": 0}, **headers)


def test_an_act_on_screen_names_the_studio_network_and_browser(placement: Any, merchandiser_client: Client) -> None:
    approve(merchandiser_client, placement, REMOTE_ADDR="203.0.113.77", headers={"user-agent": FIREFOX})
    assert last() == Origin("the studio", "203.0.113.0/24", "Firefox on Windows")


@pytest.mark.parametrize(
    ("keeps", "address", "kept"),
    [
        ("network", "2001:db8:1:2:3::9", "2001:db8:1::/48"),
        ("network", "::ffff:203.0.113.77", "203.0.113.0/24"),
        ("full", "203.0.113.77", "203.0.113.77"),
        ("none", "203.0.113.77", ""),
        ("network", "<script>", ""),
    ],
)
def test_settings_say_how_much_of_an_address_is_kept(
    keeps: str, address: str, kept: str, placement: Any, merchandiser_client: Client, settings: Any
) -> None:
    settings.AUDIT_ADDRESS = keeps
    approve(merchandiser_client, placement, REMOTE_ADDR=address)
    assert last().address == kept


def test_only_the_address_that_our_proxy_added_is_believed(
    placement: Any, merchandiser_client: Client, settings: Any
) -> None:
    forged = {"x-forwarded-for": "198.51.100.1, 203.0.113.77"}
    approve(merchandiser_client, placement, REMOTE_ADDR="10.0.0.5", headers=forged)
    assert last().address == "10.0.0.0/24"
    settings.BEHIND_PROXY = True
    merchandiser_client.post(
        reverse("placement-undo", args=[placement.pk]), {"revision": 1}, REMOTE_ADDR="10.0.0.5", headers=forged
    )
    assert last().address == "203.0.113.0/24"


def test_the_api_is_another_door(placement: Any, merchandiser_client: Client) -> None:
    merchandiser_client.post(
        f"/api/v1/placements/{placement.pk}/decisions/",
        {"decision": "approve", "revision": 0},
        content_type="application/json",
    )
    assert last().through == "the API"


def test_a_key_is_named(store: Any) -> None:
    with origin.entering(Origin("the API", "203.0.113.0/24", "curl")):
        origin.by_key("shop front")
        record(store=store, actor=None, action="x.y", subject="x:1", summary="By key")
    assert last() == Origin("API key shop front", "203.0.113.0/24", "curl")


def test_a_request_leaves_nothing_behind(placement: Any, merchandiser_client: Client, store: Any) -> None:
    approve(merchandiser_client, placement, REMOTE_ADDR="203.0.113.77")
    record(store=store, actor=None, action="x.y", subject="x:1", summary="Later")
    assert last().address == ""


@pytest.mark.parametrize(
    ("argv", "through"),
    [
        (["manage.py", "import_catalog", "feed.csv"], "command import_catalog"),
        (["/venv/bin/celery", "-A", "storefront_studio", "worker"], "worker"),
        (["/venv/bin/gunicorn"], "the studio itself"),
    ],
)
def test_without_a_door_the_process_is_named(argv: list[str], through: str) -> None:
    assert origin.of_process(argv).through == through


def test_what_many_rows_at_once_write_says_it_too(store: Any) -> None:
    with origin.entering(Origin("worker")):
        AuditEntry.objects.bulk_create([AuditEntry(store=store, action="x.y", subject="x:1", summary="One")])
    assert last() == Origin("worker")


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64) (KHTML, like Gecko) Chrome/140.0 Safari/537.36", "Chrome on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0 Safari/604.1", "Safari on iPhone"),
        ("python-requests/2.32", "python-requests"),
        ("<b>", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_program_is_named_in_few_words(header: str, words: str) -> None:
    assert origin.program(header) == words
