"""The probes: open to anybody, quick, and silent about secrets."""

from typing import Any

from django.test import Client


def test_the_process_answers_without_a_database() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


def test_ready_means_that_every_part_answers(db: None) -> None:
    from generation import worker

    worker.beat("worker")
    worker.beat("embedder")
    answer = Client().get("/readyz")
    parts = dict.fromkeys(("database", "broker", "worker", "embedder"), "ok")
    assert (answer.status_code, answer.json()) == (200, {"status": "ready", "checks": parts})


def test_a_missing_worker_is_named(db: None) -> None:
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["status"] == "not ready"
    assert answer.json()["checks"]["worker"] == "No worker has been seen for 20 seconds."
    assert answer.json()["checks"]["database"] == "ok"


def test_a_dead_broker_is_named_within_seconds_and_without_its_address(db: None, settings: Any) -> None:
    import time

    settings.CELERY_BROKER_URL = "redis://:secret@127.0.0.1:1/0"
    started = time.monotonic()
    answer = Client().get("/readyz")
    assert answer.json()["checks"]["broker"] == "The broker does not answer."
    assert "secret" not in answer.content.decode()
    assert time.monotonic() - started < 5


def test_a_dead_database_is_named(db: None, monkeypatch: Any) -> None:
    from django.db import connection

    monkeypatch.setitem(connection.settings_dict, "PORT", "1")
    checks = Client().get("/readyz").json()["checks"]
    assert checks["database"] == "The database does not answer."
    assert checks["worker"] == "Not known while the database does not answer."


def test_probes_are_not_sent_to_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/healthz").status_code == 200
    assert Client().get("/login").status_code == 301
