"""A placement's trail, read as what people said of its facets.

Edits and decisions are read in order from the beginning, so that taking a decision back takes back what it said, and
the one it had overruled speaks again. A person's word is only held against a judge about what the judge saw: a row that
was approved with another title says nothing good of the old one.
"""

from dataclasses import dataclass, field
from typing import Any

from accounts.models import AuditEntry
from review.models import Decision, Label, Placement, PlacementProduct, ReasonCode

Kind, Source = Decision.Kind, Label.Source
DECIDED = {f"placement.{kind}" for kind in Kind.values}
EDITED = {f"placement.{verb}_product" for verb in ("remove", "restore", "promote")} | {"placement.edit_text"}

TITLE, WORDING = ("placement", "title_good"), ("placement", "safe")
COHERENT, FITS = ("placement", "coherent"), ("product", "fits_title")
OBJECTIVE, DIVERSE = ("page", "objective_covered"), ("page", "diverse")

# What a reason for turning a row down says no to. Price, stock and "something else" speak of no facet.
REASONS: dict[str, tuple[str, str]] = {
    ReasonCode.TITLE: TITLE,
    ReasonCode.BRAND: TITLE,
    ReasonCode.WRONG_PRODUCTS: COHERENT,
    ReasonCode.OFF_OBJECTIVE: OBJECTIVE,
    ReasonCode.DUPLICATE: DIVERSE,
    ReasonCode.UNSAFE: WORDING,
}

Key = tuple[str, str, int | None]
"""Level, facet and the product, if the facet is of one."""


@dataclass(frozen=True)
class Word:
    """What a person said of one facet of one thing."""

    passes: bool
    source: str
    note: str
    person: int | None


@dataclass(frozen=True)
class Verdict:
    """What one judge said of it; several answers to the same question pass together or not at all."""

    judge: str
    passes: bool
    score: float | None
    reason: str


Verdicts = dict[Key, list[Verdict]]
Words = dict[Key, Word]


@dataclass(frozen=True)
class _Said:
    """What one decision said. `instead`: the decision before it does not count any more."""

    words: Words
    instead: bool = False


@dataclass(frozen=True)
class _Gone:
    person: int | None
    how: str


@dataclass
class History:
    """A placement's trail, read entry by entry: which words and products stood there when somebody decided."""

    items: list[PlacementProduct]
    verdicts: Verdicts
    title: str = ""
    first_title: str = ""
    reworded_by: int | None = None
    shown: list[str] = field(default_factory=list)
    gone: dict[str, _Gone] = field(default_factory=dict)

    def read(self, placement: Placement) -> tuple[dict[Key, Word], str]:
        """What people say in the end, and the title that was judged."""
        trail = AuditEntry.objects.filter(
            store=placement.draft.store_id, subject=f"placement:{placement.pk}", action__in=DECIDED | EDITED
        )
        entries = list(trail.order_by("id"))
        self._start(placement, entries)
        standing: list[_Said] = []
        for entry in entries:
            kind = entry.action.removeprefix("placement.")
            if entry.action in EDITED:
                self._edit(kind, entry)
            elif kind == Kind.UNDO:
                del standing[-1:]
            else:
                standing.append(self._decide(kind, entry))
        layers: list[Words] = []
        for one in standing:
            if one.instead:
                del layers[-1:]
            layers.append(one.words)
        return {key: word for words in layers for key, word in words.items()}, self.first_title

    def _start(self, placement: Placement, entries: list[AuditEntry]) -> None:
        """What stood there before anybody touched it: the old values of the first edit of each kind."""
        olds = [entry.old or {} for entry in entries if entry.action in EDITED]
        self.first_title = next((old["title"] for old in olds if "title" in old), placement.title)
        self.title = self.first_title
        now = [item.product.item_id for item in self.items if item.state == PlacementProduct.State.SHOWN]
        self.shown = next((old["shown"] for old in olds if "shown" in old), now)

    def _edit(self, kind: str, entry: AuditEntry) -> None:
        new: dict[str, Any] = entry.new or {}
        if "title" in new:
            self.title, self.reworded_by = new["title"], entry.actor_id
        if "shown" not in new:
            return
        for product in set(self.shown) - set(new["shown"]):
            how = {"remove_product": "Taken out of the row", "promote_product": "Replaced by another product"}.get(kind)
            if how:
                self.gone[product] = _Gone(entry.actor_id, how)
        for product in new["shown"]:
            self.gone.pop(product, None)
        self.shown = new["shown"]

    def _decide(self, kind: str, entry: AuditEntry) -> _Said:
        new: dict[str, Any] = entry.new or {}
        note = new.get("note", "")
        if kind in (Kind.APPROVE, Kind.FIX_APPROVE):
            return _Said(self._approved(entry.actor_id, note))
        if kind in (Kind.REJECT, Kind.REQUEST_CHANGES):
            return _Said(self._turned_down(new.get("reason_code", ""), entry.actor_id, note))
        if kind == Kind.OVERTURN and (entry.old or {}).get("status") == Placement.Status.REJECTED:
            return _Said({}, instead=True)
        return _Said(self._overturned(entry.actor_id, note) if kind == Kind.OVERTURN else {})

    def _approved(self, person: int | None, note: str) -> Words:
        good = Word(True, Source.DECISION, note or "Approved", person)
        said: Words = {(*facet, None): good for facet in (OBJECTIVE, DIVERSE)}
        said |= {key: good for key in self.verdicts if key[0] == "placement"}
        if self.title != self.first_title:
            said.pop((*WORDING, None), None)
            said[*TITLE, None] = Word(False, Source.EDIT, f"Wrote “{self.title}” instead", self.reworded_by)
        taken = self._taken_out()
        if taken:
            said.pop((*COHERENT, None), None)
        kept = {item.product_id for item in self.items if item.product.item_id in set(self.shown)}
        return said | {(*FITS, product): good for product in kept} | taken

    def _turned_down(self, code: str, person: int | None, note: str) -> Words:
        facet = REASONS.get(code)
        if facet is None:
            return {}
        reason = ReasonCode(code).label
        no = Word(False, Source.DECISION, f"{reason}: {note}" if note else reason, person)
        more = self._taken_out() if code == ReasonCode.WRONG_PRODUCTS else {}
        return {(*facet, None): no, **more}

    def _overturned(self, person: int | None, note: str) -> Words:
        """Of a judge's drop: yes where it said no."""
        yes = Word(True, Source.OVERTURN, note, person)
        return {
            key: yes
            for key, verdicts in self.verdicts.items()
            if key[0] == "placement" and not all(verdict.passes for verdict in verdicts)
        }

    def _taken_out(self) -> Words:
        """No to what people took out or replaced; what was put back on the bench is left open."""
        said: Words = {}
        for item in self.items:
            gone = self.gone.get(item.product.item_id)
            back = item.state == PlacementProduct.State.BENCH and gone and gone.how.startswith("Taken out")
            if gone and not back:
                said[*FITS, item.product_id] = Word(False, Source.EDIT, gone.how, gone.person)
        return said
