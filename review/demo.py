"""The demo store: real products through the real road, up to one published page and one page waiting for review."""

import json
import re
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import Count
from django.utils import timezone
from django.utils.text import slugify

from accounts import demo as accounts_demo
from accounts.models import Store, User
from generation import imports, selectors, services, tasks
from generation.campaigns.constraints import Constraints
from generation.catalog.feed import Mapping
from generation.catalog.sample import drawings, generator
from generation.catalog.search import CatalogSearch
from generation.models import Campaign, ImportJob, Product, Run
from review.models import Draft, Page, Placement
from review.publishing import services as publishing
from review.tasks import seed_gold
from review.workflow import services as workflow
from storefront_studio.lib.errors import BadInput, StudioError

PAGE = "home"
SAMPLE = [
    {
        "brief_id": "cosy-suppers",
        "name": "Cosy suppers for cold evenings",
        "objective_kind": "season",
        "objective": "Cosy suppers for cold evenings: soups, pasta, warm bread and something sweet after",
        "season": "winter",
        "placements": 6,
        "products": 8,
        "constraints": {"density_min": 6},
    },
    {
        "brief_id": "home-for-a-dog",
        "name": "A good home for a dog",
        "objective_kind": "category",
        "objective": "Everything a dog needs at home: dog food, treats, toys, beds, bowls, leads and grooming",
        "placements": 5,
        "products": 8,
        "page": "pets",
        "constraints": {"density_min": 6, "rating_min": "3.5"},
    },
]


@dataclass
class Plan:
    """What the demo is about to do, and has to say at the end."""

    store: Store
    logins: dict[str, accounts_demo.Login]
    api_key: str
    briefs: list[dict[str, Any]]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{settings.PORT}"

    @property
    def file(self) -> Path:
        return Path(settings.STUDIO_DATA_DIR) / "demo.json"

    def write(self) -> None:
        """The same facts as on the screen, for programs; readable by its owner only."""
        facts = {
            "url": self.url,
            "page": PAGE,
            "api_key": self.api_key,
            "store": self.store.slug,
            "logins": {role: asdict(login) for role, login in self.logins.items()},
        }
        self.file.touch(mode=0o600)
        self.file.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def prepare(*, catalog: str | None, mapping: str | None, say: Callable[[str], None]) -> Plan:
    """Store, people, key, products and campaigns; whatever is there already is kept. Raises BadInput for a bad feed."""
    store = _store_for(catalog)
    _import(store, catalog, mapping, say)
    kept = _kept()
    plan = Plan(
        store=store,
        logins=accounts_demo.people(store, kept.get("logins", {})),
        api_key=accounts_demo.front_end_key(store, kept.get("api_key", "")),
        briefs=_discovery(store) if catalog else SAMPLE,
    )
    marketing = User.objects.get(email=plan.logins["marketing"].email)
    for brief in plan.briefs:
        if not Campaign.objects.filter(store=store, slug=slugify(brief["brief_id"])).exists():
            services.campaign_from_brief(store=store, actor=marketing, data=brief)
    tasks.embed_catalogue.delay(store.pk)
    if not catalog:  # its pairs are products of the sample
        seed_gold.delay(store.pk)
    plan.write()
    return plan


def advance(plan: Plan, say: Callable[[str], None]) -> bool:
    """One look at how far the worker is, and the next step where one is due; True once a page is live."""
    if not selectors.catalogue_state(plan.store).ready:
        return False
    marketing = User.objects.get(email=plan.logins["marketing"].email)
    for brief in plan.briefs:
        campaign = Campaign.objects.get(store=plan.store, slug=slugify(brief["brief_id"]))
        if not campaign.runs.exists():
            services.start_run(campaign=campaign, actor=marketing)
            say(f"Generating “{campaign.name}” …")
    first = Campaign.objects.get(store=plan.store, slug=slugify(plan.briefs[0]["brief_id"]))
    run = first.runs.order_by("id").last()
    if run is not None and run.status == Run.Status.FAILED:
        raise StudioError(f"The demo page could not be generated: {run.error}")
    if Page.objects.filter(store=plan.store, slug=PAGE, live__isnull=False).exists():
        return True
    draft = Draft.objects.filter(run=run).first() if run else None
    if draft is None:
        return False
    _publish(draft, User.objects.get(email=plan.logins["merchandiser"].email))
    return True


def _publish(draft: Draft, merchandiser: User) -> None:
    """Approve and publish the first page as the demo's merchandiser, so that the API has something to serve."""
    for placement in draft.placements.filter(status=Placement.Status.WAITING):
        workflow.approve(
            actor=merchandiser, placement=placement, revision=placement.revision, note="Approved by make demo."
        )
    publishing.publish(draft=draft, actor=merchandiser)


def _kept() -> dict[str, Any]:
    try:
        found = json.loads((Path(settings.STUDIO_DATA_DIR) / "demo.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _store_for(catalog: str | None) -> Store:
    """The sample's store, or one of its own for each feed of yours: trying a feed never mixes two catalogues."""
    if not catalog:
        return Store.objects.get_or_create(slug="demo", defaults={"name": "Greenstreet General Store"})[0]
    path = Path(catalog)
    if not path.is_file():
        raise BadInput(f"There is no file {catalog}.")
    stem = re.sub(r"(\.\w{2,5})+$", "", path.name)
    words = (
        stem
        if stem.lower() not in {"products", "product", "catalog", "catalogue", "feed"}
        else path.resolve().parent.name
    )
    return Store.objects.get_or_create(
        slug=slugify(words)[:50] or "own", defaults={"name": words.replace("_", " ").replace("-", " ").title()[:120]}
    )[0]


def _import(store: Store, catalog: str | None, mapping: str | None, say: Callable[[str], None]) -> None:
    folder = Path(settings.STUDIO_DATA_DIR) / "sample"
    if not catalog:
        if Product.objects.filter(store=store).exists() and any(folder.glob("*.svg")):
            return
        folder.mkdir(parents=True, exist_ok=True)
        drawings.write_images(folder)
        path = Path(settings.STUDIO_DATA_DIR) / "sample-catalogue.jsonl"
        generator.write_jsonl(path)
    else:
        path = Path(catalog)
    columns = Mapping.load(Path(mapping)) if mapping else None
    job = imports.create(store=store, path=path, file_name=path.name, mapping=columns)
    if job.guessed and catalog:
        guessed = ", ".join(f"{field} = {source}" for field, source in job.mapping.get("fields", {}).items())
        say(f"Columns guessed: {guessed}. Correct them with MAPPING=file.toml.")
    imports.confirm(job, Mapping.from_dict(job.mapping))
    job = imports.execute(job)
    if job.status == ImportJob.Status.FAILED:
        raise BadInput(f"{path.name} could not be imported: {job.error}")
    if not job.accepted:
        first = job.row_errors.first()
        raise BadInput(f"{path.name} has no usable product." + (f" Line {first.line}: {first.reason}" if first else ""))
    _currency(store)
    say(
        f"{job.accepted:,} products in {store.name} ({job.created:,} new, {job.updated:,} changed, "
        f"{job.unchanged:,} as they were)" + (f", {job.refused:,} rows refused." if job.refused else ".")
    )


def _currency(store: Store) -> None:
    """A store whose products are all in another currency is in that currency."""
    counted = Product.objects.filter(store=store).values("currency").annotate(n=Count("id")).order_by("-n")
    if counted and counted[0]["currency"] != store.currency:
        store.currency = counted[0]["currency"]
        store.save(update_fields=["currency"])


def _discovery(store: Store) -> list[dict[str, Any]]:
    """A first campaign for a catalogue we know nothing of: its own largest shelves."""
    facts = CatalogSearch(store, Constraints(), timezone.localdate()).categories(60)
    # The largest shelf of each department, so that the page is not six times the largest department.
    deep = {fact.path.split(" > ")[0] for fact in facts if " > " in fact.path}
    largest: dict[str, str] = {}
    for root, *below in (fact.path.split(" > ") for fact in facts):
        if below or root not in deep:
            largest.setdefault(root, below[-1] if below else root)
    names = list(dict.fromkeys(largest.values()))[:6]
    about = f": {', '.join(names)}" if names else ""
    return [
        {
            "brief_id": "discover-the-range",
            "name": "Discover the range",
            "objective_kind": "discovery",
            "objective": f"Show first-time visitors what the shop is good at{about}",
            "placements": 6,
            "products": 8,
            "page": PAGE,
        }
    ]
