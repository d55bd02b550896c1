"""What every command of ours shares: ``--json``, one clear line on failure, progress on standard error."""

import json
import sys
from abc import ABC, abstractmethod
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from storefront_studio.lib.errors import StudioError


class StudioCommand(ABC, BaseCommand):
    """Subclasses write `work(**options)` and return what they report: a JSON-able dict, printed by `show` for people
    or as one object with ``--json``. A StudioError becomes one line and a non-zero exit."""

    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object on standard output, nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self.work(**options)
        except StudioError as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report, ensure_ascii=False))
        else:
            self.show(report)

    @abstractmethod
    def work(self, **options: Any) -> dict[str, Any]:
        """Do it; what comes back is the report."""

    @abstractmethod
    def show(self, report: dict[str, Any]) -> None:
        """Print the report for people."""

    def note(self, text: str) -> None:
        """A line for people on standard error, so that standard output stays clean."""
        self.stderr.write(text, ending="\n")

    def live(self, text: str) -> None:
        """A progress line that replaces itself on a terminal and is left out elsewhere."""
        if sys.stderr.isatty():
            self.stderr.write(f"\r\033[K{text}", ending="")
            self.stderr.flush()
