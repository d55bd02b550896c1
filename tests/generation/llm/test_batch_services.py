"""Both vendors' batch services through their SDKs, and a model that answers through one."""

import datetime as dt
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from generation.llm import registry
from generation.llm.base import BadAnswer, Call, Pending
from generation.llm.batch.base import Question, Unsure
from generation.llm.batch.deferred import Deferred, NoAnswer
from generation.llm.metered import CallRecord, Metered
from generation.llm.pricing import published
from generation.llm.wire import first_message
from storefront_studio.lib.errors import Misconfigured, Transient
from tests.contract.batches import Plan
from tests.contract.vendor_server import Malformed, Ok
from tests.generation.llm.conftest import Selection, Vendor
from tests.generation.llm.test_answers import GOOD

TAG = "studio-0123456789abcdef"
LONG_AGO = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


class Drawer:
    """A desk of one process: questions by digest and attempt, and answers put in by the test."""

    def __init__(self) -> None:
        self.questions: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.answers: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.ceilings: list[Decimal | None] = []
        self.hopeless = ""

    def answer(self, digest: str, attempt: int) -> Mapping[str, Any] | None:
        if self.hopeless:
            raise NoAnswer(self.hopeless)
        return self.answers.get((digest, attempt))

    def hand_in(
        self, call: Any, model: str, digest: str, attempt: int, body: Mapping[str, Any], at_most: Decimal | None
    ) -> None:
        self.questions.setdefault((digest, attempt), body)
        self.ceilings.append(at_most)

    def carry(self, vendor: Vendor) -> None:
        """All questions that have no answer, through the vendor's batch service."""
        open_ = [place for place in self.questions if place not in self.answers]
        service = registry.batch_service(vendor.model())
        job = service.submit(TAG, [Question(f"{TAG}-{n}", self.questions[place]) for n, place in enumerate(open_)])
        for result in service.results(job.remote_id):
            assert result.answer is not None
            self.answers[open_[int(result.name.rpartition("-")[2])]] = result.answer


def bodies(vendor: Vendor, call: Call[Selection], count: int) -> list[Question]:
    body = vendor.model().request(call, first_message(call))
    return [Question(f"{TAG}-{n}", body) for n in range(count)]


def test_a_job_goes_out_and_its_answers_come_back_under_their_names(vendor: Vendor, call: Call[Selection]) -> None:
    service = registry.batch_service(vendor.model())
    job = service.submit(TAG, iter(bodies(vendor, call, 3)))
    assert service.look(job.remote_id).state == "ended"
    results = {one.name: one for one in service.results(job.remote_id)}
    assert sorted(results) == [f"{TAG}-0", f"{TAG}-1", f"{TAG}-2"]
    turn = vendor.model().turn(results[f"{TAG}-0"].answer or {})
    assert turn.ending == "done" and '"selected"' in turn.text
    assert turn.usage.cost is not None


def test_a_job_that_is_not_done_says_so(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.batches.plan = Plan(seconds=60)
    service = registry.batch_service(vendor.model())
    job = service.submit(TAG, bodies(vendor, call, 1))
    assert service.look(job.remote_id).state == "working"
    assert vendor.server.paid.total() == 0


def test_expired_failed_and_missing_requests_are_told_apart(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.batches.plan = Plan(how=lambda place, body: ("ok", "expired", "error", "missing")[place])
    service = registry.batch_service(vendor.model())
    job = service.submit(TAG, bodies(vendor, call, 4))
    results = {int(one.name[-1]): one for one in service.results(job.remote_id)}
    assert sorted(results) == [0, 1, 2]
    assert results[0].answer is not None
    assert (results[1].answer, results[1].expired) == (None, True)
    assert (results[2].answer, results[2].expired) == (None, False)
    assert "scripted fault" in results[2].error


def test_a_job_that_was_taken_without_an_answer_is_found_again(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.batches.plan = Plan(silent=1)
    service = registry.batch_service(vendor.model())
    questions = bodies(vendor, call, 2)
    with pytest.raises(Transient):
        service.submit(TAG, questions)
    found = service.find(TAG, 2, LONG_AGO, frozenset())
    assert found is not None and not isinstance(found, Unsure)
    assert found.remote_id == vendor.server.batches.jobs[0].id


def test_somebody_elses_job_is_not_taken_for_ours(vendor: Vendor, call: Call[Selection]) -> None:
    service = registry.batch_service(vendor.model())
    service.submit("studio-another", [Question("studio-another-0", bodies(vendor, call, 1)[0].body)])
    assert service.find(TAG, 1, LONG_AGO, frozenset()) is None


def test_while_a_job_may_be_ours_nothing_is_concluded(vendor: Vendor, call: Call[Selection]) -> None:
    """Anthropic cannot tell before the job has ended; OpenAI tells at once by the tag."""
    vendor.server.batches.plan = Plan(seconds=60)
    service = registry.batch_service(vendor.model())
    service.submit("studio-another", [Question("studio-another-0", bodies(vendor, call, 1)[0].body)])
    found = service.find(TAG, 1, LONG_AGO, frozenset())
    assert isinstance(found, Unsure) if vendor.name == "anthropic" else found is None


def test_a_job_the_vendor_did_not_accept_says_why(vendor: Vendor, call: Call[Selection]) -> None:
    if vendor.name == "anthropic":  # turns a bad request away at once
        first, second = bodies(vendor, call, 2)
        with pytest.raises(Misconfigured, match="custom_id must be unique"):
            registry.batch_service(vendor.model()).submit(TAG, [first, first, second])
        return
    vendor.server.batches.plan = Plan(refused="Enqueued token limit reached")
    service = registry.batch_service(vendor.model())
    job = service.look(service.submit(TAG, bodies(vendor, call, 1)).remote_id)
    assert (job.state, job.failed) == ("failed", "Enqueued token limit reached")


def test_a_cancelled_job_keeps_nothing_that_was_not_done(vendor: Vendor, call: Call[Selection]) -> None:
    vendor.server.batches.plan = Plan(seconds=60)
    service = registry.batch_service(vendor.model())
    job = service.submit(TAG, bodies(vendor, call, 2))
    service.cancel(job.remote_id)
    assert service.look(job.remote_id).state == "ended"
    assert all(one.answer is None and one.expired for one in service.results(job.remote_id))


def test_a_question_is_handed_in_once_and_its_answer_read_as_if_it_had_come_at_once(
    vendor: Vendor, call: Call[Selection]
) -> None:
    desk, records = Drawer(), list[CallRecord]()
    model = Metered(Deferred(vendor.model(), desk), records.append)
    for _time in range(2):
        with pytest.raises(Pending):
            model.complete(call)
    assert len(desk.questions) == 1
    vendor.server.script([Ok(GOOD)])
    desk.carry(vendor)
    reply = model.complete(call)
    assert reply.value == Selection(selected=[10, 11], reason="Both hold lunch.")
    assert reply.recorded
    assert records == []  # what it cost was put down when the answer arrived


def test_the_one_repair_goes_into_the_next_job(vendor: Vendor, call: Call[Selection]) -> None:
    desk = Drawer()
    model = Deferred(vendor.model(), desk)
    with pytest.raises(Pending):
        model.complete(call)
    vendor.server.script([Malformed("no JSON"), Ok(GOOD)])
    desk.carry(vendor)
    with pytest.raises(Pending):
        model.complete(call)
    assert [attempt for _digest, attempt in desk.questions] == [1, 2]
    repair = list(desk.questions.values())[1]["messages"]
    assert [message["role"] for message in repair][-3:] == ["user", "assistant", "user"]
    desk.carry(vendor)
    reply = model.complete(call)
    assert (reply.value.selected, reply.repaired) == ([10, 11], True)


def test_a_bad_answer_after_the_repair_ends_with_what_came_back(vendor: Vendor, call: Call[Selection]) -> None:
    desk = Drawer()
    model = Deferred(vendor.model(), desk)
    vendor.server.script([Malformed("no JSON"), Malformed("still none")])
    for _turn in range(2):
        with pytest.raises(Pending):
            model.complete(call)
        desk.carry(vendor)
    with pytest.raises(BadAnswer) as caught:
        model.complete(call)
    assert "still none" in caught.value.attempts[-1].detail


def test_no_answer_at_all_is_said_in_words(vendor: Vendor, call: Call[Selection]) -> None:
    desk = Drawer()
    desk.hopeless = "gave no answer, 2 times asked: expired"
    with pytest.raises(NoAnswer, match="2 times asked"):
        Deferred(vendor.model(), desk).complete(call)


def test_the_batch_service_takes_its_share_of_the_price(vendor: Vendor, call: Call[Selection]) -> None:
    prices = vendor.model()._prices
    half = prices.model_copy(update={"batch": Decimal("0.5")})
    full, desk = vendor.model().ceiling(call), Drawer()
    assert full is not None
    assert Deferred(vendor.model(prices=half), desk).ceiling(call) == full / 2
    assert Deferred(vendor.model(), desk).ceiling(call) == full  # nobody knows a discount: none is assumed
    assert published().batch == Decimal("0.5")
