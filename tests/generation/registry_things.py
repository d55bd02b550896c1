"""What the registry's tests share: a second version of weights and prompts, and gates that have ended."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from generation.evaluators import builtin
from generation.llm import prompts
from generation.models import GateReport, Release
from generation.registry import releases, versions


def second_weights(monkeypatch: pytest.MonkeyPatch, folder: Path, **changed: Any) -> Path:
    """Weights v2 beside v1, in a folder of the test's own; `changed` are values of the file."""
    folder.mkdir(exist_ok=True)
    first = folder / "builtin-v1.json"
    shutil.copy(builtin.WEIGHTS, first)
    second = folder / "builtin-v2.json"
    second.write_text(json.dumps({**json.loads(first.read_text()), "version": "2", **changed}))
    monkeypatch.setattr(builtin, "WEIGHTS", first)
    return second


def own_prompts(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Path:
    """The installed prompts, copied so that a test may change them."""
    shutil.copytree(prompts.FOLDER, folder)
    monkeypatch.setattr(prompts, "FOLDER", folder)
    return folder


def check(passes: bool = True, **fields: Any) -> dict[str, Any]:
    """One check of a gate."""
    return {
        "name": "kept",
        "label": "Rows that pass judging",
        "passes": passes,
        "gating": True,
        "candidate": 0.2,
        "production": 0.9,
        "limit": 0.1,
        "sentence": "Rows that pass judging: 0.2 beside 0.9.",
        **fields,
    }


def ended_gate(store: Any, kind: str, name: str, version: str, passed: bool = True, **fields: Any) -> GateReport:
    """The report of a gate that has ended beside what is in production now."""
    now = releases.in_force(store)
    token = versions.token_of(kind, name, version)
    return GateReport.objects.create(
        **{
            "store": store,
            "kind": kind,
            "name": name,
            "candidate": token,
            "production": now.of(kind, name),
            "status": "done",
            "passed": passed,
            "checks": [check(passed)],
            "report": {"production": now.model_dump(mode="json"), "briefs": [], "pages": {}},
            **fields,
        }
    )


def versions_given(store: Any, label: str) -> list[str]:
    """What got a label, newest first, without hashes."""
    return [versions.short(one.version) for one in Release.objects.filter(store=store, label=label).order_by("-id")]
