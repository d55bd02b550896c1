"""What a theme is compared by, whoever compares it: a plan with an earlier ruling, or two plans with one another."""

from collections.abc import Sequence


def meaning(title: str, subtitle: str, concepts: Sequence[str]) -> str:
    """One text for the encoder. Both sides of a comparison must be written by this function."""
    parts = (title, subtitle, ", ".join(concepts))
    return ". ".join(part.strip() for part in parts if part.strip())
