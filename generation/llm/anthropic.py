"""Anthropic's Messages API, and servers that speak it.

The answer is constrained by `output_config.format` (JSON schema), not by a forced tool: current models
answer 400 to a forced `tool_choice`, to `temperature` and to prefill (Migrating to Claude Sonnet 5.5), so
none of them is sent.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from generation.llm.base import Call, T, Usage
from generation.llm.pricing import Prices, published
from generation.llm.schema import strict_schema
from generation.llm.wire import (
    UNKNOWN,
    Fault,
    Message,
    Turn,
    WireModel,
    schema_text,
    status_fault,
    usage_of,
)

OFFICIAL = "https://api.anthropic.com"
THINKING_ROOM = 8000
"""Tokens beside the answer: current models think by default and it counts against `max_tokens`."""
STREAMED_ERRORS = {"overloaded_error": 529, "rate_limit_error": 429, "timeout_error": 504}
"""Status of an error event sent inside a stream, after HTTP 200; any other is a 500."""


class AnthropicModel(WireModel):
    """`timeout` is seconds of silence allowed; a whole answer may take ten times as long."""

    def __init__(
        self,
        api_key: str,
        model: str,
        base_url: str | None = None,
        timeout: float = 60.0,
        max_attempts: int = 3,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
        prices: Prices | None = None,
        effort: str | None = None,
    ) -> None:
        # Imported here, not on top: the SDK takes two seconds to load, and the web process must not pay.
        import anthropic
        import httpx2

        self.sdk, self._http = anthropic, httpx2
        self._base_url = base_url or OFFICIAL
        official = self._base_url.rstrip("/") == OFFICIAL
        where = "Anthropic" if official else urlsplit(self._base_url).netloc
        # Another server may serve a model of this name at its own price: there, only given prices count.
        known = prices if prices is not None else published() if official else Prices.none()
        super().__init__("anthropic", f"{where} · {model}", model, api_key, max_attempts, sleep, clock, known)
        self.client = anthropic.Anthropic(
            api_key=api_key or "none", base_url=self._base_url, timeout=timeout, max_retries=0
        )
        self._deadline = 10 * timeout
        self._effort = effort
        self._constrained = True

    @property
    def options(self) -> Mapping[str, str]:
        return {"base_url": self._base_url, "effort": self._effort or ""}

    def _send(self, call: Call[T], messages: list[Message]) -> Turn:
        try:
            return self._stream(self.request(call, messages))
        except (self.sdk.APITimeoutError, self._http.TimeoutException) as error:
            raise Fault("timeout", "no answer in time", retry=True, usage=usage_of(error)) from None
        except (self.sdk.APIConnectionError, self._http.HTTPError) as error:
            # The SDK wraps faults before the first byte; those in mid-stream come as the HTTP client's own.
            reason = error.__cause__ or error
            raise Fault("disconnected", f"connection failed: {reason}", retry=True, usage=usage_of(error)) from None
        except self.sdk.APIStatusError as error:
            raise self._status_fault(error) from None
        except ValueError as error:
            raise Fault("disconnected", f"broken stream: {error}", retry=True, usage=UNKNOWN) from None

    def request(self, call: Call[T], messages: list[Message]) -> dict[str, Any]:
        system = call.prompt.system
        config: dict[str, Any] = {}
        if self._constrained:
            config["format"] = {"type": "json_schema", "schema": strict_schema(call.answer)}
        else:
            system += schema_text(call.answer)
        if self._effort:
            config["effort"] = self._effort
        request: dict[str, Any] = {"model": self.model, "system": system}
        if config:
            request["output_config"] = config
        request["max_tokens"] = call.max_tokens + THINKING_ROOM
        request["messages"] = [{"role": turn.role, "content": turn.text} for turn in messages]
        return request

    def _stream(self, request: dict[str, Any]) -> Turn:
        began = self._clock()
        counted: dict[str, int] = {}
        text, detail, stop, model, ended = "", "", "", self.model, False
        with self.client.messages.create(**request, stream=True) as events:
            for event in events:
                match event.type:
                    case "message_start":
                        model = event.message.model or model
                        counted |= _counts(event.message.usage)
                    case "content_block_delta" if event.delta.type == "text_delta":
                        text += event.delta.text
                    case "message_delta":
                        stop = event.delta.stop_reason or stop
                        why = event.delta.stop_details
                        detail = (why and (why.explanation or why.category)) or detail
                        counted |= _counts(event.usage)
                    case "message_stop":
                        ended = True
                if self._clock() - began > self._deadline:
                    raise Fault("timeout", "the answer never ended", retry=True, usage=UNKNOWN)
        if not ended:
            raise Fault("disconnected", "the stream ended in mid-answer", retry=True, usage=UNKNOWN)
        return _ended(text, detail, stop, self._usage(model, counted), model)

    def turn(self, answer: Mapping[str, Any]) -> Turn:
        """See `WireModel`; `answer` is a message."""
        whole = self.sdk.types.Message.model_validate(answer)
        text = "".join(block.text for block in whole.content if block.type == "text")
        why = whole.stop_details
        detail = (why and (why.explanation or why.category)) or ""
        usage = self._usage(whole.model, _counts(whole.usage))
        return _ended(text, detail, whole.stop_reason or "", usage, whole.model)

    def _usage(self, model: str, counted: Mapping[str, int]) -> Usage:
        if "input_tokens" not in counted or "output_tokens" not in counted:
            return UNKNOWN
        cached = counted.get("cache_read_input_tokens", 0)
        written = counted.get("cache_creation_input_tokens", 0)
        read, output = counted["input_tokens"] + cached + written, counted["output_tokens"]
        return Usage(read, output, self._prices.cost(self.model, model, read, output, cached, written), 1)

    def _status_fault(self, error: Any) -> Fault:
        status, message = error.status_code, error.api_message or error.message
        if status in (400, 422) and self._concede(message):
            return Fault("rejected", f"HTTP {status}: {message}", again=True)
        if status < 400:
            fault = status_fault(
                STREAMED_ERRORS.get(error.type, 500), message, {}, key="ANTHROPIC_API_KEY", model=self.model
            )
            fault.usage = UNKNOWN
            return fault
        return status_fault(status, message, error.response.headers, key="ANTHROPIC_API_KEY", model=self.model)

    def _concede(self, message: str) -> bool:
        """Give up the one option the server complains about; False when there is none left to give up."""
        said = message.lower()
        if "effort" in said and self._effort:
            self._effort = None
            return True
        if any(word in said for word in ("output_config", "format", "schema")) and self._constrained:
            self._constrained = False
            return True
        return False


def _counts(usage: Any) -> dict[str, int]:
    """The token counts an event states; later events repeat them as running totals."""
    names = ("input_tokens", "output_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    return {name: n for name in names if isinstance(n := getattr(usage, name, None), int)}


def _ended(text: str, detail: str, stop: str, usage: Usage, model: str) -> Turn:
    if stop == "refusal":
        return Turn(text, usage, model, "refused", detail or "the model refused")
    cut = stop in ("max_tokens", "model_context_window_exceeded")
    return Turn(text, usage, model, "length" if cut else "done")
