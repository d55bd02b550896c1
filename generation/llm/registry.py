"""From a name and the environment to a model."""

from collections.abc import Mapping
from pathlib import Path

from generation.llm import anthropic, openai, pricing
from generation.llm.base import TextModel
from generation.llm.batch.anthropic import AnthropicBatches
from generation.llm.batch.base import BatchService
from generation.llm.batch.openai import OpenAIBatches
from generation.llm.wire import WireModel
from storefront_studio.lib.errors import Misconfigured

DEFAULT_MODELS = {"openai": "gpt-6.2-sol", "anthropic": "claude-sonnet-5-5"}
"""Each vendor's everyday model as of November 2026; both cost 2 USD in, 10 USD out per million tokens."""
DEFAULT_EFFORT = "low"
"""Short, narrow tasks: more thinking costs time and money and was not what the prompts were written for."""
ADAPTERS = {"openai": openai.OpenAIModel, "anthropic": anthropic.AnthropicModel}
OFFICIAL = {"openai": openai.OFFICIAL, "anthropic": anthropic.OFFICIAL}


def batch_service(model: WireModel) -> BatchService:
    """The batch service of a vendor's model. Raises Misconfigured for a vendor that has none."""
    if isinstance(model, openai.OpenAIModel):
        return OpenAIBatches(model)
    if isinstance(model, anthropic.AnthropicModel):
        return AnthropicBatches(model)
    raise Misconfigured(f"{model.label} has no batch service")


def build(name: str, env: Mapping[str, str], max_attempts: int = 3) -> TextModel:
    """The model of a vendor (`openai` or `anthropic`), read from VENDOR_API_KEY, VENDOR_BASE_URL and
    VENDOR_MODEL, and from LLM_TIMEOUT (seconds), LLM_EFFORT and LLM_PRICES (a YAML file). `max_attempts`: requests
    before a fault that may pass is given up.

    Raises Misconfigured naming the variable and the way out.
    """
    if name not in ADAPTERS:
        raise Misconfigured(f"there is no language model called {name!r}; choose one of: {', '.join(ADAPTERS)}")
    prefix = name.upper()
    key = env.get(f"{prefix}_API_KEY", "").strip()
    base_url = env.get(f"{prefix}_BASE_URL", "").strip() or OFFICIAL[name]
    model = env.get(f"{prefix}_MODEL", "").strip()
    official = base_url.rstrip("/") == OFFICIAL[name]
    if official and not key:
        raise Misconfigured(f"set {prefix}_API_KEY, or {prefix}_BASE_URL for a server that needs no key")
    if not official and not model:
        raise Misconfigured(f"set {prefix}_MODEL: {base_url} serves models of its own")
    return ADAPTERS[name](
        key,
        model or DEFAULT_MODELS[name],
        base_url=base_url,
        timeout=_seconds(env.get("LLM_TIMEOUT", "")),
        max_attempts=max_attempts,
        prices=_prices(env.get("LLM_PRICES", ""), official),
        # Other servers may not know the option, so there it is sent only when asked for.
        effort=env.get("LLM_EFFORT", "").strip() or (DEFAULT_EFFORT if official else None),
    )


def prices(env: Mapping[str, str], base_url: str) -> pricing.Prices | None:
    """What the models at an address of OpenAI's protocol cost, LLM_PRICES included; None leaves it to the adapter."""
    return _prices(env.get("LLM_PRICES", ""), base_url.rstrip("/") == OFFICIAL["openai"])


def _seconds(text: str) -> float:
    try:
        seconds = float(text or 60)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 3600:
        raise Misconfigured(f"LLM_TIMEOUT must be seconds between 0 and 3600, not {text!r}")
    return seconds


def _prices(path: str, official: bool) -> pricing.Prices | None:
    if not path.strip():
        return None
    base = pricing.published() if official else pricing.Prices.none()
    return pricing.overridden(base, pricing.load(Path(path.strip())))
