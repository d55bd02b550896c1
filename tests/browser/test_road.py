"""The whole road, walked by three people in a real browser: from a brief to a page that a shop reads."""

import json
import re
import urllib.request
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.steps import PATIENCE

NAME = "Slow mornings"
TITLE = "Breakfast without a clock"
NOTE = "Our shoppers come for breakfast."


def test_three_people_take_a_campaign_from_a_brief_to_the_shop(
    studio: str, catalogue: str, sit_down: Callable[..., Any], watched: Any
) -> None:
    assert re.search(r"\d+\s+created", catalogue)

    marketing = sit_down("marketing")
    plan(marketing)
    generate(marketing)
    see_that_somebody_else_decides(marketing)

    merchandiser = sit_down("merchandiser")
    total = look_at_the_page(merchandiser)
    old_title, removed = fix_one(merchandiser)
    rejected = reject_one(merchandiser)
    approve_the_rest(merchandiser, total - 2)
    publish(merchandiser, total - 1)

    admin = sit_down("admin")
    key = make_a_key(admin)
    page = read_as_the_shop(studio, key)
    titles = [placement["title"] for placement in page["placements"]]
    assert TITLE in titles and rejected not in titles and len(titles) == total - 1
    fixed = page["placements"][titles.index(TITLE)]
    assert removed not in [product["title"] for product in fixed["products"]]
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", page["manifest"])

    find_the_rejected_one(admin, rejected)
    find_the_edit(admin, old_title)
    publish_again_and_roll_back(merchandiser, page)
    assert read_as_the_shop(studio, key)["manifest"] == page["manifest"]
    assert watched.complaints == []


# --- Marketing ----------------------------------------------------------------------------------------------------
def plan(page: Any) -> None:
    """The brief as a form; the number of eligible products follows the constraints while they are typed."""
    page.goto("/campaigns/")
    page.get_by_role("link", name="New campaign").first.click()
    page.get_by_label("Objective").select_option("discovery")
    page.get_by_label("In one sentence").fill("Slow mornings: breakfast for us, good food for the dog and the cat")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Page of the shop").fill("home")
    page.get_by_label("Placements", exact=True).fill("4")
    page.get_by_label("Products in each").fill("3")
    everything = eligible(page)
    page.get_by_label("Price to").fill("30")
    expect(page.locator(".eligible strong")).not_to_have_text(str(everything))
    assert 0 < eligible(page) < everything


def eligible(page: Any) -> int:
    return int(page.locator(".eligible strong").inner_text().replace(",", ""))


def generate(page: Any) -> None:
    """The run tells how far it is by itself, up to its end."""
    page.get_by_role("button", name="Generate").click()
    page.wait_for_url(re.compile(r"/runs/\d+/"))
    expect(page.get_by_role("heading", level=1)).to_have_text(NAME)
    expect(page.locator(".page-head .badge")).to_have_text("Done", timeout=PATIENCE)
    expect(page.locator(".run-line-kept").nth(2)).to_be_visible()


def see_that_somebody_else_decides(page: Any) -> None:
    page.get_by_role("link", name=re.compile("^Review")).last.click()
    page.wait_for_url(re.compile(r"/review/"))
    if not re.search(r"/review/\d+/", page.url):
        page.locator(".table-title a").first.click()
    for act in ("Approve", "Request changes", "Reject"):
        expect(page.locator(".action-bar").get_by_role("button", name=act, exact=True)).to_be_disabled()
    expect(page.get_by_text("a merchandiser or an admin decides")).to_be_visible()


# --- Merchandiser -------------------------------------------------------------------------------------------------
def look_at_the_page(page: Any) -> int:
    """The queue, then the draft as shoppers would see it; gives the number of rows that wait."""
    page.goto("/review/")
    total = waiting(page).count()
    page.get_by_role("region", name=NAME).get_by_role("link", name="See the page").click()
    shop = page.frame_locator('iframe[title="The draft as shoppers will see it"]')
    expect(shop.get_by_role("heading", level=2)).to_have_count(total)
    expect(page.locator(".action-bar").get_by_role("button", name="Publish")).to_be_disabled()
    return int(total)


def fix_one(page: Any) -> tuple[str, str]:
    """Another title, one product out and the bench moves up, then A. Gives the old title and what was removed."""
    open_the_one_with_most_in_reserve(page)
    words = page.locator("#id_title")
    old = words.input_value()
    words.fill(TITLE)
    words.press("Enter")
    expect(page.locator(".tabs")).to_contain_text("Changes1")
    shown = page.locator('ol[aria-label^="Products, in order"] .tile-title')
    bench = page.locator('ol[aria-label="Bench"] .tile-title')
    before, reserve = shown.all_inner_texts(), bench.all_inner_texts()
    page.get_by_role("button", name=re.compile("^Remove: ")).first.click()
    expect(page.get_by_role("heading", name="Taken out")).to_be_visible()
    after = shown.all_inner_texts()
    assert before[0] not in after and len(after) == len(before)
    moved_up = set(after) - set(before)
    assert len(moved_up) == 1 and moved_up <= set(reserve)
    decide(page, "a")
    return old, before[0]


def reject_one(page: Any) -> str:
    open_first(page)
    title = page.locator("#id_title").input_value()
    page.keyboard.press("r")
    dialog = page.get_by_role("dialog", name="Reject this placement?")
    dialog.get_by_label("Reason").select_option("off_objective")
    dialog.get_by_label("Note").fill(NOTE)
    decide(page, "Control+Enter")
    return str(title)


def approve_the_rest(page: Any, count: int) -> None:
    for _ in range(count):
        open_first(page)
        decide(page, "a")
    page.goto("/review/")
    expect(waiting(page)).to_have_count(0)


def open_the_one_with_most_in_reserve(page: Any) -> None:
    page.goto("/review/")
    reserves = {}
    for address in [link.get_attribute("href") for link in waiting(page).all()]:
        page.goto(address)
        reserves[address] = page.locator('ol[aria-label="Bench"] > li').count()
    page.goto(max(reserves, key=lambda address: reserves[address]))


def open_first(page: Any) -> None:
    page.goto("/review/")
    page.goto(waiting(page).first.get_attribute("href"))
    page.locator("#id_title").wait_for()


def waiting(page: Any) -> Any:
    """Links to this campaign's rows in the queue."""
    return page.get_by_role("region", name=NAME).locator("tbody .table-title a")


def decide(page: Any, key: str) -> None:
    page.locator("body").evaluate("document.activeElement.matches('textarea') || document.activeElement.blur()")
    with page.expect_navigation():
        page.keyboard.press(key)
    expect(page.locator(".toast-success")).to_be_visible()


def publish(page: Any, rows: int) -> None:
    page.goto("/pages/")
    page.get_by_role("link", name=re.compile(NAME)).first.click()
    page.get_by_role("button", name=f"Publish {rows} approved rows").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 rejected stay")
    dialog.get_by_role("button", name="Publish now").click()
    page.wait_for_url("**/pages/home/**")
    expect(page.get_by_role("heading", name="Version 1, live now")).to_be_visible()


def publish_again_and_roll_back(page: Any, first: dict[str, Any]) -> None:
    """Another title for an approved row makes it wait again; approved, it goes into a second version. Then back."""
    page.goto("/pages/home/")
    page.get_by_role("link", name=re.compile(NAME)).first.click()
    page.locator(".rows-list").get_by_role("link", name=TITLE).click()
    page.locator("#id_title").fill("Breakfast, unhurried")
    page.locator("#id_title").press("Enter")
    expect(page.locator(".stage-words .badge")).to_have_text("Waiting")
    decide(page, "a")
    publish_second(page, len(first["placements"]))
    page.get_by_role("button", name="Roll back to this").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it live").click()
    expect(page.get_by_role("heading", name="Version 1, live now")).to_be_visible()


def publish_second(page: Any, rows: int) -> None:
    page.goto("/pages/home/")
    page.get_by_role("link", name=re.compile(NAME)).first.click()
    page.get_by_role("button", name=re.compile(f"Publish {rows} approved row")).click()
    page.get_by_role("dialog").get_by_role("button", name="Publish now").click()
    expect(page.get_by_role("heading", name="Version 2, live now")).to_be_visible()


# --- Admin, and the shop ------------------------------------------------------------------------------------------
def make_a_key(page: Any) -> str:
    page.goto("/settings/keys/")
    page.get_by_label("Name").fill("Shop front")
    page.get_by_role("button", name="Make a key").click()
    return str(page.locator(".copy-line code").first.inner_text())


def read_as_the_shop(url: str, key: str) -> dict[str, Any]:
    """`GET /api/v1/storefront/home/` with nothing but the key."""
    request = urllib.request.Request(f"{url}/api/v1/storefront/home/", headers={"Authorization": f"Api-Key {key}"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return dict(json.load(answer))


def find_the_rejected_one(page: Any, title: str) -> None:
    page.get_by_role("link", name="Audit").click()
    row = page.get_by_role("row").filter(has_text=title).filter(has_text=NAME)
    expect(row).to_contain_text("Does not serve the objective")
    row.get_by_role("link", name=title, exact=True).click()
    told = page.get_by_role("main")
    for words in ("Merle Handiser", "Does not serve the objective", NOTE):
        expect(told).to_contain_text(words)


def find_the_edit(page: Any, old_title: str) -> None:
    page.goto("/audit/trail/")
    row = page.get_by_role("row").filter(has=page.locator("ins", has_text=TITLE))
    expect(row.locator("del").first).to_have_text(old_title)
    expect(row).to_contain_text("Merle Handiser")
