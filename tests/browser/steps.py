"""What people do on several roads."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.people import Person

PATIENCE = 90_000  # milliseconds, for the worker: it loads its encoder and its themes first


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
