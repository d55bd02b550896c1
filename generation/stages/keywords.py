"""Stage 4: model 2 selects keywords from the candidates, nothing else; membership is enforced here."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Annotated

from pydantic import WithJsonSchema, create_model

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.stages.contracts import (
    Brief,
    Candidates,
    Keywords,
    KeywordsInput,
    OtherRow,
    Selection,
    Theme,
)
from generation.stages.ports import Kit

LEAST = 3  # a row keeps this many keywords whatever the other rows have chosen


def run(
    brief: Brief, theme: Theme, found: Candidates, kit: Kit, key: str = "", others: Sequence[OtherRow] = ()
) -> Keywords:
    """The selected candidates in the model's order; empty when the model found none that fits. `others` are the other
    rows of the page."""
    if not found.candidates:
        return Keywords(keywords=[], reason="The vocabulary has nothing close to this theme.")
    # Numbered from 1: shorter to write than the rows' own ids, and a schema that is the same for every list of this
    # length, which vendors therefore compile once.
    numbered = [one.model_copy(update={"id": number}) for number, one in enumerate(found.candidates, start=1)]
    data = KeywordsInput(
        theme=theme,
        objective=brief.objective,
        eligible=kit.search.eligible_count,
        candidates=numbered,
        others=list(others),
    )
    call = Call(
        stage="keywords",
        prompt=load("keywords", kit.prompts["keywords"]),
        data=data,
        answer=answer_among(len(numbered)),
        check=lambda answer: check(answer, {one.id for one in numbered}, data.most),
        key=key,
    )
    answer = kit.model.complete(call).value
    return Keywords(keywords=[found.candidates[number - 1] for number in answer.selected], reason=answer.reason)


@cache
def answer_among(count: int) -> type[Selection]:
    """`Selection` with a schema that allows no ids but 1 to `count`. Only the schema says so: what comes back is
    checked by `check`, whose words a model can act on, and which holds for servers that ignore schemas too."""
    number = Annotated[int, WithJsonSchema({"type": "integer", "enum": list(range(1, count + 1))})]
    return create_model(Selection.__name__, __base__=Selection, __doc__=Selection.__doc__, selected=(list[number], ...))


def check(answer: Selection, allowed: set[int], most: int) -> None:
    """Membership, no repeats, no more than `most`; in words a model can act on."""
    strangers = [id_ for id_ in answer.selected if id_ not in allowed]
    if strangers:
        raise ValueError(f"ids {strangers} are not among the candidates; select only ids from the list")
    if len(set(answer.selected)) < len(answer.selected):
        raise ValueError("an id is selected twice; name each once")
    if len(answer.selected) > most:
        raise ValueError(f"{len(answer.selected)} ids are selected; the most is {most}")


def share(chosen: Mapping[int, Keywords], settled: Sequence[Keywords]) -> dict[int, Keywords]:
    """The same rows without what two of them chose: a keyword stays with the row it is nearer to, so long as the other
    keeps `LEAST`. What is `settled` in rows that are decided already stays there."""
    there = {word.id for row in settled for word in row.keywords}
    nearest: dict[int, tuple[float, int]] = {}
    for key, row in chosen.items():
        for word in row.keywords:
            claim = (-word.similarity, key)
            nearest[word.id] = min(nearest.get(word.id, claim), claim)
    shared = {}
    for key, row in chosen.items():
        # The weakest claims go first: when only some can go, it is those.
        extra = sorted(
            (word for word in row.keywords if word.id in there or nearest[word.id][1] != key),
            key=lambda word: (word.similarity, word.id),
        )
        gone = {word.id for word in extra[: max(len(row.keywords) - LEAST, 0)]}
        shared[key] = row.model_copy(
            update={
                "keywords": [word for word in row.keywords if word.id not in gone],
                "left": [word.id for word in row.keywords if word.id in gone],
            }
        )
    return shared
