"""WSGI entry point for gunicorn."""

from storefront_studio import bootstrap

bootstrap.prepare()

from django.core.wsgi import get_wsgi_application  # noqa: E402  (settings need the environment first)

application = get_wsgi_application()
