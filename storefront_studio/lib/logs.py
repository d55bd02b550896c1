"""Every log line carries the run it belongs to."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

current_run: ContextVar[str] = ContextVar("current_run", default="")


@contextmanager
def run_context(run_id: int | str) -> Iterator[None]:
    """Lines logged inside carry ``[run N]``."""
    token = current_run.set(str(run_id))
    try:
        yield
    finally:
        current_run.reset(token)


class RunFilter(logging.Filter):
    """Adds ``record.run`` for the formatter."""

    def filter(self, record: logging.LogRecord) -> bool:
        run = current_run.get()
        record.run = f" [run {run}]" if run else ""
        return True
