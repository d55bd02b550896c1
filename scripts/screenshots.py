"""Take the pictures of docs/screenshots from a studio that runs: `make demo` in one window, this script in another.

    .venv/bin/python scripts/screenshots.py --data var [--only review,login] [--out docs/screenshots]

The first time it sets a scene through the screens themselves, as three people would: a campaign with constraints, one
placement reworded and one turned down. A picture is named <screen>-<width>[-dark].png.
"""

import argparse
import io
import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from playwright.sync_api import TimeoutError as TooLong

SIZES = {1440: 900, 390: 844}  # width: height of the window, in CSS pixels
TALLEST = 2400  # of a picture, in CSS pixels
HEAVIEST = 250_000  # bytes of a file
NAME = "Weekday breakfasts under 6"
FEED = (
    "id,title,description,product_type,brand,price,availability,image_link,rating\n"
    "M-1,Stoneground rye bread 800 g,Dark and moist,Grocery > Bakery,Mill Lane,3.90 EUR,in_stock,,4.6\n"
    "M-2,Salted farmhouse butter 250 g,Churned slowly,Grocery > Dairy,Mill Lane,2.80 EUR,in_stock,,4.8\n"
    "M-3,Wildflower honey 500 g,From one meadow,Grocery > Breakfast,Mill Lane,about six,in_stock,,4.9\n"
    "M-4,Plum jam 340 g,Two thirds fruit,Grocery > Breakfast,Mill Lane,3.20 EUR,out_of_stock,,4.1\n"
)

Act = Callable[[Page], object]


def first(selector: str) -> Act:
    """Go where the first such link leads."""

    def follow(page: Page) -> None:
        href = page.locator(selector).first.get_attribute("href")
        page.goto(page.url.split("/", 3)[0] + "//" + page.url.split("/", 3)[2] + str(href))

    return follow


def tab(name: str) -> Act:
    """Open a tab beside a placement; at phone width the sheet that holds it, too."""

    def choose(page: Page) -> None:
        if page.viewport_size and page.viewport_size["width"] < 900:
            page.get_by_role("button", name="Judgement and history").click()
        page.get_by_role("tab", name=name).click()
        page.wait_for_timeout(250)

    return choose


def rejected(page: Page) -> None:
    page.goto(page.url + "?by=person")
    first(".table-title a")(page)


def publish_dialog(page: Page) -> None:
    """The question before a page goes live, asked of the page that is live already."""
    first('a[href$="/preview/"]')(page)
    page.locator('[data-dialog="publish"]').click()


def brief(page: Page) -> None:
    first('.table-title a:has-text("Weekday")')(page)
    first('a:has-text("Edit")')(page)


def menu(page: Page) -> None:
    if page.viewport_size and page.viewport_size["width"] < 900:
        page.get_by_role("button", name="Menu").click()
    else:
        page.keyboard.press("?")
    page.wait_for_timeout(250)


def columns(page: Page) -> None:
    """The second step of an import: a file handed in, its columns not confirmed yet."""
    waiting = page.locator('tr:has-text("Waiting for columns") .table-title a')
    if waiting.count():
        first('tr:has-text("Waiting for columns") .table-title a')(page)
    else:
        page.goto(page.url + "new/")
        upload(page, "new-products.csv", FEED)


def upload(page: Page, name: str, text: str) -> None:
    page.locator("input[type=file]").set_input_files([{"name": name, "mimeType": "text/csv", "buffer": text.encode()}])
    page.locator("main button[type=submit], .action-bar button[type=submit]").last.click()
    page.wait_for_load_state()


def weekday(page: Page) -> None:
    first('.table-title a:has-text("Weekday")')(page)


def batch(page: Page, part: str = "") -> None:
    """The campaign's batch, or the form for a new one."""
    weekday(page)
    if part:
        page.goto(page.url + "batches/" + part)
    else:
        first('a[href^="/batches/"]')(page)


def own_row(page: Page) -> None:
    weekday(page)
    page.goto(page.url + "rows/new/")


def regenerate(page: Page) -> None:
    """The words typed, and what they mean below; nothing is started."""
    weekday(page)
    to_regenerate(page)
    page.locator("[name=instruction]").fill("Cheaper, nothing with chocolate, keep rows 1 and 3")
    page.wait_for_timeout(1500)


def to_regenerate(page: Page) -> None:
    """From a campaign's first run to the form that regenerates its draft."""
    page.goto(page.url.split("/campaigns/")[0] + str(page.locator('a[href^="/runs/"]').last.get_attribute("href")))
    draft = page.locator('a[href^="/drafts/"]').first.get_attribute("href") or ""
    page.goto(page.url.split("/runs/")[0] + re.sub(r"(/drafts/\d+/).*", r"\1regenerate/", draft))


def compare(page: Page) -> None:
    """The page that the scene regenerated, beside the old one."""
    weekday(page)
    first('a[href^="/runs/"]')(page)
    first('a[href$="/compare/"]')(page)


@dataclass(frozen=True)
class Shot:
    """One picture: who looks, at which address, after which steps; `tall` shows the whole page, not one window."""

    name: str
    role: str
    path: str
    act: Act | None = None
    tall: bool = False
    dark: bool = False


def what_if(page: Any) -> None:
    first('a[href$="/preview/"]')(page)
    first('a[href$="/whatif/"]')(page)


REVIEW = '.table-title a[href^="/review/"]'
SHOTS = [
    Shot("login", "", "/login/", dark=True),
    Shot("home-marketing", "marketing", "/"),
    Shot("home-merchandiser", "merchandiser", "/", dark=True),
    Shot("home-admin", "admin", "/"),
    Shot("menu", "admin", "/", menu),
    Shot("campaigns", "marketing", "/campaigns/"),
    Shot("campaign-new", "marketing", "/campaigns/new/", tall=True),
    Shot("campaign-brief", "marketing", "/campaigns/", brief, tall=True, dark=True),
    Shot("campaign", "marketing", "/campaigns/", first('.table-title a:has-text("Weekday")')),
    Shot("run", "marketing", "/campaigns/", first('tr:has-text("Weekday") a[href^="/runs/"]'), tall=True),
    Shot("review-queue", "merchandiser", "/review/"),
    Shot("review-keys", "merchandiser", "/review/keys/"),
    Shot("review", "merchandiser", "/review/", first(REVIEW), dark=True),
    Shot("review-whole", "merchandiser", "/review/", first(REVIEW), tall=True),
    Shot("review-why", "merchandiser", "/review/", lambda page: (first(REVIEW)(page), tab("Why")(page))),
    Shot("review-edited", "merchandiser", "/review/", lambda page: (edited(page), tab("Changes")(page))),
    Shot("review-history", "merchandiser", "/review/", lambda page: (edited(page), tab("History")(page))),
    Shot("review-reject", "merchandiser", "/review/", lambda page: (first(REVIEW)(page), page.keyboard.press("r"))),
    Shot("review-marketing", "marketing", "/review/", first(REVIEW)),
    Shot("preview", "merchandiser", "/review/", first('a[href$="/preview/"]'), dark=True),
    Shot("publish", "merchandiser", "/pages/home/", publish_dialog),
    Shot("what-if", "merchandiser", "/review/", what_if),
    Shot("calendar", "merchandiser", "/calendar/"),
    Shot("shop-settings", "merchandiser", "/settings/shop/", tall=True),
    Shot("pages", "merchandiser", "/pages/"),
    Shot("page", "merchandiser", "/pages/home/", tall=True),
    Shot("products", "merchandiser", "/catalogue/products/", dark=True),
    Shot("product", "merchandiser", "/catalogue/products/", first('tbody a[href^="/catalogue/products/"]')),
    Shot("keywords", "merchandiser", "/catalogue/keywords/"),
    Shot("imports", "merchandiser", "/catalogue/imports/"),
    Shot("import-new", "merchandiser", "/catalogue/imports/new/"),
    Shot("import-columns", "merchandiser", "/catalogue/imports/", columns),
    Shot("import-report", "merchandiser", "/catalogue/imports/", first('tr:has-text("Done") .table-title a')),
    Shot("audit-rejected", "admin", "/audit/rejected/"),
    Shot("audit-patterns", "admin", "/audit/rejected/patterns/"),
    Shot("audit-samples", "admin", "/audit/samples/"),
    Shot("audit-rejection", "admin", "/audit/rejected/", rejected, tall=True),
    Shot("audit-trail", "admin", "/audit/trail/"),
    Shot("api-keys", "admin", "/settings/keys/"),
    Shot("api-docs", "admin", "/api/docs/"),
    Shot("audiences", "marketing", "/campaigns/audiences/"),
    Shot("audience", "marketing", "/campaigns/audiences/", first('.table-title a[href^="/campaigns/audiences/"]')),
    Shot("batch-new", "marketing", "/campaigns/", lambda page: batch(page, "new/")),
    Shot("batch", "marketing", "/campaigns/", batch, tall=True),
    Shot("own-row", "marketing", "/campaigns/", own_row),
    Shot("keyword-gaps", "merchandiser", "/catalogue/keywords/gaps/"),
    Shot("regenerate", "marketing", "/campaigns/", regenerate, tall=True),
    Shot("compare", "marketing", "/campaigns/", compare, tall=True, dark=True),
    Shot("insights-judges", "merchandiser", "/insights/judges/", tall=True),
    Shot("insights-spend", "merchandiser", "/insights/spend/", tall=True),
    Shot("audit-remembered", "admin", "/audit/remembered/"),
    Shot("policy", "admin", "/settings/policy/", tall=True),
    Shot("registry", "admin", "/settings/registry/", tall=True),
    Shot("rankers", "admin", "/settings/rankers/", tall=True),
    Shot("find", "merchandiser", "/find/?q=bread"),
    Shot("not-found", "merchandiser", "/no/such/page/"),
    Shot("not-allowed", "marketing", "/audit/rejected/"),
]  # fmt: skip


def edited(page: Page) -> None:
    """The placement that somebody reworded."""
    first('.table-title a:has-text("every weekday")')(page)


class Studio:
    """The studio that demo.json tells of, and a signed-in session of each of its people."""

    def __init__(self, data: Path, browser: Browser) -> None:
        self.facts = json.loads((data / "demo.json").read_text(encoding="utf-8"))
        self.url = self.facts["url"]
        self.browser = browser
        self.sessions: dict[str, Any] = {"": None}
        for role, login in self.facts["logins"].items():
            page = self.window("").new_page()
            page.goto(f"{self.url}/login/")
            page.fill("#id_username", login["email"])
            page.fill("#id_password", login["password"])
            page.locator("#login button").click()
            page.wait_for_url(f"{self.url}/")
            self.sessions[role] = page.context.storage_state()
            page.context.close()

    def window(self, role: str, width: int = 1440, dark: bool = False) -> BrowserContext:
        return self.browser.new_context(
            storage_state=self.sessions[role],
            viewport={"width": width, "height": SIZES[width]},
            device_scale_factor=2 if width < 900 else 1,
            has_touch=width < 900,
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )

    def page(self, role: str, path: str) -> Page:
        page = self.window(role).new_page()
        page.goto(self.url + path)
        return page


def set_scene(studio: Studio, keep: Callable[[Page, str], None]) -> None:
    """One more campaign, generated; one of its placements reworded, one turned down. Done once per studio."""
    page = studio.page("marketing", "/campaigns/")
    if page.get_by_text(NAME).count():
        return
    page.goto(f"{studio.url}/campaigns/new/")
    page.get_by_label("Objective").select_option("discovery")
    page.get_by_label("In one sentence").fill("A good weekday breakfast, ready in ten minutes and easy on the purse")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Placements", exact=True).fill("6")
    page.get_by_label("Products in each").fill("8")
    page.get_by_label("Only these categories").fill("Grocery")
    page.keyboard.press("Enter")
    page.get_by_label("Price to").fill("6")
    page.get_by_text("More constraints").click()
    page.get_by_label("Rating of at least").fill("3.5")
    page.wait_for_timeout(800)
    page.locator("#brief-verdict button", has_text="Generate").click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    page.wait_for_timeout(1500)
    keep(page, "run-working-1440")
    narrow = studio.window("marketing", 390).new_page()
    narrow.goto(page.url)
    keep(narrow, "run-working-390")
    page.locator(".badge", has_text="Done").first.wait_for(timeout=120_000)
    page = studio.page("merchandiser", "/review/")
    rows = page.locator(f'section[aria-label="{NAME}"] .table-title a')
    doubtful, good = rows.first.get_attribute("href"), rows.last.get_attribute("href")
    page.goto(f"{studio.url}{good}")
    page.locator("#id_title").fill("A good start, every weekday")
    with page.expect_response(lambda answer: "/edit/" in answer.url):
        page.keyboard.press("Enter")
    page.goto(f"{studio.url}{doubtful}")
    page.keyboard.press("r")
    page.locator("#reject_reason_code").select_option(index=1)
    page.locator("#reject_note").fill("Half of these are not for the morning.")
    with page.expect_navigation():
        page.keyboard.press("Control+Enter")
    page.context.close()


AUDIENCES = (
    ("Families with school children", 5400, "Grocery|Office & school", "low", "2 adults, 2 children"),
    ("City couples who cook", 2100, "Grocery|Kitchen", "high", "2 adults"),
    ("Dog people", 900, "Pet", "middle", ""),
)


def set_second_scene(studio: Studio) -> None:
    """Three audiences and a page for each; then a part of the first page anew. Done once per studio."""
    page = studio.page("marketing", "/campaigns/audiences/")
    if page.get_by_text(AUDIENCES[0][0]).count():
        return
    for name, size, categories, level, household in AUDIENCES:
        page.goto(f"{studio.url}/campaigns/audiences/new/")
        page.locator("[name=name]").fill(name)
        page.locator("[name=size]").fill(str(size))
        for category in categories.split("|"):
            page.get_by_label("Categories they buy").fill(category)
            page.keyboard.press("Enter")
        page.locator("[name=price_affinity]").select_option(level)
        page.locator("[name=household]").fill(household)
        with page.expect_navigation():
            page.keyboard.press("Control+Enter")
    page.goto(f"{studio.url}/campaigns/")
    weekday(page)
    campaign = page.url
    page.goto(campaign + "batches/new/")
    page.get_by_role("button", name="Generate all").click()
    page.wait_for_url(re.compile(r"/batches/\d+/"))
    page.locator(".badge", has_text="Done").first.wait_for(timeout=180_000)
    page.wait_for_timeout(2000)
    page.goto(campaign)
    to_regenerate(page)
    page.locator("[name=instruction]").fill("Cheaper, nothing with chocolate, keep row 1")
    page.wait_for_timeout(1500)
    page.locator("button[name=then][value=start]").click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    page.locator(".badge", has_text="Done").first.wait_for(timeout=120_000)
    page.context.close()


def save(page: Page, file: Path, *, tall: bool = False) -> None:
    """Write what `page` shows, in 256 colours, which flat screens do not miss."""
    with suppress(TooLong):  # a picture of a far shop may never come
        page.wait_for_load_state("networkidle", timeout=4000)
    page.evaluate("document.activeElement?.matches('a, button') && document.activeElement.blur()")
    size = page.viewport_size
    if tall and size:
        height = page.evaluate("document.documentElement.scrollHeight")
        page.set_viewport_size({"width": size["width"], "height": max(size["height"], min(height, TALLEST))})
        page.wait_for_timeout(400)
    picture = Image.open(io.BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    for colours in (256, 128, 64, 32):
        picture.quantize(colours, dither=Image.Dither.NONE).save(file, optimize=True)
        if file.stat().st_size < HEAVIEST:
            return
    picture.resize((picture.width // 2, picture.height // 2)).quantize(128).save(file, optimize=True)


def chromium() -> str:
    found = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if not found:
        sys.exit("No Chromium found. Install one, or set CHROMIUM to its path.")
    return found


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--data", type=Path, default=Path("var"), help="data folder of the running studio")
    options.add_argument("--out", type=Path, default=Path("docs/screenshots"))
    options.add_argument("--only", default="", help="beginnings of names, separated by commas")
    given = options.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    wanted = tuple(given.only.split(",")) if given.only else ("",)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        studio = Studio(given.data, browser)
        set_scene(studio, lambda page, name: save(page, given.out / f"{name}.png"))
        set_second_scene(studio)
        for shot in (one for one in SHOTS if one.name.startswith(wanted)):
            for width, dark in [(1440, False), (390, False)] + [(1440, True), (390, True)] * shot.dark:
                window = studio.window(shot.role, width, dark)
                page = window.new_page()
                name = f"{shot.name}-{width}{'-dark' if dark else ''}"
                try:
                    page.goto(studio.url + shot.path)
                    if shot.act:
                        shot.act(page)
                    save(page, given.out / f"{name}.png", tall=shot.tall)
                    print(name)
                except Exception as error:
                    print(f"{name}: {str(error).splitlines()[0]}", file=sys.stderr)
                window.close()
        browser.close()


if __name__ == "__main__":
    main()
