from django.apps import AppConfig


class StorefrontStudioConfig(AppConfig):
    name = "storefront_studio"

    def ready(self) -> None:
        from storefront_studio import celery  # noqa: F401  (tasks enqueued from any process need the app's broker)
