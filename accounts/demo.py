"""The people and the key of the demo store. Made once; passwords and key are random and kept in the demo file only."""

import secrets
from dataclasses import dataclass

from accounts.models import ApiKey, Membership, Role, Scope, Store, User

PEOPLE = {Role.MARKETING: "Mara Lindqvist", Role.MERCHANDISER: "Jonas Okafor", Role.ADMIN: "Ines Castellano"}


@dataclass(frozen=True)
class Login:
    email: str
    password: str


def people(store: Store, kept: dict[str, dict[str, str]]) -> dict[str, Login]:
    """One person per role; a password from `kept` (role -> email, password) stays valid, otherwise a new one is set."""
    logins = {}
    for role, name in PEOPLE.items():
        email = f"{role.value}@demo.example"
        user = User.objects.filter(email=email).first() or User.objects.create_user(email, name=name)
        password = kept.get(role.value, {}).get("password", "")
        if not password or not user.check_password(password):
            password = "-".join(secrets.token_hex(2) for _ in range(3))
            user.set_password(password)
            user.save(update_fields=["password"])
        Membership.objects.filter(store=store, user=user).delete()  # the newest membership is where people land
        Membership.objects.create(store=store, user=user, role=role)
        logins[role.value] = Login(email, password)
    return logins


def front_end_key(store: Store, kept: str) -> str:
    """A key that reads published pages; `kept` is used again while it is valid for this store."""
    if kept and ApiKey.objects.is_valid(kept):
        known = ApiKey.objects.get_from_key(kept)
        if ApiKey.objects.filter(store=store, pk=known.pk).exists():
            return kept
    _row, key = ApiKey.objects.create_key(name="Demo shop front end", store=store, scopes=[Scope.STOREFRONT_READ])
    return str(key)
