"""Many campaigns at once, as in production: real runs, two worker processes, a model server; beside the ideal."""

import datetime as dt
import os
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.db import connection
from django.db.models import Count
from django.utils import timezone

from accounts.models import Store
from generation import tasks
from generation.campaigns.brief import BriefIn
from generation.measure import stand_in
from generation.measure.pages import staged
from generation.models import Campaign, ModelCall, Run
from review.models import Draft
from storefront_studio.lib.errors import Misconfigured

WORKERS = 2
START, PATIENCE = 180.0, 300.0  # seconds a worker may take to start, and the campaigns to end


def measure(
    store: Store,
    given: BriefIn,
    campaigns: int,
    delay_ms: int,
    chain: Sequence[str],
    say: Callable[[str], object] = lambda text: None,
) -> tuple[dict[str, Any], list[str]]:
    """A row and its notes. Every campaign asks for the same things in another order and under a number of its own, so
    that no answer can be used twice. The ideal: all campaigns side by side, and of each nothing but the calls of
    `chain`, one after another. Nothing that is made for it stays in `store`."""
    mark = f"bench-{secrets.token_hex(4)}"
    try:
        return _measured(store, given, campaigns, delay_ms, chain, mark, say)
    finally:
        Draft.objects.filter(run__campaign__store=store, run__campaign__slug__startswith=mark).delete()
        Campaign.objects.filter(store=store, slug__startswith=mark).delete()


def _measured(
    store: Store,
    given: BriefIn,
    campaigns: int,
    delay_ms: int,
    chain: Sequence[str],
    mark: str,
    say: Callable[[str], object],
) -> tuple[dict[str, Any], list[str]]:
    queues = [f"{mark}-{number}" for number in range(WORKERS)]
    with stand_in.server(delay_ms) as url, _workers(queues, -(-campaigns // WORKERS), url, mark):
        say("The workers start and make a page each")
        first = _runs(store, given, [f"{mark}-warm-{number}" for number in range(WORKERS)], mark)
        _send(first, queues)
        _wait(first, START + PATIENCE, queues)
        say(f"{campaigns} campaigns at once")
        runs = _runs(store, given, [f"{mark}-{number}" for number in range(campaigns)], mark)
        began = time.perf_counter()
        _send(runs, queues)
        _wait(runs, PATIENCE, queues)
        seconds = time.perf_counter() - began
    ideal = len(chain) * delay_ms / 1000
    ended = list(Run.objects.filter(pk__in=[run.pk for run in runs]))
    done = [run for run in ended if run.status == Run.Status.DONE]
    made = sum(len((run.result or {}).get("placements", [])) for run in done)
    row = {
        "name": f"{campaigns} campaigns at once, {WORKERS} workers",
        "seconds": round(seconds, 3),
        "critical_path_s": round(ideal, 3),
        "times_critical_path": round(seconds / ideal, 3) if ideal else None,
        "placements": made,
        "model_calls": ModelCall.objects.filter(run__in=runs).count(),
        "pages_per_minute": round(60 * len(done) / seconds, 1),
        "throughput_over_ideal": round(ideal / seconds, 3),
    }
    share = f"{row['throughput_over_ideal']:.0%} of the ideal"
    notes = [
        f"{len(done)} of {campaigns} campaigns made a page in {seconds:.1f} s, {row['pages_per_minute']} a minute: "
        f"{share}, in which all pages are made at once and take nothing but {len(chain)} calls in a row. Both workers, "
        f"the database and the model server share {os.cpu_count()} processor cores."
    ]
    again = ModelCall.objects.filter(run__in=runs, stage="judge").values("run").annotate(n=Count("id"))
    notes += [f"Run {run.pk} failed: {run.error}" for run in ended if run.status != Run.Status.DONE]
    late = sum(one["n"] > given.placements for one in again)
    if late:
        notes.append(f"{late} campaigns needed reserve themes, and with them a second round of calls.")
    return row, notes


def _runs(store: Store, given: BriefIn, slugs: Sequence[str], mark: str) -> list[Run]:
    """A queued run for each slug. Its things to ask for are those of `given`, begun at another place."""
    things = [part.strip() for part in given.objective.split(",")]
    made = []
    for number, slug in enumerate(slugs):
        turn = (number + slug.count("warm") * 3) % max(len(things), 1)
        # The number makes every question another one: an answer that was given before costs no time.
        own = f"{', '.join([*things[turn:], *things[:turn]])} {100 * (1 + slug.count('warm')) + number}"
        brief, search = staged(store, given.model_copy(update={"objective": own}), timezone.localdate())
        campaign = Campaign.objects.create(
            store=store,
            slug=slug[:80],
            name=f"Measurement {slug}",
            objective_kind=brief.objective_kind,
            objective=brief.objective,
            placements=brief.placements,
            products=brief.products,
            constraints=search.constraints.model_dump(mode="json"),
            starts_on=timezone.localdate(),
            ends_on=timezone.localdate() + dt.timedelta(days=30),
        )
        made.append(
            Run.objects.create(
                campaign=campaign,
                generator=f"openai:{mark}",
                generator_label="Stand-in",
                brief={
                    "brief": brief.model_dump(mode="json"),
                    "constraints": search.constraints.model_dump(mode="json"),
                    "fixed": [],
                },
            )
        )
    return made


def _send(runs: Sequence[Run], queues: Sequence[str]) -> None:
    for number, run in enumerate(runs):
        tasks.execute_run.apply_async((run.pk,), queue=queues[number % len(queues)])


def _wait(runs: Sequence[Run], seconds: float, queues: Sequence[str]) -> None:
    """Until every run has ended; those that are to be tried again are sent again, as beat would. Raises Misconfigured
    when they do not end in time."""
    ids = [run.pk for run in runs]
    until = time.monotonic() + seconds
    while left := list(Run.objects.filter(pk__in=ids, status__in=Run.OPEN)):
        if time.monotonic() > until:
            said = "; ".join(f"{run} is {run.status} {run.error}".strip() for run in left)
            raise Misconfigured(f"Not every run ended within {seconds:.0f} s: {said}.")
        _send([run for run in left if run.not_before and run.not_before <= timezone.now()], queues)
        time.sleep(0.05)


@contextmanager
def _workers(queues: Sequence[str], concurrency: int, url: str, model: str) -> Iterator[None]:
    """A worker process for each queue, which asks `model` of the server at `url`."""
    environment = {
        **os.environ,
        # The database of this process: under test it is not the one that the variable names.
        "DATABASE_URL": urlsplit(os.environ["DATABASE_URL"])
        ._replace(path=f"/{connection.settings_dict['NAME']}")
        .geturl(),
        "DATABASE_POOL": "32",
        "GENERATOR": "openai",
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_MODEL": model,
        "OPENAI_API_KEY": "",
        "MODEL_CONCURRENCY": "8",
        "VENDOR_CONCURRENCY": str(8 * concurrency * WORKERS),
        "OMP_NUM_THREADS": "1",
    }
    command = [sys.executable, "-m", "celery", "-A", "storefront_studio", "worker", "--pool", "threads"]
    options = ["--concurrency", str(concurrency), "--without-gossip", "--without-mingle", "--loglevel", "WARNING"]
    started = []
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        try:
            for queue in queues:
                with (Path(folder) / f"{queue}.log").open("wb") as log:
                    started.append(
                        subprocess.Popen(
                            [*command, *options, "-Q", queue, "-n", f"{queue}@%h"],
                            env=environment,
                            cwd=stand_in.ROOT,
                            stdout=log,
                            stderr=log,
                        )
                    )
            yield
        finally:
            for process in started:
                process.terminate()
            for process in started:
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
