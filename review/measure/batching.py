"""A batch of many segments under real workers, beside a stand-in vendor that counts what it would bill.

Everything has a place of its own: database, cache, workers and vendor are started for the measurement and stopped
after it. With `kill` all workers are killed (SIGKILL) when half of the runs have ended, and new ones go on.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg

from generation.measure import stand_in
from review.measure.scratch import ROOT, run, scratch
from storefront_studio.lib.errors import BadInput, StudioError

WORKERS, THREADS = 2, 4
MODES = ("live", "vendor")
LOOK_EVERY = 0.5  # seconds
PATIENCE = 3600.0
PRICES = 'as_of: 2026-11-01\nbatch: "0.5"\nmodels:\n  stub-1: {input: "2", output: "10"}\n'
STATES = "SELECT status, count(*) FROM generation_run WHERE batch_id = %s GROUP BY status"
CALLS = """
    SELECT count(*), count(*) FILTER (WHERE c.cached), count(*) FILTER (WHERE c.outcome = 'lost'),
           count(*) FILTER (WHERE NOT c.cached AND c.outcome <> 'lost'), sum(c.cost), sum(c.at_most)
    FROM generation_modelcall c JOIN generation_run r ON r.id = c.run_id WHERE r.batch_id = %s
"""


def measure(
    segments: int,
    delay_ms: int,
    mode: str,
    kill: bool,
    placements: int = 6,
    say: Callable[[str], object] = lambda text: None,
) -> dict[str, Any]:
    """One row for the batch. Raises BadInput for senseless numbers and where the stand-in vendor is missing."""
    if segments < 1 or mode not in MODES:
        raise BadInput(f"--segments is 1 or more, and --mode one of {', '.join(MODES)}.")
    if not stand_in.there():
        raise BadInput("The stand-in model server comes with the tests folder, which is not here.")
    say("Starting a database and a cache of its own, with the sample catalogue")
    with ExitStack() as held:
        folder, env = held.enter_context(scratch())
        seed = [sys.executable, "-m", "review.measure.batch_seed", str(segments), str(placements)]
        facts = json.loads(run(seed, env).splitlines()[-1])
        url = held.enter_context(stand_in.server(delay_ms, "--batch-seconds", str(delay_ms / 1000)))
        (folder / "prices.yaml").write_text(PRICES, encoding="utf-8")
        env |= {
            "GENERATOR": "openai",
            "OPENAI_BASE_URL": f"{url}/v1",
            "OPENAI_MODEL": "stub-1",
            "OPENAI_API_KEY": "",
            "LLM_PRICES": str(folder / "prices.yaml"),
            "LLM_TIMEOUT": "600",
            "RUN_LEASE_SECONDS": "10",
            "VENDOR_BATCH_SECONDS": "1",
            "OMP_NUM_THREADS": "1",
        }
        crew = held.enter_context(_Crew(folder, env).at_work())
        database = held.enter_context(psycopg.connect(env["DATABASE_URL"], autocommit=True))
        watch = _Watch(database, crew, say)
        began = time.perf_counter()
        command = ["manage.py", "generate", "--campaign", facts["campaign"], "--segments", "all"]
        options = ["--concurrency", str(WORKERS * THREADS), "--json", *(["--batch"] if mode == "vendor" else [])]
        watch.follow(json.loads(run([sys.executable, *command, *options], env))["batch"], segments, kill)
        wall = time.perf_counter() - began
        counts = json.loads(urllib.request.urlopen(f"{url}/counts", timeout=30).read())
        return _report(facts, watch, counts, wall, delay_ms, mode, kill)


class _Crew:
    """Celery workers and beat, each in a process group of its own."""

    def __init__(self, folder: Path, env: dict[str, str]) -> None:
        self._folder, self._env = folder, env
        self.workers: list[subprocess.Popen[bytes]] = []
        self.started = 0
        self.peaks: dict[int, int] = {}

    @contextmanager
    def at_work(self) -> Iterator["_Crew"]:
        beat = self._start("beat", "--schedule", str(self._folder / "schedule"), "--loglevel", "WARNING")
        self.hire()
        try:
            yield self
        finally:
            for process in (beat, *self.workers):
                process.terminate()
            for process in (beat, *self.workers):
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()

    def hire(self) -> None:
        """New workers."""
        options = ("--pool", "threads", "--concurrency", str(THREADS), "--without-gossip", "--without-mingle")
        self.workers = [
            self._start("worker", *options, "-n", f"w{self.started}-{n}@bench", "--loglevel", "WARNING")
            for n in range(WORKERS)
        ]

    def kill(self) -> None:
        """All workers at once, without a word."""
        for process in self.workers:
            os.killpg(process.pid, signal.SIGKILL)
        for process in self.workers:
            process.wait()

    def weigh(self) -> int:
        """Resident bytes of the heaviest worker now; the peak of each is remembered."""
        now = 0
        for process in self.workers:
            try:
                weight = int(psutil.Process(process.pid).memory_info().rss)
            except psutil.NoSuchProcess:
                raise StudioError(f"A worker ended by itself; see {self._folder}.") from None
            self.peaks[process.pid] = max(self.peaks.get(process.pid, 0), weight)
            now = max(now, weight)
        return now

    def _start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        self.started += 1
        command = [sys.executable, "-m", "celery", "-A", "storefront_studio", what, *options]
        with (self._folder / f"{what}-{self.started}.log").open("wb") as log:
            return subprocess.Popen(command, env=self._env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True)


class _Watch:
    """Follows a batch in the database: how far it is, memory and transactions on the way."""

    def __init__(self, database: psycopg.Connection, crew: _Crew, say: Callable[[str], object]) -> None:
        self._database, self._crew, self._say = database, crew, say
        self.batch = 0
        self.states: dict[str, int] = {}
        self.marks: list[dict[str, float]] = []
        self.killed: dict[str, Any] | None = None

    def follow(self, batch: int, segments: int, kill: bool) -> None:
        """Until the batch has ended. Raises StudioError when that takes longer than an hour."""
        self.batch, until = batch, time.monotonic() + PATIENCE
        self._mark(0)
        while True:
            self.states = dict(self._database.execute(STATES, [batch]).fetchall())
            ended = self.states.get("done", 0) + self.states.get("failed", 0)
            weight = self._crew.weigh()
            self._say(f"{ended} of {segments} segments, {weight / 2**20:.0f} MB the heaviest worker")
            for share in (0.25, 0.5, 0.75, 1.0):
                if ended >= share * segments and self.marks[-1]["share"] < share:
                    self._mark(share, ended, weight)
            if kill and self.killed is None and self._halfway(ended, segments) and self._in_flight():
                self._kill(ended)
            if self._status() != "open":
                return
            if time.monotonic() > until:
                raise StudioError(f"The batch did not end within an hour: {self.states}.")
            time.sleep(LOOK_EVERY)

    def _kill(self, ended: int) -> None:
        self._crew.kill()
        self.killed = {"ended": ended, "in_flight": self._in_flight()}
        self._crew.hire()

    def _halfway(self, ended: int, segments: int) -> bool:
        """Half of the runs have ended, or the vendor's second job of about four."""
        jobs = self.one("SELECT count(*) FROM generation_vendorbatch WHERE batch_id = %s AND status = 'ended'")[0]
        return bool(ended >= segments / 2 or jobs >= 2)

    def _in_flight(self) -> int:
        """Calls under way: money that is set aside, or questions of which the vendor has not told yet."""
        held = self._database.execute("SELECT count(*) FROM generation_reservation").fetchone()
        asked = self._database.execute(
            "SELECT count(*) FROM generation_batchrequest WHERE response IS NULL AND error = ''"
        ).fetchone()
        return (held[0] if held else 0) + (asked[0] if asked else 0)

    def _status(self) -> str:
        row = self._database.execute("SELECT status FROM generation_batch WHERE id = %s", [self.batch]).fetchone()
        return str(row[0]) if row else "gone"

    def _mark(self, share: float, ended: int = 0, weight: int = 0) -> None:
        row = self._database.execute(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        ).fetchone()
        self.marks.append({"share": share, "ended": ended, "transactions": row[0] if row else 0, "mb": weight / 2**20})

    def all(self, query: str) -> list[Any]:
        """All rows of a query about the batch."""
        return self._database.execute(query, [self.batch]).fetchall()

    def one(self, query: str) -> Any:
        """The first row of a query about the batch."""
        return self._database.execute(query, [self.batch]).fetchone()


def _report(
    facts: dict[str, Any], watch: _Watch, counts: dict[str, Any], wall: float, delay_ms: int, mode: str, kill: bool
) -> dict[str, Any]:
    calls, hits, lost, paid, cost, at_most = watch.one(CALLS)
    placements, kept = watch.one("SELECT sum(kept), count(kept) FROM generation_run WHERE batch_id = %s")
    drafts = watch.one(
        "SELECT count(*) FROM review_draft d JOIN generation_run r ON r.id = d.run_id WHERE r.batch_id = %s"
    )[0]
    (committed,) = watch.one("SELECT committed FROM generation_batch WHERE id = %s")
    repeated = sum(n - 1 for n in counts["repeated"].values())
    row = {
        "name": f"{facts['segments']} segments, {mode}{', killed halfway' if kill else ''}",
        "wall_s": round(wall, 1),
        "s_a_segment": round(wall / facts["segments"], 2),
        "done": watch.states.get("done", 0),
        "failed": watch.states.get("failed", 0),
        "placements": placements,
        "calls": calls,
        "cache_hits": hits,
        "paid": counts["paid"],
        "paid_twice": repeated,
        "lost_in_flight": lost,
        "most_at_once": counts["most_at_once"],
        "jobs": counts["jobs"],
        "peak_mb": round(max(watch._crew.peaks.values()) / 2**20),
        "cost_usd": float(cost or 0),
    }
    notes = [
        f"{WORKERS} workers of {THREADS} threads, a vendor that takes {delay_ms} ms, {facts['products']:,} products. "
        f"{drafts} drafts; {kept} runs ended with a page.",
        f"On record are {paid} paid calls, {hits} answered from earlier ones and {lost} lost in flight; the vendor "
        f"billed {counts['paid']} answers to {counts['contents']} different questions.",
        *_growth(watch.marks),
    ]
    failures = watch.all(
        "SELECT error, count(*) FROM generation_run WHERE batch_id = %s AND status = 'failed' GROUP BY error"
    )
    notes += [f"{count} failed: {error}" for error, count in failures]
    if watch.killed:
        said = f"Killed when {watch.killed['ended']} runs had ended, with {watch.killed['in_flight']} calls in flight. "
        if not repeated:
            notes.append(f"{said}No question was paid twice.")
        elif repeated <= lost:
            notes.append(f"{said}{repeated} questions were paid twice, all in flight then; no answered one was.")
        else:
            notes.append(f"{said}{repeated} questions were paid twice, and only {lost} were in flight.")
    elif kill:
        notes.append("It ended before there was a moment to kill it in.")
    if float(committed) > float(cost or 0) + float(at_most or 0) + 1e-6:
        notes.append(f"The batch has {committed} USD committed, more than its calls cost.")
    return {"systems": [row], "counts": counts, "marks": watch.marks, "killed": watch.killed, "notes": notes}


def _growth(marks: list[dict[str, float]]) -> list[str]:
    """Transactions a run, and the heaviest worker, quarter by quarter: neither may grow."""
    steps = []
    for before, after in pairwise(marks):
        runs = after["ended"] - before["ended"]
        if runs:
            each = (after["transactions"] - before["transactions"]) / runs
            steps.append(f"{after['share']:.0%}: {each:,.0f} transactions a run, {after['mb']:.0f} MB")
    return [f"By the way. {'; '.join(steps)}."] if steps else []
