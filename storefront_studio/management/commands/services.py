"""`manage.py services up|down|status`: the PostgreSQL and Redis that come with the Python packages."""

import json
import os
import time
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from storefront_studio.lib import embedded
from storefront_studio.lib.embedded import ServiceStatus
from storefront_studio.lib.errors import StudioError

VARIABLES = {"postgres": "DATABASE_URL", "redis": "REDIS_URL"}
TITLES = {"postgres": "PostgreSQL", "redis": "Redis"}


class Command(BaseCommand):
    help = "Start, stop or show the embedded PostgreSQL and Redis. External services are left alone."
    requires_system_checks = ()  # it must work before there is a database

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["up", "down", "status"], help="what to do")
        parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")

    def handle(self, *args: Any, **options: Any) -> None:
        data_dir = Path(settings.STUDIO_DATA_DIR)
        began = time.monotonic()
        try:
            if options["action"] == "up":
                embedded.ensure(os.environ, data_dir)
            elif options["action"] == "down":
                embedded.stop(data_dir)
            found = embedded.status(data_dir, os.environ)
        except StudioError as error:
            raise CommandError(str(error)) from error
        seconds = round(time.monotonic() - began, 2)
        if options["json"]:
            services = [asdict(service) for service in found]
            self.stdout.write(json.dumps({"data_dir": str(data_dir), "services": services, "seconds": seconds}))
            return
        for service in found:
            self.stdout.write(_line(service))
        self.stdout.write(f"Data in {data_dir}, {seconds:.2f} s.")


def _line(service: ServiceStatus) -> str:
    title = f"{TITLES[service.name]:<10}"
    if service.state == "external":
        return f"{title} external, set by {VARIABLES[service.name]}; left alone"
    if service.state == "up":
        return f"{title} up on 127.0.0.1:{service.port} (process {service.pid})"
    return f"{title} down"
