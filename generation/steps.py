"""Steps of a run: each output is saved once under its stage and key, and read when the run comes by again."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from functools import partial
from threading import Thread
from typing import Protocol, TypeVar

from pydantic import BaseModel

from generation.llm.base import Pending
from storefront_studio.lib.errors import OverBudget

log = logging.getLogger(__name__)
Output = TypeVar("Output", bound=BaseModel)
Item = TypeVar("Item")
Result = TypeVar("Result")


class Ledger(Protocol):
    """Where outputs are kept. `load` gives what an earlier attempt saved, or None."""

    def load(self, stage: str, key: int, shape: type[Output]) -> Output | None: ...

    def save(self, stage: str, key: int, output: BaseModel, seconds: float) -> None: ...

    def save_all(self, stage: str, outputs: Mapping[int, BaseModel], seconds: float) -> None:
        """Several keys of one stage; `seconds` is what each of them took."""
        for key, output in outputs.items():
            self.save(stage, key, output, seconds)

    def check(self) -> None:
        """Called between stages; raises when the run was cancelled or is no longer ours."""

    def release(self) -> None:
        """Called at the end of work done in a thread of its own: give back what that thread holds."""


class Steps:
    """The ledger, and how many items may be worked on at once. `stopped` is the budget's word, once it has spoken."""

    def __init__(self, ledger: Ledger, workers: int) -> None:
        self._ledger = ledger
        self._workers = workers
        self.stopped: OverBudget | None = None

    def ahead(self, work: Callable[[], object]) -> None:
        """Begin something that will be needed, in a thread; without threads it is left to whoever needs it."""
        if self._workers > 1:
            Thread(target=self._quietly, args=(work,), daemon=True).start()

    def _quietly(self, work: Callable[[], object]) -> None:
        try:
            work()
        except Exception:  # whoever needs it meets the same fault, and is in a place to say so
            log.debug("reading ahead failed", exc_info=True)
        finally:
            self._ledger.release()

    def one(self, stage: str, key: int, shape: type[Output], work: Callable[[], Output]) -> Output:
        """What is saved, else the work's output, which then is."""
        saved = self._ledger.load(stage, key, shape)
        if saved is not None:
            return saved
        self._ledger.check()
        started = time.perf_counter()
        output = work()
        self._ledger.save(stage, key, output, time.perf_counter() - started)
        return output

    def saved(self, stage: str, keys: Sequence[int], shape: type[Output]) -> dict[int, Output]:
        """What is saved of a stage, by key, in the order of `keys`."""
        found = ((key, self._ledger.load(stage, key, shape)) for key in keys)
        return {key: output for key, output in found if output is not None}

    def all(
        self,
        stage: str,
        keys: Sequence[int],
        shape: type[Output],
        work: Callable[[list[int], dict[int, Output]], Mapping[int, Output]],
    ) -> dict[int, Output]:
        """One output for every key, made together: `work` gets the keys that are missing and what is saved of the
        others."""
        saved = self.saved(stage, keys, shape)
        missing = [key for key in keys if key not in saved]
        if not missing:
            return saved
        self._ledger.check()
        started = time.perf_counter()
        made = work(missing, saved)
        self._ledger.save_all(stage, made, (time.perf_counter() - started) / len(missing))
        return {key: saved[key] if key in saved else made[key] for key in keys}

    def each(
        self, items: Mapping[int, Item], work: Callable[[int, Item], Result], among: int | None = None
    ) -> dict[int, Result]:
        """`work` on every item, as many at a time as may be (at most `among`), by key in the order of `items`.

        An item that the budget refuses is left out and nothing new is begun; `stopped` then holds the refusal. When
        an answer is still to come, all items are tried before Pending is raised. Any other error ends it at once, as
        soon as what is under way has ended.
        """
        done: dict[int, Result] = {}
        pending: list[Pending] = []
        if min(self._workers, among or self._workers) <= 1 or len(items) <= 1:
            for key, item in items.items():
                if self._refused(partial(work, key, item), key, done, pending):
                    break
        else:
            self._spread(items, work, done, pending, min(self._workers, among or self._workers))
        if pending:
            raise pending[0]
        return {key: done[key] for key in items if key in done}

    def _spread(
        self,
        items: Mapping[int, Item],
        work: Callable[[int, Item], Result],
        done: dict[int, Result],
        pending: list[Pending],
        workers: int,
    ) -> None:
        def alone(key: int, item: Item) -> Result:
            try:
                return work(key, item)
            finally:
                self._ledger.release()

        with ThreadPoolExecutor(max_workers=workers) as pool:
            futures: dict[Future[Result], int] = {pool.submit(alone, key, item): key for key, item in items.items()}
            self._ledger.release()  # this thread only waits now
            try:
                for future in as_completed(futures):
                    if future.cancelled():
                        continue
                    if self._refused(future.result, futures[future], done, pending):
                        for other in futures:
                            other.cancel()
            except BaseException:
                pool.shutdown(wait=True, cancel_futures=True)
                raise

    def _refused(self, result: Callable[[], Result], key: int, done: dict[int, Result], pending: list[Pending]) -> bool:
        """Put a result or a pending answer down; whether it was the budget that refused it. Raises other errors."""
        try:
            done[key] = result()
        except Pending as error:
            pending.append(error)
        except OverBudget as error:
            self.stopped = self.stopped or error
            return True
        return False
