"""Stage 2: model 1 plans the page: ordered themes with intent and concepts. It never sees the vocabulary."""

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.stages.contracts import Brief, Context, Themes, ThemesInput
from generation.stages.ports import Kit
from generation.stages.words import banned_in
from storefront_studio.lib.errors import BadOutput


def run(context: Context, kit: Kit) -> Themes:
    """Ask for the placements and `kit.reserves` as many again, since some will be dropped on the way.

    Raises BadOutput when the model abstains or nothing usable remains.
    """
    brief = context.brief
    data = ThemesInput(context=context, wanted=brief.placements + max(2, round(brief.placements * kit.reserves)))
    call = Call(
        stage="themes",
        prompt=load("themes", kit.prompts["themes"]),
        data=data,
        answer=Themes,
        check=lambda answer: check(answer, brief),
    )
    answer = kit.model.complete(call).value
    if answer.abstained and not answer.themes:
        raise BadOutput(f"{kit.model.label} proposed no themes: {answer.abstained}")
    return Themes(themes=answer.themes[: data.wanted])


def check(answer: Themes, brief: Brief) -> None:
    """Domain rules of a plan, in words a model can act on."""
    if not answer.themes and not answer.abstained:
        raise ValueError("give at least one theme, or set abstained to the reason why there is none")
    seen: set[str] = set()
    for number, theme in enumerate(answer.themes, start=1):
        found = banned_in(f"{theme.title} {theme.subtitle}", brief.banned_terms)
        if found:
            raise ValueError(f"theme {number} uses the banned term “{found}”; write it without")
        title = theme.title.casefold()
        if title in seen:
            raise ValueError(f"theme {number} repeats the title “{theme.title}”; every theme must differ")
        seen.add(title)
