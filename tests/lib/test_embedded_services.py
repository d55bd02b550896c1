"""The embedded PostgreSQL and Redis, really started and stopped in a folder of their own."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from storefront_studio.lib import embedded
from storefront_studio.lib.embedded import ServiceStatus, postgres, probe
from storefront_studio.lib.errors import Misconfigured

START = "import sys, pathlib; from storefront_studio.lib import embedded; "
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def data_dir() -> Iterator[Path]:
    """A folder whose path is far longer than a socket's may be, with blanks in it.

    Not `tmp_path`: pytest closes the folders above it to the account that PostgreSQL runs as.
    """
    top = Path(tempfile.mkdtemp(prefix="studio-test-"))
    folder = top / "a long folder name of a customer" / ("x" * 100) / "var"
    yield folder
    embedded.stop(folder)
    shutil.rmtree(top, ignore_errors=True)


@pytest.fixture
def up(data_dir: Path) -> embedded.Services:
    return embedded.start(data_dir)


def by_name(data_dir: Path) -> dict[str, ServiceStatus]:
    return {service.name: service for service in embedded.status(data_dir)}


def kill_everything(data_dir: Path) -> None:
    for service in embedded.status(data_dir):
        assert service.pid
        os.kill(service.pid, signal.SIGKILL)
    assert probe.wait_until(lambda: {s.state for s in embedded.status(data_dir)} == {"down"}, 5)


def test_a_start_gives_a_database_with_vectors(up: embedded.Services) -> None:
    with psycopg.connect(up.database_url, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        assert connection.execute("SELECT '[3,4]'::vector <-> '[0,0]'::vector").fetchone() == (5.0,)
        assert connection.info.server_version // 10000 == 18


def test_a_start_gives_a_broker_that_never_drops_a_task(up: embedded.Services) -> None:
    client = redis.from_url(up.redis_url)
    assert client.config_get("maxmemory-policy")["maxmemory-policy"] == "noeviction"
    assert client.config_get("appendonly")["appendonly"] == "no"
    client.close()


def test_a_second_start_starts_nothing_and_is_quick(up: embedded.Services, data_dir: Path) -> None:
    began = time.perf_counter()
    again = embedded.ensure({}, data_dir)
    assert time.perf_counter() - began < 0.05
    assert again == embedded.Services(up.database_url, up.redis_url, started=())


def test_a_wrong_password_is_refused(up: embedded.Services) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(up.database_url.replace("postgres:", "postgres:x"))
    with pytest.raises(redis.AuthenticationError):
        redis.from_url(up.redis_url.replace("redis://:", "redis://:x")).ping()


def test_only_the_owner_may_read_the_addresses(up: embedded.Services, data_dir: Path) -> None:
    assert (data_dir / "services.json").stat().st_mode & 0o777 == 0o600


def test_data_and_addresses_survive_a_stop(up: embedded.Services, data_dir: Path) -> None:
    with psycopg.connect(up.database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS kept AS SELECT 42 AS answer")
    client = redis.from_url(up.redis_url)
    client.lpush("celery", "a waiting task")
    client.close()

    assert embedded.stop(data_dir) == ("postgres", "redis")
    assert [service.state for service in embedded.status(data_dir)] == ["down", "down"]
    assert embedded.stop(data_dir) == ()

    again = embedded.start(data_dir)
    assert again.started == ("postgres", "redis")
    assert again.database_url == up.database_url
    with psycopg.connect(again.database_url) as connection:
        assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)
    client = redis.from_url(again.redis_url)
    assert client.rpop("celery") == b"a waiting task"
    client.close()


def test_services_outlive_the_process_that_started_them(data_dir: Path) -> None:
    embedded.stop(data_dir)
    script = START + "embedded.start(pathlib.Path(sys.argv[1]))"
    subprocess.run([sys.executable, "-c", script, str(data_dir)], check=True, cwd=ROOT)
    assert [service.state for service in embedded.status(data_dir)] == ["up", "up"]


def test_of_two_processes_that_race_one_starts_them(data_dir: Path) -> None:
    embedded.stop(data_dir)
    script = START + "print(len(embedded.start(pathlib.Path(sys.argv[1])).started))"
    racers = [
        subprocess.Popen([sys.executable, "-c", script, str(data_dir)], stdout=subprocess.PIPE, cwd=ROOT)
        for _ in range(2)
    ]
    assert sorted(racer.communicate()[0].strip() for racer in racers) == [b"0", b"2"]


def test_a_start_recovers_after_everything_was_killed(up: embedded.Services, data_dir: Path) -> None:
    kill_everything(data_dir)
    again = embedded.start(data_dir)
    with psycopg.connect(again.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_pid_file_that_names_another_program_does_no_harm(up: embedded.Services, data_dir: Path) -> None:
    kill_everything(data_dir)
    for name in ("postgres/postmaster.pid", "redis/redis.pid"):
        lines = (data_dir / name).read_text().splitlines()
        (data_dir / name).write_text("\n".join([str(os.getpid()), *lines[1:]]))
    assert embedded.stop(data_dir) == ()
    assert embedded.start(data_dir).started == ("postgres", "redis")


def test_a_lost_address_file_is_made_again(up: embedded.Services, data_dir: Path) -> None:
    before = by_name(data_dir)
    (data_dir / "services.json").unlink()
    again = embedded.start(data_dir)
    assert again.database_url != up.database_url
    with psycopg.connect(again.database_url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    assert not any(probe.alive(service.pid) for service in before.values() if service.pid)


def test_a_port_taken_by_another_program_is_avoided(up: embedded.Services, data_dir: Path) -> None:
    port = by_name(data_dir)["redis"].port
    embedded.stop(data_dir)
    with probe.socket.create_server((probe.HOST, port)):
        assert embedded.start(data_dir).started == ("postgres", "redis")
        assert by_name(data_dir)["redis"].port != port


def test_external_services_are_left_alone(tmp_path: Path) -> None:
    env = {"DATABASE_URL": "postgresql://elsewhere/shop", "REDIS_URL": "redis://elsewhere/0"}
    services = embedded.ensure(env, tmp_path)
    assert services == embedded.Services("postgresql://elsewhere/shop", "redis://elsewhere/0", started=())
    assert [service.state for service in embedded.status(tmp_path, env)] == ["external", "external"]
    assert list(tmp_path.iterdir()) == []


def test_a_failed_start_says_what_the_log_says(up: embedded.Services, data_dir: Path) -> None:
    embedded.stop(data_dir)
    config = data_dir / "postgres" / "postgresql.conf"
    good = config.read_text()
    config.write_text(good + "\nno_such_setting = 1\n")
    try:
        with pytest.raises(Misconfigured, match="no_such_setting"):
            embedded.start(data_dir)
    finally:
        config.write_text(good)
    assert postgres.running(data_dir.resolve(), up.database_url) is None


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Misconfigured, match="data folder"):
        embedded.start(tmp_path / "file" / "var")
