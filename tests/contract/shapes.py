"""Both vendors' replies in the shapes they have on the wire, whole and streamed.

OpenAI: chat.completion and chat.completion.chunk, closed by a usage chunk and `[DONE]`.
Anthropic: message_start, content_block_*, ping, message_delta, message_stop; thinking comes before the text.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

Json = dict[str, Any]


def pieces(text: str, size: int = 40) -> list[str]:
    return [text[i : i + size] for i in range(0, len(text), size)] or [""]


def tokens(text: str) -> int:
    """About four characters a token, as both vendors' rules of thumb have it."""
    return max(1, -(-len(text) // 4))


class Answer(Protocol):
    """One reply, sent whole or as server-sent events."""

    def whole(self) -> Json: ...
    def events(self) -> Iterator[str]: ...


class Vendor(Protocol):
    """What the server needs to know of a vendor."""

    @staticmethod
    def answer(request: Json, text: str, ending: str, usage: tuple[int, int] | None) -> Answer: ...
    @staticmethod
    def error(status: int, message: str, kind: str) -> Json: ...
    @staticmethod
    def streamed_error(kind: str) -> str: ...


@dataclass(frozen=True)
class OpenAIAnswer:
    request: Json
    text: str
    ending: str
    counted: tuple[int, int]

    @property
    def _head(self) -> Json:
        return {
            "id": "chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG",
            "created": 1795000000,
            "model": self.request["model"],
        }

    @property
    def _usage(self) -> Json:
        read, written = self.counted
        return {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0},
        }

    @property
    def _finish(self) -> str:
        return {"length": "length", "filtered": "content_filter"}.get(self.ending, "stop")

    def whole(self) -> Json:
        refused = self.ending == "refused"
        message = {
            "role": "assistant",
            "content": None if refused else self.text,
            "refusal": self.text if refused else None,
        }
        choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": self._finish}
        return {**self._head, "object": "chat.completion", "choices": [choice], "usage": self._usage}

    def events(self) -> Iterator[str]:
        where = "refusal" if self.ending == "refused" else "content"
        yield self._chunk({"role": "assistant", "content": "", "refusal": None})
        for piece in pieces(self.text):
            yield self._chunk({where: piece})
        yield self._chunk({}, self._finish)
        if self.request.get("stream_options", {}).get("include_usage"):
            yield self._line({**self._head, "object": "chat.completion.chunk", "choices": [], "usage": self._usage})
        yield "data: [DONE]\n\n"

    def _chunk(self, delta: Json, finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._line({**self._head, "object": "chat.completion.chunk", "choices": [choice], "usage": None})

    @staticmethod
    def _line(body: Json) -> str:
        return f"data: {json.dumps(body)}\n\n"


class OpenAIVendor:
    @staticmethod
    def answer(request: Json, text: str, ending: str, usage: tuple[int, int] | None) -> OpenAIAnswer:
        read = sum(tokens(str(m["content"])) for m in request["messages"])
        return OpenAIAnswer(request, text, ending, usage or (read, tokens(text)))

    @staticmethod
    def error(status: int, message: str, kind: str) -> Json:
        kinds = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}
        code = kind or kinds.get(status)
        return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": code}}

    @staticmethod
    def streamed_error(kind: str) -> str:
        code = {"rate_limit_error": "rate_limit_exceeded"}.get(kind, "server_error")
        body = {
            "error": {
                "message": "The server had an error",
                "type": "server_error",
                "param": None,
                "code": code,
            }
        }
        return f"data: {json.dumps(body)}\n\n"


@dataclass(frozen=True)
class AnthropicAnswer:
    request: Json
    text: str
    ending: str
    counted: tuple[int, int]

    @property
    def _stop(self) -> str:
        return {"length": "max_tokens", "refused": "refusal", "filtered": "refusal"}.get(self.ending, "end_turn")

    @property
    def _details(self) -> Json | None:
        if self._stop != "refusal":
            return None
        return {"type": "refusal", "category": "general_harms", "explanation": self.text or "Declined."}

    def _message(self, content: list[Json], stop: str | None, output: int) -> Json:
        usage = {
            "input_tokens": self.counted[0],
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": output,
            "service_tier": "standard",
        }
        return {
            "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
            "type": "message",
            "role": "assistant",
            "model": self.request["model"],
            "content": content,
            "stop_reason": stop,
            "stop_sequence": None,
            "usage": usage,
        }

    def whole(self) -> Json:
        content = [] if self._stop == "refusal" else [{"type": "text", "text": self.text}]
        return {**self._message(content, self._stop, self.counted[1]), "stop_details": self._details}

    def events(self) -> Iterator[str]:
        yield self._event("message_start", message=self._message([], None, 1))
        thinking = {"type": "thinking", "thinking": "", "signature": ""}
        yield self._event("content_block_start", index=0, content_block=thinking)
        signature = {"type": "signature_delta", "signature": "EqQBCgIYAhIM1gbcDa9GJwZA2b3h"}
        yield self._event("content_block_delta", index=0, delta=signature)
        yield self._event("content_block_stop", index=0)
        yield self._event("ping")
        if self._stop != "refusal":
            yield self._event("content_block_start", index=1, content_block={"type": "text", "text": ""})
            for piece in pieces(self.text):
                yield self._event("content_block_delta", index=1, delta={"type": "text_delta", "text": piece})
            yield self._event("content_block_stop", index=1)
        delta = {"stop_reason": self._stop, "stop_sequence": None, "stop_details": self._details}
        yield self._event("message_delta", delta=delta, usage={"output_tokens": self.counted[1]})
        yield self._event("message_stop")

    @staticmethod
    def _event(kind: str, **body: Any) -> str:
        return f"event: {kind}\ndata: {json.dumps({'type': kind, **body})}\n\n"


class AnthropicVendor:
    @staticmethod
    def answer(request: Json, text: str, ending: str, usage: tuple[int, int] | None) -> AnthropicAnswer:
        read = tokens(str(request.get("system", ""))) + sum(tokens(str(m["content"])) for m in request["messages"])
        return AnthropicAnswer(request, text, ending, usage or (read, tokens(text)))

    @staticmethod
    def error(status: int, message: str, kind: str) -> Json:
        kinds = {
            400: "invalid_request_error",
            401: "authentication_error",
            403: "permission_error",
            404: "not_found_error",
            429: "rate_limit_error",
            529: "overloaded_error",
        }
        error = {"type": kind or kinds.get(status, "api_error"), "message": message}
        return {"type": "error", "error": error, "request_id": "req_011CSHoEeqs5C35K2UUqR7Fy"}

    @staticmethod
    def streamed_error(kind: str) -> str:
        body = {"type": "error", "error": {"type": kind, "message": "Overloaded"}}
        return f"event: error\ndata: {json.dumps(body)}\n\n"


BY_PATH: dict[str, type[Vendor]] = {"/v1/chat/completions": OpenAIVendor, "/v1/messages": AnthropicVendor}
