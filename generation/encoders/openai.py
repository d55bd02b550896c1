"""Vectors from OpenAI's embeddings, or from any server that speaks them (vLLM, Ollama, text-embeddings-inference)."""

import hashlib
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from generation.encoders.base import BATCH, Vectors
from generation.llm.openai import OFFICIAL
from generation.llm.pricing import Prices, published
from generation.llm.wire import Fault, shorten, status_fault, usage_of, wait
from storefront_studio.lib.errors import BadOutput, Misconfigured, Transient

# "Any array must be 2048 dimensions or less … a maximum of 300,000 tokens summed across all inputs", and 8,192 a text:
# https://developers.openai.com/api/reference/resources/embeddings. Counted in bytes: no token of a byte-level
# vocabulary is shorter than one.
MOST_BYTES, MOST_BYTES_A_TEXT, MOST_TEXTS = 250_000, 8000, 256
AT_ONCE = 4  # requests of one call
TOO_MUCH = (413, 422)  # a server that takes fewer texts at once is asked again with half of them
SHORTEN = ("ask", "cut", "no")
LONGEST_NAME = 80


@dataclass(frozen=True)
class Spent:
    """What requests used. Tokens and USD are None as soon as one request's are not known."""

    requests: int
    tokens: int | None
    cost: Decimal | None
    seconds: float


class OpenAIEncoder:
    """A model behind `/embeddings`, its vectors brought to `dimensions` numbers and to length 1.

    `shorten` says how a wider model comes to so few: `ask` sends `dimensions`, `cut` keeps the first numbers, `no`
    expects them as they are. The first two suit only models trained for it (Kusupati et al., Matryoshka Representation
    Learning, 2022).
    """

    def __init__(
        self,
        api_key: str,
        model: str,
        base_url: str = OFFICIAL,
        dimensions: int = 384,
        shorten: str = "ask",
        timeout: float = 60.0,
        max_attempts: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        prices: Prices | None = None,
    ) -> None:
        if shorten not in SHORTEN:
            raise Misconfigured(f"EMBEDDING_SHORTEN={shorten!r} is not known; use {', '.join(SHORTEN)}.")
        official = base_url.rstrip("/") == OFFICIAL
        if official and not api_key:
            raise Misconfigured("Set EMBEDDING_API_KEY, or EMBEDDING_BASE_URL for a server that needs no key.")
        if not model:
            raise Misconfigured(f"Set EMBEDDING_MODEL: {base_url} serves models of its own.")
        self.model, self.dimensions = model, dimensions
        self.name = name_of(model, base_url, dimensions, shorten)
        self._base_url, self._shorten, self._timeout = base_url, shorten, timeout
        self._max_attempts, self._sleep = max_attempts, sleep
        self._prices = prices if prices is not None else published() if official else Prices.none()
        # A closure, not an attribute: whoever prints or serialises the encoder cannot meet the key.
        self._key: Callable[[], str] = lambda: api_key
        self._client: Any = None
        self._lock = threading.Lock()
        self._spent: list[Spent] = []

    def __repr__(self) -> str:
        return f"<OpenAIEncoder {self.name}>"

    def encode(self, texts: Sequence[str], batch_size: int = BATCH) -> Vectors:
        """See Encoder.encode; batches are made by what a request may hold, whatever `batch_size` says.

        Raises Transient when the server failed some times in a way that may pass, Misconfigured when key, model or
        address are wrong, BadOutput when it answered with something else than a vector a text.
        """
        if not texts:
            return np.empty((0, self.dimensions), dtype=np.float32)
        parts = batches([_sent(text) for text in texts])
        if len(parts) == 1:
            return self._asked(parts[0])
        with ThreadPoolExecutor(min(AT_ONCE, len(parts)), thread_name_prefix="embeddings") as pool:
            return np.concatenate(list(pool.map(self._asked, parts)))

    def drain(self) -> Spent | None:
        """What requests used since this was last asked, whoever asked for the vectors; None without any."""
        with self._lock:
            spent, self._spent = self._spent, []
        if not spent:
            return None
        tokens = [one.tokens for one in spent]
        costs = [one.cost for one in spent]
        return Spent(
            len(spent),
            None if None in tokens else sum(one or 0 for one in tokens),
            None if None in costs else sum((one or Decimal(0) for one in costs), Decimal(0)),
            round(sum(one.seconds for one in spent), 3),
        )

    def _asked(self, texts: list[str]) -> Vectors:
        """Vectors of texts that fit in one request, through up to `max_attempts` of them."""
        for tries in range(1, self._max_attempts + 1):
            began = time.monotonic()
            try:
                answer = self._request(texts)
            except _TooMuch as error:
                if len(texts) == 1:
                    raise Misconfigured(f"{self.name}: {error}") from None
                half = len(texts) // 2
                return np.concatenate([self._asked(texts[:half]), self._asked(texts[half:])])
            except Fault as fault:
                detail = shorten(self._scrub(fault.detail))
                if fault.usage.input_tokens is None:  # perhaps worked on and billed
                    self._note(Spent(1, None, None, time.monotonic() - began))
                if not fault.retry:
                    raise Misconfigured(f"{self.name}: {detail}") from None
                if tries == self._max_attempts:
                    text = f"{self.name} failed {tries} times; the last: {detail}"
                    raise Transient(text, retry_after=fault.retry_after) from None
                self._sleep(wait(tries, fault.retry_after))
                continue
            self._note(self._usage(answer, time.monotonic() - began))
            return self._read(answer, len(texts))
        raise ValueError("no attempt is allowed")

    def _request(self, texts: list[str]) -> Any:
        sdk, client = self._sdk()
        asked: dict[str, Any] = {"model": self.model, "input": texts, "encoding_format": "float"}
        if self._shorten == "ask":
            asked["dimensions"] = self.dimensions
        try:
            return client.embeddings.create(**asked)
        except sdk.APITimeoutError as error:
            raise Fault("timeout", "no answer in time", retry=True, usage=usage_of(error)) from None
        except sdk.APIConnectionError as error:
            reason = f"connection failed: {error.__cause__ or error}"
            raise Fault("disconnected", reason, retry=True, usage=usage_of(error)) from None
        except sdk.APIStatusError as error:
            raise self._fault(error) from None
        except (sdk.APIError, ValueError) as error:
            said = shorten(self._scrub(str(error)), 200)
            raise BadOutput(f"{self.name} did not answer with embeddings: {said}") from None

    def _fault(self, error: Any) -> Exception:
        width = "dimension" in error.message.lower()
        if error.status_code in TOO_MUCH and not width:
            return _TooMuch(f"HTTP {error.status_code}: {shorten(self._scrub(error.message))}")
        if error.code == "insufficient_quota":
            return Fault("auth", f"the account of EMBEDDING_API_KEY has no credit left. {error.message}")
        headers = error.response.headers
        fault = status_fault(error.status_code, error.message, headers, key="EMBEDDING_API_KEY", model=self.model)
        if width:
            fault.detail += " EMBEDDING_SHORTEN=no does not ask for a number of dimensions."
        return fault

    def _read(self, answer: Any, wanted: int) -> Vectors:
        """The answer's vectors (wanted, dimensions) in the order of the texts. Raises BadOutput naming what is odd."""
        rows = getattr(answer, "data", None)
        if not isinstance(rows, list) or len(rows) != wanted:
            got = f"{len(rows)} vectors" if isinstance(rows, list) else "no vectors"
            raise BadOutput(f"{self.name} gave {got} for {wanted} texts.")
        places = [getattr(row, "index", None) for row in rows]
        if sorted(place for place in places if isinstance(place, int)) != list(range(wanted)):
            raise BadOutput(f"{self.name} does not say which text each of its {wanted} vectors is of.")
        found = np.empty((wanted, self.dimensions), dtype=np.float32)
        for place, row in zip(places, rows, strict=True):
            found[place] = self._vector(getattr(row, "embedding", None))
        return found

    def _vector(self, numbers: Any) -> Vectors:
        try:
            vector = np.asarray(numbers, dtype=np.float64)
        except (TypeError, ValueError):
            raise BadOutput(f"{self.name} gave something else than numbers for a text.") from None
        if vector.ndim != 1:
            raise BadOutput(f"{self.name} gave something else than a list of numbers for a text.")
        if self._shorten == "cut" and len(vector) > self.dimensions:
            vector = vector[: self.dimensions]
        if len(vector) != self.dimensions:
            raise BadOutput(
                f"{self.name} gave {len(vector)} numbers a text instead of {self.dimensions}. For a model that was "
                "trained to be shortened set EMBEDDING_SHORTEN=ask, or cut where its server cannot; use another model "
                "otherwise."
            )
        length = float(np.linalg.norm(vector))
        if not np.isfinite(length) or length < 1e-12:
            raise BadOutput(f"{self.name} gave a vector without a direction: zeros, or numbers that are none.")
        return np.asarray(vector / length, dtype=np.float32)

    def _usage(self, answer: Any, seconds: float) -> Spent:
        tokens = getattr(getattr(answer, "usage", None), "prompt_tokens", None)
        if not isinstance(tokens, int):
            return Spent(1, None, None, seconds)
        said = getattr(answer, "model", None) or self.model
        return Spent(1, tokens, self._prices.cost(self.model, str(said), tokens, 0), seconds)

    def _note(self, spent: Spent) -> None:
        with self._lock:
            self._spent.append(spent)

    def _sdk(self) -> tuple[Any, Any]:
        # Imported here, not on top: the SDK takes a second to load, and the web process must not pay.
        import openai

        with self._lock:
            if self._client is None:
                self._client = openai.OpenAI(
                    api_key=self._key() or "none", base_url=self._base_url, timeout=self._timeout, max_retries=0
                )
        return openai, self._client

    def _scrub(self, text: str) -> str:
        return text.replace(self._key(), "[key]") if self._key() else text


class _TooMuch(Exception):
    """The server takes less at once."""


def name_of(model: str, base_url: str, dimensions: int, shorten: str) -> str:
    """A name that differs wherever the vectors may: by model, width, how it was shortened and who serves it."""
    cut = ", cut" if shorten == "cut" else ""
    where = "" if base_url.rstrip("/") == OFFICIAL else f" at {urlsplit(base_url).netloc}"
    name = f"{model}/{dimensions}{cut}{where}"
    if len(name) <= LONGEST_NAME:
        return name
    return f"{name[: LONGEST_NAME - 13]}~{hashlib.blake2b(name.encode(), digest_size=6).hexdigest()}"


def batches(texts: list[str]) -> list[list[str]]:
    """The texts in order, as many in each part as one request may hold."""
    parts: list[list[str]] = []
    room = 0
    for text in texts:
        size = len(text.encode())
        if not parts or size > room or len(parts[-1]) >= MOST_TEXTS:
            parts.append([])
            room = MOST_BYTES
        parts[-1].append(text)
        room -= size
    return parts


def _sent(text: str) -> str:
    """Vendors refuse an empty text, and one that is too long."""
    kept = text.encode(errors="replace")[:MOST_BYTES_A_TEXT].decode(errors="ignore").strip()
    return kept or "-"
