"""Bytes and lines of a feed file: unpacked, decoded and counted, in constant memory."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

DAMAGE = "\ufdd0"
"""Stands for bytes that could not be decoded: a non-character, so no honest text contains it."""
LINE_LIMIT = 8 * 1024 * 1024
CHUNK = 1 << 16
SAMPLE = 256 * 1024


def _mark(error: UnicodeError) -> tuple[str, int]:
    assert isinstance(error, UnicodeDecodeError)
    return DAMAGE, error.end


codecs.register_error("feed-mark", _mark)


class ByteSource(io.RawIOBase):
    """The bytes of a file, unpacked when they are gzip (told by the content, not by the name).

    Packed data that ends early or is damaged reads as the end of the file and sets `cut`: the rows
    before it are good, and the reader says where the file broke off.
    """

    def __init__(self, path: Path) -> None:
        self.cut = False
        self._file = path.open("rb")
        packed = self._file.peek(2)[:2] == b"\x1f\x8b"
        self._stream = gzip.GzipFile(fileobj=self._file) if packed else self._file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        try:
            # read1 returns what one step unpacked, so nothing read before the damage is lost
            data = self._stream.read1(len(buffer))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.cut = True
            return 0
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()


class Lines(Iterator[str]):
    """Decoded lines with their line ends kept; `number` is the 1-based number of the last one."""

    def __init__(self, source: ByteSource, encoding: str) -> None:
        self.encoding = encoding
        self.number = 0
        self.damaged = False
        """Set when a line held bytes that are not text; whoever reads records resets it."""
        self.overlong = False
        """Set when a line was longer than 8 MiB and its rest was skipped; reset likewise."""
        self.unfinished = False
        """Whether the last line had no line end, as the last line of a cut file has not."""
        self._source = source
        self._bytes = io.BufferedReader(source, CHUNK)
        self._ascii_so_far = True
        self._text: io.TextIOWrapper | None = None
        head = self._bytes.peek(CHUNK)
        only_old_mac_ends = b"\r" in head and b"\n" not in head
        if only_old_mac_ends or encoding.replace("-", "_").startswith(("utf_16", "utf_32")):
            # errors are marked, not raised: one bad byte must not end an import
            self._text = io.TextIOWrapper(self._bytes, encoding, errors="feed-mark", newline="")

    @property
    def cut(self) -> bool:
        return self._source.cut

    def __next__(self) -> str:
        line = self._read()
        if not line:
            raise StopIteration
        self.number += 1
        self.unfinished = not line.endswith(("\n", "\r"))
        if self.unfinished and len(line) >= LINE_LIMIT:
            self._skip_rest()
        if DAMAGE in line:
            self.damaged = True
        return line.removeprefix("\ufeff") if self.number == 1 else line

    def _read(self) -> str:
        if self._text is not None:
            return self._text.readline(LINE_LIMIT)
        return self._decode(self._bytes.readline(LINE_LIMIT))

    def _decode(self, line: bytes) -> str:
        if line.isascii():
            return line.decode("ascii")
        try:
            return line.decode(self.encoding)
        except UnicodeDecodeError:
            if self.encoding == "utf-8" and self._ascii_so_far:
                # Nothing before needed UTF-8, so the whole file can be read as the usual other encoding.
                self.encoding = "cp1252"
            return line.decode(self.encoding, errors="feed-mark")
        finally:
            self._ascii_so_far = False

    def _skip_rest(self) -> None:
        self.overlong = True
        while self.unfinished:
            rest = self._read()
            self.unfinished = bool(rest) and not rest.endswith(("\n", "\r"))
