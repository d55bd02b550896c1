"""Limits that are not about price: rating, margin, age, stock, products of a brand, and the size of the page."""

import re
from decimal import Decimal

from generation.campaigns.compiler.money import NUMBER, SPELLED, number
from generation.campaigns.compiler.text import Draft

WELL_RATED = Decimal(4)
NEWEST_DAYS = 30
DAYS = {"day": 1, "week": 7, "fortnight": 14, "month": 30, "quarter": 90, "year": 365}
_STARS = r"(?:stars?|\*|★)"
_N = rf"(?P<n>{NUMBER})"
_PER_CENT = r"\s?(?:%|per ?cent\b|percent\b)"
_LEAST = r"(?:at least|more than|over|above|from|minimum(?: of)?|min\.?(?: of)?|of at least|no less than|>=|≥|>)"

_RATING = (
    rf"\b(?:rated|ratings?|scored?)\s+(?:of |is |at )?(?:{_LEAST}\s+)?{_N}(?:\s?(?:{_STARS}|"
    rf"of 5|out of (?:5|five)|/\s?5))?"
    r"(?:\s?\+|\s+(?:and|or)\s+(?:up|above|more|higher|better|over))?",
    rf"\b(?:{_LEAST}\s+)?{_N}[- ]?{_STARS}(?:\s?\+|\s+(?:and|or)\s+(?:up|above|"
    rf"more|higher|better|over))?(?:\s+(?:rating|reviews?)s?)?",
    rf"\b{_LEAST}\s+{_N}\s+(?:out of|of)\s+(?:5|five)\b",
)
_WELL_RATED = r"\b(?:well|highly|top|best)[- ](?:rated|reviewed)\b|\bgood (?:reviews|ratings)\b|\bwell[- ]loved\b"
_MARGIN = (
    rf"\b{_LEAST}\s+(?:a\s+)?{_N}{_PER_CENT}\s+(?:gross\s+)?margins?\b",
    rf"\bmargins?\s+(?:is |are |of )?(?:{_LEAST}\s+)(?:a\s+)?{_N}{_PER_CENT}(?:\s+(?:or|and) (?:more|up|above))?",
    rf"\b{_N}{_PER_CENT}\s+(?:gross\s+)?margins?(?:\s+(?:or|and) (?:more|up|above|higher|better))?\b",
    rf"\bmargins?\s+(?:of )?{_N}{_PER_CENT}(?:\s+(?:or|and) (?:more|up|above|higher))?",
)
_SINCE = re.compile(
    rf"\b(?P<about>(?:new|newly|just|recently|listed|added|arrived|launched|released|"
    rf"in|products|items|arrivals|stock|only|things)"
    rf"(?:\s+\w+){{0,3}}?\s+)?(?:from|in|within|during|of|over)\s+the\s+(?:last|past)\s+(?:{_N}\s+)?"
    r"(?P<unit>day|week|fortnight|month|quarter|year)s?\b"
)
_OLD = re.compile(
    rf"\b(?:no|not|nothing)\s+older\s+than\s+(?:a\s+)?(?:{_N}\s+)?(?P<unit>day|week|fortnight|month|quarter|year)s?\b"
)
_SOLD = re.compile(r"\b(?:bought|buy|ordered|purchased|sold|visited|browsed|opened|seen|came)\b")
_NEW = (
    r"\b(?:new|latest) arrivals\b|\bnewly (?:listed|added|arrived)\b|\bjust (?:arrived|"
    r"landed|listed)\b|\bnew[- ]in\b(?=\s*(?:$|[.,;]))"
)
_IN_STOCK = (
    r"\b(?:only |just )?(?:what(?:'s| is) |things |products |items )?(?:in[- ]stock|"
    r"on stock|available now)(?: only| products?| items?)?\b"
)
_NOT_ONLY_STOCK = (
    r"\b(?:including|include|also|even|with)\s+(?:those\s+|products\s+|items\s+)?(?:out[- ]of[- ]stock|"
    r"sold[- ]out|pre-?orders?|back-?orders?)\b"
    r"|\b(?:whether|even if)\s+(?:in stock or not|out of stock|sold out)\b"
)
_SOME = rf"(?P<n>{NUMBER}|one|a single|a)"
_PER_BRAND = (
    rf"\b(?:no more than|not more than|at most|max(?:imum|\.)?(?: of)?|up to|never more than|"
    rf"only|limit(?:ed)? to)\s+{_SOME}\s+"
    r"(?:products?\s+|items?\s+|things?\s+)?(?:per|of each|of any|from each|from any|"
    r"of the same|from the same|of one|from one|of a|from a|by the same|by one|"
    r"by any|for each|for any|a)\s+(?:single\s+)?brand\b",
    rf"\b{_SOME}\s+(?:products?\s+|items?\s+)?(?:per|of each|for each) brand(?: at most| max(?:imum)?)?\b",
)
_ROWS = r"(?:rows?|placements?|carousels?|shelves|sections?|modules?)"
_COUNT = rf"\d{{1,3}}|{SPELLED}"
_SIZE = (
    rf"\b(?P<rows>{_COUNT})\s+{_ROWS}\s+(?:of|with|x)\s+(?P<each>{_COUNT})(?:\s+(?:products?|"
    rf"items?|tiles?))?(?:\s+each)?",
    rf"\b(?P<rows>{_COUNT})\s+{_ROWS}\b",
    rf"\b(?P<each>{_COUNT})\s+(?:products?|items?|tiles?)\s+(?:each|per row|per placement|"
    rf"in (?:each|every|a) (?:row|placement)|a row|every row)\b",
)


def read_limits(draft: Draft) -> None:
    """All of them, the most telling first."""
    _sizes(draft)
    _per_brand(draft)
    _rating(draft)
    _margin(draft)
    _age(draft)
    _stock(draft)


def _sizes(draft: Draft) -> None:
    for pattern in _SIZE:
        for match in draft.find(pattern):
            found = match.groupdict()
            rows, each = (number(found[name]) if found.get(name) else None for name in ("rows", "each"))
            if (rows is not None and not 1 <= rows <= 20) or (each is not None and not 3 <= each <= 40):
                draft.leave(*match.span(), why="a page holds 1 to 20 placements of 3 to 40 products")
                continue
            if rows is not None and not draft.has("placements"):
                draft.add("placements", int(rows), f"{rows} placement{'s' if rows != 1 else ''}", match.span())
            if each is not None and not draft.has("products"):
                draft.add("products", int(each), f"{each} products in each", match.span())


def _per_brand(draft: Draft) -> None:
    for pattern in _PER_BRAND:
        for match in draft.find(pattern):
            word = match["n"]
            most = Decimal(1) if word in ("a", "a single", "one") else number(word)
            if most is None or most != int(most) or not 1 <= most <= 40 or draft.has("max_per_brand"):
                continue
            draft.add("max_per_brand", int(most), f"At most {most} of a brand in a placement", match.span())


def _rating(draft: Draft) -> None:
    for pattern in _RATING:
        for match in draft.find(pattern):
            stars = number(match["n"])
            if stars is None or draft.has("rating_min"):
                continue
            if stars > 5:
                draft.leave(*match.span(), why="ratings go from 0 to 5")
                continue
            draft.add("rating_min", str(stars), f"Rated {stars} or more", match.span())
    for match in draft.find(_WELL_RATED):
        if not draft.has("rating_min"):
            note = f"“{match[0]}” is taken as {WELL_RATED} of 5 or more."
            draft.add("rating_min", str(WELL_RATED), f"Rated {WELL_RATED} or more", match.span(), note=note)


def _margin(draft: Draft) -> None:
    for pattern in _MARGIN:
        for match in draft.find(pattern):
            percent = number(match["n"])
            if percent is None or draft.has("margin_min"):
                continue
            if percent > 100:
                draft.leave(*match.span(), why="a margin is at most 100 %")
                continue
            share = (percent / 100).normalize()
            draft.add("margin_min", f"{share:f}", f"Margin from {percent} %", match.span())


def _age(draft: Draft) -> None:
    for pattern in (_SINCE, _OLD):
        for match in draft.find(pattern):
            before = draft.folded[max(match.start() - 40, 0) : match.start()] + (match.groupdict().get("about") or "")
            if _SOLD.search(before.rsplit(".", 1)[-1]):
                continue  # what people did then, not when products came
            times = number(match["n"]) if match["n"] else Decimal(1)
            days = int((times or 0) * DAYS[match["unit"]])
            if 1 <= days <= 3650 and not draft.has("new_within_days"):
                draft.add("new_within_days", days, f"Listed in the last {days} days", match.span())
    for match in draft.find(_NEW):
        if draft.has("new_within_days"):
            draft.claim(*match.span())
        else:
            note = f"“{match[0]}” is taken as the last {NEWEST_DAYS} days."
            draft.add("new_within_days", NEWEST_DAYS, f"Listed in the last {NEWEST_DAYS} days", match.span(), note=note)


def _stock(draft: Draft) -> None:
    for match in draft.find(_NOT_ONLY_STOCK):
        draft.add("in_stock", False, "Also what is not in stock", match.span())
    for match in draft.find(_IN_STOCK):
        if not draft.has("in_stock"):
            draft.add("in_stock", True, "Only in stock", match.span())
