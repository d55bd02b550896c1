"""Reading event logs that strangers wrote."""

import gzip
from pathlib import Path

import pytest

from generation.rankers import events
from storefront_studio.lib.errors import BadInput

HEAD = "time,visitor,product,kind\n"


def of(folder: Path, text: str, name: str = "events.csv") -> events.EventRows:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return events.read(path)


def test_csv_and_json_lines_say_the_same(tmp_path: Path) -> None:
    table = of(tmp_path, HEAD + "2026-11-01T10:00:00Z,ann,tea,order\n")
    lines = of(tmp_path, '{"time": 1793527200, "session": "ann", "product": "tea", "kind": "purchase"}\n', "e.jsonl")
    assert table.rows == lines.rows == [(1793527200.0, "ann", "tea", 2)]
    assert table.digest != lines.digest


def test_gzip_and_a_byte_order_mark_are_read(tmp_path: Path) -> None:
    path = tmp_path / "events.csv.gz"
    path.write_bytes(gzip.compress(("\ufeff" + HEAD + "2026-11-01,ann,tea,view\n").encode()))
    assert len(events.read(path).rows) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("yesterday,ann,tea,view", "time “yesterday”"),
        ("nan,ann,tea,view", "time"),
        ("9e99,ann,tea,view", "time"),
        ("2026-11-01,,tea,view", "no visitor"),
        ("2026-11-01,ann,,view", "no product"),
        (f"2026-11-01,ann,{'x' * 5000},view", "200 characters"),
        ("2026-11-01,ann,tea,<script>", "not view, cart or order"),
        ("2026-11-01,ann", "no product"),
    ],
)
def test_a_line_that_is_no_event_is_told_and_the_others_stay(tmp_path: Path, line: str, reason: str) -> None:
    found = of(tmp_path, f"{HEAD}{line}\n2026-11-02,bob,tea,cart\n")
    assert len(found.rows) == 1 and found.refused == 1
    assert found.errors[0]["line"] == 2 and reason in found.errors[0]["reason"]


@pytest.mark.parametrize(
    "line", ["nonsense", "[1, 2]", '{"time": true}', '{"time": [1], "visitor": {"a": 1}}', "{" * 99]
)
def test_json_that_is_no_event_is_told(tmp_path: Path, line: str) -> None:
    good = '{"time": 1793527200, "visitor": 7, "product": "tea", "kind": "view"}'
    found = of(tmp_path, f"{good}\n{line}\n", "e.jsonl")
    assert found.rows[0][1] == "7" and found.refused == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("time,product\n", "no column kind, visitor"),
        (HEAD, "holds no event"),
        ("", "no column"),
        (HEAD + "x,y,z,q\n", "“x”"),
    ],
)
def test_a_file_without_events_says_what_it_lacks(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        of(tmp_path, text)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "events.csv"
    path.write_bytes(b"\xff\xfe\x00time")
    with pytest.raises(BadInput, match="cannot be read"):
        events.read(path)


def test_too_many_events_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "MOST", 2)
    with pytest.raises(BadInput, match="more than 2 events"):
        of(tmp_path, HEAD + "2026-11-01,ann,tea,view\n" * 3)
