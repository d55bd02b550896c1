"""Two versions of a judge asked about the same labelled products: how far each agrees with people.

Cohen's kappa and the area under the ROC curve are scikit-learn's. Intervals are bootstrapped over themes, because the
products of one theme were judged together.
"""

import random
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from generation import kit as kits
from generation.evaluators.base import Evaluator, ThemeText, ThemeVectors
from generation.llm.base import BadAnswer, Call
from generation.llm.prompts import load
from generation.measure.metrics import percentile
from generation.registry.agreement import LabelledPair, too_few
from generation.stages.contracts import Brief, JudgeInput, ProductFacts, RowQuestions, Theme, Verdicts
from generation.stages.facets import BY_NAME
from generation.stages.judging import jurors
from generation.stages.ports import Kit

RESAMPLES = 500
PRODUCTS = 12  # asked about in one call, as a row with its bench would be
FACET = BY_NAME["product", "fits_title"]


@dataclass(frozen=True)
class Said:
    """What one judge said of one pair; a language model gives no probability."""

    passes: bool
    probability: float | None = None


def key_of(pair: LabelledPair) -> str:
    return f"{pair.source}:{pair.id}"


def by_evaluator(evaluator: Evaluator, pairs: Sequence[LabelledPair], show_from: float) -> list[Said]:
    """The built-in evaluator's word on every pair, in order."""
    encoder, said = kits.encoder(), {}
    for theme, group in groupby(sorted(pairs, key=_theme_key), key=lambda pair: pair.theme):
        together = list(group)
        products = [pair.product for pair in together]
        vectors = encoder.encode([product.passage for product in products])
        for pair, score in zip(
            together, evaluator.score(theme, products, ThemeVectors.of(theme, encoder), vectors), strict=True
        ):
            said[pair.source, pair.id] = Said(score.probability >= show_from, score.probability)
    return [said[pair.source, pair.id] for pair in pairs]


def by_language_model(kit: Kit, brief: Brief, pairs: Sequence[LabelledPair]) -> list[Said]:
    """The word of the language models that judge on every pair. Raises what asking a model raises."""
    said: dict[tuple[str, str], Said] = {}
    for theme, group in groupby(sorted(pairs, key=_theme_key), key=lambda pair: pair.theme):
        together = list(group)
        for start in range(0, len(together), PRODUCTS):
            part = together[start : start + PRODUCTS]
            said |= {
                (pair.source, pair.id): verdict
                for pair, verdict in zip(part, _row(kit, brief, theme, part), strict=True)
            }
    return [said[pair.source, pair.id] for pair in pairs]


def _row(kit: Kit, brief: Brief, theme: ThemeText, pairs: Sequence[LabelledPair]) -> list[Said]:
    """One question to every juror about the pairs' products, the one a run asks; of the answers, the panel's word on
    whether each product fits the title."""
    facets = RowQuestions(placement=jurors.questions("placement"), product=jurors.questions("product"))
    ids = [f"p{place}" for place in range(1, len(pairs) + 1)]
    call = Call(
        stage="judge",
        prompt=load("judge", kit.prompts["judge"]),
        data=JudgeInput(
            objective=theme.title,
            segment=brief.segment,
            brand_voice="",
            theme=Theme(
                title=theme.title[:80],
                subtitle=theme.subtitle[:120],
                intent=theme.intent[:300],
                concepts=list(theme.concepts)[:12] or [theme.title],
            ),
            keywords=[],
            products=[
                ProductFacts(id=id_, title=pair.product.title[: jurors.LONGEST_TITLE], category=pair.product.category)
                for id_, pair in zip(ids, pairs, strict=True)
            ],
            facets=facets,
        ),
        answer=Verdicts,
        check=lambda answer: jurors.check(answer, set(ids), facets),
        key=pairs[0].id[:40],
        max_tokens=1000 + jurors.TOKENS_A_VERDICT * (len(facets.placement) + len(pairs) * len(facets.product)),
    )
    voices: defaultdict[str, list[jurors.Voice]] = defaultdict(list)
    polled = jurors.poll(kit, call)
    for juror, reason in polled.silent:
        raise BadAnswer(f"{juror}: {reason}")
    for juror, answer in polled.answers:
        for id_ in ids:  # who answers twice is taken at its no
            passes = all(one.passes for one in answer.products if (one.id, one.facet) == (id_, FACET.name))
            voices[id_].append(jurors.Voice(juror, passes, ""))
    return [Said(jurors.carried(FACET.name, FACET.level, voices[id_])) for id_ in ids]


def compare(pairs: Sequence[LabelledPair], candidate: Sequence[Said], production: Sequence[Said]) -> dict[str, Any]:
    """Both judges beside people: {"pairs", "candidate": {"kappa", "auc"}, "production": {...}, "kappa_interval",
    "auc_interval"}, or {"missing": why} when too few pairs are labelled or a judge was silent on one."""
    missing = too_few(pairs)
    silent = sum(one.passes is None or other.passes is None for one, other in zip(candidate, production, strict=True))
    if not missing and silent:
        missing = (
            f"A judge gave no verdict on {silent} of {len(pairs)} labelled products, so the two cannot be compared."
        )
    if missing:
        return {"missing": missing, "pairs": len(pairs)}
    people = [pair.passes for pair in pairs]
    themes: defaultdict[ThemeText, list[int]] = defaultdict(list)
    for place, pair in enumerate(pairs):
        themes[pair.theme].append(place)
    found: dict[str, Any] = {"pairs": len(pairs), "candidate": {}, "production": {}}
    for name, measure in (("kappa", _kappa), ("auc", _auc)):
        for side, said in (("candidate", candidate), ("production", production)):
            found[side][name] = measure(people, said, range(len(pairs)))
        found[f"{name}_interval"] = _interval(measure, people, candidate, production, list(themes.values()))
    return found


Measure = Callable[[Sequence[bool], Sequence[Said], Sequence[int]], float | None]


def _kappa(people: Sequence[bool], said: Sequence[Said], places: Sequence[int]) -> float | None:
    """Cohen (1960); None where everybody always said the same."""
    from sklearn.metrics import cohen_kappa_score  # here: the web process imports this module and must stay light

    here, there = [people[place] for place in places], [said[place].passes for place in places]
    if len(set(here)) < 2:
        return None
    return float(cohen_kappa_score(here, there, labels=[False, True]))


def _auc(people: Sequence[bool], said: Sequence[Said], places: Sequence[int]) -> float | None:
    from sklearn.metrics import roc_auc_score

    here = [people[place] for place in places]
    chances = [chance for place in places if (chance := said[place].probability) is not None]
    return float(roc_auc_score(here, chances)) if len(chances) == len(here) and len(set(here)) == 2 else None


def _interval(
    measure: Measure,
    people: Sequence[bool],
    candidate: Sequence[Said],
    production: Sequence[Said],
    groups: Sequence[Sequence[int]],
) -> list[float] | None:
    """95 % bootstrap interval of the difference, whole themes drawn; None where most draws have no value."""
    draw, found = random.Random(1), []
    for _ in range(RESAMPLES if len(groups) > 1 else 0):
        places = [place for group in draw.choices(groups, k=len(groups)) for place in group]
        here, there = measure(people, candidate, places), measure(people, production, places)
        if here is not None and there is not None:
            found.append(here - there)
    return [percentile(found, 0.025), percentile(found, 0.975)] if len(found) >= 0.8 * RESAMPLES else None


def _theme_key(pair: LabelledPair) -> tuple[str, ...]:
    theme = pair.theme
    return (theme.title, theme.subtitle, theme.intent, *theme.concepts)
