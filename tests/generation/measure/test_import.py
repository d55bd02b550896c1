"""The import measurement: in a file of its own, since its child process must see what this one wrote."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import call_command


@pytest.fixture
def left_clean(transactional_db: None) -> Iterator[None]:
    yield
    from accounts.models import Store

    assert not Store.objects.filter(slug__startswith="bench-").exists()


def test_bench_import_names_its_ratios_and_leaves_no_store(left_clean: None, capsys: Any) -> None:
    call_command("bench", "import", "--rows", "50", "--json")
    found = json.loads(capsys.readouterr().out)
    ours, again, read, copied = found["systems"]
    assert ours["times_csv_read"] > 0 and ours["times_copy"] > 0 and ours["peak_mb"] > 0
    assert again["rows_per_s"] > 0
    assert read["times_copy"] is None and copied["rows_per_s"] > 0
