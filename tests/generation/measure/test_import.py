"""The import measurement: in a file of its own, since its child process must see what this one wrote."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command


@pytest.fixture
def left_clean(transactional_db: None) -> Iterator[None]:
    yield
    from accounts.models import Store

    assert not Store.objects.filter(slug__startswith="bench-").exists()


def test_bench_import_names_its_ratios_and_leaves_no_store(left_clean: None, capsys: Any) -> None:
    call_command("bench", "import", "--here", "--rows", "150", "--json")
    found = json.loads(capsys.readouterr().out)
    ours, again, edited, copied, same_work, read = found["systems"]
    assert ours["times_copy"] > 0 and ours["times_same"] > 0 and ours["peak_mb"] > 0
    assert (ours["created"], again["created"] + again["updated"], edited["updated"]) == (150, 0, 2)
    assert copied["times_copy"] is None and same_work["rows_per_s"] > 0 and read["rows_per_s"] > 0


def test_an_import_too_short_to_be_killed_halfway_says_so(left_clean: None) -> None:
    with pytest.raises(CommandError, match="use more rows"):
        call_command("bench", "import", "--here", "--kill", "--rows", "50")
