"""The rows that say who works where, what they may do, and what they did."""

from accounts.models.audit import AuditEntry
from accounts.models.idempotency import IdempotencyRecord
from accounts.models.people import ApiKey, Membership, Role, Scope, Store, User

__all__ = ["ApiKey", "AuditEntry", "IdempotencyRecord", "Membership", "Role", "Scope", "Store", "User"]
