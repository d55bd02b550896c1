"""Rankers beside each other as dots with their intervals, in the units of an SVG's own box."""

from collections.abc import Mapping, Sequence
from typing import Any

LEFT, WIDTH, ROW, TOP = 210, 300, 26, 12


def intervals(systems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """NDCG@10 of each ranker with the interval around it; the first is the one the report is about."""
    most = max((one["ndcg_high"] for one in systems), default=0.0) or 1.0

    def x(value: float) -> float:
        return round(LEFT + WIDTH * value / most, 1)

    rows = [
        {
            "label": one["name"],
            "ours": place == 0,
            "middle": TOP + place * ROW,
            "x": x(one["ndcg@10"]),
            "low": x(one["ndcg_low"]),
            "top": TOP + place * ROW - 2,
            "wide": round(max(x(one["ndcg_high"]) - x(one["ndcg_low"]), 1.0), 1),
            "value": f"{one['ndcg@10']:.3f}",
        }
        for place, one in enumerate(systems)
    ]
    return {
        "rows": rows,
        "left": LEFT,
        "right": LEFT + WIDTH,
        "label_at": LEFT - 8,
        "value_at": LEFT + WIDTH + 12,
        "width": LEFT + WIDTH + 60,
        "height": TOP + ROW * len(rows),
        "words": "; ".join(f"{one['name']} {one['ndcg@10']:.3f}" for one in systems),
    }
