"""Single values of a product row. Each reader returns it or raises ValueError with a plain sentence."""

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, cast

from generation.catalog.feed.rows import shown
from generation.catalog.feed.text import clean

Availability = Literal["in_stock", "out_of_stock", "preorder", "backorder"]
URL_LIMIT = 2000
_AVAILABILITY = {
    "instock": "in_stock", "available": "in_stock", "yes": "in_stock", "true": "in_stock", "y": "in_stock",
    "onlineonly": "in_stock", "instoreonly": "in_stock", "limitedavailability": "in_stock",
    "lowstock": "in_stock",
    "outofstock": "out_of_stock", "soldout": "out_of_stock", "unavailable": "out_of_stock",
    "no": "out_of_stock",
    "false": "out_of_stock", "n": "out_of_stock", "discontinued": "out_of_stock",
    "notavailable": "out_of_stock",
    "preorder": "preorder", "presale": "preorder", "comingsoon": "preorder",
    "backorder": "backorder", "onbackorder": "backorder", "availablefororder": "backorder",
    "madetoorder": "backorder",
}  # fmt: skip
_WEB = re.compile(r"https?://[^\s/?#@\\\"'<>]+(?:[/?#][^\s\"<>\\]*)?", re.IGNORECASE)
_OWN = re.compile(r"/(?![/\\])[^\s\"<>\\]*")
_PLAIN_NUMBER = re.compile(r"[+-]?(?:\d{1,15}(?:\.\d{0,18})?|\.\d{1,18})(?:[eE][+-]?\d)?")
_DATES = (
    "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d", "%d.%m.%Y", "%d-%m-%Y", "%d/%m/%Y", "%m/%d/%Y", "%d %b %Y", "%d %B %Y",
    "%b %d %Y", "%B %d %Y", "%d-%b-%Y", "%b %Y", "%B %Y",
)  # fmt: skip
_MISSING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "--", "\\n", "#n/a"})


def is_missing(text: str) -> bool:
    """Whether a cell of a number, date or code column says "nothing here"."""
    return text.casefold() in _MISSING


def availability(value: Any) -> Availability:
    """One of four words, from words, schema.org addresses, yes and no, or a number of pieces."""
    text = clean(value).casefold()
    word = re.sub(r"[^a-z]", "", text.rsplit("/", 1)[-1])
    if word in _AVAILABILITY:
        return cast(Availability, _AVAILABILITY[word])
    try:
        return "in_stock" if float(text) > 0 else "out_of_stock"
    except ValueError:
        raise ValueError(
            f"“{shown(value)}” is not known; write in_stock, out_of_stock, preorder or backorder"
        ) from None


def url(value: Any) -> str:
    """A web address or a path of the shop itself; never a script, data, or another host in disguise."""
    text = clean(value[0] if isinstance(value, list) and value else value)
    text = text.replace(" ", "%20")
    if len(text) > URL_LIMIT:
        raise ValueError(f"the address is longer than {URL_LIMIT} characters; shorten it")
    if _WEB.fullmatch(text) or _OWN.fullmatch(text):
        return text
    raise ValueError(f"“{shown(value)}” is not a web address; write it like https://shop.example/item or /item")


def number(value: Any) -> Decimal:
    """A plain finite number; a lone comma is read as the decimal sign."""
    text = clean(value)
    if text.count(",") == 1 and "." not in text:
        text = text.replace(",", ".")
    if not _PLAIN_NUMBER.fullmatch(text):
        raise ValueError(f"“{shown(value)}” is not a number; write it like 4.5")
    return Decimal(text)


def rating(value: Any) -> Decimal:
    """Stars from 0 to 5 with two places; "9/10" is brought to that scale."""
    top, slash, scale = clean(value).removesuffix("stars").partition("/")
    found = number(top.strip())
    if slash:
        of = number(scale.strip())
        if of <= 0:
            raise ValueError(f"“{shown(value)}” is not a rating; write it like 4.5")
        found = found * 5 / of
    if not 0 <= found <= 5:
        raise ValueError(f"“{shown(value)}” is not between 0 and 5; write it like 4.5, or 9/10 on another scale")
    return found.quantize(Decimal("0.01")).normalize() + 0


def count(value: Any) -> int:
    """A whole number of things, 0 or more; "1,234" is one thousand, fewer than none is none."""
    text = clean(value).lstrip("+")
    if re.fullmatch(r"\d{1,3}(,\d{3})+", text):
        text = text.replace(",", "")
    found = number(text)
    if found != found.to_integral_value() or found >= 2**31:
        raise ValueError(f"“{shown(value)}” is not a whole number; write it like 12")
    return max(0, int(found))


def share(value: Any) -> float:
    """A part of one; "85%" is 0.85."""
    text = clean(value)
    found = number(text.removesuffix("%").strip())
    found = found / 100 if text.endswith("%") else found
    if not 0 <= found <= 1:
        raise ValueError(f"“{shown(value)}” is not between 0 and 1; write it like 0.85")
    return float(found)


def day(value: Any) -> date:
    """A calendar day, from ISO or one of the common written forms (day before month where both fit)."""
    text = clean(value)
    try:
        return _plausible(date.fromisoformat(text[:10]), value)
    except ValueError as error:
        if "implausible" in str(error):
            raise
    bare = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text.split("T")[0].replace(",", " "))
    bare = re.sub(r"\s+\d{1,2}:\d{2}.*$", "", " ".join(bare.split()))
    for form in _DATES:
        try:
            return _plausible(datetime.strptime(bare, form).date(), value)  # noqa: DTZ007 (a day has no zone)
        except ValueError as error:
            if "implausible" in str(error):
                raise
    raise ValueError(f"“{shown(value)}” is not a date; write it like 2024-12-31")


def _plausible(found: date, value: Any) -> date:
    if not 1900 <= found.year <= 2100:
        raise ValueError(f"“{shown(value)}” has an implausible year; write it like 2024-12-31")
    return found


def gtin(value: Any) -> str:
    """8 to 14 digits; of a list, the first."""
    if isinstance(value, list):
        value = next((item for item in value if clean(item)), "")
    if type(value) is str and value.isascii() and value.isdigit() and 8 <= len(value) <= 14:
        return value
    text = re.sub(r"[\s\-]", "", clean(value)).lstrip("'")
    if not re.fullmatch(r"\d{8,14}", text, re.ASCII):
        raise ValueError(f"“{shown(value)}” is not a barcode number; write its 8 to 14 digits as text")
    return text


def path(text: str) -> str:
    """Category levels parted by " > ", empty ones left out."""
    return " > ".join(level for part in text.split(">") if (level := part.strip())) if ">" in text else text
