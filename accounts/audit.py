"""Writing the audit trail."""

from typing import Any

from accounts.models import AuditEntry, Store, User


def record(
    *,
    store: Store,
    actor: User | None,
    action: str,
    subject: str,
    summary: str,
    old: dict[str, Any] | None = None,
    new: dict[str, Any] | None = None,
    actor_name: str = "",
) -> AuditEntry:
    """One act, in the caller's transaction. Without `actor` the studio itself acted, or whoever `actor_name` says."""
    return AuditEntry.objects.create(
        store=store,
        actor=actor,
        actor_name=actor_name or (str(actor) if actor else "Studio"),
        action=action,
        subject=subject,
        summary=summary[:500],
        old=old,
        new=new,
    )
