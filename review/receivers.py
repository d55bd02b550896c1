"""What review does when others have news: a run starts or ends, a key changes."""

from functools import partial
from typing import Any

from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import ApiKey, Store
from generation.models import Run
from generation.signals import run_finished, run_starting
from generation.stages.policy import QualityPolicy
from review.calibration import settle
from review.serving import known_keys
from review.workflow.intake import draft_from


@receiver(run_starting, sender=Run, dispatch_uid="review.settle_share_of_run")
def say_what_judges_settle(
    sender: type[Run], store: Store, policy: QualityPolicy, brief: dict[str, Any], **kwargs: Any
) -> None:
    """A run keeps to the shares that held when it started, however people decide while it works."""
    brief["settle_share"] = settle.share(store, policy).settling.model_dump(mode="json")


@receiver(run_finished, sender=Run, dispatch_uid="review.draft_of_run")
def make_draft(sender: type[Run], run: Run, **kwargs: Any) -> None:
    """In the transaction that ends the run. Generation never learns that review exists."""
    draft_from(run)


@receiver([post_save, post_delete], sender=ApiKey, dispatch_uid="review.forget_key")
def forget_key(sender: type[ApiKey], instance: ApiKey, **kwargs: Any) -> None:
    """A revoked key must stop working now, not when the cache gets round to it."""
    transaction.on_commit(partial(known_keys.forget, instance.prefix), robust=True)
