"""OpenAI and every server that speaks its chat completions (vLLM, Ollama, llama.cpp, gateways).

Chat completions rather than the Responses API because compatible servers speak it. The answer is constrained
by `response_format: json_schema` where the server knows it, else by `json_object`, else by words alone.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from generation.llm.base import Call, T, Usage
from generation.llm.pricing import Prices, published
from generation.llm.schema import strict_schema
from generation.llm.wire import (
    UNBILLED,
    UNKNOWN,
    Fault,
    Message,
    Turn,
    WireModel,
    retry_after,
    schema_text,
    status_fault,
    usage_of,
)

OFFICIAL = "https://api.openai.com/v1"
THINKING_ROOM = 8000
"""Tokens beside the answer: reasoning counts against `max_completion_tokens`."""
FORMATS = ("json_schema", "json_object", "text")
LIMIT_NAMES = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
"""Old and new name of the same option; servers differ in which one they know."""
UNKNOWN_OPTION = ("unsupported", "not supported", "unrecognized", "unknown", "not permitted")


class OpenAIModel(WireModel):
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
        # Imported here, not on top: the SDK takes a second to load, and the web process must not pay.
        import openai

        self.sdk = openai
        self._base_url = base_url or OFFICIAL
        official = self._base_url.rstrip("/") == OFFICIAL
        where = "OpenAI" if official else urlsplit(self._base_url).netloc
        # Another server may serve a model of this name at its own price: there, only given prices count.
        known = prices if prices is not None else published() if official else Prices.none()
        super().__init__("openai", f"{where} · {model}", model, api_key, max_attempts, sleep, clock, known)
        self.client = openai.OpenAI(api_key=api_key or "none", base_url=self._base_url, timeout=timeout, max_retries=0)
        self._deadline = 10 * timeout
        self._effort = effort
        self._format, self._stream_usage = FORMATS[0], True
        self._limit_name = "max_completion_tokens" if official else "max_tokens"
        self._limit_swapped = False

    @property
    def options(self) -> Mapping[str, str]:
        return {"base_url": self._base_url, "effort": self._effort or ""}

    def _send(self, call: Call[T], messages: list[Message]) -> Turn:
        try:
            request = self.request(call, messages)
            if self._stream_usage:
                request["stream_options"] = {"include_usage": True}
            return self._stream(request)
        except self.sdk.APITimeoutError as error:
            raise Fault("timeout", "no answer in time", retry=True, usage=usage_of(error)) from None
        except self.sdk.APIConnectionError as error:
            reason = error.__cause__ or error
            raise Fault("disconnected", f"connection failed: {reason}", retry=True, usage=usage_of(error)) from None
        except self.sdk.APIStatusError as error:
            raise self._status_fault(error) from None
        except self.sdk.APIError as error:
            # Sent inside the stream, after HTTP 200.
            limited = error.code == "rate_limit_exceeded"
            outcome = "rate_limited" if limited else "server_error"
            raise Fault(outcome, error.message, retry=True, usage=UNKNOWN) from None
        except ValueError as error:
            raise Fault("disconnected", f"broken stream: {error}", retry=True, usage=UNKNOWN) from None

    def request(self, call: Call[T], messages: list[Message]) -> dict[str, Any]:
        system = call.prompt.system
        request: dict[str, Any] = {"model": self.model}
        if self._format == "json_schema":
            schema = {"name": call.stage, "strict": True, "schema": strict_schema(call.answer)}
            request["response_format"] = {"type": "json_schema", "json_schema": schema}
        else:
            system += schema_text(call.answer)
        if self._format == "json_object":
            request["response_format"] = {"type": "json_object"}
        if self._effort:
            request["reasoning_effort"] = self._effort
        request[self._limit_name] = call.max_tokens + (THINKING_ROOM if self._effort else 0)
        turns = [Message("system", system), *messages]
        request["messages"] = [{"role": turn.role, "content": turn.text} for turn in turns]
        return request

    def _stream(self, request: dict[str, Any]) -> Turn:
        began = self._clock()
        text, refusal, finish, model, usage = "", "", "", self.model, UNKNOWN
        with self.client.chat.completions.create(**request, stream=True) as chunks:
            for chunk in chunks:
                model = chunk.model or model
                if chunk.usage is not None:
                    usage = self._usage(model, chunk.usage)
                for choice in chunk.choices:
                    text += choice.delta.content or ""
                    refusal += choice.delta.refusal or ""
                    finish = choice.finish_reason or finish
                if self._clock() - began > self._deadline:
                    raise Fault("timeout", "the answer never ended", retry=True, usage=UNKNOWN)
        if not finish:
            raise Fault("disconnected", "the stream ended in mid-answer", retry=True, usage=usage)
        return _ended(text, refusal, finish, usage, model)

    def turn(self, answer: Mapping[str, Any]) -> Turn:
        """See `WireModel`; `answer` is a chat.completion."""
        whole = self.sdk.types.chat.ChatCompletion.model_validate(answer)
        if not whole.choices:
            raise ValueError("the answer has no choices")
        said = whole.choices[0]
        usage = UNKNOWN if whole.usage is None else self._usage(whole.model, whole.usage)
        return _ended(
            said.message.content or "", said.message.refusal or "", said.finish_reason or "", usage, whole.model
        )

    def _usage(self, model: str, counted: Any) -> Usage:
        details = counted.prompt_tokens_details
        cached = (details and details.cached_tokens) or 0
        written = (details and details.cache_write_tokens) or 0
        cost = self._prices.cost(self.model, model, counted.prompt_tokens, counted.completion_tokens, cached, written)
        return Usage(counted.prompt_tokens, counted.completion_tokens, cost, 1)

    def _status_fault(self, error: Any) -> Fault:
        if error.status_code in (400, 422, 501) and self._concede(f"{error.message} {error.param or ''}"):
            return Fault("rejected", f"HTTP {error.status_code}: {error.message}", again=True)
        if error.code == "insufficient_quota":
            # Comes as 429, but no waiting will bring credit.
            return Fault("auth", f"the account of OPENAI_API_KEY has no credit left. {error.message}")
        headers = error.response.headers
        fault = status_fault(error.status_code, error.message, headers, key="OPENAI_API_KEY", model=self.model)
        fault.retry_after, fault.usage = retry_after(headers), UNBILLED
        return fault

    def _concede(self, message: str) -> bool:
        """Give up the one option the server complains about; False when there is none left to give up."""
        said = message.lower()
        if self._limit_name in said and not self._limit_swapped and any(word in said for word in UNKNOWN_OPTION):
            self._limit_swapped = True
            self._limit_name = LIMIT_NAMES[self._limit_name]
            return True
        if "effort" in said and self._effort:
            self._effort = None
            return True
        if ("stream_options" in said or "include_usage" in said) and self._stream_usage:
            self._stream_usage = False
            return True
        if any(w in said for w in ("response_format", "json_schema", "json_object", "schema", "structured")):
            place = FORMATS.index(self._format)
            self._format = FORMATS[min(place + 1, len(FORMATS) - 1)]
            return place + 1 < len(FORMATS)
        return False


def _ended(text: str, refusal: str, finish: str, usage: Usage, model: str) -> Turn:
    if refusal or finish == "content_filter":
        return Turn(text, usage, model, "refused", refusal or "stopped by the content filter")
    return Turn(text, usage, model, "length" if finish == "length" else "done")
