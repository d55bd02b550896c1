"""How much of what they turn down judges may settle without a person, given how far people agree with them."""

from dataclasses import dataclass

from accounts.models import Store
from generation.stages.policy import QualityPolicy
from generation.stages.settling import Settling
from review.calibration.agreement import LEAST, Counts
from review.calibration.numbers import counts_by_judge


@dataclass(frozen=True)
class JudgeShare:
    """The share (0..1) of its drops that one judge version settles alone, and why. `kappa` is `balanced_kappa`."""

    judge: str
    share: float
    kappa: float | None
    labels: int
    sentence: str


@dataclass(frozen=True)
class Share:
    """`configured` is what policy allows every judge; `judges` are those that people have labelled."""

    configured: float
    judges: tuple[JudgeShare, ...]
    sentence: str

    @property
    def settling(self) -> Settling:
        return Settling(share=self.configured, judges={one.judge: one.share for one in self.judges})


def balanced_kappa(counts: Counts) -> float | None:
    """Cohen's kappa as if the judge had passed as often as it turned down; None with too few labels of either.

    People see nearly everything a judge passed and little of what it dropped, and plain kappa falls with that alone
    (verification bias: C. B. Begg and R. A. Greenes, Biometrics 39 (1983), 207-215). With both verdicts weighing half,
    expected agreement is 1/2 and kappa is P(people pass | it passed) + P(people fail | it failed) - 1.
    """
    if counts.passed < LEAST or counts.failed < LEAST:
        return None
    return counts.both_pass / counts.passed + counts.both_fail / counts.failed - 1


def share(store: Store, policy: QualityPolicy) -> Share:
    """What each judge of `store` may settle under `policy`, over all labels of facets whose failing drops something."""
    found = counts_by_judge(store, lambda level, facet: policy.severity(level, facet) == "drop")
    judges = tuple(_of(judge, counts, policy) for judge, counts in sorted(found.items()))
    reduced = [one for one in judges if one.share < policy.settle_share]
    allowed = f"Policy lets judges settle {policy.settle_share:.0%} of what they turn down without a person."
    if reduced:
        names = " and ".join(one.judge for one in reduced)
        return Share(policy.settle_share, judges, f"{allowed} {names} may settle less, because people disagree.")
    return Share(policy.settle_share, judges, f"{allowed} Nothing that people decided so far speaks against that.")


def _of(judge: str, counts: Counts, policy: QualityPolicy) -> JudgeShare:
    configured, kappa = policy.settle_share, balanced_kappa(counts)
    if counts.n < policy.labels_min:
        few = f"{counts.n} labels are too few to tell; policy asks for {policy.labels_min}."
        return JudgeShare(judge, configured, None, counts.n, f"Settles {configured:.0%} of its drops: {few}")
    if kappa is None:
        side = "turned down" if counts.failed < LEAST else "passed"
        few = f"people have looked at too little of what it {side} to tell ({LEAST} labels or more)."
        return JudgeShare(judge, configured, None, counts.n, f"Settles {configured:.0%} of its drops: {few}")
    if kappa >= policy.kappa_min:
        good = f"kappa {kappa:.2f} over {counts.n} labels is not under the policy's {policy.kappa_min:.2f}."
        return JudgeShare(judge, configured, kappa, counts.n, f"Settles {configured:.0%} of its drops: {good}")
    value = configured * max(0.0, kappa) / policy.kappa_min if policy.kappa_min > 0 else 0.0
    bad = f"kappa {kappa:.2f} over {counts.n} labels is under the policy's {policy.kappa_min:.2f}."
    rest = "people see the rest" if value else "people see all of them"
    return JudgeShare(judge, round(value, 4), kappa, counts.n, f"Settles {value:.0%} of its drops, {rest}: {bad}")
