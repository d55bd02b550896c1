"""The browsable docs, in a real browser: all from our own origin, nothing that the policy has to block."""

import os
import shutil
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def _complaints(address: str) -> tuple[int, list[str]]:
    """Operations shown at `address`, and everything the browser had to say against the page."""
    from playwright.sync_api import sync_playwright

    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    assert chromium, "The browser tests need Chromium: run scripts/ensure_browser, or set CHROMIUM to its path."
    heard: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page()
        page.on("console", lambda message: heard.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: heard.append(str(error)))
        page.on("requestfailed", lambda request: heard.append(request.url))
        page.goto(address)
        page.wait_for_selector(".opblock")
        page.locator(".opblock-summary").first.click()
        page.wait_for_selector(".opblock-body")
        shown = page.locator(".opblock").count()
        browser.close()
    return shown, heard


def test_the_docs_show_every_operation_under_the_strict_policy(live_server: Any) -> None:
    from django.test import Client

    policy = Client().get("/api/docs/")["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy
    shown, heard = _complaints(f"{live_server.url}/api/docs/")
    assert shown >= 30
    assert heard == []
