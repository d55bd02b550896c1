"""Prices as shops write them, read as exact decimals with an ISO 4217 currency."""

import re
import unicodedata
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from generation.catalog.feed.rows import shown
from generation.catalog.feed.text import clean

# ISO 4217, the codes of money in use (as one text: 155 quoted words would fill a screen each).
CURRENCIES = frozenset(
    """AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD
    CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD
    GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT
    LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR
    NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP
    STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD
    XCG XOF XPF YER ZAR ZMW ZWG ZWL""".split()  # noqa: SIM905
)
_SYMBOLS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "RS": "INR", "RS.": "INR", "₽": "RUB", "₩": "KRW", "₺": "TRY",
    "₫": "VND",
    "₪": "ILS", "₴": "UAH", "฿": "THB", "₦": "NGN", "₱": "PHP", "₸": "KZT", "₲": "PYG", "₡": "CRC",
    "ZŁ": "PLN",
    "KČ": "CZK", "FT": "HUF", "R$": "BRL", "US$": "USD", "A$": "AUD", "AU$": "AUD", "C$": "CAD", "CA$": "CAD",
    "NZ$": "NZD", "HK$": "HKD", "S$": "SGD", "MX$": "MXN", "SR": "SAR", "EURO": "EUR", "EUROS": "EUR",
}  # fmt: skip
# Signs several currencies share: the shop's own currency decides, else the first.
_SHARED = {
    "$": ("USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "ARS", "CLP", "COP", "TWD"),
    "¥": ("JPY", "CNY"),
    "￥": ("JPY", "CNY"),
}
_CROWNS = ("SEK", "NOK", "DKK", "ISK")
_THREE_PLACES = frozenset({"BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"})
_GROUPS = re.compile(r"\d{1,3}(?:[.,'’ ]\d{2,3})*[.,'’ ]\d{3}")
"""Thousands set apart, in threes or (India) twos before the last three."""
LIMIT = Decimal(1_000_000_000)
_EXAMPLE = "write it like 12.99 USD"

DecimalSign = Literal[",", "."]


class Money(NamedTuple):
    """`amount` is rounded to the places of its currency (2, or 3 for dinars and the rial of Oman)."""

    amount: Decimal
    currency: str


def parse_money(value: Any, *, currency: str = "", decimal: DecimalSign | None = None, divisor: int = 1) -> Money:
    """Read one price.

    `currency` is used when the text names none, `decimal` settles "1.299" against "1,299" (without it the
    comma of "1,299" and the dots of "1.299.000" group thousands), `divisor` 100 reads cents.
    Raises ValueError with a plain sentence, without the name of the column.
    """
    if isinstance(value, dict):
        amount, code = value.get("amount", value.get("value", "")), value.get("currency", "")
        value = f"{clean(amount)} {clean(code)}"
    elif isinstance(value, list) and len(value) == 1:
        value = value[0]
    return _parse(value if isinstance(value, str) else clean(value), currency, decimal, divisor)


@lru_cache(maxsize=4096)
def _parse(text: str, currency: str, decimal: DecimalSign | None, divisor: int) -> Money:
    original, text = text, _western_digits(clean(text))
    digits = [place for place, character in enumerate(text) if character in "0123456789"]
    if not digits or len(text) > 60:
        raise ValueError(f"“{shown(original)}” is not a number; {_EXAMPLE}")
    start, end = digits[0], digits[-1] + 1
    before, number, after = text[:start].strip(), text[start:end], text[end:].strip()
    if before == "." or (before.endswith(".") and not before[-2:-1].isalpha()):
        before, number = before[:-1].strip(), "0." + number
    negative = any(sign in before for sign in "-−–") or (before.startswith("(") and after.endswith(")"))
    # "12,-" is how German and Nordic shops write a round price
    marks = " ".join((before.strip(" -−–+(:"), re.sub(r"^[.,]?[-–—]|^\.$|\)$", "", after).strip())).strip()
    amount = _amount(number, decimal)
    if amount is None:
        raise ValueError(f"“{shown(original)}” is not a number; {_EXAMPLE}")
    code = _currency(marks, currency, original)
    places = Decimal("0.001") if code in _THREE_PLACES else Decimal("0.01")
    if amount >= LIMIT * divisor:
        raise ValueError(f"“{shown(original)}” is a billion or more; {_EXAMPLE}")
    amount = (amount / divisor).quantize(places, ROUND_HALF_UP)
    if negative or not amount:
        raise ValueError(f"“{shown(original)}” is not above 0; {_EXAMPLE}")
    return Money(amount, code)


def _amount(number: str, decimal: DecimalSign | None) -> Decimal | None:
    sign = decimal or _decimal_sign(number)
    whole, point, fraction = number.rpartition(sign) if sign and sign in number else (number, "", "")
    if point and (not fraction.isdigit() or not whole):
        return None
    if not _GROUPS.fullmatch(whole) and not whole.isdigit():
        return None
    digits = re.sub(r"\D", "", whole)
    return Decimal(f"{digits}.{fraction}" if fraction else digits)


def _decimal_sign(number: str) -> str:
    """The sign that parts the fraction: the last of two kinds, or one alone that cannot group thousands."""
    comma, dot = number.rfind(","), number.rfind(".")
    if comma >= 0 and dot >= 0:
        return "," if comma > dot else "."
    if dot >= 0:
        return "." if number.count(".") == 1 else ""
    if comma < 0 or number.count(",") > 1:
        return ""
    groups_thousands = len(number) - comma - 1 == 3 and 1 <= comma <= 3 and not number.startswith("0")
    return "" if groups_thousands else ","


def _currency(marks: str, otherwise: str, original: str) -> str:
    found: set[str] = set()
    whole = marks.upper().replace(" ", "")
    for mark in [whole] if whole in _SYMBOLS or whole in CURRENCIES else marks.upper().split():
        if mark in CURRENCIES:
            found.add(mark)
        elif mark in _SYMBOLS:
            found.add(_SYMBOLS[mark])
        elif mark in _SHARED:
            found.add(otherwise if otherwise in _SHARED[mark] else _SHARED[mark][0])
        elif mark.rstrip(".") == "KR" and otherwise in _CROWNS:
            found.add(otherwise)
        else:
            raise ValueError(f"“{shown(original)}” has “{shown(mark)}” where a currency belongs; write it like USD")
    if len(found) > 1:
        # "$12.99 CAD": the code says which dollar the sign meant
        codes = found.intersection(marks.upper().split())
        if len(codes) != 1 or not any(sign in marks for sign in _SHARED):
            raise ValueError(f"“{shown(original)}” names two currencies; keep one")
        found = codes
    if found:
        return found.pop()
    if not otherwise:
        raise ValueError(
            f"“{shown(original)}” has no currency; {_EXAMPLE}, or set currency under [options] of the mapping"
        )
    return otherwise


def _western_digits(text: str) -> str:
    if text.isascii():
        return text
    table = {"٫": ".", "٬": ",", "،": ",", "−": "-"}
    return "".join(
        table.get(character) or (str(unicodedata.decimal(character)) if character.isdecimal() else character)
        for character in text
    )
