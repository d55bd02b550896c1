"""A worker that is killed in the middle of a run: another one goes on, and no saved step is done or paid for twice."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import connection

from generation import fanout, tasks
from generation.models import Batch, Lease, ModelAnswer, ModelCall, Reservation, Run, StageOutput
from review.models import Draft, Placement, PlacementProduct
from storefront_studio.celery import app
from tests import brokers
from tests.contract import responder
from tests.factories import SegmentFactory
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db(transaction=True)
STAGE_OF_REQUEST = {"keywords": "keywords", "judge": "judging"}


@pytest.fixture
def environment(server: Any, tmp_path: Path) -> dict[str, str]:
    """What an operator would set for a worker beside this test: its database, a broker of its own, a quick lease."""
    redis = brokers.own(8)
    with app.connection_for_write(url=redis) as broker:
        app.control.purge(connection=broker)  # what a test that was interrupted has left
    database = urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    return {
        **os.environ,
        "DATABASE_URL": database,
        "REDIS_URL": redis,
        "CELERY_BROKER_URL": redis,
        "RUN_LEASE_SECONDS": "3",
        "MODEL_CONCURRENCY": "2",
        "GENERATOR": "openai",
        "OPENAI_BASE_URL": f"{server.url}/v1",
        "OPENAI_MODEL": "stub-1",
        "OPENAI_API_KEY": "",
        "OMP_NUM_THREADS": "1",
    }


@pytest.fixture
def worker(environment: dict[str, str], tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Starts Celery workers, each in a process group of its own; none outlives the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "celery", "-A", "storefront_studio", "worker", "--pool", "threads"]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            process = subprocess.Popen(
                [*command, "--concurrency", "2", "--without-gossip", "--without-mingle", *options],
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            kill(process)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def send(environment: dict[str, str], task: Any, *args: Any) -> None:
    with app.connection_for_write(url=environment["CELERY_BROKER_URL"]) as broker:
        task.apply_async(args, connection=broker)


def wait_for(what: Callable[[], bool], seconds: float, logs: Path, every: Callable[[], None] = lambda: None) -> None:
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            said = "\n".join(log.read_text(errors="replace")[-3000:] for log in sorted(logs.glob("worker-*.log")))
            raise AssertionError(f"not within {seconds} s; the workers said:\n{said}")
        every()
        time.sleep(0.1)


def requests_per_step(server: Any) -> Counter[tuple[str, str]]:
    """(stage, theme's title) of every request that arrived; the plan has no title."""
    return Counter(
        (responder.stage_of(seen.body), (responder.data_of(seen.body).get("theme") or {}).get("title", ""))
        for seen in list(server.requests)
    )


def test_a_run_survives_the_death_of_its_worker_without_repeating_saved_steps(
    committed_shop: Any,
    openai: str,
    server: Any,
    worker: Callable[..., subprocess.Popen[bytes]],
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    server.delay = 0.4
    run = shops.start(committed_shop, placements=3)
    first = worker()
    send(environment, tasks.execute_run, run.pk)
    wait_for(lambda: StageOutput.objects.filter(run=run, stage="judging").exists(), 120, tmp_path)
    kill(first)

    saved = list(StageOutput.objects.filter(run=run).values_list("stage", "key", "id"))
    before = requests_per_step(server)
    run.refresh_from_db()
    assert run.status == Run.Status.RUNNING  # nobody knows yet
    plan = StageOutput.objects.get(run=run, stage="themes").output["themes"]
    titles = {number: theme["title"] for number, theme in enumerate(plan, start=1)}
    done_requests = {
        (request, titles.get(key, "")) for stage, key, _id in saved for request, made in STAGE_OF_REQUEST.items()
        if made == stage
    } | {("themes", "")}  # fmt: skip

    worker()
    asked = [time.monotonic()]

    def beat() -> None:
        if time.monotonic() - asked[0] > 1:
            asked[0] = time.monotonic()
            send(environment, tasks.release_stuck)

    wait_for(lambda: not Run.objects.get(pk=run.pk).is_open, 120, tmp_path, beat)
    run.refresh_from_db()
    assert (run.status, run.error) == (Run.Status.DONE, "")
    assert run.attempts == 2
    assert set(saved) <= set(StageOutput.objects.filter(run=run).values_list("stage", "key", "id"))
    after = requests_per_step(server)
    assert {step: after[step] for step in done_requests} == {step: before[step] for step in done_requests}
    assert max(after.values()) <= 2  # what was in flight, asked once more
    draft = Draft.objects.get(run=run)
    assert Placement.objects.filter(draft=draft).count() == len({one["theme"]["title"] for one in every_row(run)})
    shown = PlacementProduct.objects.filter(placement__draft=draft, state="shown", placement__status="waiting")
    products = list(shown.values_list("product_id", flat=True))
    assert products and len(products) == len(set(products))


def every_row(run: Run) -> list[dict[str, Any]]:
    return [*run.result["placements"], *run.result["dropped"]]


def test_a_batch_whose_workers_are_killed_goes_on_and_pays_for_no_answered_question_again(
    committed_shop: Any,
    openai: str,
    server: Any,
    worker: Callable[..., subprocess.Popen[bytes]],
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    server.delay = 0.3
    segments = [SegmentFactory(store=committed_shop, name=f"Group {number}") for number in range(4)]
    campaign = shops.campaign(committed_shop, placements=2)
    batch = fanout.start_batch(campaign=campaign, segments=segments, actor=None, concurrency=2, enqueue=False)
    first = worker()
    send(environment, tasks.pump_batch, batch.pk)
    kept = ModelAnswer.objects.filter(store=committed_shop)
    wait_for(lambda: kept.count() >= 4 and Reservation.objects.exists(), 120, tmp_path)
    kill(first)
    answered = set(kept.values_list("digest", flat=True))
    in_flight = Reservation.objects.count()

    worker()
    asked = [time.monotonic()]

    def beat() -> None:
        if time.monotonic() - asked[0] > 1:
            asked[0] = time.monotonic()
            send(environment, tasks.release_stuck)
            send(environment, tasks.tend_batches)

    wait_for(lambda: not Batch.objects.filter(pk=batch.pk, status="open").exists(), 180, tmp_path, beat)
    assert [run.status for run in batch.runs.all()] == ["done"] * 4, [run.error for run in batch.runs.all()]
    assert Draft.objects.filter(run__batch=batch).count() == 4
    lost = ModelCall.objects.filter(run__batch=batch, outcome="lost")
    assert lost.count() == in_flight  # each is on record, and what it cost is unknown
    assert not lost.filter(cost__isnull=False).exists()
    paid = ModelCall.objects.filter(run__batch=batch, cached=False).exclude(outcome="lost")
    assert Counter(paid.values_list("request_hash", flat=True)).most_common(1)[0][1] == 1
    again = set(lost.values_list("request_hash", flat=True)) - answered
    assert sum(count - 1 for count in server.paid.values()) <= len(again)
    assert not Reservation.objects.exists()
    # A place may be left of a question whose answer was saved just before the kill: nobody asks it again.
    wait_for(lambda: not Lease.objects.filter(name__startswith="answer:").exists(), 60, tmp_path, beat)
