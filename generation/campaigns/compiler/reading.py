"""The order in which a text is read, and the brief that the readings make together."""

import datetime as dt
import re
from collections.abc import Sequence

from accounts.models import Store
from generation.campaigns.compiler import model as by_model
from generation.campaigns.compiler.exclusions import read_exclusions
from generation.campaigns.compiler.kinds import read_kind
from generation.campaigns.compiler.known import Known
from generation.campaigns.compiler.leftovers import read_leftovers
from generation.campaigns.compiler.limits import read_limits
from generation.campaigns.compiler.money import read_prices
from generation.campaigns.compiler.shapes import LIMITS, LISTS, Asked, Compiled, Leftover, Reading, with_readings
from generation.campaigns.compiler.text import LONGEST, Draft
from generation.campaigns.compiler.things import read_concepts, read_own_brand, read_places, read_segment
from generation.campaigns.compiler.when import read_when
from generation.campaigns.compiler.wording import read_words
from generation.campaigns.constraints import Constraints
from generation.llm.base import TextModel
from storefront_studio.lib.errors import BadInput

SHORTEST_OBJECTIVE = 12


def compile(
    text: str, store: Store, today: dt.date, model: TextModel | None = None, prompt: str = by_model.PROMPT
) -> Compiled:
    """What `text` asks for, held against the catalogue of `store`; at most 1,000 characters.

    With a `model`, it is asked once, with this version of the prompt; its readings are checked in code, the rules'
    readings of numbers win over its own, and when it fails the rules' readings stand alone and `note` says so. Asks the
    database in a number of queries that does not grow with the catalogue. Raises BadInput when the text is longer.
    """
    if len(text) > LONGEST:
        raise BadInput(f"A brief has at most {LONGEST:,} characters; this one has {len(text):,}.")
    known = Known(store)
    draft = Draft(text)
    read_rules(draft, known, today)
    if model is None or not text.strip():
        return assemble(text, draft.readings, draft.leftovers)
    asked = by_model.read(text, draft, known, today, model, prompt)
    return assemble(
        text,
        asked.readings,
        asked.leftovers,
        objective=asked.objective,
        dropped=asked.dropped,
        note=asked.note,
        asked=asked.asked,
    )


def read_rules(draft: Draft, known: Known, today: dt.date) -> None:
    """Every rule, the most particular first: what one has read, the next ones leave alone."""
    read_words(draft)
    read_limits(draft)
    read_prices(draft, known.currency)
    read_when(draft, today)
    read_own_brand(draft, known)
    read_exclusions(draft, known)
    read_places(draft, known)
    read_segment(draft, known)
    read_kind(draft)
    read_concepts(draft, known)
    read_leftovers(draft)


def assemble(
    text: str,
    readings: Sequence[Reading],
    leftovers: Sequence[Leftover],
    *,
    objective: str = "",
    dropped: Sequence[str] = (),
    note: str = "",
    asked: Asked | None = None,
) -> Compiled:
    """The brief of all readings that are sure and fit together."""
    sure = [reading for reading in readings if reading.sure and reading.value is not None]
    constraints, refused = with_readings(Constraints(), sure)
    clash = {reading.key for reading in refused}
    shown = [
        reading.model_copy(update={"sure": False, "note": "It does not fit together with what was read before."})
        if reading.key in clash
        else reading
        for reading in readings
    ]
    own: dict[str, object] = {}
    for reading in sure:
        if reading.field in LIMITS or reading.key in clash:
            continue
        if reading.field in LISTS:
            own[reading.field] = [*own.get(reading.field, []), reading.value]  # type: ignore[misc]
        else:
            own.setdefault(reading.field, reading.value)
    return Compiled.model_validate(
        {
            **own,
            "text": text,
            "objective": objective or objective_of(text, [r for r in shown if r.sure]),
            "constraints": constraints,
            "readings": shown,
            "not_understood": list(leftovers),
            "dropped": list(dropped),
            "note": note,
            "asked": asked,
        }
    )


def objective_of(text: str, readings: Sequence[Reading]) -> str:
    """`text` without the clauses that became constraints or wording rules; all of it when too little would be left."""
    cut = bytearray(len(text))
    spans = [r for r in readings if r.start >= 0 and (r.field in LIMITS or r.field in _WORDING)]
    for reading in sorted(spans, key=lambda one: -one.end):
        behind = re.match(r"\s*(?:$|[,.;:!?]|(?:and|or|but)\b|[-–—]\s)", text[reading.end :])
        more = re.match(r"\s*,?\s*(?:(?:and|or|nor)\s+)?", text[reading.end :])
        following = reading.end + (more.end() if more else 0)
        follows = cut[following : following + 1] == b"\x01"
        if any(other.start == following and not follows for other in spans):
            continue  # a list whose end stays, stays whole
        # A limit on the price can be taken out anywhere; of other clauses only those that end with their sentence or
        # part of it, or the rest would not be one: "households that cook without onion during the fast".
        if behind or follows or reading.field.startswith("price"):
            cut[reading.start : reading.end] = b"\x01" * (reading.end - reading.start)
    kept = "".join(character for character, gone in zip(text, cut, strict=True) if not gone)
    # What stood between two clauses that are gone: commas in a row, a joining word at an end.
    kept = re.sub(r"\s+", " ", kept)
    kept = re.sub(r"\s+([.,;:!?])", r"\1", kept)
    kept = re.sub(r"(?:\s*[,;]\s*(?:(?:and|or|but)\s*)?)+(?=[.;!?]|$)", "", kept)
    kept = re.sub(r"([,;])(?:\s*(?:(?:and|but)\s*)?[,;])+", r"\1", kept)
    kept = re.sub(r"(?:^|(?<=[.!?]))\s*(?:[,;:.]|\b(?:and|or|but)\b)\s*", " ", kept).strip(" ,;:-")
    kept = re.sub(r"(?:,?\s+(?:and|or|but|with|at|for))+(?=[.!?]?$)", "", kept).strip()
    letters = sum(character.isalpha() for character in kept)
    whole = " ".join(text.split())
    return (kept[:1].upper() + kept[1:]) if letters >= SHORTEST_OBJECTIVE else whole


_WORDING = frozenset(["brand_voice", "banned_terms", "placements", "products", "starts_on", "ends_on"])
