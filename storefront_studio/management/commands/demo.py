"""``manage.py demo`` (``make demo``): everything on one machine, from nothing to a page that a shop can read."""

import os
import sys
import time
import urllib.request
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections

from storefront_studio.lib import embedded, supervisor
from storefront_studio.lib.errors import StudioError

EVERY = 15.0  # seconds between two lines about how far the embedding has come


class Command(BaseCommand):
    help = "Start web, worker and beat with a demo store, and stay in the foreground. Ctrl-C stops all of it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--catalog", help="a product feed of your own instead of the sample catalogue")
        parser.add_argument("--mapping", help="a TOML file that says which column is which")

    def handle(self, *args: Any, **options: Any) -> None:
        started = time.monotonic()
        ours = tuple(name for name in os.environ.get("STUDIO_STARTED_SERVICES", "").split(",") if name)
        try:
            call_command("migrate", verbosity=0, interactive=False)
            from review import demo

            plan = demo.prepare(catalog=options["catalog"], mapping=options["mapping"], say=self._say)
            code = supervisor.run(
                processes(),
                ready=_Progress(plan, self._say),
                on_ready=lambda: self._ready(plan, time.monotonic() - started),
                ready_seconds=900,
                quiet=True,
                log_dir=settings.STUDIO_DATA_DIR / "log",
            )
        except StudioError as error:
            raise CommandError(str(error)) from None
        finally:
            connections.close_all()
            if ours:
                embedded.stop(settings.STUDIO_DATA_DIR, ours)
        if code:
            sys.exit(code)

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _ready(self, plan: Any, seconds: float) -> None:
        url = plan.url
        lines = ["", f"Storefront Studio is ready: {url}   ({seconds:.0f} s)", ""]
        lines += [f"  {role:<13} {login.email:<28} {login.password}" for role, login in plan.logins.items()]
        lines += [
            "",
            "  Read the published page as a shop would:",
            f'  curl -H "Authorization: Api-Key {plan.api_key}" {url}/api/v1/storefront/home/',
            "",
            f"  The same facts stand in {plan.file}. Ctrl-C stops everything.",
            "",
        ]
        self._say("\n".join(lines))


def processes() -> list[supervisor.Process]:
    """Web, worker and beat, each a process of its own (as modules: console scripts break when a checkout moves)."""
    python = sys.executable
    env = {"STUDIO_DEMO": "1", "PYTHONUNBUFFERED": "1"}
    celery = [python, "-m", "celery", "-A", "storefront_studio"]
    return [
        supervisor.Process(
            "web",
            [python, "-m", "gunicorn", "storefront_studio.wsgi", "--bind", f"127.0.0.1:{settings.PORT}",
             "--worker-class", "gthread", "--workers", "2", "--threads", "8", "--graceful-timeout", "5"],
            env,
        ),
        supervisor.Process(
            "worker",
            # Threads: stages wait for models and the database, and the encoder is loaded once instead of per process.
            [*celery, "worker", "--pool", "threads", "--concurrency", "4", "--without-gossip", "--without-mingle",
             "--loglevel", "INFO"],
            env,
        ),
        supervisor.Process("beat", [*celery, "beat", "--loglevel", "WARNING"], env),
    ]  # fmt: skip


class _Progress:
    """Asked four times a second: does the web answer, is the worker there, is a page live?"""

    def __init__(self, plan: Any, say: Any) -> None:
        self.plan = plan
        self.say = say
        self.told = 0.0

    def __call__(self) -> bool:
        from generation import selectors, worker
        from review import demo

        try:
            live = demo.advance(self.plan, self.say)
            if not live and time.monotonic() - self.told > EVERY:
                self.told = time.monotonic()
                state = selectors.catalogue_state(self.plan.store)
                if state.waiting:
                    self.say(f"Embedding products: {state.products - state.waiting:,} of {state.products:,}")
            return live and worker.alive() and _answers(f"http://127.0.0.1:{settings.PORT}/healthz")
        finally:
            connections.close_all()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
