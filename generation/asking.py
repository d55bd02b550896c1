"""What stands between a run and a vendor: recorded, limited, answered once per content, and a few at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.conf import settings

from generation import leases
from generation.answers import Answers
from generation.llm.base import TextModel
from generation.llm.batch.deferred import Deferred
from generation.llm.cached import Cached
from generation.llm.metered import Metered
from generation.llm.seated import Seated
from generation.llm.wire import WireModel
from generation.models import Batch, Run
from generation.money import RunPurse
from generation.vendor_desk import Desk


def for_run(run: Run) -> Callable[[TextModel], TextModel]:
    """Puts what a run needs around a model. All its models share one purse and the store's answers.

    In a batch that goes through vendors' batch services a question is handed in there and Pending raised.
    """
    purse, answers, store = RunPurse(run), Answers(run.campaign.store_id), run.campaign.store_id
    handed_in = run.batch is not None and run.batch.mode == Batch.Mode.VENDOR

    def around(model: TextModel) -> TextModel:
        if handed_in and isinstance(model, WireModel):
            return Metered(Cached(Deferred(model, Desk(run)), answers), purse=purse)
        seated = Seated(model, lambda: vendor_seat(vendor_of(model.name)))
        return Metered(Cached(seated, answers, alone=lambda key: leases.seat(f"answer:{store}:{key}", 1)), purse=purse)

    return around


def vendor_of(model: str) -> str:
    """``openai`` of ``openai:gpt-…``."""
    return model.partition(":")[0]


@contextmanager
def vendor_seat(vendor: str) -> Iterator[None]:
    """One of VENDOR_CONCURRENCY places at a vendor. No connection is held while its model thinks."""
    with leases.seat(f"vendor:{vendor}", settings.VENDOR_CONCURRENCY):
        leases.give_back_connection()
        yield
