"""What tokens cost: a dated list of published prices that an operator may override."""

import re
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from storefront_studio.lib.errors import Misconfigured

LIST = Path(__file__).with_name("prices.yaml")
MILLION = Decimal(1_000_000)


class Price(BaseModel):
    """USD per million tokens. Cached input and cache writes count as plain input where no price is given."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Decimal = Field(ge=0)
    output: Decimal = Field(ge=0)
    cached_input: Decimal | None = Field(default=None, ge=0)
    cache_write: Decimal | None = Field(default=None, ge=0)
    prompt_limit: int | None = None
    """Input tokens up to which these prices hold."""

    def cost(self, read: int, output: int, cached: int = 0, written: int = 0) -> Decimal | None:
        """USD for `read` input tokens in all, of which `cached` and `written`; None beyond the limit."""
        if self.prompt_limit is not None and read > self.prompt_limit:
            return None
        at_cached = self.input if self.cached_input is None else self.cached_input
        at_written = self.input if self.cache_write is None else self.cache_write
        plain = max(read - cached - written, 0)
        spent = plain * self.input + cached * at_cached + written * at_written + output * self.output
        return spent / MILLION


class Prices(BaseModel):
    """A price list and its day. `batch` is the share of these prices that a vendor's batch service takes; None: not
    known, counted as the whole."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    as_of: date
    batch: Decimal | None = Field(default=None, gt=0, le=1)
    models: dict[str, Price]

    @classmethod
    def none(cls) -> "Prices":
        """A list that knows no model, for servers whose prices nobody has configured."""
        return cls(as_of=date.min, models={})

    def cost(
        self, asked: str, answered: str, read: int, output: int, cached: int = 0, written: int = 0
    ) -> Decimal | None:
        """USD, by the model asked for or else the one that answered; None when neither is listed."""
        price = self._of(asked, answered)
        return None if price is None else price.cost(read, output, cached, written)

    def most(self, model: str, read: int, output: int) -> Decimal | None:
        """USD for at most so many tokens, all of the input at the dearest of its prices; None when not listed."""
        price = self._of(model)
        if price is None:
            return None
        dear = price.cache_write is not None and price.cache_write > price.input
        return price.cost(read, output, written=read if dear else 0)

    def _of(self, *models: str) -> Price | None:
        names = (*models, *(_undated(model) for model in models))
        return next((self.models[name] for name in names if name in self.models), None)


def _undated(model: str) -> str:
    """`claude-haiku-4-5-20251001` and `gpt-6-sol-2026-09-22` without their snapshot day."""
    return re.sub(r"-(\d{8}|\d{4}-\d{2}-\d{2})$", "", model)


@cache
def published() -> Prices:
    """The list shipped with the product."""
    return load(LIST)


def load(path: Path) -> Prices:
    """A price list from a YAML file. Raises Misconfigured naming the file."""
    try:
        return Prices.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise Misconfigured(f"price list {path} cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        raise Misconfigured(f"price list {path} is not valid YAML: {error}") from None
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise Misconfigured(f"price list {path}: {problems}") from None


def overridden(base: Prices, own: Prices) -> Prices:
    """`base` with the operator's own entries in place of or beside the listed ones."""
    batch = base.batch if own.batch is None else own.batch
    return Prices(as_of=own.as_of, batch=batch, models={**base.models, **own.models})
