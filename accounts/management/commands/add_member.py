"""``manage.py add_member``: a person's role in a store; how the first admin of a real installation comes to be."""

import getpass
import secrets
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandParser
from django.core.validators import validate_email
from django.db import transaction

from accounts import audit
from accounts.models import Membership, Role, Store, User
from accounts.selectors import store_named
from storefront_studio.lib.commands import StudioCommand
from storefront_studio.lib.errors import BadInput


class Command(StudioCommand):
    help = "Give a person a role in a store; a new person gets a password, a new store is made with --create-store."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("email")
        parser.add_argument("--role", choices=Role.values, required=True)
        parser.add_argument("--store", metavar="SLUG", required=True)
        parser.add_argument("--name", default="", help="the person's name")
        parser.add_argument("--create-store", metavar="NAME", help="make the store, under this name, if missing")
        parser.add_argument("--currency", default="EUR", help="of a new store (EUR)")

    def work(self, **options: Any) -> dict[str, Any]:
        try:
            validate_email(options["email"])
        except ValidationError:
            raise BadInput(f"“{options['email']}” is not an e-mail address.") from None
        known = User.objects.filter(email__iexact=options["email"]).first()
        password = "" if known else _password()
        with transaction.atomic():
            if options["create_store"]:
                store, _ = Store.objects.get_or_create(
                    slug=options["store"],
                    defaults={"name": options["create_store"], "currency": options["currency"].upper()},
                )
            else:
                store = store_named(options["store"])
            user = known or User.objects.create_user(options["email"], password, name=options["name"])
            Membership.objects.update_or_create(store=store, user=user, defaults={"role": options["role"]})
            audit.record(
                store=store,
                actor=None,
                actor_name="Command line",
                action="member.add",
                subject=f"user:{user.pk}",
                summary=f"{user.email} is {Role(options['role']).label.lower()} in {store}",
                new={"role": options["role"]},
            )
        return {"email": user.email, "store": store.slug, "role": options["role"], "password": password or None}

    def show(self, report: dict[str, Any]) -> None:
        self.stdout.write(f"{report['email']} is {report['role']} in {report['store']}.")
        if report["password"]:
            self.stdout.write(f"Password, shown once: {report['password']}")


def _password() -> str:
    """Asked for twice on a terminal; made up where nobody can be asked."""
    if not sys.stdin.isatty():
        return secrets.token_urlsafe(12)
    password = getpass.getpass("Password (empty: one is made up): ")
    if not password:
        return secrets.token_urlsafe(12)
    try:
        validate_password(password)
    except ValidationError as error:
        raise BadInput(" ".join(error.messages)) from None
    if getpass.getpass("Again: ") != password:
        raise BadInput("The two passwords differ.")
    return password
