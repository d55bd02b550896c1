"""How an embedded page looks: a few values that become CSS variables, and nothing else."""

import re
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from storefront_studio.lib.errors import BadInput

FONTS = {
    "system": 'system-ui, -apple-system, "Segoe UI", Roboto, sans-serif',
    "serif": 'Georgia, "Times New Roman", serif',
    "rounded": 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, sans-serif',
    "mono": "ui-monospace, Menlo, Consolas, monospace",
}


def _colour(value: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        raise ValueError("write a colour as # and six digits, such as #1f5a3c")
    return value.lower()


Colour = Annotated[str, AfterValidator(_colour)]


class Theme(BaseModel):
    """Only colours, numbers and names of a list: nothing that a stylesheet could take for more."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Colour = "#20231f"
    muted: Colour = "#62675f"
    background: Colour = "#ffffff"
    accent: Colour = "#1f5a3c"
    sale: Colour = "#b3261e"
    radius: Annotated[int, Field(ge=0, le=32)] = 12
    tile: Annotated[int, Field(ge=96, le=320)] = 156
    font: Literal["system", "serif", "rounded", "mono"] = "system"

    def css(self) -> str:
        """The variables that the embed's stylesheet reads."""
        values: dict[str, Any] = {
            "text": self.text,
            "muted": self.muted,
            "background": self.background,
            "accent": self.accent,
            "sale": self.sale,
            "radius": f"{self.radius}px",
            "tile": f"{self.tile}px",
            "font": FONTS[self.font],
        }
        return ":root{" + ";".join(f"--embed-{name}:{value}" for name, value in values.items()) + "}"


def origins(text: str) -> list[str]:
    """One origin a line (https://shop.example). Raises BadInput for anything else: it becomes part of a header."""
    found = []
    for line in text.split():
        parts = urlsplit(line)
        host = re.fullmatch(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?", parts.netloc.lower())
        local = parts.scheme == "http" and parts.netloc.partition(":")[0] in ("localhost", "127.0.0.1")
        if not host or not (parts.scheme == "https" or local) or parts.path not in ("", "/") or parts.query:
            raise BadInput(f"“{line[:80]}” is not the address of a site. Write it like https://shop.example.")
        found.append(f"{parts.scheme}://{parts.netloc.lower()}")
    if len(found) > 20:
        raise BadInput("At most 20 sites may show the page.")
    return list(dict.fromkeys(found))
