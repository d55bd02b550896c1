"""Numbers, amounts of money and limits on the price, as people write them."""

import re
from decimal import Decimal, InvalidOperation

from generation.campaigns.compiler.text import Draft

NUMBERS = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90, "hundred": 100}
SPELLED = (
    rf"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)[- ](?:{'|'.join(list(NUMBERS)[1:10])})\b|"
    rf"a hundred\b|(?:{'|'.join(NUMBERS)})\b)"
)
NUMBER = (
    rf"(?:(?<![\d.,])(?:\d{{1,3}}(?:[,. ]\d{{3}})+(?:[.,]\d{{1,2}})?|\d{{1,7}}(?:[.,]\d{{1,2}})?)(?!\d|"
    rf"[.,]\d)k?|\b{SPELLED})"
)

# Words and signs of currencies, and the codes that each may stand for.
CURRENCIES: dict[str, tuple[str, ...]] = {
    "eur": ("EUR",),
    "euro": ("EUR",),
    "euros": ("EUR",),
    "€": ("EUR",),
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"),
    "us$": ("USD",),
    "usd": ("USD",),
    "dollar": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
    "dollars": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD"),
    "bucks": ("USD", "CAD", "AUD", "NZD"),
    "cad": ("CAD",),
    "aud": ("AUD",),
    "£": ("GBP",),
    "gbp": ("GBP",),
    "pound": ("GBP",),
    "pounds": ("GBP",),
    "quid": ("GBP",),
    "₹": ("INR",),
    "inr": ("INR",),
    "rs.": ("INR", "PKR", "LKR"),
    "rs": ("INR", "PKR", "LKR"),
    "rupee": ("INR", "PKR", "LKR"),
    "rupees": ("INR", "PKR", "LKR"),
    "¥": ("JPY", "CNY"),
    "yen": ("JPY",),
    "jpy": ("JPY",),
    "chf": ("CHF",),
    "francs": ("CHF",),
    "sek": ("SEK",),
    "nok": ("NOK",),
    "dkk": ("DKK",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kronor": ("SEK",),
    "kroner": ("NOK", "DKK"),
    "pln": ("PLN",),
    "zloty": ("PLN",),
}
_CURRENCY = "(?:" + "|".join(sorted(map(re.escape, CURRENCIES), key=len, reverse=True)) + ")"


def _amount(name: str) -> str:
    """One amount, with its currency before or behind it, or a note of five or ten."""
    return (
        rf"(?:(?P<{name}_note>a (?:tenner|fiver)\b)|(?P<{name}_before>(?<![^\W\d_]){_CURRENCY})?\s?"
        rf"(?P<{name}>{NUMBER})(?:[ -]?(?P<{name}_behind>{_CURRENCY})(?![^\W\d_]))?)"
    )


# What may follow an amount without a currency: the end of the clause, or a word that starts another one. Anything else
# is its unit: "under 30 minutes", "up to 5 people".
_PAUSE = (
    r"(?=\s*(?:$|[.,;:!?()\"“”]|\s[-–—]\s|(?:and|or|but|with|without|for|in|on|at|no|not|only|each|apiece|please|"
    r"that|which|so|per (?:item|piece|product)|a piece|max|maximum|push|rated|well|from|by)\b))"
)
_MOST = (
    r"(?:(?:priced? |costs? |costing |prices? )?(?:under|below|less than|cheaper than|up to|upto|at most|no more than|"
    r"not more than|not over|not above|nothing over|nothing above|nothing more than|"
    r"max(?:imum|\.)?(?: of| price(?: of)?)?|not exceeding|"
    r"no higher than|capped at|lower than|<=|<|≤|until)|price (?:up )?to|price limit(?: of)?|all at|priced at)"
)
_LEAST = (
    r"(?:(?:priced? |costs? |costing |prices? )?(?:over|above|more than|from|at least|starting (?:at|from)|"
    r"min(?:imum|\.)?(?: of| price(?: of)?)?|no less than|not less than|not under|not below|nothing under|"
    r"nothing below|higher than|>=|>|≥)|price from)"
)
_BETWEEN = re.compile(
    rf"(?:(?P<word>between|(?:priced? |prices? |costing )?from)\s+)?{_amount('low')}\s*(?P<join>and|to|-|–|—)\s*"
    rf"{_amount('high')}"
)
_UP_TO = re.compile(rf"(?P<word>{_MOST})\s*{_amount('price')}(?P<tail>\s+(?:or|and)\s+(?:less|under|below))?")
_OR_LESS = re.compile(
    rf"(?:for |at |all at )?{_amount('price')}\s*(?:(?:or|and)\s+(?:less|under|"
    rf"below|cheaper|lower)\b|tops\b|max(?:imum)?\b)"
)
_FROM = re.compile(rf"(?P<word>{_LEAST})\s*{_amount('price')}")
_OR_MORE = re.compile(rf"{_amount('price')}\s*(?:(?:or|and)\s+(?:more|up|above|over|upwards)\b|\+)")
# An amount that is not what a product costs.
_NOT_PRICE = re.compile(
    r"\b(?:baskets?|orders?|delivery|shipping|spend(?:ing|s)?|carts?|savings?|save|discounts?|vouchers?|coupons?|"
    r"budget|revenue|sales|turnover|margins?|profit)(?:\s+\w+){0,3}\s*$"
)


def number(text: str) -> Decimal | None:
    """The value of what `NUMBER` matched: "1,299.00", "9,99", "1k", "ten", "twenty-five"."""
    text = text.strip().lower()
    if text.replace("a ", "") in NUMBERS:
        return Decimal(NUMBERS[text.replace("a ", "")])
    tens, _, ones = text.replace("-", " ").partition(" ")
    if tens in NUMBERS and ones in NUMBERS:
        return Decimal(NUMBERS[tens] + NUMBERS[ones])
    times = 1000 if text.endswith("k") else 1
    digits = text.removesuffix("k").replace(" ", "")
    marks = [mark for mark in digits if mark in ".,"]
    if marks:
        last = digits.rfind(marks[-1])
        tail = digits[last + 1 :]
        # Three digits behind the only kind of mark are thousands, fewer are a fraction.
        whole = digits if len(tail) == 3 else digits[:last]
        fraction = "" if len(tail) == 3 else tail
        digits = re.sub(r"[.,]", "", whole) + (f".{fraction}" if fraction else "")
    try:
        return Decimal(digits) * times
    except InvalidOperation:
        return None


def read_prices(draft: Draft, currency: str) -> None:
    """Limits on the price: "between 5 and 10", "under 10 euros", "300 rupees or less", "from 20 euros"."""
    for match in draft.find(_BETWEEN):
        named = _currency(match, "low") + _currency(match, "high")
        if not named and not (match["word"] and _pause(draft, match) and match["join"] in ("and", "to", "-", "–", "—")):
            continue
        if not named and match["word"] == "from":
            continue  # "from 1 to 5" counts something; an amount says its currency or its price
        low, high = _value(match, "low"), _value(match, "high")
        if low is None or high is None or low >= high:
            continue
        if _other(draft, match):
            continue
        sure, note = _currencies(named, currency)
        draft.add("price_min", str(low), f"Price from {money(low, currency)}", match.span(), sure=sure, note=note)
        draft.add("price_max", str(high), f"Price up to {money(high, currency)}", match.span(), sure=sure, note=note)
    for pattern, field in (
        (_UP_TO, "price_max"),
        (_OR_LESS, "price_max"),
        (_FROM, "price_min"),
        (_OR_MORE, "price_min"),
    ):
        for match in draft.find(pattern):
            _read_one(draft, match, field, currency)


def _read_one(draft: Draft, match: re.Match[str], field: str, currency: str) -> None:
    named = _currency(match, "price")
    word = match.groupdict().get("word") or ""
    says_price = "pric" in word or "cost" in word or "cheap" in word
    if not named and not says_price and not match["price_note"]:
        if field == "price_min" or "word" not in match.groupdict() or word in ("until", "all at"):
            return  # "over 50", "4 and up": of what, the text does not say
        if not _pause(draft, match):
            return
    value = _value(match, "price")
    if value is None or (field == "price_max" and value == 0):
        return
    if _other(draft, match):
        draft.leave(*match.span(), why="it speaks of an order or a saving, not of a product's price")
        return
    sure, note = _currencies(named, currency)
    label = f"Price {'up to' if field == 'price_max' else 'from'} {money(value, currency)}"
    if draft.has(field):
        draft.leave(*match.span(), why="another limit for the price was read before")
        return
    draft.add(field, str(value), label, match.span(), sure=sure, note=note)


def money(amount: Decimal, currency: str) -> str:
    """``10.00 EUR``."""
    return f"{amount:,.2f} {currency}"


def currency_named(text: str) -> bool:
    """Whether folded `text` names a currency."""
    return re.search(rf"(?<![^\W\d_]){_CURRENCY}(?![^\W\d_])", text) is not None


def _value(match: re.Match[str], name: str) -> Decimal | None:
    note = match[f"{name}_note"]
    if note:
        return Decimal(10 if "tenner" in note else 5)
    found = number(match[name])
    return found if found is not None and found < Decimal(10) ** 9 else None


def _currency(match: re.Match[str], name: str) -> list[str]:
    return [word for word in (match[f"{name}_before"], match[f"{name}_behind"]) if word]


def _currencies(named: list[str], currency: str) -> tuple[bool, str]:
    """Whether the currency that was written is the catalogue's, and a sentence when it is not."""
    for word in named:
        if currency not in CURRENCIES[word]:
            return False, f"You wrote “{word}”; the prices of your catalogue are in {currency}."
    return True, ""


def _pause(draft: Draft, match: re.Match[str]) -> bool:
    return re.match(_PAUSE, draft.folded[match.end() :]) is not None


def _other(draft: Draft, match: re.Match[str]) -> bool:
    behind = draft.folded[match.end() :]
    return bool(_NOT_PRICE.search(draft.folded[: match.start()])) or bool(
        re.match(r"\s*(?:off\b|discount|saved|margin|%|percent|baskets?\b|orders?\b)", behind)
    )
