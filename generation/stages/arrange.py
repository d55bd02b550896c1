"""Where rows stand on the page: fixed ones at their positions, the others around them; and what the page says of
itself."""

from collections.abc import Sequence
from decimal import Decimal

from generation.stages.contracts import Brief, Fixed, FixedRows, PageDrop, PlacementDraft
from generation.stages.ports import Kit
from storefront_studio.lib.errors import OverBudget

FIRST_FIXED_KEY = 1000  # fixed rows count down from here, so that no theme of the run has their number


def check(fixed: Sequence[Fixed], kit: Kit) -> FixedRows:
    """The rows the page starts with, under the constraints as they are now.

    A static row loses the products that break one; a row kept from an earlier page stays as it was approved. Both are
    said in `notes`.
    """
    broken = kit.search.broken([one.hit.product for row in fixed for one in row.row.judged.shown])
    rows, notes = [], []
    ordered = sorted(fixed, key=lambda one: one.position)
    for number, one in enumerate(ordered):
        row = one.row.model_copy(update={"key": FIRST_FIXED_KEY - number})
        shown = row.judged.shown
        bad = [ranked for ranked in shown if ranked.hit.product in broken]
        if bad:
            why = ", ".join(dict.fromkeys(reason for ranked in bad for reason in broken[ranked.hit.product]))
            what = f"{len(bad)} of its {len(shown)} products" if len(shown) > 1 else "its product"
            verb = "does" if len(bad) == 1 else "do"
            if row.source == "static":
                left = [ranked for ranked in shown if ranked.hit.product not in broken]
                row = row.model_copy(update={"judged": row.judged.model_copy(update={"shown": left})})
                notes.append(f"“{row.theme.title}” shows {what} less: {why}.")
            else:
                notes.append(f"“{row.theme.title}” is kept as it was, though {what} {verb} not hold {why}.")
        receipts = kit.search.receipts([ranked.hit.product for ranked in row.judged.shown])
        row = row.model_copy(update={"judged": row.judged.model_copy(update={"receipts": receipts})})
        rows.append(Fixed(position=one.position, row=row))
    return FixedRows(rows=rows, notes=notes)


def in_order(fixed: Sequence[Fixed], made: Sequence[PlacementDraft]) -> list[PlacementDraft]:
    """The page: every fixed row at its position, as far as there are rows before it to get there."""
    waiting = sorted(fixed, key=lambda one: one.position)
    page: list[PlacementDraft] = []
    for row in made:
        while waiting and waiting[0].position <= len(page) + 1:
            page.append(waiting.pop(0).row)
        page.append(row)
    return [*page, *(one.row for one in waiting)]


def parted(
    page: Sequence[PlacementDraft], drops: Sequence[PageDrop]
) -> tuple[list[PlacementDraft], list[PlacementDraft]]:
    """The page without the rows that the look at the whole of it took off, and those rows with the reason."""
    why = {drop.key: drop for drop in drops}
    left = [row for row in page if row.key not in why]
    gone = []
    for row in page:
        if (drop := why.get(row.key)) is not None:
            said = {"dropped_by": drop.by, "drop_facet": drop.facet, "drop_reason": drop.reason}
            gone.append(row.model_copy(update={"judged": row.judged.model_copy(update=said)}))
    return left, gone


def note(brief: Brief, page: int, dropped: int, said: Sequence[str]) -> str:
    """What the page says of itself when it is shorter than asked, or when a fixed row is not what it was."""
    notes = list(said)
    if page < brief.placements:
        tried = f"; {dropped} more were tried and dropped" if dropped else ""
        notes.append(f"{page} of {brief.placements} placements could be filled honestly{tried}.")
    return " ".join(notes)


def stopped(brief: Brief, page: int, error: OverBudget) -> str:
    """Why a page is short that the budget ended."""
    budget = "the budget" if error.limit is None else f"the budget of {_usd(error.limit)} USD"
    return f"Stopped at {budget}: {page} of {brief.placements} placements."


def _usd(amount: Decimal) -> str:
    """Two decimals; more only where they say something."""
    whole = amount.quantize(Decimal("0.01"))
    return f"{whole if whole == amount else amount.normalize():f}"
