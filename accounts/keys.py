"""Making and revoking the keys of shop front ends."""

from typing import cast

from django.db import transaction

from accounts.audit import record
from accounts.models import ApiKey, Store, User
from storefront_studio.lib.errors import BadInput


@transaction.atomic
def create(*, store: Store, actor: User, name: str, scopes: list[str]) -> tuple[ApiKey, str]:
    """A new key and its secret, which is kept nowhere. Raises BadInput when a key in use has this name already."""
    Store.objects.select_for_update().get(pk=store.pk)  # two clicks at once: the second one waits, then sees the name
    if ApiKey.objects.filter(store=store, revoked=False, name__iexact=name).exists():
        raise BadInput(f"A key in use is called “{name}” already. Choose another name, or revoke that one first.")
    made, secret = ApiKey.objects.create_key(store=store, created_by=actor, name=name, scopes=sorted(scopes))
    key = cast(ApiKey, made)
    record(
        store=store,
        actor=actor,
        action="api_key.create",
        subject=f"api_key:{key.prefix}",
        summary=f"{actor} made the API key “{name}”.",
        new={"name": name, "scopes": sorted(scopes)},
    )
    return ApiKey.objects.get(pk=key.pk), secret


@transaction.atomic
def revoke(*, key: ApiKey, actor: User) -> ApiKey:
    """The key stops working for good; revoking it again changes nothing."""
    key = ApiKey.objects.select_for_update(of=("self",)).select_related("store").get(pk=key.pk)
    if key.revoked:
        return key
    key.revoked = True
    key.save(update_fields=["revoked"])
    record(
        store=key.store,
        actor=actor,
        action="api_key.revoke",
        subject=f"api_key:{key.prefix}",
        summary=f"{actor} revoked the API key “{key.name}”.",
        old={"revoked": False},
        new={"revoked": True},
    )
    return key
