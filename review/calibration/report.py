"""Calibration as plain data: what the command prints with --json, and the API answers."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from accounts.models import Store
from review.calibration.numbers import Row
from review.calibration.settle import Share


def of(store: Store, rows: Sequence[Row], share: Share) -> dict[str, Any]:
    """{"store", "judges": [{"judge", "facets": [...]}], "settle": {...}}; what is unknown is None."""
    return {
        "store": store.slug,
        "judges": [
            {"judge": judge, "facets": [facet(row) for row in group]}
            for judge, group in groupby(rows, key=lambda row: row.judge)
        ],
        "settle": {
            "share": share.configured,
            "sentence": share.sentence,
            "judges": [
                {
                    "judge": one.judge,
                    "share": one.share,
                    "kappa": _round(one.kappa),
                    "labels": one.labels,
                    "sentence": one.sentence,
                }
                for one in share.judges
            ],
        },
    }


def facet(row: Row) -> dict[str, Any]:
    """One row of the table. Shares, kappa and its bounds are None where too little is known, and `unknown` says why."""
    found = row.agreement
    counts = found.counts
    return {
        "level": row.level,
        "facet": row.facet,
        "label": row.label,
        "n": counts.n,
        "prevalence": _round(found.prevalence),
        "agreement": _round(found.agreement),
        "kappa": _round(found.kappa),
        "low": _round(found.low),
        "high": _round(found.high),
        "judge_passed": counts.passed,
        "false_accepts": counts.false_accepts,
        "judge_failed": counts.failed,
        "false_rejects": counts.false_rejects,
        "sources": row.sources,
        "unknown": found.unknown,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
