"""What people without an account meet: a limit on how often they knock, and headers that keep links to themselves."""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from redis.exceptions import RedisError

from review.publishing.sharing import LinkEnded, NoSuchLink

P = ParamSpec("P")
LOOKS, ACTS, GUESSES = 120, 10, 20
"""Within a minute, of one address: pages, posts, and links that are none."""


def doorstep(view: Callable[Concatenate[Any, P], HttpResponse]) -> Callable[..., HttpResponse]:
    """For the address behind a link: limited, never indexed, never kept by a cache on the way, never told to others."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if _too_many(request, "guess", GUESSES, count=False) or _too_many(
            request, request.method or "", ACTS if request.method == "POST" else LOOKS
        ):
            answer = closed(request, 429, "Too many tries", "Wait a minute, then open the link again.")
            answer["Retry-After"] = "60"
            return answer
        try:
            answer = view(request, *args, **kwargs)
        except NoSuchLink:
            _too_many(request, "guess", GUESSES)
            answer = closed(request, 404, "This link is not complete", "Copy it again from the message it came with.")
        except LinkEnded:
            said = "It has expired or was revoked. Ask whoever sent it for a new one."
            answer = closed(request, 410, "This link has ended", said)
        answer["X-Robots-Tag"] = "noindex, nofollow, noarchive"
        # Not "no-referrer": with it browsers send "Origin: null", and a guest's own form would be refused.
        answer["Referrer-Policy"] = "same-origin"
        answer.headers.setdefault("Cache-Control", "private, no-store")
        return answer

    return guarded


def closed(request: HttpRequest, status: int, title: str, said: str) -> HttpResponse:
    return render(request, "review/guest_closed.html", {"title": title, "said": said}, status=status)


def _too_many(request: HttpRequest, what: str, most: int, count: bool = True) -> bool:
    """Whether this address knocked more than `most` times within this minute; nobody is refused while the cache is
    gone."""
    key = f"doorstep:{what}:{request.META.get('REMOTE_ADDR', '')}:{int(time.time() // 60)}"
    try:
        if not count:
            return int(cache.get(key, 0)) >= most
        cache.add(key, 0, 120)
        return int(cache.incr(key)) > most
    except (RedisError, OSError, ValueError):
        return False
