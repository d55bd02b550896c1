"""The same id twice in one file: the first row counts, the second is reported."""

from array import array
from hashlib import blake2b

from generation.catalog.feed.rows import RowError, shown


class DuplicateGuard:
    """Remembers ids as 64-bit hashes with their lines: 24 to 48 bytes an id, whatever its length.

    A table with open addressing (linear probing), because a dict of a few million ids takes ten times as
    much. Two ids share a hash with probability n²/2⁶⁵: about 3 in 10⁸ for a million products.
    """

    def __init__(self) -> None:
        self._keys = array("Q", bytes(8 * 1024))
        self._lines = array("Q", bytes(8 * 1024))
        self._used = 0

    def check(self, id: str, line: int) -> RowError | None:
        """None for the first row with this id, an error naming the first line for every other."""
        # 0 marks a free place, so no key may be 0
        key = int.from_bytes(blake2b(id.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") or 1
        place = self._place(key)
        if self._keys[place]:
            first = self._lines[place]
            reason = f"id “{shown(id)}” was used on line {first} already; give each product its own id"
            return RowError(line, "id", reason, "error", id)
        self._keys[place], self._lines[place] = key, line
        self._used += 1
        if self._used * 3 > len(self._keys) * 2:
            self._grow()
        return None

    def _place(self, key: int) -> int:
        mask = len(self._keys) - 1
        place = key & mask
        while self._keys[place] not in (0, key):
            place = (place + 1) & mask
        return place

    def _grow(self) -> None:
        keys, lines = self._keys, self._lines
        self._keys, self._lines = array("Q", bytes(16 * len(keys))), array("Q", bytes(16 * len(keys)))
        for key, line in zip(keys, lines, strict=True):
            if key:
                place = self._place(key)
                self._keys[place], self._lines[place] = key, line
