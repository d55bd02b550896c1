"""Stage 2: model 1 plans the page: ordered themes with intent and concepts. It never sees the vocabulary."""

from generation.llm.base import Call
from generation.llm.prompts import load
from generation.stages.contracts import Brief, Context, Themes, ThemesInput
from generation.stages.ports import Kit
from generation.stages.words import banned_in
from storefront_studio.lib.errors import BadOutput

RESERVES = 0.75  # more themes than placements, since some will be dropped on the way


def wanted(placements: int) -> int:
    """How many themes to ask for: the placements and three quarters as many again, at least two more."""
    return placements + max(2, round(placements * RESERVES))


def run(context: Context, kit: Kit) -> Themes:
    """Ask for themes; raises BadOutput when the model abstains or nothing usable remains."""
    brief = context.brief
    call = Call(
        stage="themes",
        prompt=load("themes", kit.prompts["themes"]),
        data=ThemesInput(context=context, wanted=wanted(brief.placements)),
        answer=Themes,
        check=lambda answer: check(answer, brief),
    )
    answer = kit.model.complete(call).value
    if answer.abstained and not answer.themes:
        raise BadOutput(f"{kit.model.label} proposed no themes: {answer.abstained}")
    return Themes(themes=answer.themes[: call.data.wanted])


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
