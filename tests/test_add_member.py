"""How the first people of an installation come in."""

import io
import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts.models import AuditEntry, Membership, Store, User

pytestmark = pytest.mark.django_db


def add(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("add_member", *arguments, "--json", stdout=out)
    return dict(json.loads(out.getvalue()))


def test_the_first_admin_comes_with_a_store_and_a_password_that_works() -> None:
    said = add("Ada@Example.com", "--role", "admin", "--store", "corner", "--create-store", "Corner Shop")
    user = User.objects.get(email="ada@example.com")
    assert user.check_password(said["password"])
    assert Membership.objects.get(user=user).role == "admin"
    assert AuditEntry.objects.filter(store__slug="corner", action="member.add").exists()


def test_a_known_person_changes_role_and_keeps_the_password(store: Store, merchandiser: User) -> None:
    before = merchandiser.password
    assert add(merchandiser.email, "--role", "admin", "--store", store.slug)["password"] is None
    merchandiser.refresh_from_db()
    assert merchandiser.password == before
    assert Membership.objects.get(user=merchandiser, store=store).role == "admin"


def test_an_unknown_store_is_an_error_that_names_the_known_ones(store: Store) -> None:
    with pytest.raises(CommandError, match=store.slug):
        add("x@example.com", "--role", "admin", "--store", "nowhere")
    assert not User.objects.filter(email="x@example.com").exists()


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(CommandError, match="not an e-mail address"):
        add("nobody", "--role", "admin", "--store", "corner")
