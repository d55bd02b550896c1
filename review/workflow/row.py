"""The products of one placement, in order: shown, on the bench, taken out."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

from review.models import Placement, PlacementProduct
from storefront_studio.lib.errors import BadInput

Item = TypeVar("Item")
State = PlacementProduct.State


def around(free: Sequence[Item], held: Mapping[int, Item]) -> list[Item]:
    """`free` in order around those that hold a slot (from 1); who holds a slot past the end comes last."""
    rest = list(free)
    row: list[Item] = []
    for slot in range(1, len(free) + len(held) + 1):
        if slot in held:
            row.append(held[slot])
        elif rest:
            row.append(rest.pop(0))
    return [*row, *(held[slot] for slot in sorted(held) if held[slot] not in row)]


class Row:
    """A placement's products, read once, changed in memory, saved in one statement."""

    def __init__(self, placement: Placement) -> None:
        self.items = list(placement.items.select_related("product"))
        self._before = {item.pk: (item.state, item.slot, item.pinned) for item in self.items}
        self.shown = self._of(State.SHOWN)
        self.bench = self._of(State.BENCH)
        self.removed = self._of(State.REMOVED)

    def _of(self, state: str) -> list[PlacementProduct]:
        return sorted((item for item in self.items if item.state == state), key=lambda item: item.slot)

    def find(self, product_id: int, state: str) -> PlacementProduct:
        """The item of this product. Raises BadInput when the product is not there in this state."""
        item: PlacementProduct | None = next((item for item in self.items if item.product_id == product_id), None)
        if item is None:
            raise BadInput("This placement has no such product.")
        if item.state != state:
            where = {
                State.SHOWN: "in the row",
                State.BENCH: "on the bench",
                State.REMOVED: "among those taken out",
            }
            raise BadInput(f"“{item.product}” is not {where[State(state)]}; look again.")
        return item

    def held(self, without: PlacementProduct | None = None) -> dict[int, PlacementProduct]:
        """Pinned products by the slot they hold."""
        return {item.slot: item for item in self.shown if item.pinned and item is not without}

    def place(self, item: PlacementProduct, slot: int) -> None:
        """Put `item` into `slot`; unpinned products make room. Raises BadInput when a pinned one holds it."""
        held = self.held(without=item)
        if slot in held:
            raise BadInput(f"“{held[slot].product}” is pinned to slot {slot}; unpin it first.")
        free = [other for other in self.shown if not other.pinned and other is not item]
        self.shown = around(free, {**held, slot: item})

    def take_out(self, item: PlacementProduct) -> None:
        """Out of the row; the others close up around the pinned ones."""
        held = self.held(without=item)
        self.shown = around([other for other in self.shown if other is not item and not other.pinned], held)
        item.pinned = False

    def ids(self) -> list[str]:
        """The shown products' ids of the feed, in slot order: what the audit keeps."""
        return [item.product.item_id for item in self.shown]

    def save(self) -> None:
        for state, items in (
            (State.SHOWN, self.shown),
            (State.BENCH, self.bench),
            (State.REMOVED, self.removed),
        ):
            for slot, item in enumerate(items, start=1):
                item.state, item.slot = state, slot
        changed = [item for item in self.items if self._before[item.pk] != (item.state, item.slot, item.pinned)]
        PlacementProduct.objects.bulk_update(changed, ["state", "slot", "pinned"])
