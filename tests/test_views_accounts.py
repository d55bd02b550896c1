"""Signing in and out, switching stores, and API keys on screen."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import ApiKey, AuditEntry
from tests.factories import PASSWORD, MembershipFactory, StoreFactory, UserFactory, api_key


def text(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def test_people_sign_in_with_their_address_in_any_case(db: None) -> None:
    MembershipFactory(user=UserFactory(email="mara@example.com", with_password=True))
    answer = Client().post(reverse("login"), {"username": "Mara@Example.com", "password": PASSWORD})
    assert answer["Location"] == reverse("home")


def test_signing_in_leads_to_the_page_that_was_asked_for(db: None) -> None:
    MembershipFactory(user=UserFactory(email="mara@example.com", with_password=True))
    sent = {"username": "mara@example.com", "password": PASSWORD, "next": "/review/"}
    assert Client().post(reverse("login"), sent)["Location"] == "/review/"


def test_signing_in_never_leads_to_another_site(db: None) -> None:
    MembershipFactory(user=UserFactory(email="mara@example.com", with_password=True))
    sent = {"username": "mara@example.com", "password": PASSWORD, "next": "https://elsewhere.example/"}
    assert Client().post(reverse("login"), sent)["Location"] == reverse("home")


def test_a_wrong_password_is_refused_in_words(db: None) -> None:
    UserFactory(email="mara@example.com", with_password=True)
    answer = Client().post(reverse("login"), {"username": "mara@example.com", "password": "no"})
    assert "No account has this e-mail address and password" in text(answer)


def test_the_demo_offers_its_logins(db: None, settings: Any, tmp_path: Path) -> None:
    settings.DEMO, settings.STUDIO_DATA_DIR = True, tmp_path
    (tmp_path / "demo.json").write_text(json.dumps({"logins": {"admin": {"email": "a@demo.example", "password": "p"}}}))
    assert "a@demo.example" in text(Client().get(reverse("login")))


def test_outside_the_demo_no_login_is_given_away(db: None, settings: Any, tmp_path: Path) -> None:
    settings.DEMO, settings.STUDIO_DATA_DIR = False, tmp_path
    (tmp_path / "demo.json").write_text(json.dumps({"logins": {"admin": {"email": "a@demo.example", "password": "p"}}}))
    assert "a@demo.example" not in text(Client().get(reverse("login")))


def test_signing_out_is_a_post(merchandiser_client: Client) -> None:
    assert merchandiser_client.get(reverse("logout")).status_code == 405
    merchandiser_client.post(reverse("logout"))
    assert merchandiser_client.get(reverse("home")).status_code == 302


def test_one_switches_to_another_of_ones_stores(merchandiser: Any, merchandiser_client: Client) -> None:
    second = StoreFactory(name="Second shop")
    MembershipFactory(store=second, user=merchandiser, role="marketing")
    merchandiser_client.post(reverse("store-switch", args=[second.pk]))
    assert merchandiser_client.get(reverse("home")).context["role_label"]() == "Marketing"


def test_one_cannot_switch_to_a_store_of_others(other_store: Any, merchandiser_client: Client) -> None:
    assert merchandiser_client.post(reverse("store-switch", args=[other_store.pk])).status_code == 404


def test_somebody_without_a_store_is_told_so(sign_in: Any, db: None) -> None:
    assert sign_in(UserFactory()).get(reverse("home")).status_code == 403


def test_anonymous_pages_ask_the_database_nothing(db: None, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        Client().get(reverse("login"))


# --- API keys -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("person", "status"), [("marketing", 403), ("merchandiser", 403), ("admin", 200)])
def test_only_admins_see_the_keys(person: str, status: int, request: pytest.FixtureRequest) -> None:
    client = request.getfixturevalue(f"{person}_client")
    assert client.get(reverse("api-keys")).status_code == status


def test_anonymous_people_are_sent_to_sign_in_before_keys(db: None) -> None:
    assert Client().get(reverse("api-keys"))["Location"].startswith(reverse("login"))


SENT = {"name": "Web shop", "scopes": ["storefront:read"]}


def test_a_new_key_is_shown_once_and_kept_nowhere(admin_client: Client) -> None:
    answer = admin_client.post(reverse("api-keys"), SENT)
    secret = answer.context["made"]["secret"]
    assert secret in text(answer)
    assert ApiKey.objects.is_valid(secret)
    assert secret not in text(admin_client.get(reverse("api-keys")))
    assert "no-store" in answer["Cache-Control"]


def test_loading_the_answer_again_makes_no_second_key(admin_client: Client) -> None:
    admin_client.post(reverse("api-keys"), SENT)
    assert "is called “Web shop” already" in text(admin_client.post(reverse("api-keys"), SENT))
    assert ApiKey.objects.count() == 1


def test_a_key_must_be_for_something(admin_client: Client) -> None:
    answer = admin_client.post(reverse("api-keys"), {"name": "Web shop"})
    assert "Choose at least one thing the key may do." in text(answer)
    assert not ApiKey.objects.exists()


def test_a_revoked_key_opens_nothing_and_the_trail_says_who(store: Any, admin_client: Client) -> None:
    key, secret = api_key(store)
    admin_client.post(reverse("api-key-revoke", args=[key.prefix]))
    assert not ApiKey.objects.is_valid(secret)
    assert AuditEntry.objects.get(action="api_key.revoke").actor_name == "Ada Min"


def test_a_stranger_cannot_revoke_a_key(store: Any, stranger_client: Client) -> None:
    key, _ = api_key(store)
    assert stranger_client.post(reverse("api-key-revoke", args=[key.prefix])).status_code == 404


def test_a_merchandiser_cannot_revoke_a_key(store: Any, merchandiser_client: Client) -> None:
    key, _ = api_key(store)
    assert merchandiser_client.post(reverse("api-key-revoke", args=[key.prefix])).status_code == 403
