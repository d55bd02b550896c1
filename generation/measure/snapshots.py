"""A catalogue frozen into a file named by the hash of its content: products, vectors and vocabulary as they are.

What is replayed from it needs no encoding and finds the same rows on every machine, whatever became of the shop since.
The file is gzipped JSON lines: a head, then a row each; the hash is of the lines.
"""

import base64
import datetime as dt
import gzip
import hashlib
import json
import os
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.db.models import Field, Model
from django.utils import timezone
from pgvector import HalfVector

from accounts.models import Store
from generation import imports, kit
from generation.catalog.feed import DuplicateGuard
from generation.catalog.importer import upsert
from generation.catalog.reading import checked
from generation.catalog.sample import generator
from generation.encoders.registry import LOCAL
from generation.measure import stores
from generation.models import Keyword, Product, ProductVector
from generation.registry import gates
from storefront_studio.lib.errors import BadInput
from storefront_studio.lib.locks import exclusive

FORMAT = 1
BATCH = 1000
SAMPLE = "sample"
Say = Callable[[str], object]
LEFT_OUT = {"id", "store", "created_at", "updated_at", "embedding", "encoder"}


@dataclass(frozen=True)
class Snapshot:
    """A frozen catalogue: the hash of its content, whose it was (`slug` of the store, or "sample"), how much it holds,
    and the day it stands for."""

    digest: str
    slug: str
    store: str
    currency: str
    encoder: str
    products: int
    keywords: int
    day: dt.date

    @property
    def path(self) -> Path:
        return path_of(self.digest)


def folder() -> Path:
    return Path(settings.STUDIO_DATA_DIR) / "snapshots"


def path_of(digest: str) -> Path:
    """Where the file of this hash is. Raises BadInput for what is no hash."""
    found = re.fullmatch(r"sha256:([0-9a-f]{64})", digest)
    if found is None:
        raise BadInput(f"“{digest[:80]}” is no snapshot. It is named sha256: and 64 digits.")
    return folder() / f"{found[1]}.jsonl.gz"


def listed(store: Store) -> list[Snapshot]:
    """This store's snapshots in the data folder, newest file first; files that are none of ours are passed over."""
    files = sorted(folder().glob("*.jsonl.gz"), key=lambda one: one.stat().st_mtime, reverse=True)
    found = []
    for path in files:
        try:
            found.append(read_head(f"sha256:{path.name.removesuffix('.jsonl.gz')}"))
        except BadInput:
            continue
    return [one for one in found if one.slug == store.slug]


def read_head(digest: str) -> Snapshot:
    """What a snapshot holds. Raises BadInput when it is not there or no snapshot."""
    path = path_of(digest)
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return _head(digest, json.loads(next(lines)))
    except FileNotFoundError:
        raise BadInput(f"There is no snapshot {digest}. Freeze one with manage.py registry snapshot.") from None
    except (OSError, EOFError, ValueError, KeyError, StopIteration) as error:
        raise BadInput(f"The snapshot {path.name} cannot be read: {error}.") from None


def freeze(store: Store, day: dt.date | None = None, slug: str = "") -> Snapshot:
    """The catalogue of a store as it is now, in a file. The same catalogue on the same day gives the same file.

    Raises BadInput when products or keywords still wait for their vectors.
    """
    products = Product.objects.filter(store=store).order_by("item_id").select_related("vector")
    keywords = Keyword.objects.filter(store=store).order_by("kind", "field", "text")
    name = kit.encoder_of(store).name
    ready = ProductVector.objects.filter(store=store, encoder=name).count()
    total = products.count()
    if not total:
        raise BadInput(f"The catalogue of {store} is empty.")
    if ready < total or keywords.filter(embedding=None).exists():
        raise BadInput(f"{total - ready:,} products of {store} wait for their vectors. Try again when they have them.")
    head = {
        "format": FORMAT,
        "slug": slug or store.slug,
        "store": store.name,
        "currency": store.currency,
        "encoder": name,
        "products": total,
        "keywords": keywords.count(),
        "day": (day or timezone.localdate()).isoformat(),
    }

    def lines() -> Iterator[str]:
        yield _line(head)
        for product in products.iterator(BATCH):
            yield _line({"p": _plain(product), "v": _packed(product.vector.embedding), "t": product.vector.text_hash})
        for keyword in keywords.iterator(BATCH):
            yield _line({"k": _plain(keyword), "v": _packed(keyword.embedding)})

    return _head(_written(lines()), head)


def sample(say: Say = lambda text: None) -> Snapshot:
    """The sample catalogue as a snapshot; made once, which takes a minute of encoding, then read again.

    A file beside it remembers which snapshot belongs to which content of the catalogue.
    """
    digest = sample_digest()
    note = folder() / f"sample-{digest.removeprefix('sha256:')[:12]}-{_slug(kit.encoder().name)}.txt"
    try:
        return read_head(note.read_text(encoding="utf-8").strip())
    except (OSError, BadInput):
        store = Store.objects.create(
            slug=f"{gates.PREPARING}{uuid.uuid4().hex[:16]}", name="Sample catalogue", currency="EUR"
        )
        try:
            _bring_in_sample(store)
            with exclusive(f"embed:{store.pk}"):  # a worker that looks for unfinished catalogues leaves it to us
                stores.prepare(store, say)
            found = freeze(store, generator.TODAY, SAMPLE)
        finally:
            store.delete()
        note.write_text(found.digest + "\n", encoding="utf-8")
        return found


def _bring_in_sample(store: Store) -> None:
    """The sample's rows as an import would bring them in, but without a job that a worker might take up."""
    with tempfile.TemporaryDirectory(prefix="studio-freeze-") as place:
        path = Path(place) / "sample.jsonl"
        generator.write_jsonl(path)
        feed, mapping = imports.opened(store, path, "auto", None)
        guard = DuplicateGuard()
        rows = (row for raw in feed.rows() if (row := checked(raw, mapping, guard)[0]) is not None)
        while chunk := list(islice(rows, BATCH)):
            with transaction.atomic():
                upsert(store, chunk)


@cache
def sample_digest() -> str:
    """The hash of the sample catalogue's rows: the same code gives the same on every machine."""
    whole = hashlib.sha256()
    for row in generator.products():
        whole.update(json.dumps(row, ensure_ascii=False).encode())
    return f"sha256:{whole.hexdigest()}"


@contextmanager
def opened(snapshot: Snapshot, slug: str, say: Say = lambda text: None) -> Iterator[Store]:
    """A throw-away store named `slug` with what the snapshot holds, removed at the end.

    One that a worker left behind when it was killed is used again. Raises BadInput when the file is not what its name
    says, or was made with another encoder.
    """
    if snapshot.encoder not in {kit.encoder().name, *LOCAL}:  # a store may be served by another one than settings name
        raise BadInput(
            f"The snapshot's vectors are by {snapshot.encoder}, and this studio works with {kit.encoder().name}. "
            "Freeze the catalogue again."
        )
    store = Store.objects.filter(slug=slug).first() or _filled(slug, snapshot, say)
    try:
        yield store
    finally:
        store.delete()


@transaction.atomic
def _filled(slug: str, snapshot: Snapshot, say: Say) -> Store:
    """All of it or nothing: a store of this name is complete."""
    store = Store.objects.create(slug=slug, name=snapshot.store, currency=snapshot.currency)
    whole, done = hashlib.sha256(), 0
    try:
        with gzip.open(snapshot.path, "rb") as file:
            while chunk := list(islice(file, BATCH)):
                for raw in chunk:
                    whole.update(raw)
                rows = [json.loads(raw) for raw in chunk]
                _products(store, snapshot, [row for row in rows if "p" in row])
                _keywords(store, snapshot, [row for row in rows if "k" in row])
                done += len(rows)
                say(f"{done:,} rows of the snapshot")
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BadInput(f"The snapshot {snapshot.path.name} cannot be read: {error}.") from None
    if f"sha256:{whole.hexdigest()}" != snapshot.digest:
        raise BadInput(f"The snapshot {snapshot.path.name} is not what its name says; somebody changed the file.")
    return store


def _products(store: Store, snapshot: Snapshot, rows: list[dict[str, Any]]) -> None:
    made = Product.objects.bulk_create([Product(store=store, **_typed(Product, row["p"])) for row in rows])
    ProductVector.objects.bulk_create(
        [
            ProductVector(
                product=product,
                store=store,
                text_hash=row["t"],
                encoder=snapshot.encoder,
                embedding=_unpacked(row["v"]),
            )
            for product, row in zip(made, rows, strict=True)
        ]
    )


def _keywords(store: Store, snapshot: Snapshot, rows: list[dict[str, Any]]) -> None:
    Keyword.objects.bulk_create(
        [
            Keyword(store=store, encoder=snapshot.encoder, embedding=_unpacked(row["v"]), **_typed(Keyword, row["k"]))
            for row in rows
        ]
    )


def _written(lines: Iterator[str]) -> str:
    """Write the lines under the name of their hash; returns the hash. What was there already stays."""
    folder().mkdir(parents=True, exist_ok=True)
    whole = hashlib.sha256()
    handle, name = tempfile.mkstemp(dir=folder(), suffix=".part")
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as raw, gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, compresslevel=3) as file:
            for line in lines:
                data = line.encode()
                whole.update(data)
                file.write(data)
        digest = f"sha256:{whole.hexdigest()}"
        part.replace(path_of(digest))
    finally:
        part.unlink(missing_ok=True)
    return digest


def _head(digest: str, head: dict[str, Any]) -> Snapshot:
    if head["format"] != FORMAT:
        raise ValueError(f"format {head['format']}, and this studio reads {FORMAT}")
    return Snapshot(
        digest=digest,
        slug=str(head["slug"]),
        store=str(head["store"])[:120],
        currency=str(head["currency"])[:3],
        encoder=str(head["encoder"]),
        products=int(head["products"]),
        keywords=int(head["keywords"]),
        day=dt.date.fromisoformat(head["day"]),
    )


def _line(row: dict[str, Any]) -> str:
    return json.dumps(row, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")) + "\n"


def _fields(model: type[Model]) -> list["Field[Any, Any]"]:
    return [one for one in model._meta.concrete_fields if not one.generated and one.name not in LEFT_OUT]


def _plain(row: Model) -> dict[str, Any]:
    return {one.name: getattr(row, one.name) for one in _fields(type(row))}


def _typed(model: type[Model], row: dict[str, Any]) -> dict[str, Any]:
    """Values from JSON in the types of the model; names the model does not have any more are passed over."""
    return {one.name: one.to_python(row[one.name]) for one in _fields(model) if one.name in row}


def _packed(vector: Any) -> str:
    numbers = vector.to_numpy() if isinstance(vector, HalfVector) else np.asarray(vector)
    return base64.b64encode(numbers.astype("<f2").tobytes()).decode()


def _unpacked(text: str) -> HalfVector:
    return HalfVector(np.frombuffer(base64.b64decode(text), dtype="<f2").astype(np.float32))


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60]
