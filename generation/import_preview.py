"""What an import would make of a file, and how far a running one is: reads for its screens."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db.models import Count

from generation.catalog import backlog, vocabulary
from generation.catalog.feed import DuplicateGuard, Feed, Mapping, ProductRow, RowError, open_feed
from generation.catalog.feed.rows import shown
from generation.catalog.feed.text import clean
from generation.catalog.reading import checked
from generation.models import ImportJob, Keyword, Product
from storefront_studio.lib.errors import BadInput

LOOKED_AT = 200
SHOWN_ROWS = 5
EXAMPLES = 3


@dataclass(frozen=True)
class Sample:
    """The first rows of a feed under a mapping. `rows`: {line, product or None, problems}, at most five."""

    rows: list[dict[str, Any]]
    looked_at: int
    good: int
    examples: dict[str, list[str]]
    unused: list[str]


def opened(job: ImportJob) -> tuple[Feed, Mapping]:
    """The file of a job that waits for its columns. Raises BadInput when it is gone or no feed any more."""
    if not Path(job.path).exists():
        raise BadInput(f"{job.file_name} is no longer on the server. Upload it again.")
    mapping = Mapping.from_dict(job.mapping or {})
    return open_feed(Path(job.path), job.format, mapping.options.delimiter), mapping


def sample(feed: Feed, mapping: Mapping) -> Sample:
    """Reads at most 200 rows."""
    rows: list[dict[str, Any]] = []
    examples: dict[str, list[str]] = {}
    guard = DuplicateGuard()
    looked_at = good = 0
    for raw in feed.rows():
        product, problems = checked(raw, mapping, guard)
        looked_at += 1
        good += product is not None
        if len(rows) < SHOWN_ROWS:
            rows.append({"line": raw.line, "product": _product(product), "problems": _sentences(problems)})
        for field, source in mapping.plan.fields.items():
            values = examples.setdefault(field, [])
            if len(values) < EXAMPLES and (text := shown(clean(source.read(raw.values)))) and text not in values:
                values.append(text)
        if looked_at == LOOKED_AT:
            break
    unused = [column for column in feed.columns if column not in mapping.plan.taken]
    return Sample(rows, looked_at, good, examples, unused)


def _product(row: ProductRow | None) -> dict[str, Any] | None:
    if row is None:
        return None
    names = ["id", "title", "price", "sale_price", "currency", "brand", "product_type", "availability", "image_link"]
    return {name: getattr(row, name) for name in names} | {"attributes": list(row.attributes.items())[:6]}


def _sentences(problems: list[RowError]) -> list[dict[str, str]]:
    return [{"severity": problem.severity, "reason": problem.reason} for problem in problems]


@dataclass(frozen=True)
class Progress:
    """Where an import and what follows it are. `embedded` of `products` have a vector; counts are the store's."""

    reading: bool
    products: int
    embedded: int
    keywords: int
    keywords_waiting: int
    preparing: bool
    """Products wait for vectors, or the vocabulary is not up to date yet."""
    backlog: str = ""
    """How many products wait, the rate and the time left, as a sentence; empty when none waits."""


def progress(job: ImportJob) -> Progress:
    """At most six short queries; none while rows are still read."""
    if job.is_open or job.status == ImportJob.Status.FAILED:
        return Progress(job.is_open, 0, 0, 0, 0, False)
    products = Product.objects.filter(store=job.store_id).count()
    left = backlog.of(job.store)
    waiting = left.waiting
    keywords = Keyword.objects.filter(store=job.store_id)
    unembedded = keywords.filter(embedding=None).count()
    preparing = products > 0 and (waiting > 0 or vocabulary.is_behind(job.store))
    return Progress(False, products, products - waiting, keywords.count(), unembedded, preparing, left.sentence)


def problem_counts(job: ImportJob) -> dict[str, int]:
    """Problems by severity, errors first; one query."""
    rows = job.row_errors.order_by("severity").values("severity").annotate(n=Count("id"))
    return {row["severity"]: row["n"] for row in rows}


def sentence(job: ImportJob) -> str:
    """What the import did, for people."""
    parts = [
        f"{number:,} {word}"
        for number, word in ((job.created, "created"), (job.updated, "updated"), (job.unchanged, "unchanged"))
        if number
    ]
    came = f"{job.accepted:,} of {job.rows_read:,} rows came in"
    refused = f"; {job.refused:,} {'was' if job.refused == 1 else 'were'} refused" if job.refused else ""
    return f"{came}{': ' + ', '.join(parts) if parts else ''}{refused}."
