"""Stage 4: model 2 selects keywords from the candidates, nothing else; membership is enforced here."""

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.stages.contracts import Brief, Candidates, Keywords, KeywordsInput, Selection, Theme
from generation.stages.ports import Kit


def run(brief: Brief, theme: Theme, found: Candidates, kit: Kit, key: str = "") -> Keywords:
    """The selected candidates in the model's order; empty when the model found none that fits."""
    if not found.candidates:
        return Keywords(keywords=[], reason="The vocabulary has nothing close to this theme.")
    by_id = {candidate.id: candidate for candidate in found.candidates}
    data = KeywordsInput(
        theme=theme, objective=brief.objective, eligible=kit.search.eligible_count, candidates=found.candidates
    )
    call = Call(
        stage="keywords",
        prompt=load("keywords", kit.prompts["keywords"]),
        data=data,
        answer=Selection,
        check=lambda answer: check(answer, set(by_id), data.most),
        key=key,
    )
    answer = kit.model.complete(call).value
    return Keywords(keywords=[by_id[id_] for id_ in answer.selected], reason=answer.reason)


def check(answer: Selection, allowed: set[int], most: int) -> None:
    """Membership, no repeats, no more than `most`; in words a model can act on."""
    strangers = [id_ for id_ in answer.selected if id_ not in allowed]
    if strangers:
        raise ValueError(f"ids {strangers} are not among the candidates; select only ids from the list")
    if len(set(answer.selected)) < len(answer.selected):
        raise ValueError("an id is selected twice; name each once")
    if len(answer.selected) > most:
        raise ValueError(f"{len(answer.selected)} ids are selected; the most is {most}")
