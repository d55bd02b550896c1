"""Google Merchant feeds in XML, RSS 2.0 and Atom, read item by item with expat behind defusedxml.

Nothing of the file is kept once an item is handed on. Entities and external references are forbidden.
"""

import codecs
import io
import re
from collections.abc import Iterator
from typing import Any
from xml.sax import SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces

from defusedxml import DefusedXmlException
from defusedxml.expatreader import DefusedExpatParser

from generation.catalog.feed.rows import RawRow, broken
from generation.catalog.feed.source import CHUNK, DAMAGE, ByteSource
from generation.catalog.feed.tables import damage
from storefront_studio.lib.errors import BadInput

GOOGLE = "http://base.google.com/ns/1.0"
ITEMS = frozenset({"item", "entry"})
ALWAYS_LISTS = frozenset({"additional_image_link", "product_detail", "shipping", "product_highlight"})
ITEM_LIMIT = 1 << 20
"""Characters of text in one item."""
DEPTH_LIMIT = 64
# XML 1.0 has no place for these, yet exports contain them; without them the rest of the feed stays readable.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def read_google_xml(source: ByteSource, encoding: str) -> Iterator[RawRow]:
    """Every item or entry.

    Raises BadInput when the file declares entities, or is not a product feed at all. A feed that breaks
    off gives its complete items first, then one row with the problem.
    """
    items = _Items(encoding)
    parser = DefusedExpatParser(forbid_dtd=False, forbid_entities=True, forbid_external=True)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(items)
    items.setDocumentLocator(parser)
    decoder = codecs.getincrementaldecoder(encoding)(errors="feed-mark")
    stream = io.BufferedReader(source, CHUNK)
    while True:
        data = stream.read1(CHUNK)
        text = decoder.decode(data, final=not data)
        items.damaged = items.damaged or DAMAGE in text
        try:
            parser.feed(_CONTROLS.sub("", text.removeprefix("\ufeff") if not items.started else text))
        except DefusedXmlException as error:
            raise BadInput(
                "the XML declares entities or outside references, which are not read for safety; "
                "remove its <!DOCTYPE> part and write the text out"
            ) from error
        except SAXParseException as error:
            yield from items.take()
            line = error.getLineNumber() or 1
            if not items.count:
                raise BadInput(f"this is not readable XML (line {line}: {error.getMessage()})") from error
            why = f"the XML is broken here ({error.getMessage()})"
            reason = f"{why}; nothing after this line was read; repair the export"
            yield broken(line, reason)
            return
        yield from items.take()
        if not data:
            break
    if items.stack:
        inside = next((name for name in items.stack if name in ITEMS), items.stack[-1])
        line = items.item_line if inside in ITEMS else parser.getLineNumber()
        yield broken(line, f"the file ends in the middle of <{inside}>; send it again whole")
    elif not items.count and items.root not in {"", "rss", "feed", "rdf", "channel"}:
        raise BadInput(f"no <item> or <entry> in this XML (its root is <{items.root}>); export a Google Merchant feed")


class _Items(ContentHandler):
    """Collects finished items; holds one unfinished item at most."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.root = ""
        self.started = False
        self.count = 0
        self.item_line = 0
        self.damaged = False
        self._encoding = encoding
        self._locator: Any = None
        self._done: list[RawRow] = []
        self._item: dict[str, Any] | None = None
        self._from_google: set[str] = set()
        self._nested: dict[str, Any] | None = None
        self._item_depth = 0
        self._text: list[str] = []
        self._size = 0

    def take(self) -> list[RawRow]:
        done, self._done = self._done, []
        return done

    def setDocumentLocator(self, locator: Any) -> None:
        self._locator = locator

    def startElementNS(self, name: Any, qname: Any, attrs: Any) -> None:
        local = name[1]
        self.started = True
        self.stack.append(local)
        if len(self.stack) > DEPTH_LIMIT:
            raise BadInput(f"the XML is nested deeper than {DEPTH_LIMIT} levels; export a Google Merchant feed")
        self.root = self.root or local
        if self._item is None:
            if local in ITEMS:
                self._item, self._from_google, self._nested = {}, set(), None
                self._item_depth, self._size = len(self.stack), 0
                self.item_line = self._locator.getLineNumber()
            return
        if len(self.stack) == self._item_depth + 2 and self._nested is None:
            self._nested = {}
        self._text = []
        href = attrs.get((None, "href"))
        # Atom says <link href="..."/>; "alternate" is the page of the product itself.
        if href and attrs.get((None, "rel"), "alternate") == "alternate":
            self._text.append(href)

    def characters(self, content: str) -> None:
        if self._item is not None:
            self._size += len(content)
            if self._size <= ITEM_LIMIT:
                self._text.append(content)

    def endElementNS(self, name: Any, qname: Any) -> None:
        depth = len(self.stack)
        self.stack.pop()
        if self._item is None:
            return
        uri, local = name
        if depth == self._item_depth:
            self._finish(self._item)
            self._item = None
        elif depth == self._item_depth + 1:
            value: Any = self._nested if self._nested is not None else "".join(self._text).strip()
            self._nested = None
            self._add(local, value, google=uri == GOOGLE)
        elif depth == self._item_depth + 2 and self._nested is not None:
            self._nested[local] = "".join(self._text).strip()
        self._text = []

    def _add(self, name: str, value: Any, *, google: bool) -> None:
        assert self._item is not None
        if name in self._item and google != (name in self._from_google):
            # <title> and <g:title> in one item: Google's own wins, in either order
            if google:
                self._from_google.add(name)
                self._item[name] = [value] if name in ALWAYS_LISTS else value
            return
        if google:
            self._from_google.add(name)
        if name in self._item:
            old = self._item[name]
            self._item[name] = [*old, value] if isinstance(old, list) else [old, value]
        else:
            self._item[name] = [value] if name in ALWAYS_LISTS else value

    def _finish(self, item: dict[str, Any]) -> None:
        self.count += 1
        if self._size > ITEM_LIMIT:
            self._done.append(broken(self.item_line, "the item holds more than 1 MB of text; shorten it"))
            return
        problems = tuple(damage(self.item_line, item, self._encoding)) if self.damaged else ()
        self._done.append(RawRow(self.item_line, item, problems))
