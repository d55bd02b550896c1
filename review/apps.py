from django.apps import AppConfig


class ReviewConfig(AppConfig):
    name = "review"

    def ready(self) -> None:
        from review import receivers  # noqa: F401  (connects run_finished to drafts)
