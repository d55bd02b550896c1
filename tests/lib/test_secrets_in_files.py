"""Addresses and keys may stand in files, as Docker and Kubernetes hand them over."""

import os
from pathlib import Path

import pytest

from storefront_studio import bootstrap
from storefront_studio.lib.errors import Misconfigured

WANTED = {
    "DATABASE_URL": "postgresql://studio:secret@db.example/studio",
    "REDIS_URL": "redis://redis.example:6379/0",
    "OPENAI_API_KEY": "sk-in-a-file",
}


@pytest.fixture
def own_environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A copy of the environment that prepare() may change."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in bootstrap.SECRETS:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


def test_a_secret_may_stand_in_a_file(own_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in WANTED.items():
        (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
        own_environment.setenv(f"{name}_FILE", str(tmp_path / name))
    bootstrap.prepare()
    assert {name: os.environ[name] for name in WANTED} == WANTED
    assert not [name for name in WANTED if f"{name}_FILE" in os.environ]


def test_a_secret_file_that_is_missing_stops_the_start(own_environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    own_environment.setenv("DATABASE_URL_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(Misconfigured, match="DATABASE_URL_FILE"):
        bootstrap.prepare()
