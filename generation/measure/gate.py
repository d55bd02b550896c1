"""The regression gate at work: a candidate and production, replayed on the same briefs, catalogue, policy and seed."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from accounts.models import Store
from generation import kit as kits
from generation.campaigns.brief import BriefIn, read
from generation.measure import gate_checks, judges, replay, snapshots
from generation.measure.snapshots import SAMPLE, Snapshot
from generation.models import Artefact, GateReport
from generation.registry import gates
from generation.registry.agreement import LabelledPair, labelled_pairs
from generation.registry.releases import Releases
from generation.registry.versions import verify
from generation.stages.policy import QualityPolicy
from storefront_studio.lib.errors import BadOutput, Misconfigured

SIDES = ("production", "candidate")
JUDGES = frozenset(
    {(Artefact.RUBRIC.value, "judge"), (Artefact.MODEL.value, "evaluator"), (Artefact.MODEL.value, "judges")}
)
"""What judges: these must agree with people as well as production does."""
Say = Callable[[str], object]


def work(gate: GateReport, say: Say = lambda text: None) -> None:
    """Replay what is not replayed yet, compare, and end the gate. Raises what replaying a page raises, BadInput for a
    snapshot that is not what it was, Misconfigured for a file that was changed meanwhile."""
    report = dict(gate.report)
    sides = {side: Releases.model_validate(report[side]) for side in SIDES}
    for versions in sides.values():
        _unchanged(versions)
    policy = QualityPolicy.model_validate(report["policy"])
    day = dt.date.fromisoformat(report["day"])
    briefs = [read(one) for one in report["briefs"]]
    snapshot = _snapshot(gate, report["catalogue"], say)
    with snapshots.opened(snapshot, f"{gates.STORES}{gate.pk}", say) as store:
        yard = _yard(sides)
        for brief in briefs:
            for side in SIDES:
                if side in report["pages"].get(brief.brief_id, {}):
                    continue
                say(f"{brief.brief_id}: {side}")
                made = replay.page(store, brief, day, sides[side], policy, yard)
                pages = {**report["pages"], brief.brief_id: {**report["pages"].get(brief.brief_id, {}), side: made}}
                report = {**report, "pages": pages}
                gates.save(gate, report)
        if judges_too(gate.kind, gate.name, sides["production"]) and "agreement" not in report:
            report = _asked(gate, report, store, briefs[0], day, sides, policy, say)
    ordered = {side: [report["pages"][brief.brief_id][side] for brief in briefs] for side in SIDES}
    checks = gate_checks.all_of(ordered["candidate"], ordered["production"], report.get("agreement"))
    gates.finish(gate, report, checks, gate_checks.passed(checks))


def _unchanged(versions: Releases) -> None:
    since = " since this gate was asked for"
    for name, token in versions.prompts.items():
        verify(Artefact.PROMPT, name, token, since)
    verify(Artefact.MODEL, "evaluator", versions.evaluator, since)


def _snapshot(gate: GateReport, catalogue: str, say: Say) -> Snapshot:
    """The frozen catalogue. Raises Misconfigured when the studio makes another sample catalogue than it did."""
    if catalogue != SAMPLE:
        return snapshots.read_head(catalogue)
    if snapshots.sample_digest() != gate.snapshot:
        raise Misconfigured("The studio's sample catalogue was changed since this gate was asked for. Run it again.")
    return snapshots.sample(say)


def _yard(sides: dict[str, Releases]) -> replay.Yard:
    """Production's evaluator; the candidate's as well where it is another."""
    tokens = dict.fromkeys(sides[side].evaluator for side in SIDES)
    return replay.Yard([kits.evaluator(token) for token in tokens])


def judges_too(kind: str, name: str, production: Releases) -> bool:
    """Whether another version would judge otherwise: a judge does, and a generator where no other model judges."""
    return (kind, name) in JUDGES or ((kind, name) == (Artefact.MODEL, "generator") and not production.judges)


def _asked(
    gate: GateReport,
    report: dict[str, Any],
    store: Store,
    given: BriefIn,
    day: dt.date,
    sides: dict[str, Releases],
    policy: QualityPolicy,
    say: Say,
) -> dict[str, Any]:
    """The report with what both judges say of what people of the gate's own store labelled, and of the gold set; each
    side is saved when it has been asked. A judge without a usable answer agrees with nobody."""
    pairs = labelled_pairs(gate.store)
    said: dict[str, list[judges.Said]] = {}
    for side in SIDES:
        known = report.get("said", {}).get(side, {})
        if not all(judges.key_of(pair) in known for pair in pairs):
            say(f"Asking the judge of {side} what people were asked")
            try:
                answers = _verdicts(gate, store, given, day, sides[side], policy, pairs)
            except BadOutput as error:
                missing = f"The judge of {side} gave no usable answer on the labelled products: {error}"
                return {**report, "agreement": {"missing": missing, "pairs": len(pairs)}}
            known = {
                judges.key_of(pair): [one.passes, one.probability] for pair, one in zip(pairs, answers, strict=True)
            }
            report = {**report, "said": {**report.get("said", {}), side: known}}
            gates.save(gate, report)
        said[side] = [judges.Said(*known[judges.key_of(pair)]) for pair in pairs]
    return {**report, "agreement": judges.compare(pairs, said["candidate"], said["production"])}


def _verdicts(
    gate: GateReport,
    store: Store,
    given: BriefIn,
    day: dt.date,
    versions: Releases,
    policy: QualityPolicy,
    pairs: list[LabelledPair],
) -> list[judges.Said]:
    brief, search = replay.prepared(store, given, day, policy)
    kit = replay.tools(search, versions, policy, replay.Spending())
    if kit.judge is None or gate.name == "evaluator":
        return judges.by_evaluator(kits.evaluator(versions.evaluator), pairs, policy.show_from)
    return judges.by_language_model(kit, brief, pairs)
