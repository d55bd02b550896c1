"""Who sits in front of the browser, and what the browser complains about."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Person:
    user: Any
    name: str
    email: str
    password: str


@dataclass(frozen=True)
class Team:
    """The people of one store, by role."""

    store: Any
    people: dict[str, Person]


@dataclass
class Watched:
    """Windows whose console is read: `complaints` holds errors, refused content and scripts that broke, with the page.

    Answers that say no on purpose (a page that is not there, a role that may not) are the server's words, not errors.
    """

    browser: Any
    complaints: list[str] = field(default_factory=list)

    def window(self, url: str, width: int, height: int) -> Any:
        context = self.browser.new_context(
            base_url=url,
            viewport={"width": width, "height": height},
            has_touch=width < 900,
            reduced_motion="reduce",
        )
        context.set_default_timeout(15_000)
        page = context.new_page()
        page.on("console", lambda said: self._heard(page, said))
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page

    def _heard(self, page: Any, said: Any) -> None:
        if said.type == "error" and "status of 40" not in said.text:
            self.complaints.append(f"{page.url}: {said.text}")
