"""What a run would use of its models, before it is started: tokens and money, from earlier runs where there were any.

Per stage, calls x tokens a call. Both are averages over this store's earlier calls of the same model and prompt where
there are `ENOUGH` of them; else they follow from the prompts themselves and the sizes below. A token is taken as four
characters of English (OpenAI, "What are tokens and how to count them"). Answers that the store has kept already are
paid for again in this estimate: it says what a fresh page costs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import Avg, Count

from accounts.models import Store
from generation import kit
from generation.llm import prompts
from generation.llm.base import TextModel
from generation.llm.wire import WireModel
from generation.models import Campaign, ModelCall
from generation.registry import releases
from generation.stages import facets
from generation.stages.fusion import BENCH
from generation.stages.ports import Kit
from storefront_studio.lib.errors import Misconfigured

CHARACTERS_A_TOKEN = 4
ENOUGH = 3  # earlier calls of a stage, from which their average says more than the formula
LOOKED_AT = 400  # latest calls of a stage that are averaged

# Characters of one piece of the data that a stage is given, names of its JSON fields included, and of its answer.
BRIEF, CATEGORY, CATEGORIES = 1500, 70, 40
CANDIDATE, CANDIDATES = 110, 100
THEME, PRODUCT, ROW_TITLE = 520, 240, 90
PLANNED, CHOSEN = 560, 420
VERDICT = 130
REPLACED = 0.25  # share of rows that are dropped and made again from a reserve theme


@dataclass(frozen=True)
class StageEstimate:
    """One stage: how many calls, and tokens of all of them together. `runs` is how many earlier runs it was measured
    on; 0: it follows from the size of the prompts."""

    stage: str
    model: str
    calls: float
    input_tokens: int
    output_tokens: int
    cost: Decimal | None
    runs: int = 0


@dataclass(frozen=True)
class Estimate:
    """Tokens and money (USD; None: the price is not known) of one run. Without stages no language model is asked."""

    stages: list[StageEstimate] = field(default_factory=list)

    @property
    def tokens(self) -> int:
        return self.input_tokens + self.output_tokens

    @property
    def input_tokens(self) -> int:
        return sum(stage.input_tokens for stage in self.stages)

    @property
    def output_tokens(self) -> int:
        return sum(stage.output_tokens for stage in self.stages)

    @property
    def cost(self) -> Decimal | None:
        costs = [stage.cost for stage in self.stages]
        known = [cost for cost in costs if cost is not None]
        return sum(known, Decimal(0)) if len(known) == len(costs) else None

    @property
    def runs(self) -> int:
        """Earlier runs behind it; 0 when any stage had none."""
        return min((stage.runs for stage in self.stages), default=0)

    @property
    def sentence(self) -> str:
        """In words, with where it comes from."""
        if not self.stages:
            return "0: no language model is asked"
        cost = "cost unknown" if self.cost is None else f"about {_dollars(self.cost)}"
        return f"about {_rounded(self.tokens):,} tokens, {cost}"

    @property
    def basis(self) -> str:
        """What it rests on."""
        if not self.stages:
            return ""
        if self.runs:
            return f"By {self.runs} earlier run{'s' if self.runs != 1 else ''} of this store."
        if any(stage.runs for stage in self.stages):
            return "Partly by earlier runs of this store, partly by the size of the prompts."
        return "By the size of the prompts; earlier runs will make it more exact."


def of_run(store: Store, placements: int, products: int) -> Estimate:
    """A run that makes `placements` rows of `products` products with what is in production now.

    One query for each stage and model. Raises Misconfigured when a model lacks its key or a prompt its file.
    """
    now = releases.in_force(store)
    model = kit.language_model(now.generator)
    if model is None:
        return Estimate()
    jurors = kit.judge_models(now.judges) or [model]
    versions = now.versions
    asked: list[tuple[str, str, TextModel]] = [("themes", "themes", model), ("keywords", "keywords", model)]
    asked += [(stage, name, juror) for stage, name in (("judge", "judge"), ("page", "page_judge")) for juror in jurors]
    formula = {stage: _formula(stage, placements, products) for stage, _name, _model in asked}
    return Estimate(
        [
            _stage(store, stage, name, versions.get(name, "v1"), one, placements, formula[stage])
            for stage, name, one in asked
        ]
    )


def rows_of(campaign: Campaign) -> int:
    """Rows that a run of the campaign would make: the page's, less those that the shop wrote itself."""
    return max(campaign.placements - (campaign.static_placements.count() if campaign.pk else 0), 1)


def of_model(store: Store, placements: int, products: int) -> tuple[Estimate | None, str]:
    """The estimate, or None and why there is none."""
    try:
        return of_run(store, placements, products), ""
    except Misconfigured as error:
        return None, str(error)


@dataclass(frozen=True)
class _Size:
    """By formula: calls, and characters of data and answer of one call."""

    calls: float
    data: int
    answer: int


def _formula(stage: str, placements: int, products: int) -> _Size:
    """What a stage is given and answers, by how much of everything there is."""
    worked = placements * (1 + REPLACED)
    if stage == "themes":
        wanted = placements + max(2, round(placements * Kit.reserves))
        return _Size(1, BRIEF + CATEGORY * CATEGORIES, PLANNED * wanted)
    if stage == "keywords":
        return _Size(worked, THEME + CANDIDATE * CANDIDATES + ROW_TITLE * placements, CHOSEN)
    if stage == "judge":
        judged = products + BENCH
        verdicts = len(facets.of("product")) * judged + len(facets.of("placement"))
        return _Size(worked, BRIEF // 2 + THEME + PRODUCT * judged, VERDICT * verdicts)
    told = ROW_TITLE * 2 + PRODUCT // 2 * products
    return _Size(1, BRIEF + told * placements, VERDICT * 2 * len(facets.of("page")))


def _stage(
    store: Store, stage: str, name: str, version: str, model: TextModel, placements: int, size: _Size
) -> StageEstimate:
    """Measured where it can be; calls grow with the rows, except where a page has one."""
    earlier = _measured(store, stage, f"{name}/{version}", model.name)
    if earlier is not None:
        # An odd run must not promise more calls than rows can need, nor fewer than one for each.
        calls = 1.0 if size.calls == 1 else min(max(earlier["calls"], 1.0), 3.0) * placements
        read, written, runs = earlier["read"] * calls, earlier["written"] * calls, int(earlier["runs"])
    else:
        prompt = prompts.load(name, version)
        given = (len(prompt.system) + len(prompt.user) + size.data) / CHARACTERS_A_TOKEN
        calls, read, written, runs = size.calls, given * size.calls, size.answer / CHARACTERS_A_TOKEN * size.calls, 0
    cost = model.price(round(read), round(written)) if isinstance(model, WireModel) else None
    return StageEstimate(stage, model.label, round(calls, 1), round(read), round(written), cost, runs)


def _measured(store: Store, stage: str, prompt: str, model: str) -> Mapping[str, float] | None:
    """Averages over the latest paid calls of this question: tokens a call, calls for each row asked for."""
    calls = ModelCall.objects.filter(
        run__campaign__store=store, stage=stage, prompt=prompt, model=model, outcome="ok", cached=False
    ).exclude(input_tokens=None)
    latest = calls.exclude(output_tokens=None).order_by("-id").values("pk")[:LOOKED_AT]
    row = ModelCall.objects.filter(pk__in=latest).aggregate(
        n=Count("pk"), runs=Count("run", distinct=True), read=Avg("input_tokens"), written=Avg("output_tokens")
    )
    if row["n"] < ENOUGH and not (row["n"] and row["n"] == row["runs"]):
        return None
    rows = (
        ModelCall.objects.filter(pk__in=latest)
        .order_by()
        .values("run", "run__brief__brief__placements")
        .distinct()
        .values_list("run__brief__brief__placements", flat=True)
    )
    asked = sum(int(number or 1) for number in rows)
    return {"calls": row["n"] / max(asked, 1), "read": row["read"], "written": row["written"], "runs": row["runs"]}


def _rounded(tokens: int) -> int:
    """To two or three telling digits: an estimate is no count."""
    step = 10 ** max(len(str(tokens)) - 3, 0)
    return int(round(tokens / step) * step)


def _dollars(usd: Decimal) -> str:
    return f"{usd:.4f} USD" if 0 < usd < Decimal("0.1") else f"{usd:.2f} USD"
