"""The Celery application: ``celery -A storefront_studio worker`` and ``… beat``."""

from celery import Celery
from django.conf import settings

from storefront_studio import bootstrap

if not settings.configured:  # we are the entry point; otherwise manage.py or wsgi.py has prepared the environment
    bootstrap.prepare()

app = Celery("storefront_studio")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
