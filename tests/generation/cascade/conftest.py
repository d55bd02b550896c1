"""The shop, the vendors and the ways to run: loaded once per module, thrown away with its transaction.

Imports of ours stand inside the fixtures: a conftest named on the command line is read before Django is set up.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from tests.contract.vendor_server import VendorServer


@pytest.fixture(autouse=True)
def _remembered_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real encoder, asked once per text: the same planning questions come up in every run."""
    from generation import kit
    from tests.generation.cascade import shop as shops

    remembering = shops.encoder()
    monkeypatch.setattr(kit, "encoder", lambda: remembering)


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The shop inside a transaction around the whole module; only for modules without transactional tests."""
    from tests.generation.cascade import shop as shops

    with django_db_blocker.unblock():
        around = transaction.atomic()
        around.__enter__()
        try:
            store = shops.open_shop(tmp_path_factory.mktemp("shop"))
            with django_db_blocker.block():
                yield store
        finally:
            transaction.set_rollback(True)
            around.__exit__(None, None, None)


@pytest.fixture
def committed_shop(transactional_db: None, tmp_path: Path) -> Any:
    """The shop's first shelf, as other connections, threads and processes see it."""
    from tests.generation.cascade import shop as shops

    return shops.open_shop(tmp_path, shops.SHELVES[:1])


@pytest.fixture
def answers() -> Any:
    from tests.generation.cascade.shop import Answers

    return Answers()


@pytest.fixture
def server(answers: Any) -> Iterator[VendorServer]:
    with VendorServer(responder=answers) as running:
        yield running


@pytest.fixture
def price_list(tmp_path: Path) -> Path:
    """What the stand-in's model costs: 2 USD in, 10 USD out per million tokens."""
    path = tmp_path / "prices.yaml"
    path.write_text('as_of: 2026-11-01\nmodels:\n  stub-1: {input: "2", output: "10"}\n')
    return path


def use(vendor: str, server: VendorServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Make `vendor` at `server` the generator, as an operator would through the environment."""
    settings.GENERATOR = vendor
    settings.MODEL_CONCURRENCY = 1  # more would open connections that cannot see into the test's transaction
    monkeypatch.setenv(f"{vendor.upper()}_API_KEY", "sk-test-0123456789")
    monkeypatch.setenv(f"{vendor.upper()}_BASE_URL", f"{server.url}/v1" if vendor == "openai" else server.url)
    monkeypatch.setenv(f"{vendor.upper()}_MODEL", "stub-1")
    monkeypatch.setenv("LLM_TIMEOUT", "5")
    return vendor


@pytest.fixture(params=["openai", "anthropic"])
def vendor(request: Any, server: VendorServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Each vendor in turn, without prices."""
    return use(request.param, server, settings, monkeypatch)


@pytest.fixture
def openai(server: VendorServer, settings: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    return use("openai", server, settings, monkeypatch)


@pytest.fixture
def priced(price_list: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLM_PRICES", str(price_list))
