"""The Celery application: ``celery -A storefront_studio worker`` and ``… beat``."""

from celery import Celery

from storefront_studio import bootstrap

bootstrap.prepare()

app = Celery("storefront_studio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
