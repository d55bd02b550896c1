"""Which encoding a feed is written in, from its first 256 KB."""

import codecs
import re

from charset_normalizer import from_bytes

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# What shops really export; an open list makes short texts come out as the encoding of another continent.
_CANDIDATES = ["cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "shift_jis", "gb18030", "big5", "euc_kr"]
_UTF8_CHARACTER = re.compile(
    rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}",
)
_XML_DECLARED = re.compile(r"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z][\w.\-]{0,39})["']""")
_ENOUGH = 0.2
"""The share of zero bytes on one side of the pairs that tells UTF-16 without a byte order mark."""


def detect(sample: bytes) -> str:
    """The Python name of the encoding; UTF-8 where nothing speaks against it."""
    for bom, name in _BOMS:
        if sample.startswith(bom):
            return name
    pairs = max(1, len(sample) // 2)
    even, odd = sample[::2].count(0) / pairs, sample[1::2].count(0) / pairs
    if odd > _ENOUGH and even < odd / 4:
        return "utf-16-le"
    if even > _ENOUGH and odd < even / 4:
        return "utf-16-be"
    if sample.isascii():
        return "utf-8"
    characters = _UTF8_CHARACTER.findall(sample)
    rest = _UTF8_CHARACTER.sub(b"", sample)
    # The sample may stop inside a character; those at most three bytes say nothing.
    stray = sum(byte > 127 for byte in rest[:-3])
    if not stray or len(characters) >= stray:
        return "utf-8"
    return _legacy(sample)


def declared(head: str, otherwise: str) -> str:
    """The encoding an XML declaration names, if Python knows it as a text encoding."""
    match = _XML_DECLARED.match(head)
    if not match or otherwise.startswith(("utf-16", "utf-32")):
        return otherwise
    try:
        name = codecs.lookup(match[1]).name
        b"<".decode(name)  # refuses "hex" and its like, which are not text encodings
    except (LookupError, ValueError):
        return otherwise
    return otherwise if name.startswith(("utf-16", "utf-32", "utf_16", "utf_32")) else name


def _legacy(sample: bytes) -> str:
    # Only the lines that carry a signal: the ASCII bulk of a feed would drown it and cost seconds.
    telling = b"\n".join(line for line in sample.splitlines() if not line.isascii())[:32_768]
    matches = from_bytes(telling, cp_isolation=_CANDIDATES, enable_fallback=False)
    best = matches.best()
    if best is None:
        return "cp1252"
    western = next((m for m in matches if m.encoding == "cp1252"), None)
    if western is not None and western.chaos <= best.chaos and str(best) and western.coherence >= best.coherence:
        return "cp1252"
    return str(best.encoding)
