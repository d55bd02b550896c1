"""Changing a placement's products: out, in again, from the bench, to another slot, pinned.

Every function takes the pk of a Product and raises NotAllowed, WrongState (turned down, changed meanwhile) and
BadInput (no such product there, and what each one says).
"""

from collections.abc import Callable

from django.db import transaction

from accounts.models import User
from review import selectors
from review.models import Placement, PlacementProduct
from review.workflow import limits
from review.workflow.changing import Outcome, end_edit, fresh, start_edit
from review.workflow.row import Row
from storefront_studio.lib.errors import BadInput

State = PlacementProduct.State


def remove_product(*, placement: Placement, actor: User, revision: int, product_id: int) -> Outcome:
    """Take a product out of the row; the first one of the bench that no other row shows takes its slot."""

    def work(now: Placement, row: Row) -> str:
        item = row.find(product_id, State.SHOWN)
        slot = item.slot
        row.take_out(item)
        row.removed.append(item)
        taken = {other.product_id for other in selectors.shown_elsewhere(now, selectors.OPEN, row.bench)}
        heir = next((other for other in row.bench if other.product_id not in taken), None)
        if heir is None:
            return f"took “{item.product}” out; the bench has nothing to take its place."
        row.bench.remove(heir)
        row.place(heir, slot)
        return f"took “{item.product}” out; “{heir.product}” from the bench takes slot {slot}."

    return _change(placement, actor, revision, "remove_product", work)


def restore_product(*, placement: Placement, actor: User, revision: int, product_id: int) -> Outcome:
    """Bring back a product that was taken out: to the end of the row, or first on the bench when the row is full."""

    def work(now: Placement, row: Row) -> str:
        item = row.find(product_id, State.REMOVED)
        row.removed.remove(item)
        if len(row.shown) >= limits.longest(now) or selectors.shown_elsewhere(now, selectors.OPEN, [item]):
            row.bench.insert(0, item)
            return f"put “{item.product}” first on the bench."
        row.place(item, len(row.shown) + 1)
        return f"brought “{item.product}” back, in slot {len(row.shown)}."

    return _change(placement, actor, revision, "restore_product", work)


def promote_from_bench(
    *, placement: Placement, actor: User, revision: int, product_id: int, instead_of: int | None = None
) -> Outcome:
    """Bring a product of the bench into the row: at its end, or into the slot of `instead_of`, which goes to the bench.

    BadInput also when the row is full, or another row of the page shows the product.
    """

    def work(now: Placement, row: Row) -> str:
        item = row.find(product_id, State.BENCH)
        for other in selectors.shown_elsewhere(now, selectors.OPEN, [item]):
            raise BadInput(f"“{item.product}” is in the row “{other.placement}” already; a page shows it once.")
        row.bench.remove(item)
        if instead_of is None:
            most = limits.longest(now)
            if len(row.shown) >= most:
                raise BadInput(f"The row is full with {most} products; say which one to replace, or take one out.")
            row.place(item, len(row.shown) + 1)
            return f"brought “{item.product}” in from the bench, in slot {len(row.shown)}."
        leaving = row.find(instead_of, State.SHOWN)
        slot = leaving.slot
        row.take_out(leaving)
        row.bench.insert(0, leaving)
        row.place(item, slot)
        return f"replaced “{leaving.product}” by “{item.product}” in slot {slot}."

    return _change(placement, actor, revision, "promote_product", work)


def move_product(*, placement: Placement, actor: User, revision: int, product_id: int, slot: int) -> Outcome:
    """Put a shown product into `slot`, from 1. BadInput also when a pinned one holds it, or there is no such slot."""

    def work(now: Placement, row: Row) -> str:
        item = row.find(product_id, State.SHOWN)
        if not 1 <= slot <= len(row.shown):
            raise BadInput(f"There is no slot {slot}; this row has 1 to {len(row.shown)}.")
        was = item.slot
        row.place(item, slot)
        return f"moved “{item.product}” from slot {was} to {slot}."

    return _change(placement, actor, revision, "move_product", work)


def pin_product(*, placement: Placement, actor: User, revision: int, product_id: int) -> Outcome:
    """Hold a shown product in its slot, whatever moves around it."""

    def work(now: Placement, row: Row) -> str:
        item = row.find(product_id, State.SHOWN)
        item.pinned = True
        return f"pinned “{item.product}” to slot {item.slot}."

    return _change(placement, actor, revision, "pin_product", work)


def unpin_product(*, placement: Placement, actor: User, revision: int, product_id: int) -> Outcome:
    """Let a pinned product move again."""

    def work(now: Placement, row: Row) -> str:
        item = row.find(product_id, State.SHOWN)
        item.pinned = False
        return f"unpinned “{item.product}”."

    return _change(placement, actor, revision, "unpin_product", work)


@transaction.atomic
def _change(
    placement: Placement, actor: User, revision: int, action: str, work: Callable[[Placement, Row], str]
) -> Outcome:
    placement = fresh(placement)
    status = start_edit(placement, actor, revision)
    row = Row(placement)  # read after the placement was taken: nobody else changes its products now
    old = {"shown": row.ids()}
    said = work(placement, row)
    row.save()
    return end_edit(placement, actor, action, f"{actor} {said}", old, {"shown": row.ids()}, status)
