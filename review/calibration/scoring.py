"""A gold set put to every judge at hand: the built-in one, and the language models that would judge a run now."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import partial
from itertools import groupby

from django.conf import settings

from accounts.models import Store
from generation import asking, kit
from generation.answers import Answers
from generation.evaluators.base import ProductText, ThemeText, ThemeVectors
from generation.llm.base import Call, TextModel
from generation.llm.cached import Cached
from generation.llm.metered import Metered
from generation.llm.prompts import load
from generation.llm.seated import Seated
from generation.measure.replay import Spending
from generation.policy import policies
from generation.registry import releases
from generation.stages.contracts import JudgeInput, ProductFacts, Question, RowQuestions, SegmentFacts, Theme, Verdicts
from generation.stages.facets import BY_NAME
from generation.stages.judging.jurors import LONGEST_TITLE, TOKENS_A_VERDICT, check
from generation.stages.sight import Discreet
from review.calibration.gold import GoldPair, GoldTheme
from review.calibration.history import Verdict

Say = Callable[[str], object]
Scored = tuple[GoldPair, Verdict]
PRODUCTS = 12  # asked about in one question, as a row with its bench would be
FACET = BY_NAME["product", "fits_title"]


def score(
    store: Store, pairs: Sequence[GoldPair], say: Say = lambda text: None, spending: Spending | None = None
) -> Iterator[Scored]:
    """What every judge in force says of each pair. Loads the encoder; `say` hears how far it is, `spending` keeps what
    the language models cost. Raises what asking a model raises, and Misconfigured."""
    say(f"The built-in judge scores {len(pairs)} pairs")
    yield from by_built_in(store, pairs)
    for model in models(store, spending or Spending()):
        say(f"{model.label} judges {len(pairs)} pairs")
        yield from by_model(store, model, pairs)


def by_built_in(store: Store, pairs: Sequence[GoldPair]) -> Iterator[Scored]:
    """The built-in judge's word under the store's policy."""
    judge, encoder = kit.evaluator(releases.in_force(store).evaluator), kit.encoder_of(store)
    floor = policies.current(store).show_from
    for theme, together in _by_theme(pairs):
        text = ThemeText(theme.title, theme.subtitle, "", tuple(theme.concepts))
        products = [
            ProductText(one.product.title, one.product.brand, one.product.category, one.product.description)
            for one in together
        ]
        vectors = encoder.encode([product.passage for product in products])
        scores = judge.score(text, products, ThemeVectors.of(text, encoder), vectors)
        for pair, found in zip(together, scores, strict=True):
            share = found.probability
            yield pair, Verdict(f"Built-in judge {judge.version}", share >= floor, round(share, 4), found.reason)


def models(store: Store, spending: Spending) -> list[TextModel]:
    """The language models that would judge a run started now: answers are kept, and what they cost is held to the
    budget of one run."""
    now = releases.in_force(store)
    generator = kit.language_model(now.generator)
    found = kit.judge_models(now.judges) or ([generator] if generator else [])
    return [_counted(model, store, spending) for model in found]


def _counted(model: TextModel, store: Store, spending: Spending) -> TextModel:
    seated = Seated(model, lambda: asking.vendor_seat(asking.vendor_of(model.name)))
    metered = Metered(
        Cached(seated, Answers(store.pk)),
        record=spending.calls.append,
        limit=Decimal(settings.RUN_BUDGET_USD),
        spent=lambda: spending.known,
    )
    return Discreet(metered, policies.current(store))


def by_model(store: Store, model: TextModel, pairs: Sequence[GoldPair]) -> Iterator[Scored]:
    """A language model's word: one question for each theme and at most `PRODUCTS` of its products."""
    prompt = load("judge", releases.in_force(store).versions["judge"])
    facets = RowQuestions(placement=[], product=[Question(facet=FACET.name, question=FACET.question)])
    for theme, together in _by_theme(pairs):
        for start in range(0, len(together), PRODUCTS):
            part = {f"p{place}": pair for place, pair in enumerate(together[start : start + PRODUCTS], start=1)}
            call = Call(
                stage="judge",
                prompt=prompt,
                data=_question(theme, part, facets),
                answer=Verdicts,
                check=partial(_check, ids=set(part), facets=facets),
                key=next(iter(part.values())).id[:40],
                max_tokens=1000 + TOKENS_A_VERDICT * len(part),
            )
            said: defaultdict[str, list[tuple[bool, str]]] = defaultdict(list)
            for one in model.complete(call).value.products:
                said[one.id].append((one.passes, one.reason))
            for id_, pair in part.items():
                passes, reason = min(said[id_])  # who answers twice is taken at its no
                yield pair, Verdict(model.label, passes, None, reason)


def _check(answer: Verdicts, ids: set[str], facets: RowQuestions) -> None:
    check(answer, ids, facets)


def _question(theme: GoldTheme, part: dict[str, GoldPair], facets: RowQuestions) -> JudgeInput:
    return JudgeInput(
        objective=theme.title,
        segment=SegmentFacts(),
        brand_voice="",
        theme=Theme(title=theme.title[:80], subtitle=theme.subtitle[:120], concepts=theme.concepts),
        keywords=theme.concepts,
        products=[
            ProductFacts(id=id_, title=pair.product.title[:LONGEST_TITLE], category=pair.product.category)
            for id_, pair in part.items()
        ],
        facets=facets,
    )


def _by_theme(pairs: Sequence[GoldPair]) -> Iterator[tuple[GoldTheme, list[GoldPair]]]:
    def key(pair: GoldPair) -> str:
        return pair.theme.model_dump_json()

    for _, group in groupby(sorted(pairs, key=key), key=key):
        together = list(group)
        yield together[0].theme, together
