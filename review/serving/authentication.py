"""The API key of a shop front end, from memory where it can be."""

from rest_framework import status
from rest_framework.exceptions import APIException, AuthenticationFailed
from rest_framework.request import Request

from accounts.api import ApiKeyAuthentication, KeyHolder
from accounts.models import ApiKey
from review.serving import database, known_keys


class Unavailable(APIException):
    """503 with Retry-After: the database is gone, and nothing was kept that would do instead."""

    status_code = status.HTTP_503_SERVICE_UNAVAILABLE
    default_detail = "The database cannot be reached and no copy of this page was kept. Try again in a moment."
    default_code = "unavailable"
    wait = int(database.PAUSE)


class KnownKeyAuthentication(ApiKeyAuthentication):
    """``Authorization: Api-Key <key>``, looked up every few seconds only, and honoured while the database is gone."""

    def authenticate(self, request: Request) -> tuple[KeyHolder, ApiKey] | None:
        scheme, _, value = request.headers.get("Authorization", "").partition(" ")
        value = value.strip()
        if scheme.lower() != "api-key":
            return None
        known = known_keys.recall(value)
        if known and known[1]:
            return KeyHolder(known[0]), known[0]
        try:
            found = database.ask(lambda: super(KnownKeyAuthentication, self).authenticate(request))
        except AuthenticationFailed:
            known_keys.refused(value)
            raise
        except database.Unreachable as error:
            if known:
                return KeyHolder(known[0]), known[0]
            raise Unavailable from error
        if found:
            known_keys.remember(value, found[1])
        return found
