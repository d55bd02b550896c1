"""Vectors from a server that speaks OpenAI's embeddings, played by a local one."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from generation.encoders import openai, registry
from generation.encoders.openai import OpenAIEncoder
from generation.llm.pricing import Price, Prices
from storefront_studio.lib.errors import BadOutput, Misconfigured, Transient
from tests.contract import embeddings
from tests.contract.vendor_server import Malformed, Odd, Status, Timeout, VendorServer

KEY = "sk-test-embeddings"


@pytest.fixture
def server() -> Iterator[VendorServer]:
    with VendorServer() as running:
        yield running


def encoder(server: VendorServer, **options: Any) -> OpenAIEncoder:
    given = {"sleep": lambda seconds: None, **options}
    return OpenAIEncoder(KEY, "stub-embed", f"{server.url}/v1", **given)


def test_vectors_are_float32_rows_of_length_one_in_the_order_of_the_texts(server: VendorServer) -> None:
    found = encoder(server).encode(["oat muesli", "dog food", "oat muesli crunchy"])
    assert found.shape == (3, 384) and found.dtype == np.float32
    assert np.allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    assert found[0] @ found[2] > 0.7 > found[0] @ found[1]
    assert server.requests[0].body["dimensions"] == 384 and server.requests[0].body["encoding_format"] == "float"
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_no_text_asks_nobody_and_an_empty_one_has_a_vector(server: VendorServer) -> None:
    made = encoder(server)
    assert made.encode([]).shape == (0, 384) and server.count == 0
    assert np.allclose(np.linalg.norm(made.encode(["", "  "]), axis=1), 1, atol=1e-5)
    assert all(text.strip() for text in server.requests[0].body["input"])


@pytest.mark.parametrize("kind", ["backwards", "long"])
def test_order_and_length_are_put_right(server: VendorServer, kind: str) -> None:
    made = encoder(server)
    wanted = made.encode(["tea", "bread"])
    server.script([Odd(kind)])
    assert np.allclose(made.encode(["tea", "bread"]), wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("fewer", r"gave 1 vectors for 2 texts"),
        ("same_index", r"which text each of its 2 vectors"),
        ("nan", r"without a direction"),
        ("words", r"something else than numbers"),
        ("nothing", r"something else than a list"),
        ("zeros", r"without a direction"),
        ("one_short", r"383 numbers a text instead of 384"),
    ],
)
def test_an_answer_that_is_no_vector_a_text_is_refused_by_name(server: VendorServer, kind: str, said: str) -> None:
    server.script([Odd(kind)])
    with pytest.raises(BadOutput, match=rf"stub-embed/384 at 127\.0\.0\.1:\d+ .*{said}"):
        encoder(server).encode(["tea", "bread"])
    assert server.count == 1  # the same question would get the same answer, and be paid again


def test_a_page_of_words_instead_of_embeddings_is_refused(server: VendorServer) -> None:
    server.script([Malformed("<html>Sign in</html>")])
    with pytest.raises((BadOutput, Misconfigured), match="stub-embed"):
        encoder(server).encode(["tea"])


def test_a_wider_model_is_refused_with_the_way_out_or_cut_where_the_setting_says_so(server: VendorServer) -> None:
    with pytest.raises(BadOutput, match=r"1536 numbers a text instead of 384.*EMBEDDING_SHORTEN=ask, or cut"):
        encoder(server, shorten="no").encode(["tea"])
    cut = encoder(server, shorten="cut")
    assert np.allclose(cut.encode(["tea"])[0], embeddings.vector("tea", 384), atol=1e-5)
    assert "dimensions" not in server.requests[-1].body and "cut" in cut.name
    with pytest.raises(Misconfigured, match="'half'"):
        encoder(server, shorten="half")


@pytest.mark.parametrize("fault", [Status(429, retry_after=0), Status(503), Status(500), Timeout(3)])
def test_faults_that_may_pass_are_tried_again(server: VendorServer, fault: Any) -> None:
    server.script([fault, fault])
    assert encoder(server, timeout=0.5).encode(["tea"]).shape == (1, 384)
    assert server.count == 3


def test_a_vendor_that_stays_away_is_transient_and_says_how_long_to_wait(server: VendorServer) -> None:
    server.script([Status(429, retry_after=7)] * 3)
    with pytest.raises(Transient, match="failed 3 times") as caught:
        encoder(server).encode(["tea"])
    assert caught.value.retry_after == 7


def test_a_server_that_is_not_there_is_transient() -> None:
    with VendorServer() as gone:
        address = gone.url
    made = OpenAIEncoder(KEY, "stub-embed", f"{address}/v1", sleep=lambda seconds: None)
    with pytest.raises(Transient, match="connection failed"):
        made.encode(["tea"])
    assert made.drain() is None  # nothing was sent, so nothing was paid


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Status(401, message=f"Incorrect API key provided: {KEY}"), "EMBEDDING_API_KEY"),
        (Status(404), "not found"),
        (Status(429, error="insufficient_quota"), "no credit"),
        (Status(400, message="This model does not support specifying dimensions."), "EMBEDDING_SHORTEN=no"),
        (Status(400, message="odd"), "not accepted"),
    ],
)
def test_what_only_an_operator_can_mend_is_said_once_and_without_the_key(
    server: VendorServer, fault: Status, said: str
) -> None:
    server.script([fault])
    with pytest.raises(Misconfigured, match=said) as caught:
        encoder(server).encode(["tea"])
    assert server.count == 1 and KEY not in str(caught.value) and KEY not in repr(encoder(server))


def test_requests_hold_as_many_texts_as_they_may_and_long_texts_are_cut(server: VendorServer) -> None:
    texts = [f"product {number}" for number in range(600)] + ["näh " * 5000]
    assert encoder(server).encode(texts).shape == (601, 384)
    asked = sorted(len(seen.body["input"]) for seen in server.requests)
    assert asked == [89, 256, 256]
    longest = max((text for seen in server.requests for text in seen.body["input"]), key=len)
    assert len(longest.encode()) <= openai.MOST_BYTES_A_TEXT and set(longest) == set("näh ")
    assert [len(part) for part in openai.batches(["x" * 8000] * 40)] == [31, 9]


def test_a_server_that_takes_fewer_at_once_gets_fewer(server: VendorServer) -> None:
    texts = ["tea", "bread", "soup", "jam"]
    wanted = encoder(server).encode(texts)
    server.script([Status(422, message="batch size 4 > maximum allowed batch size 2"), Status(413)])
    assert np.allclose(encoder(server).encode(texts), wanted, atol=1e-6)
    server.script([Status(413)])
    with pytest.raises(Misconfigured, match="HTTP 413"):
        encoder(server).encode(["tea"])


def test_what_it_cost_is_known_where_tokens_and_prices_are_and_else_unknown(server: VendorServer) -> None:
    prices = Prices(as_of="2026-11-21", models={"stub-embed": Price(input="0.02", output="0")})  # type: ignore[arg-type]
    made = encoder(server, prices=prices)
    assert made.drain() is None
    made.encode(["crunchy oat muesli"])
    made.encode(["tea"])
    spent = made.drain()
    assert spent is not None
    assert (spent.requests, spent.tokens, spent.cost) == (2, 4, Decimal("0.00000008"))
    assert made.drain() is None
    server.script([Odd("unmetered")])
    made.encode(["tea"])
    spent = made.drain()
    assert spent is not None and spent.tokens is None and spent.cost is None
    free = encoder(server)  # another server's price for a model of this name is not known
    free.encode(["tea"])
    spent = free.drain()
    assert spent is not None and (spent.tokens, spent.cost) == (1, None)
    server.script([Timeout(3)])
    late = encoder(server, timeout=0.3, prices=prices)
    late.encode(["tea"])
    spent = late.drain()  # the request that was given up was perhaps worked on
    assert spent is not None and (spent.requests, spent.cost) == (2, None)


def test_the_name_says_model_width_and_server() -> None:
    official = OpenAIEncoder(KEY, "text-embedding-3-small")
    assert official.name == "text-embedding-3-small/384"
    named = [OpenAIEncoder(KEY, "m", f"http://{host}/v1", shorten=how).name for host in "ab" for how in ("no", "cut")]
    assert len(set(named)) == 4
    long = OpenAIEncoder(KEY, "m" * 200, "http://a/v1").name
    assert len(long) <= 80 and long != OpenAIEncoder(KEY, "m" * 201, "http://a/v1").name


def test_a_key_or_a_model_that_is_missing_is_named(tmp_path: Any) -> None:
    with pytest.raises(Misconfigured, match="EMBEDDING_API_KEY"):
        OpenAIEncoder("", "text-embedding-3-small")
    with pytest.raises(Misconfigured, match="EMBEDDING_MODEL"):
        OpenAIEncoder("", "", "http://localhost:1/v1")
    recipe = registry.Recipe("openai", "m", "http://localhost:1/v1", "no")
    assert registry.Recipe.read(recipe.as_dict(), "m") == recipe
    assert registry.build(recipe, tmp_path).name == "m/384 at localhost:1"
