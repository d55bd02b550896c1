"""The rows of a feed, checked and made ready for the database, in the order of the file."""

from collections.abc import Iterable, Iterator
from itertools import islice, repeat

from generation.catalog.feed import DuplicateGuard, Feed, Mapping, ProductRow, RawRow, RowError, validate
from generation.catalog.quick import Quick
from generation.catalog.staging import Staged, staged

TOGETHER = 250  # rows made ready at once; more of them keep the garbage collector busy
TABLES = ("csv", "tsv")  # formats whose rows all have the same columns, and texts in them


def ready(feed: Feed, mapping: Mapping) -> Iterator[tuple[Staged | None, list[RowError]]]:
    """Each row as a product, or None, with everything that was wrong with it."""
    guard = DuplicateGuard()
    quick = Quick(mapping, feed.columns) if feed.format in TABLES else None
    rows = feed.rows()
    while raws := list(islice(rows, TOGETHER)):
        lines: Iterable[Staged | None] = quick.lines(raws) if quick else repeat(None, len(raws))
        for raw, line in zip(raws, lines, strict=True):
            if line is None:
                row, problems = checked(raw, mapping, guard)
                yield None if row is None else staged(row), problems
            elif twice := guard.check(line.id, raw.line):
                yield None, [twice]
            else:
                yield line, []


def checked(raw: RawRow, mapping: Mapping, guard: DuplicateGuard) -> tuple[ProductRow | None, list[RowError]]:
    """A raw row as a product, or None, with everything that was wrong with it."""
    result = validate(raw, mapping)
    if isinstance(result, ProductRow):
        if round(result.price, 2) <= 0:  # a few currencies have three places, the catalogue keeps two
            return None, [
                RowError(raw.line, "price", "price is under 0.01; write at least 0.01", "error", str(result.price))
            ]
        twice = guard.check(result.id, raw.line)
        return (None, [twice]) if twice else (result, list(result.warnings))
    return None, result
