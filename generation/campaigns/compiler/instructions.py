"""What a person asks to change about a page: "Cheaper, nothing with plastic, keep rows 1 and 3"."""

import datetime as dt
import re
import statistics
from collections.abc import Sequence
from decimal import Decimal

from accounts.models import Store
from generation.campaigns.compiler.exclusions import read_exclusions
from generation.campaigns.compiler.known import Known
from generation.campaigns.compiler.leftovers import read_leftovers
from generation.campaigns.compiler.limits import read_limits
from generation.campaigns.compiler.money import NUMBERS, money, read_prices
from generation.campaigns.compiler.shapes import LIMITS, Instruction, with_readings
from generation.campaigns.compiler.text import LONGEST, Draft
from generation.campaigns.compiler.things import read_own_brand, read_places
from generation.campaigns.constraints import Constraints
from storefront_studio.lib.errors import BadInput

_ORDINALS = {
    word: number
    for number, word in enumerate(
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"], 1
    )
}
_NUMBER = r"(?:\d{1,2}(?:st|nd|rd|th)?|" + "|".join([*list(NUMBERS)[1:13], *_ORDINALS, "last"]) + r")\b"
_JOIN = r"(?:\s*(?:,\s*(?:and|&)?|and|&|to|-|–|through)\s*(?:rows?\s+|the\s+|placements?\s+|#)?)"
_ROW = r"(?:rows?|placements?|shelves|shelf|carousels?|titles?|numbers?|nos?\.?|#)"
_SEVERAL = rf"{_NUMBER}(?:{_JOIN}{_NUMBER})*"
_LIST = rf"(?:{_ROW}\s*(?P<a>#?{_SEVERAL})|(?:the\s+)?(?P<b>{_SEVERAL})(?:\s+{_ROW})?)"
_BUT = (
    r"(?P<all>(?:all|everything|every row|the rest|the others|any|anything)\s*(?:rows?\s*)?(?:but|"
    r"except(?: for)?|apart from|other than)\s+)?"
)
_KEEP = re.compile(
    rf"\b(?:keep(?:ing)?|leave|lock|do not (?:touch|change)|don't (?:touch|change)|"
    rf"hold|retain)\s+(?:the\s+)?{_BUT}{_LIST}(?:\s+(?:as (?:it is|they are|is)|"
    rf"alone|unchanged|untouched))?"
)
_DROP = re.compile(
    rf"\b(?:drop|remove|replace|redo|change|swap|regenerate|rewrite|delete|get rid of|"
    rf"lose|new (?:idea|row|one)s? for|another (?:idea|row|one) for)\s+(?:only\s+|"
    rf"just\s+)?(?:the\s+)?{_BUT}{_LIST}"
)
_KEEP_OTHERS = re.compile(
    r"\b(?:keep|leave)\s+(?:the\s+)?(?:rest|others?|other rows)\b(?:\s+(?:as (?:it is|they are)|alone))?"
)
_CHEAPER = re.compile(
    r"\b(?:much |a bit |a little |somewhat )?(?:cheaper|less expensive|lower[- ]priced|"
    r"more affordable|lower prices)\b(?: (?:products|things|items|please))?"
)
_DEARER = re.compile(
    r"\b(?:much |a bit |a little )?(?:more expensive|pricier|dearer|more premium|"
    r"higher[- ]priced|more upmarket)\b(?: (?:products|things|items|please))?"
)
_BETTER = re.compile(r"\bbetter[- ]rated\b")


def compile_instruction(
    text: str,
    store: Store,
    today: dt.date,
    constraints: Constraints,
    prices: Sequence[Decimal] = (),
    rows: int = 0,
) -> Instruction:
    """`text` held against a page under `constraints`.

    `prices` are the effective prices of the products shown now, in the store's currency: "cheaper" means up to their
    median, "more expensive" from it. `rows` is how many the page has (0: not known); a number beyond it is not
    understood. Raises BadInput when the text is longer than 1,000 characters.
    """
    if len(text) > LONGEST:
        raise BadInput(f"An instruction has at most {LONGEST:,} characters; this one has {len(text):,}.")
    draft, known = Draft(text), Known(store)
    kept, dropped = _rows(draft, rows)
    _prices(draft, prices, constraints, known.currency)
    if not draft.has("price_max") and not draft.has("price_min"):
        read_prices(draft, known.currency)
    for match in draft.find(_BETTER):
        if constraints.rating_min is None or constraints.rating_min < 4:
            draft.add(
                "rating_min", "4", "Rated 4 or more", match.span(), note="“Better rated” is taken as 4 of 5 or more."
            )
    read_limits(draft)
    read_own_brand(draft, known)
    read_exclusions(draft, known)
    read_places(draft, known)
    read_leftovers(draft)
    readings = [reading for reading in draft.readings if reading.field in LIMITS]
    changed, refused = with_readings(constraints, [reading for reading in readings if reading.sure])
    clash = {reading.key for reading in refused}
    return Instruction(
        text=text,
        constraints=changed,
        readings=[
            one.model_copy(update={"sure": False, "note": "It does not fit together with the page's constraints."})
            if one.key in clash
            else one
            for one in readings
        ],
        kept=sorted(kept),
        dropped=sorted(dropped - kept),
        remaining=draft.rest(),
        not_understood=draft.leftovers,
    )


def _rows(draft: Draft, rows: int) -> tuple[set[int], set[int]]:
    kept: set[int] = set()
    dropped: set[int] = set()
    everything = set(range(1, rows + 1))
    for pattern, into in ((_KEEP, kept), (_DROP, dropped)):
        for match in draft.find(pattern):
            # "change the first line": a number before a word that is no row is no row.
            if (
                match["b"]
                and not re.match(rf"\s*(?:$|[.,;!?]|{_ROW}\b|\b(?:and|but|as|alone)\b)", draft.folded[match.end() :])
                and not re.search(rf"{_ROW}\s*$", match[0])
            ):
                continue
            named = _numbers(match["a"] or match["b"], rows)
            beyond = {n for n in named if rows and n > rows} | ({0} & named)
            if beyond or not named:
                draft.leave(
                    *match.span(),
                    why=f"the page has {rows} row{'s' if rows != 1 else ''}"
                    if rows
                    else "which row is meant is not clear",
                )
                named -= beyond
            if match["all"] and not rows:
                draft.leave(*match.span(), why="how many rows the page has is not known")
                continue
            into |= everything - named if match["all"] else named
            draft.claim(*match.span())
    for match in draft.find(_KEEP_OTHERS):
        if rows and dropped:
            kept |= everything - dropped
            draft.claim(*match.span())
    return kept, dropped


def _numbers(text: str, rows: int) -> set[int]:
    """Row numbers in "1 and 3", "2-4", "the first and last"; 0 stands for a last row that nobody counted."""
    found: list[int] = []
    named: set[int] = set()
    through = False
    for token in re.findall(rf"{_NUMBER}|to\b|through\b|[-–]", text):
        if token in ("to", "through", "-", "–"):
            through = True
            continue
        plain = re.sub(r"(?<=\d)(?:st|nd|rd|th)$", "", token)
        number = rows if plain == "last" else int(plain) if plain.isdigit() else _ORDINALS.get(plain) or NUMBERS[plain]
        if through and found:
            named.update(range(found[-1], number + 1))
        named.add(number)
        found.append(number)
        through = False
    return named


def _prices(draft: Draft, prices: Sequence[Decimal], constraints: Constraints, currency: str) -> None:
    """Cheaper and dearer, measured by what the page shows now."""
    for pattern, field, word in ((_CHEAPER, "price_max", "cheaper"), (_DEARER, "price_min", "more expensive")):
        for match in draft.find(pattern):
            if any(re.match(r"\s+than\s", draft.folded[match.end() :]) for _ in (0,)):
                continue  # "cheaper than 10 euros" is a limit of its own
            if not prices:
                draft.leave(*match.span(), why=f"there is nothing on the page that {word} could be measured by")
                continue
            middle = Decimal(statistics.median(prices)).quantize(Decimal("0.01"))
            now = getattr(constraints, field)
            limit = middle if now is None else min(now, middle) if field == "price_max" else max(now, middle)
            label = f"Price {'up to' if field == 'price_max' else 'from'} {money(limit, currency)}"
            side = "less" if field == "price_max" else "more"
            note = f"Half of the products on the page cost {money(middle, currency)} or {side}."
            draft.add(field, str(limit), label, match.span(), note=note)
