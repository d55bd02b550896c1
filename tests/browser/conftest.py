"""A studio as an operator runs it (gunicorn, a Celery worker, PostgreSQL, Redis), its people, and a real browser.

The processes share the test database and have a Redis database of their own. Nothing here is skipped: without a
Chromium these tests fail and say so. Imports of ours stand inside the fixtures: see tests/generation/cascade.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests import brokers
from tests.browser.people import Person, Team, Watched
from tests.browser.steps import sign_in, until

ROLES = {"marketing": "Mara Keting", "merchandiser": "Merle Handiser", "admin": "Ada Min"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker("browser")
            item.add_marker("django_db")  # pytest-django makes the test database only for tests that say they use it


# --- The studio ---------------------------------------------------------------------------------------------------
@pytest.fixture(scope="package")
def team(django_db_setup: None, django_db_blocker: Any) -> Iterator[Team]:
    """Three people of one store, committed; the database is emptied when the last browser test is done."""
    from django.core.management import call_command
    from django.db import connection

    from tests.factories import PASSWORD, MembershipFactory, StoreFactory

    with django_db_blocker.unblock():
        assert connection.settings_dict["NAME"].startswith("test_")
        store = StoreFactory(slug="corner-shop", name="Corner Shop")
        people = {
            role: MembershipFactory(store=store, role=role, user__name=name, user__with_password=True).user
            for role, name in ROLES.items()
        }
    yield Team(store, {role: Person(who, who.name, who.email, PASSWORD) for role, who in people.items()})
    with django_db_blocker.unblock():
        call_command("flush", verbosity=0, interactive=False, inhibit_post_migrate=False)


@pytest.fixture(scope="package")
def environment(team: Team, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What an operator would set: the test database, a broker of its own, a data folder of its own."""
    from django.conf import settings
    from django.db import connection

    from generation.catalog.sample import drawings

    folder = tmp_path_factory.mktemp("studio")
    (folder / "static").mkdir()
    (folder / "sample").mkdir()
    if (cache := Path(settings.STUDIO_DATA_DIR) / "cache").is_dir():  # what earlier tests have embedded already
        shutil.copytree(cache, folder / "cache")
    drawings.write_images(folder / "sample")
    redis = brokers.own(12)
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "CELERY_BROKER_URL": redis,
        "STUDIO_DATA_DIR": str(folder),
        "GENERATOR": "library",
        "OMP_NUM_THREADS": "2",
        "LOG_LEVEL": "WARNING",
    }


@pytest.fixture(scope="package")
def studio(environment: dict[str, str]) -> Iterator[str]:
    """The address of the running studio."""
    folder = Path(environment["STUDIO_DATA_DIR"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    python, url = sys.executable, f"http://127.0.0.1:{port}"
    commands = {
        "worker": [python, "-m", "celery", "-A", "storefront_studio", "worker", "--pool", "threads",
                   "--concurrency", "2", "--without-gossip", "--without-mingle", "--purge"],
        "web": [python, "-m", "gunicorn", "storefront_studio.wsgi", "--bind", f"127.0.0.1:{port}",
                "--worker-class", "gthread", "--threads", "8"],
    }  # fmt: skip
    running = []
    for name, command in commands.items():
        with (folder / f"{name}.log").open("wb") as log:
            running.append(
                subprocess.Popen(
                    command, env={**environment, "PORT": str(port)}, stdout=log, stderr=log, start_new_session=True
                )
            )
    try:
        until(lambda: _answers(f"{url}/healthz"), 60, folder)
        yield url
    finally:
        for process in running:
            process.terminate()
        for process in running:
            try:
                process.wait(timeout=8)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=5)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


# --- The browser --------------------------------------------------------------------------------------------------
@pytest.fixture(scope="package")
def browser() -> Iterator[Any]:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        pytest.fail("The browser tests need Chromium: run scripts/ensure_browser, or set CHROMIUM to its path.")
    from playwright.sync_api import sync_playwright

    # Playwright keeps an event loop in this thread; Django would refuse to read the database beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield running
        running.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="package")
def watched(browser: Any) -> Watched:
    """Everything the browser complained about, on any page of any test."""
    return Watched(browser)


@pytest.fixture
def sit_down(studio: str, watched: Watched, team: Team) -> Iterator[Callable[..., Any]]:
    """A browser of one's own, signed in by the form: `sit_down("marketing")` gives a page."""
    opened: list[Any] = []

    def of(role: str, width: int = 1440, height: int = 900) -> Any:
        page = watched.window(studio, width, height)
        opened.append(page.context)
        sign_in(page, team.people[role])
        return page

    yield of
    for context in opened:
        context.close()


@pytest.fixture(scope="package")
def catalogue(studio: str, watched: Watched, team: Team, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Some 320 products, handed in by the merchandiser on the import screens, embedded by the worker; what it said."""
    from tests.browser.steps import hand_in_the_catalogue
    from tests.generation.cascade.shop import rows, write_feed

    feed = write_feed(tmp_path_factory.mktemp("feed"), rows())
    page = watched.window(studio, 1440, 900)
    report = hand_in_the_catalogue(page, team.people["merchandiser"], feed)
    page.context.close()
    return report
