"""A ranking proposal as a report: for commands, and in the words and shapes of the screen."""

from collections.abc import Mapping
from typing import Any

from generation.models import ObjectiveKind, RankingProposal


def plain(row: RankingProposal) -> dict[str, Any]:
    """Everything, for JSON."""
    return {
        **row.report,
        "store": row.store.slug,
        "proposal": row.number,
        "tuning": row.body,
        "counts": row.counts,
        "log_hash": row.log_hash,
        "author": row.author_name,
    }


def objectives(kinds: list[str]) -> str:
    """Kinds of objectives in words: ``Season, Occasion``."""
    return ", ".join(str(ObjectiveKind(kind).label) if kind in ObjectiveKind.values else kind for kind in kinds)


def change(one: Mapping[str, Any]) -> str:
    """What a proposal does to a group of objectives, in a sentence."""
    if not one["changes"]:
        return f"Alpha stays {one['alpha_now']:g}: no other value was told from it."
    said = f"Alpha {one['alpha_now']:g} becomes {one['alpha']:g}"
    if one["factor"] == 1:
        return f"{said}."
    return f"{said}, and the heaviest signal of the shop's score counts {one['factor']:g} times as much."


def in_short(report: Mapping[str, Any]) -> str:
    """What would change, in a line; the objectives that stay are counted."""
    moved = [one for one in report["objectives"] if one["changes"]]
    if not moved:
        return "Changes nothing: no other value was told from what serves."
    return " ".join(f"{objectives(one['kinds'])}: {change(one)}" for one in moved)


def rows(report: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A line an objective and system, for a table on a terminal."""
    return [
        {
            "objectives": ", ".join(one["kinds"]),
            "system": system["name"],
            "alpha": {"proposed": one["alpha"], "now": one["alpha_now"]}.get(system["name"]),
            **{name: system[name] for name in ("ndcg@10", "low", "high", "ahead_low", "ahead_high")},
        }
        for one in report["objectives"]
        for system in one["systems"]
    ]


def lines(report: Mapping[str, Any]) -> list[str]:
    """The sentences of a report, objective by objective, losses first; then what was not tuned, and the notes."""
    said = []
    for one in report["objectives"]:
        said.append(f"{objectives(one['kinds'])}: {change(one)}")
        said += [f"  On the part held out: {sentence}" for sentence in one["sentences"]]
    said += [f"{objectives([one['kind']])}: {one['why']}" for one in report["silent"]]
    return [*said, *report["notes"]]
