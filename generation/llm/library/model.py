"""The built-in generator: themes we wrote, chosen by meaning, and keywords by meaning, density and diversity.

It answers the same calls as a language model, without a key, a network or chance: same input and seed, same page.
"""

import time
from collections.abc import Callable
from typing import cast

from generation.encoders.base import Encoder
from generation.llm.base import NOTHING, BadAnswer, Call, Reply, T
from generation.llm.library import planning, selecting
from generation.llm.library.filling import Suits, all_suit
from generation.llm.library.shelf import Shelf
from generation.stages.contracts import KeywordsInput, ThemesInput
from generation.stages.ports import Search
from storefront_studio.lib.errors import Misconfigured


class LibraryModel:
    """A `TextModel` over the theme library. `shelf` is called at the first use, since loading it takes a moment."""

    name = "library"
    label = "Built-in library"

    def __init__(self, shelf: Callable[[], Shelf], encoder: Encoder, search: Search, suits: Suits = all_suit) -> None:
        self._shelf = shelf
        self._encoder = encoder
        self._search = search
        self._suits = suits

    def complete(self, call: Call[T]) -> Reply[T]:
        """Plan themes or select keywords; raises Misconfigured for any other stage (it does not judge), BadAnswer when
        its answer breaks the stage's own rules."""
        started = time.perf_counter()
        value: object
        if isinstance(call.data, ThemesInput):
            value = planning.plan(call.data, self._shelf(), self._encoder, self._search, self._suits)
        elif isinstance(call.data, KeywordsInput):
            value = selecting.select(call.data)
        else:
            raise Misconfigured(f"The built-in library cannot do the stage “{call.stage}”.")
        answer = cast(T, value)
        try:
            call.check(answer)
        except ValueError as error:
            raise BadAnswer(f"{self.label} did not give a usable answer for the {call.stage} stage: {error}") from None
        return Reply(
            value=answer,
            model=self.name,
            usage=NOTHING,
            attempts=(),
            repaired=False,
            seconds=time.perf_counter() - started,
        )
