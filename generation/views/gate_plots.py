"""A gate's numbers as shapes: bars with their difference, and a dot a brief, in the units of an SVG's own box."""

from collections.abc import Mapping, Sequence
from typing import Any

from generation.measure.gate_checks import AUC, KAPPA, MARGINS
from generation.measure.metrics import mean

WIDTH = 300  # of the part between 0 and 1
LEFT, BRIEFS_LEFT, BAR, GAP = 92, 150, 14, 6
SHARES = {one.each: one.label for one in (*MARGINS, KAPPA, AUC)}
SIDES = (("production", "Production"), ("candidate", "Candidate"))


def bars(checks: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A plot for each check that compares two shares: two bars, and the margin under production as a line."""
    found = []
    for check in checks:
        if check["name"] not in SHARES or check["candidate"] is None or check["production"] is None:
            continue
        rows = [
            {
                "label": label,
                "side": side,
                "value": f"{check[side]:.3f}",
                "top": GAP + place * (BAR + GAP),
                "middle": GAP + place * (BAR + GAP) + BAR / 2,
                "width": _x(check[side]),
            }
            for place, (side, label) in enumerate(SIDES)
        ]
        less_is_better = check["name"] == "under"
        bar = check["production"] + (check["limit"] if less_is_better else -check["limit"])
        found.append(
            {
                "name": check["label"],
                "sentence": check["sentence"],
                "passes": check["passes"],
                "rows": rows,
                "limit_at": LEFT + _x(bar),
                "limit": f"{bar:.3f}",
                **_box(2),
            }
        )
    return found


def briefs(report: Mapping[str, Any]) -> dict[str, Any] | None:
    """P-T@5 of each brief with both sides as dots on one line; None while no brief has both."""
    rows: list[dict[str, Any]] = []
    for brief in report.get("briefs", []):
        pages = report["pages"].get(brief["brief_id"], {})
        values = {side: mean(pages[side]["P-T@5"]) for side, _ in SIDES if side in pages}
        if len(values) < 2:
            continue
        top = GAP + len(rows) * (BAR + GAP)
        rows.append(
            {
                "label": brief["brief_id"],
                "middle": top + BAR / 2,
                "dots": [
                    {"side": side, "x": BRIEFS_LEFT + _x(value), "value": f"{value:.2f}"}
                    for side, value in values.items()
                    if value is not None
                ],
                "same": pages["production"]["same"] == pages["candidate"]["same"],
            }
        )
    return {"rows": rows, **_box(len(rows), BRIEFS_LEFT)} if rows else None


def _box(rows: int, left: int = LEFT) -> dict[str, Any]:
    return {
        "left": left,
        "label_at": left - 8,
        "bar": BAR,
        "full": WIDTH,
        "right": left + WIDTH,
        "value_at": left + WIDTH + 12,
        "width": left + WIDTH + 60,
        "height": rows * (BAR + GAP) + GAP,
    }


def _x(share: float) -> float:
    return round(max(0.0, min(share, 1.0)) * WIDTH, 1)
