"""The review screens over many drafts: server time and queries of queue, item, decision and next, for `bench review`.

Rows are made by the database itself from one small catalogue: every draft has rows of ten products with judgements, and
the trail holds entries of everything. It works in a database that is thrown away.
"""

import json
import secrets
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from django.db import connection
from django.db.models import Model
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, Membership, Store, User
from generation.measure import metrics
from generation.models import Campaign, Product, Run
from generation.stages.contracts import Brief
from review.models import Draft, Judgement, Placement, PlacementProduct
from storefront_studio.lib.errors import StudioError

CAMPAIGNS = 200
PRODUCTS = 400
SHOWN = 10
GOAL_MS, GOAL_QUERIES = 300, 25
Say = Callable[[str], object]
# In this order: the model, its columns as SQL, where the rows come from. Other columns get the model's defaults.
SEED: tuple[tuple[type[Model], dict[str, str], str], ...] = (
    (
        Run,
        {
            "campaign_id": "%(campaign)s + n %% %(campaigns)s",
            "status": "'done'",
            "generator": "'library'",
            "generator_label": "'Built-in library'",
            "brief": "%(brief)s::jsonb",
            "result": "'{}'::jsonb",
            "requested_by_id": "%(person)s",
            "created_at": "now() - make_interval(secs => n)",
        },
        "generate_series(1, %(drafts)s) AS n",
    ),
    (
        Draft,
        {
            "run_id": "run.id",
            "store_id": "%(store)s",
            "campaign_id": "run.campaign_id",
            "page": "'home'",
            "created_at": "run.created_at",
        },
        "generation_run run JOIN generation_campaign one ON one.id = run.campaign_id AND store_id = %(store)s",
    ),
    (
        Placement,
        {
            "draft_id": "draft.id",
            "store_id": "%(store)s",
            "key": "place",
            "position": "place",
            "title": "'Row ' || place || ' of page ' || draft.id",
            "keywords": """'[{"id": 1, "text": "oats", "kind": "search", "density": 40}]'::jsonb""",
            "receipts": """'[{"constraint": "Price up to 30", "passes": true, "detail": ""}]'::jsonb""",
            "score": "random()",
            "flags": """CASE WHEN random() < 0.1
                THEN '[{"facet": "on_brand", "judge": "Built-in judge", "reason": "Loud."}]'::jsonb
                ELSE '[]'::jsonb END""",
            "disagreement": "CASE WHEN random() < 0.2 THEN random() ELSE 0 END",
            "created_at": "now()",
            "updated_at": "now()",
        },
        "(SELECT id FROM review_draft WHERE store_id = %(store)s) AS draft, generate_series(1, %(rows)s) AS place",
    ),
    (
        PlacementProduct,
        {
            "placement_id": "one.id",
            "product_id": "%(product)s + (one.id * %(shown)s + place) %% %(products)s",
            "slot": "place",
            "score": "random()",
            "fit": "random()",
            "rank_score": "random()",
            "why": "'fits the title'",
        },
        "(SELECT * FROM review_placement WHERE store_id = %(store)s) AS one, generate_series(1, %(shown)s) AS place",
    ),
    (
        Judgement,
        {
            "draft_id": "one.draft_id",
            "placement_id": "one.id",
            "level": "'placement'",
            "facet": "facet",
            "severity": "'review'",
            "passes": "true",
            "score": "0.8",
            "reason": "'It does.'",
            "judge": "'Built-in judge 1'",
            "created_at": "now()",
        },
        "(SELECT * FROM review_placement WHERE store_id = %(store)s) AS one,"
        " unnest(ARRAY['on_brand', 'clear']) AS facet",
    ),
    (
        AuditEntry,
        {
            "store_id": "%(store)s",
            "actor_id": "%(person)s",
            "actor_name": "'Somebody'",
            "action": "'placement.edit_text'",
            "subject": "'placement:' || (first.id + n %% first.placements)",
            "summary": "'Somebody changed the title.'",
            "created_at": "now()",
        },
        "generate_series(1, %(audit)s) AS n, "
        "(SELECT min(id) AS id, count(*) AS placements FROM review_placement"
        " WHERE store_id = %(store)s) AS first",
    ),
)


def measure(drafts: int, audit: int, rows: int, looks: int, say: Say) -> list[dict[str, Any]]:
    """One row a screen, each opened `looks` times: p50 and p95 in ms, the most queries one of them made."""
    store, people = _store()
    _seed(store, people["other"], drafts, audit, rows, say)
    say("Opening screens")
    client = Client(SERVER_NAME="localhost")
    client.force_login(people["reviewer"])
    screens = [_screen(name, _looks(client, address)) for name, address in _addresses(store, looks).items()]
    screens += _deciding(client, store, looks)
    return [{**one, "drafts": drafts, "placements": drafts * rows, "audit_rows": audit} for one in screens]


def _store() -> tuple[Store, dict[str, User]]:
    mark = secrets.token_hex(4)
    store = Store.objects.create(slug=f"reviewing-{mark}", name="Review measurement", currency="EUR")
    people = {
        name: User.objects.create(email=f"{name}-{mark}@example.com", name=name) for name in ("reviewer", "other")
    }
    Membership.objects.bulk_create(
        Membership(store=store, user=person, role="merchandiser") for person in people.values()
    )
    return store, people


def _seed(store: Store, person: User, drafts: int, audit: int, rows: int, say: Say) -> None:
    campaigns = Campaign.objects.bulk_create(
        Campaign(store=store, slug=f"c{n}", name=f"Campaign {n}", objective="Breakfast") for n in range(CAMPAIGNS)
    )
    products = Product.objects.bulk_create(
        Product(store=store, item_id=f"p{n}", title=f"Product {n}", price=n % 20 + 1, currency="EUR", link="/")
        for n in range(PRODUCTS)
    )
    brief = Brief(objective_kind="discovery", objective="Breakfast", today=timezone.localdate())
    given: dict[str, Any] = {
        "store": store.pk,
        "person": person.pk,
        "campaign": campaigns[0].pk,
        "campaigns": CAMPAIGNS,
        "brief": json.dumps({"brief": brief.model_dump(mode="json"), "constraints": {}}),
        "product": products[0].pk,
        "products": PRODUCTS,
        "drafts": drafts,
        "rows": rows,
        "shown": SHOWN,
        "audit": audit,
    }
    for model, columns, source in SEED:
        say(f"Filling {model._meta.verbose_name_plural}")
        others, values = _defaults(model, columns)
        names, written = [*columns, *others], [*columns.values(), *(f"%({name})s" for name in others)]
        with connection.cursor() as cursor:
            cursor.execute(
                f"INSERT INTO {model._meta.db_table} ({', '.join(names)}) SELECT {', '.join(written)} FROM {source}",
                given | values,
            )
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM ANALYZE {', '.join(model._meta.db_table for model, _, _ in SEED)}")


def _defaults(model: type[Model], columns: dict[str, str]) -> tuple[list[str], dict[str, Any]]:
    """Columns that are not given, and what the model would write into them."""
    found = {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in model._meta.concrete_fields
        if not field.primary_key and not field.generated and field.column not in columns
    }
    values = {name: value for name, value in found.items() if value is not None}
    return list(values), values


def _addresses(store: Store, looks: int) -> dict[str, list[str]]:
    """The addresses of each screen that is only looked at."""
    ids = (
        Placement.objects.filter(store=store, status="waiting")
        .order_by("-risk", "id")
        .values_list("pk", flat=True)[:looks]
    )
    campaign = Campaign.objects.filter(store=store).order_by("id").values_list("pk", flat=True)[0]
    rows = Placement.objects.filter(store=store).order_by("id")
    middle = rows[rows.count() // 2]
    return {
        "queue": ["/review/"] * looks,
        "queue, one campaign": [f"/review/?campaign={campaign}"] * looks,
        "queue, flagged": ["/review/?flag=any"] * looks,
        "queue, from the middle": [f"/review/?after={middle.risk!r}:{middle.pk}"] * looks,
        "item": [f"/review/{pk}/" for pk in ids],
    }


def _looks(client: Client, addresses: list[str]) -> list[tuple[float, int]]:
    return [_asked(partial(client.get, address)) for address in addresses]


def _deciding(client: Client, store: Store, looks: int) -> list[dict[str, Any]]:
    """From the top, one after the other: the decision itself, and the next item that it leads to."""
    decided: list[tuple[float, int]] = []
    following: list[tuple[float, int]] = []
    first = (
        Placement.objects.filter(store=store, status="waiting").order_by("-risk", "id").values_list("pk", flat=True)[0]
    )
    address = f"/review/{first}/"
    while address and len(decided) < looks:
        answer, taken, queries = _timed(partial(_reject, client, address))
        decided.append((taken, queries))
        address = answer.headers.get("Location", "")
        if address:
            following.append(_asked(partial(client.get, address, headers={"X-Desk": "1"})))
    return [_screen("decide", decided), _screen("next", following)]


def _reject(client: Client, address: str) -> Any:
    return client.post(f"{address}reject/", {"revision": 0, "reason_code": "brand", "note": "Measured"})


def _asked(what: Callable[[], Any]) -> tuple[float, int]:
    """Milliseconds and queries of one request."""
    return _timed(what)[1:]


def _timed(what: Callable[[], Any]) -> tuple[Any, float, int]:
    """The answer, milliseconds and queries of one request. Raises StudioError for one that failed."""
    count = [0]

    def counted(execute: Callable[..., Any], *asked: Any) -> Any:
        count[0] += 1
        return execute(*asked)

    began = time.perf_counter()
    with connection.execute_wrapper(counted):
        answer = what()
    taken = (time.perf_counter() - began) * 1000
    if answer.status_code not in (200, 302):
        raise StudioError(f"{answer.request['PATH_INFO']} answered {answer.status_code}.")
    return answer, taken, count[0]


def _screen(name: str, asked: list[tuple[float, int]]) -> dict[str, Any]:
    """The first one warms up and is left out."""
    times = [ms for ms, _ in asked[1:]] or [0.0]
    p95, queries = metrics.percentile(times, 0.95), max(count for _, count in asked)
    return {
        "name": name,
        "p50_ms": round(metrics.percentile(times, 0.5), 1),
        "p95_ms": round(p95, 1),
        "queries": queries,
        "goal": "kept" if p95 <= GOAL_MS and queries <= GOAL_QUERIES else "missed",
    }
