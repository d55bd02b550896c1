"""The same write with the same ``Idempotency-Key`` is done once and answered twice."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable

from django.db import connection, transaction
from django.utils import timezone
from rest_framework.exceptions import APIException
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import IdempotencyRecord, Store
from storefront_studio.lib.idempotency import fingerprint

KEPT = dt.timedelta(hours=24)


class StillRunning(APIException):
    status_code = 409
    default_code = "in_progress"
    default_detail = "A request with this Idempotency-Key is still being worked on. Ask again in a moment."


class OtherBody(APIException):
    status_code = 422
    default_code = "idempotency_mismatch"
    default_detail = "This Idempotency-Key was used for a different request. Use a new key for a new request."


def once(*, request: Request, store: Store, key: str, work: Callable[[], Response]) -> Response:
    """What `work` answers; for a key that was answered within a day, that first answer again.

    Work and answer are committed together, under a lock that dies with the transaction: a process that is killed
    leaves neither. Answers from 500 up are not kept. Raises StillRunning and OtherBody.
    """
    mark = fingerprint(request)
    same = {"store": store, "user": request.user, "path": request.path[:1000], "key": key}
    with transaction.atomic():
        if not _lock(f"idempotency:{store.pk}:{request.user.pk}:{request.path}:{key}"):
            raise StillRunning
        IdempotencyRecord.objects.filter(created_at__lt=timezone.now() - KEPT, store=store).delete()
        first = IdempotencyRecord.objects.filter(**same).first()
        if first is not None:
            if first.fingerprint != mark:
                raise OtherBody
            return Response(first.body, status=first.status, headers={"Idempotency-Replayed": "true"})
        response = work()
        if response.status_code < 500:
            body = None if response.data is None else json.loads(JSONRenderer().render(response.data))
            IdempotencyRecord.objects.create(**same, fingerprint=mark, status=response.status_code, body=body)
        return response


def _lock(name: str) -> bool:
    number = int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])
