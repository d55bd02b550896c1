"""Every value of the policy in words: what it means, what is sensible, and how two versions differ."""

from dataclasses import dataclass
from typing import Any

from generation.campaigns import segments
from generation.stages.facets import BY_NAME, FACETS, Facet, Severity
from generation.stages.policy import QualityPolicy, Tuning
from storefront_studio.lib.errors import BadInput


@dataclass(frozen=True)
class Term:
    """One number of the policy. `low` and `high` are the bounds that make sense, both included."""

    name: str
    label: str
    meaning: str
    low: float
    high: float
    step: float = 0.01
    whole: bool = False


@dataclass(frozen=True)
class Part:
    """A group of terms, as the screen and the command show them."""

    title: str
    lead: str
    terms: tuple[Term, ...]


PARTS: tuple[Part, ...] = (
    Part(
        "What is shown",
        "The evaluator gives every product a fit from 0 to 1: the chance that a person says it belongs in the row.",
        (
            Term("show_from", "Show a product from", "Fit from which a product may stand in a row.", 0.3, 0.99),
            Term(
                "placement_floor",
                "Keep a row from",
                "Mean fit of the products shown. A row under it is dropped.",
                0.3,
                0.99,
            ),
        ),
    ),
    Part(
        "What counts as the same",
        "Two rows of a page that are as alike as this, or more, are near-duplicates. The later one is dropped.",
        (
            Term("same_title", "Titles, by their words", "100 means that the words are the same.", 60, 100, 1),
            Term("same_meaning", "Titles, by their meaning", "1 means the same; 0.9 reads as one idea.", 0.6, 1),
            Term(
                "same_products", "Products shared", "0.5 means that half of the two rows' products are shared.", 0.1, 1
            ),
        ),
    ),
    Part(
        "What people rejected before",
        "A new theme is compared by meaning with every rejection that still stands. One that was about products, stock "
        "or a twin on the page only flags; one for missing the objective blocks in its own campaign.",
        (
            Term(
                "reject_near",
                "Block a theme from",
                "As near to a rejection as this, or nearer, it is left out.",
                0.7,
                1,
            ),
            Term("flag_near", "Flag a theme from", "From here on it is shown with a link to the rejection.", 0.5, 1),
        ),
    ),
    Part(
        "How much a judge may settle alone",
        "People's decisions are held against the judges'. A judge that agrees too little sends more to people.",
        (
            Term(
                "settle_share",
                "Share of drops a judge may settle",
                "1: all of them. 0: each goes to people with a flag.",
                0,
                1,
            ),
            Term(
                "kappa_min",
                "Agreement asked for",
                "Cohen's kappa with people: 0 is chance, 1 is always the same. Under it the share shrinks.",
                0,
                0.95,
            ),
            Term(
                "labels_min",
                "Decisions before agreement counts",
                "With fewer, the judge is taken at its word.",
                5,
                5000,
                1,
                whole=True,
            ),
        ),
    ),
)
TERMS: dict[str, Term] = {term.name: term for part in PARTS for term in part.terms}
LEVELS = {"product": "Products", "placement": "Rows", "page": "Pages"}
SEVERITIES: dict[Severity, str] = {"drop": "Drop it", "review": "Send it to people", "pass": "Only say so"}


def key_of(facet: Facet) -> str:
    """How `QualityPolicy.severities` names a facet."""
    return f"{facet.level}.{facet.name}"


def choices(facet: Facet) -> tuple[Severity, ...]:
    """What failing a facet may do: a safety facet is never only mentioned, and a broken constraint always drops."""
    if key_of(facet) == "page.constraints_held":
        return ("drop",)
    return ("drop", "review") if facet.safety else ("drop", "review", "pass")


def field_label(name: str) -> str:
    """A field of a segment's profile in words."""
    known = segments.FIELDS.get(name)
    return known.label if known else name.replace("_", " ").capitalize()


def check(policy: QualityPolicy) -> None:
    """Raises BadInput naming the first value that is out of bounds, or two that contradict each other."""
    for term in TERMS.values():
        value = getattr(policy, term.name)
        if not term.low <= value <= term.high:
            raise BadInput(f"“{term.label}” is {value:g}; sensible is {term.low:g} to {term.high:g}.")
    if policy.placement_floor < policy.show_from:
        raise BadInput(
            f"“{TERMS['placement_floor'].label}” ({policy.placement_floor:g}) is under “{TERMS['show_from'].label}” "
            f"({policy.show_from:g}), so it would never drop a row. Raise the one or lower the other."
        )
    if policy.flag_near > policy.reject_near:
        raise BadInput(
            f"A theme would be blocked from {policy.reject_near:g} and flagged only from {policy.flag_near:g}. "
            "Flag from the same value or a lower one."
        )
    for name, severity in policy.severities.items():
        level, _, facet_name = name.partition(".")
        facet = BY_NAME.get((level, facet_name))
        if facet is None:
            known = ", ".join(key_of(one) for one in FACETS)
            raise BadInput(f"There is no facet “{name}”. Known: {known}.")
        if severity not in choices(facet):
            may = " or ".join(f"“{SEVERITIES[one]}”" for one in choices(facet))
            raise BadInput(f"“{facet.label}” ({LEVELS[facet.level].lower()}) can only be {may}.")
    strange = sorted({field for field in policy.profile_fields if field not in profile_fields()})
    if strange:
        raise BadInput(f"A segment's profile has no field {', '.join(strange)}. It has: {', '.join(profile_fields())}.")


def profile_fields() -> tuple[str, ...]:
    """Every field of a segment's profile that the policy can let out."""
    return tuple(segments.FIELDS)


def changes(old: QualityPolicy, new: QualityPolicy) -> list[str]:
    """What differs, a sentence each; nothing for two versions that do the same."""
    said = [
        f"{term.label}: {_number(getattr(old, name))} becomes {_number(getattr(new, name))}"
        for name, term in TERMS.items()
        if getattr(old, name) != getattr(new, name)
    ]
    for facet in FACETS:
        before, after = old.severity(facet.level, facet.name), new.severity(facet.level, facet.name)
        if before != after:
            where = LEVELS[facet.level].lower()
            said.append(
                f"{facet.label} ({where}): “{SEVERITIES[before].lower()}” becomes “{SEVERITIES[after].lower()}”"
            )
    said += [f"“{field_label(one)}” may go to a vendor" for one in new.profile_fields if one not in old.profile_fields]
    said += _tuned(old.tuning, new.tuning)
    said += [f"“{field_label(one)}” stays here" for one in old.profile_fields if one not in new.profile_fields]
    return said


def _tuned(old: Tuning, new: Tuning) -> list[str]:
    if old == new:
        return []
    if not new.number:
        return ["How much the shop's score counts: the studio's own values again"]
    return [f"How much the shop's score counts: as ranking proposal {new.number} says"]


def _number(value: Any) -> str:
    return f"{value:g}"
