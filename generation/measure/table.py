"""Measurements as a table for people."""

from collections.abc import Mapping, Sequence
from typing import Any


def lines(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> list[str]:
    """A heading and one line a row; numbers to the right, an absent or null value as a dash."""
    cells = [list(columns), *([_text(row.get(column)) for column in columns] for row in rows)]
    widths = [max(len(row[place]) for row in cells) for place in range(len(columns))]
    return [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def _text(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, list):
        return " to ".join(_text(one) for one in value)
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
