"""The checks that need no model: about a row's words and size, and about each product's own words."""

from collections.abc import Iterable, Sequence

from generation.stages import claims
from generation.stages.contracts import Brief, DroppedProduct, JudgementOut, Ranked, Theme
from generation.stages.judging import words
from generation.stages.judging.verdicts import least_products, say
from generation.stages.ports import Kit
from generation.stages.words import banned_in, same_name

RULES = "rules v2"
LONGEST_TITLE, LONGEST_SUBTITLE = 60, 100


def products(brief: Brief, theme: Theme, row: Iterable[Ranked]) -> list[DroppedProduct]:
    """The products of a row that no judge need look at: by the words of their title, and by what the row's title
    claims of them."""
    promises = claims.made(f"{theme.title}. {theme.subtitle}")
    out: list[DroppedProduct] = []
    for one in row:
        facet, reason = _against(brief, promises, one)
        if facet:
            out.append(
                DroppedProduct(
                    product=one.hit.product,
                    title=one.hit.title,
                    by=RULES,
                    facet=facet,
                    reason=reason,
                    score=one.fit,
                )
            )
    return out


def _against(brief: Brief, promises: Sequence[str], one: Ranked) -> tuple[str, str]:
    hit = one.hit
    banned = banned_in(hit.title, brief.banned_terms)
    if banned:
        return "banned terms", f"Its title uses the banned term “{banned}”."
    brand = next(
        (name for name in brief.exclude_brands if same_name(name, hit.brand) or banned_in(hit.title, [name])), ""
    )
    if brand:
        return "excluded brands", f"Its brand or title reads like “{brand}”, which the campaign excludes."
    if words.has_markup(hit.title):
        return "plain text", "Its title holds markup or an address."
    told = words.to_a_machine(f"{hit.title}. {hit.description}")
    if told:
        return "words to a machine", f"Its text addresses a machine: “{told}”."
    text = f"{hit.title}. {hit.category}. {hit.description}. {hit.labels}"
    unkept = next((claim for claim in promises if not claims.held(claim, text)), "")
    return ("claims", f"The row says “{unkept}”; the product does not.") if unkept else ("", "")


def row(brief: Brief, theme: Theme, density: int, shown: Sequence[Ranked], kit: Kit) -> list[JudgementOut]:
    """The deterministic checks on a row, each with its sentence."""
    said = f"{theme.title} {theme.subtitle}"
    least = least_products(brief)
    banned = banned_in(said, brief.banned_terms)
    promise = words.promise(said)
    machine = words.to_a_machine(said)
    fit = {0: "No product fits", 1: "Only 1 product fits"}.get(len(shown), f"Only {len(shown)} products fit")
    free = f"{fit} the title and {'are' if len(shown) > 1 else 'is'}"

    def tell(facet: str, passes: bool, good: str, bad: str) -> JudgementOut:
        return say("placement", facet, passes, good if passes else bad, RULES, kit)

    return [
        tell(
            "density",
            density >= brief.density_min,
            f"{density} eligible products reached.",
            f"Its keywords reach {density} eligible products; the campaign asks for {brief.density_min} or more.",
        ),
        tell(
            "enough products",
            len(shown) >= least,
            f"{len(shown)} products fit.",
            f"{free} free on this page; a row needs {least}.",
        ),
        tell("banned terms", not banned, "No banned term.", f"The title or subtitle uses the banned term “{banned}”."),
        tell(
            "length",
            len(theme.title) <= LONGEST_TITLE and len(theme.subtitle) <= LONGEST_SUBTITLE,
            "Title and subtitle fit the space.",
            f"Title over {LONGEST_TITLE} or subtitle over {LONGEST_SUBTITLE} characters.",
        ),
        tell(
            "plain text",
            not (words.has_markup(theme.title) or words.has_markup(theme.subtitle) or machine),
            "Title and subtitle are plain words.",
            "Title or subtitle holds markup, an address or words to a machine.",
        ),
        tell(
            "claims",
            not promise,
            "Nothing is promised about price, stock or rank.",
            f"The title or subtitle promises “{promise}”, which prices and stock may not keep.",
        ),
    ]
