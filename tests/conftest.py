"""What all tests share: services of their own, a cache of their own, and the people of two stores.

Without DATABASE_URL and REDIS_URL the embedded services are started in a folder of their own, before Django reads its
settings, and stopped at the end: a demo that runs beside the tests notices nothing. Under pytest-xdist the first
process does this; the workers inherit the addresses, and each has its own database.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from storefront_studio import bootstrap

_scratch: Path | None = None
if not (os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")):
    # Not pytest's own temporary folder: it is closed to the account that PostgreSQL runs as.
    _scratch = Path(tempfile.mkdtemp(prefix="studio-test-"))
    os.environ["STUDIO_DATA_DIR"] = str(_scratch / "var")
    (_scratch / "var" / "static").mkdir(parents=True)  # WhiteNoise warns when there is none
bootstrap.prepare()

from django.conf import settings as studio_settings  # noqa: E402  (the settings need the addresses)

assert studio_settings.DATABASES  # read now; pytest-django sets Django up once it finds them read


def pytest_unconfigure() -> None:
    if _scratch:
        from storefront_studio.lib import embedded

        embedded.stop(_scratch / "var")
        shutil.rmtree(_scratch, ignore_errors=True)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """The pool's idle connections are let go before the test database is dropped, which waits for them otherwise."""
    from django.db import connection

    yield
    connection.close_pool()  # type: ignore[attr-defined]  # PostgreSQL's wrapper has it


@pytest.fixture(autouse=True)
def _own_cache(settings: Any) -> None:
    """No test sees what another one cached, nor does a worker beside it; nothing is ever flushed."""
    default = {**settings.CACHES["default"], "KEY_PREFIX": f"test-{uuid.uuid4().hex[:12]}"}
    settings.CACHES = {**settings.CACHES, "default": default}


# --- Two stores and their people ----------------------------------------------------------------------------------
@pytest.fixture
def store(db: None) -> Any:
    from tests.factories import StoreFactory

    return StoreFactory(slug="corner-shop", name="Corner Shop")


@pytest.fixture
def other_store(db: None) -> Any:
    from tests.factories import StoreFactory

    return StoreFactory(slug="far-shop", name="Far Shop")


def _person(store: Any, name: str, role: str) -> Any:
    from tests.factories import MembershipFactory

    return MembershipFactory(store=store, role=role, user__name=name).user


@pytest.fixture
def marketing(store: Any) -> Any:
    """Writes campaigns and starts runs."""
    return _person(store, "Mara Keting", "marketing")


@pytest.fixture
def merchandiser(store: Any) -> Any:
    """Reviews and publishes."""
    return _person(store, "Merle Handiser", "merchandiser")


@pytest.fixture
def team_mate(store: Any) -> Any:
    """A second merchandiser, who does what the first one does at the same time."""
    return _person(store, "Tamsin Mate", "merchandiser")


@pytest.fixture
def admin(store: Any) -> Any:
    return _person(store, "Ada Min", "admin")


@pytest.fixture
def stranger(other_store: Any) -> Any:
    """An admin, but of the other store."""
    return _person(other_store, "Sam Stranger", "admin")


@pytest.fixture
def sign_in() -> Callable[[Any], Any]:
    """A new browser in which the given person is signed in."""
    from django.test import Client

    def of(person: Any) -> Client:
        client = Client()
        client.force_login(person)
        return client

    return of


@pytest.fixture
def marketing_client(sign_in: Callable[[Any], Any], marketing: Any) -> Any:
    return sign_in(marketing)


@pytest.fixture
def merchandiser_client(sign_in: Callable[[Any], Any], merchandiser: Any) -> Any:
    return sign_in(merchandiser)


@pytest.fixture
def team_mate_client(sign_in: Callable[[Any], Any], team_mate: Any) -> Any:
    return sign_in(team_mate)


@pytest.fixture
def admin_client(sign_in: Callable[[Any], Any], admin: Any) -> Any:
    """Signed in as the store's admin (in place of pytest-django's superuser, which we do not have)."""
    return sign_in(admin)


@pytest.fixture
def stranger_client(sign_in: Callable[[Any], Any], stranger: Any) -> Any:
    return sign_in(stranger)
