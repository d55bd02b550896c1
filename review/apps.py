from typing import Any

from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        from generation.registry import agreement
        from review import receivers  # noqa: F401  (connects run_finished to drafts)

        agreement.SOURCES.append(_labelled_pairs)


def _labelled_pairs(store: Any) -> Any:
    """What another version of a judge is held against; loaded when a gate asks, not with every command."""
    from review.calibration import pairs

    return pairs.of(store)
