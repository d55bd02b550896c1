"""How much of what they turn down judges may settle without a person; kept in `Run.brief["settle_share"]`."""

from pydantic import Field

from generation.stages.contracts import Shape
from generation.stages.policy import Share


class Settling(Shape):
    """Shares 0..1 of a judge's drops that stay dropped; the rest is sent to people with a flag.

    `share` holds for judges that people's decisions say nothing against, `judges` for those whose agreement with
    people fell under policy, by the name and version in their judgements.
    """

    share: Share = 1.0
    judges: dict[str, Share] = Field(default_factory=dict)

    def of(self, judge: str) -> float:
        """The share for one judge, by name and version."""
        return self.judges.get(judge, self.share)
