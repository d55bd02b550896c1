"""What people do on several roads."""

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.people import Person

PATIENCE = 90_000  # milliseconds, for the worker: it loads its encoder and its themes first


def until(what: Callable[[], bool], seconds: float, logs: Path | None = None) -> None:
    """Wait for `what`; when it does not come, fail with what the processes wrote into `logs`."""
    deadline = time.monotonic() + seconds
    while not what():
        if time.monotonic() > deadline:
            files = sorted(logs.glob("*.log")) if logs else []
            said = "\n".join(log.read_text(errors="replace")[-2000:] for log in files)
            raise AssertionError(f"Nothing came within {seconds} s. {said}")
        time.sleep(0.2)


def sign_in(page: Any, person: Person) -> None:
    page.goto("/login/")
    page.get_by_label("E-mail").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/")


def hand_in_the_catalogue(page: Any, merchandiser: Person, feed: Path) -> str:
    """The three steps of an import: the file, its columns as guessed, the report. Gives what the report says."""
    sign_in(page, merchandiser)
    page.goto("/catalogue/imports/new/")
    page.locator("input[type=file]").set_input_files(feed)
    page.get_by_role("button", name="Read the file").click()
    page.wait_for_url(re.compile(r"/imports/\d+/"))
    expect(page.get_by_text(re.compile(r"\d+ of the first \d+ rows would come in"))).to_be_visible()
    expect(page.locator('[name="f_title"]')).to_have_value("title")
    page.get_by_role("button", name="Start the import").click()
    expect(page.get_by_text(re.compile(r"All \d+ products are embedded"))).to_be_visible(timeout=PATIENCE)
    return str(page.locator("#progress").inner_text())
