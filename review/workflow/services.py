"""Everything people can do to a placement; pages, API and commands call these.

Each takes the placement, the actor and the revision the person saw, checks role and state, runs in one transaction,
leaves an audit entry and returns an `Outcome`: the placement as it is now and a sentence that says what happened.
"""

from review.workflow.changing import Outcome
from review.workflow.decisions import approve, fix_and_approve, overturn, reject, request_changes, resubmit
from review.workflow.editing import edit_text
from review.workflow.products import (
    move_product,
    pin_product,
    promote_from_bench,
    remove_product,
    restore_product,
    unpin_product,
)
from review.workflow.undoing import last_decision, undo

__all__ = [
    "Outcome",
    "approve",
    "edit_text",
    "fix_and_approve",
    "last_decision",
    "move_product",
    "overturn",
    "pin_product",
    "promote_from_bench",
    "reject",
    "remove_product",
    "request_changes",
    "restore_product",
    "resubmit",
    "undo",
    "unpin_product",
]
