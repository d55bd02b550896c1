"""The language models that judge: one question to each, and one verdict out of their answers.

On safety any juror's no counts. Elsewhere the majority decides, and a tie counts as no. What every juror said is kept
under its name; the no of a juror who was outvoted is only said.
"""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Generic

from generation.llm.base import BadAnswer, Call, Pending, Refused, T, TextModel
from generation.llm.prompts import load
from generation.stages.contracts import (
    Brief,
    DroppedProduct,
    Flag,
    Judged,
    JudgeInput,
    JudgementOut,
    Keywords,
    ProductFacts,
    Question,
    RowQuestions,
    Theme,
    Verdicts,
)
from generation.stages.facets import BY_NAME, Level, Severity, of
from generation.stages.judging.verdicts import added, fatal, least_products, say, turned_down, without
from generation.stages.ports import Kit

TOKENS_A_VERDICT = 90  # of an answer: a facet, a reason of 140 characters and what JSON puts around them
LONGEST_TITLE = 160
SILENT = "no verdict"


def panel(kit: Kit) -> list[TextModel]:
    """Every model that judges."""
    return [*([kit.judge] if kit.judge else []), *kit.jurors]


def questions(level: Level) -> list[Question]:
    return [Question(facet=facet.name, question=facet.question) for facet in of(level)]


@dataclass(frozen=True)
class Poll(Generic[T]):
    """Each juror's answer under its label and the rubric's version: a model with another rubric is another judge.
    `silent` are those that gave no usable answer, with the reason; they have no vote, and people are told."""

    answers: list[tuple[str, T]]
    silent: list[tuple[str, str]]

    @property
    def flags(self) -> list[Flag]:
        return [Flag(facet=SILENT, judge=juror, reason=reason) for juror, reason in self.silent]


def poll(kit: Kit, call: Call[T]) -> Poll[T]:
    """Ask all jurors, at once where the kit allows it.

    Every juror is asked before Pending is raised, so that all questions of a round are registered; other errors are
    raised as they come.
    """
    jurors = panel(kit)
    rubric = f"rubric {call.prompt.version}"

    def ask(juror: TextModel) -> tuple[str, T] | tuple[str, BadAnswer] | Pending:
        label = f"{juror.label[:90]}, {rubric}"
        try:
            return label, juror.complete(call).value
        except Pending as error:
            return error
        except BadAnswer as error:
            return label, error

    def alone(juror: TextModel) -> tuple[str, T] | tuple[str, BadAnswer] | Pending:
        try:
            return ask(juror)
        finally:
            kit.release()

    if len(jurors) > 1 and kit.at_once > 1:
        with ThreadPoolExecutor(max_workers=min(len(jurors), kit.at_once)) as pool:
            said = list(pool.map(alone, jurors))
    else:
        said = [ask(juror) for juror in jurors]
    waiting = next((one for one in said if isinstance(one, Pending)), None)
    if waiting:
        raise waiting
    told = _told_apart([one for one in said if not isinstance(one, Pending)])
    return Poll(
        answers=[(label, answer) for label, answer in told if not isinstance(answer, BadAnswer)],
        silent=[(label, _in_words(answer)) for label, answer in told if isinstance(answer, BadAnswer)],
    )


def _in_words(error: BadAnswer) -> str:
    gave = "refused to judge this" if isinstance(error, Refused) else "gave no usable answer, also after one repair"
    return f"It {gave}. A person has to."


def _told_apart(answers: Sequence[tuple[str, Any]]) -> list[tuple[str, Any]]:
    """Two jurors of one label get a number, so that each keeps its own word."""
    seen: defaultdict[str, int] = defaultdict(int)
    named = []
    for label, answer in answers:
        seen[label] += 1
        named.append((label if seen[label] == 1 else f"{label} ({seen[label]})", answer))
    return named


@dataclass(frozen=True)
class Voice:
    """What one juror said on one question."""

    juror: str
    passes: bool
    reason: str


def carried(facet: str, level: Level, voices: Sequence[Voice]) -> bool:
    """Whether the panel passes it."""
    known = BY_NAME.get((level, facet))
    for_it = sum(voice.passes for voice in voices)
    if known is not None and known.safety:
        return for_it == len(voices)
    return for_it * 2 > len(voices)


class Votes:
    """What was said, by facet and product. A juror who answers a question twice is taken at its no."""

    def __init__(self) -> None:
        self._said: defaultdict[tuple[str, int | None], dict[str, Voice]] = defaultdict(dict)

    def add(self, facet: str, product: int | None, voice: Voice) -> None:
        before = self._said[facet, product].get(voice.juror)
        if before is None or before.passes:
            self._said[facet, product][voice.juror] = voice

    def judgements(self, level: Level, kit: Kit) -> list[JudgementOut]:
        """Everything that was said, each under its juror; the severity of a juror's no that the panel does not share
        is "pass"."""
        said = []
        for (facet, product), voices in self._said.items():
            held = carried(facet, level, list(voices.values()))
            for voice in voices.values():
                severity: Severity | None = "pass" if held and not voice.passes else None
                said.append(
                    say(
                        level,
                        facet,
                        voice.passes,
                        voice.reason,
                        voice.juror,
                        kit,
                        product=product,
                        severity=severity,
                    )
                )
        return said


def judge(brief: Brief, theme: Theme, chosen: Keywords, judged: Judged, kit: Kit, key: str) -> Judged:
    """The panel's word on a row: products it turns down are replaced from the bench, the row is kept, flagged or
    dropped. Raises what asking a model raises."""
    asked = [*judged.shown, *judged.bench]
    ids = {one.hit.item_id: one.hit.product for one in asked}
    facets = RowQuestions(placement=questions("placement"), product=questions("product"))
    call = Call(
        stage="judge",
        prompt=load("judge", kit.prompts["judge"]),
        data=JudgeInput(
            objective=brief.objective,
            segment=brief.segment,
            brand_voice=brief.brand_voice,
            theme=theme,
            keywords=[keyword.text for keyword in chosen.keywords],
            products=[
                ProductFacts(
                    id=one.hit.item_id,
                    title=one.hit.title[:LONGEST_TITLE],
                    category=one.hit.category,
                    price=one.hit.price,
                )
                for one in asked
            ],
            facets=facets,
        ),
        answer=Verdicts,
        check=lambda answer: check(answer, set(ids), facets),
        key=key,
        max_tokens=1000 + TOKENS_A_VERDICT * (len(facets.placement) + len(ids) * len(facets.product)),
    )
    polled = poll(kit, call)
    judged = judged.model_copy(update={"flags": [*judged.flags, *polled.flags]})
    rows, pairs = Votes(), Votes()
    for juror, answer in polled.answers:
        for verdict in answer.placement:
            rows.add(verdict.facet, None, Voice(juror, verdict.passes, verdict.reason))
        for one in answer.products:
            pairs.add(one.facet, ids[one.id], Voice(juror, one.passes, one.reason))
    on_row, on_products = rows.judgements("placement", kit), pairs.judgements("product", kit)
    before = judged
    judged = added(added(judged, on_row), on_products)
    judged = judged.model_copy(update={"flags": [*judged.flags, *_product_flags(on_products, judged)]})
    away = [one for one in on_products if not one.passes and one.severity == "drop"]
    # What goes to people although a judge would drop it goes without what a juror called unsafe.
    before = without(before, _turned_away([one for one in away if one.facet == "safe"], before), brief, kit)
    judged = without(judged, _turned_away(away, judged), brief, kit)
    against = fatal(on_row)
    least = least_products(brief)
    if not against and len(judged.shown) < least:
        reason = f"Only {len(judged.shown)} products passed the judge; a row needs {least}."
        against = [one.model_copy(update={"reason": reason}) for one in away]
    return turned_down(judged, before, against, brief, key, kit) if against else judged


def _turned_away(said: Sequence[JudgementOut], judged: Judged) -> list[DroppedProduct]:
    """One entry for each product that is out, with the first reason that decided."""
    products = {one.hit.product: one for one in (*judged.shown, *judged.bench)}
    out: dict[int, DroppedProduct] = {}
    for one in said:
        if one.product is None or one.product in out:
            continue
        ranked = products[one.product]
        out[one.product] = DroppedProduct(
            product=one.product,
            title=ranked.hit.title,
            by=one.judge,
            facet=one.facet,
            reason=one.reason,
            score=ranked.fit,
        )
    return list(out.values())


def _product_flags(said: Sequence[JudgementOut], judged: Judged) -> list[Flag]:
    titles = {one.hit.product: one.hit.title for one in judged.shown}
    return [
        Flag(facet=one.facet, judge=one.judge, reason=f"“{titles[one.product]}”: {one.reason}")
        for one in said
        if one.product in titles and not one.passes and one.severity == "review"
    ]


def check(answer: Verdicts, ids: set[str], facets: RowQuestions) -> None:
    """Every question answered, and no other; in words a model can act on."""
    row, product = ({one.facet for one in asked} for asked in (facets.placement, facets.product))
    strangers = sorted({verdict.id for verdict in answer.products} - ids)
    if strangers:
        raise ValueError(f"products {strangers} were not asked about; judge only the ids given")
    odd = sorted({one.facet for one in answer.placement} - row) + sorted(
        {one.facet for one in answer.products} - product
    )
    if odd:
        raise ValueError(f"facets {odd} were not asked; answer those under facets only")
    left = sorted(row - {one.facet for one in answer.placement})
    if left:
        raise ValueError(f"judge the placement too: facets {left} have no verdict")
    given = {(one.id, one.facet) for one in answer.products}
    missing = sorted({id_ for id_ in ids if any((id_, facet) not in given for facet in product)})
    if missing:
        raise ValueError(f"products {missing} were not judged; give every id one verdict for each of {sorted(product)}")
