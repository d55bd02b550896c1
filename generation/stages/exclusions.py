"""What no product of the page may carry: the words a person excluded, and what the objective rules out."""

from collections.abc import Sequence

from generation.stages.contracts import Brief, Hit
from generation.stages.words import carries, kin, ruled_out


def words(brief: Brief) -> list[str]:
    """Every word, each with its close kin: those of the constraints first, then those of the objective and of what a
    person asked to change."""
    found = [word for term in brief.exclude_terms for word in kin(term)]
    return list(dict.fromkeys([*found, *ruled_out(f"{brief.objective}. {brief.instruction}")]))


def carried(hit: Hit, ruled: Sequence[str]) -> str:
    """The first of `ruled` that title or category say the product has, or ""."""
    text = f"{hit.title}. {hit.category}"
    return next((word for word in ruled if carries(text, word)), "")
