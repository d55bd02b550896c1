"""Throw-away stores: a feed imported and embedded under a name made of its content, so that none is done twice."""

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import IntegrityError, transaction

from accounts.models import Store
from generation import imports, kit
from generation.catalog import embed, vocabulary, wording
from generation.catalog.feed import Mapping
from generation.catalog.sample import generator
from generation.models import ImportJob
from storefront_studio.lib.errors import BadInput

Say = Callable[[str], object]


def slug_of(products: Path, mapping: Path | None) -> str:
    """``bench-`` and twelve digits of the hash of both files."""
    digest = hashlib.sha256(products.read_bytes())
    digest.update(mapping.read_bytes() if mapping else b"")
    return f"bench-{digest.hexdigest()[:12]}"


@contextmanager
def opened(products: Path, mapping: Path | None, *, words: bool, keep: bool, say: Say) -> Iterator[Store]:
    """A store with the products of a feed and their vectors, with `words` the vocabulary too.

    One that an earlier call kept is used again. Removed at the end unless `keep`. Raises BadInput for a bad feed.
    """
    slug = slug_of(products, mapping)
    store = Store.objects.filter(slug=slug).first()
    if store is None:
        store = Store.objects.create(slug=slug, name=f"Measurement {slug[6:]}")
    try:
        _fill(store, products, mapping, say)
        prepare(store, say, words=words)
        yield store
    finally:
        if not keep:
            _remove(store, say)


def _remove(store: Store, say: Say) -> None:
    """Real runs leave an audit trail, which nothing can remove; then the store stays, for the next measurement."""
    try:
        with transaction.atomic():
            store.delete()
    except IntegrityError:
        say(f"{store.slug} stays: campaigns were run in it, and their audit trail cannot be removed")


@contextmanager
def sample(*, keep: bool, say: Say) -> Iterator[Store]:
    """The same for the sample catalogue."""
    with tempfile.TemporaryDirectory(prefix="studio-bench-") as folder:
        feed = Path(folder) / "sample.jsonl"
        generator.write_jsonl(feed)
        with opened(feed, None, words=True, keep=keep, say=say) as store:
            yield store


def prepare(store: Store, say: Say, *, words: bool = True) -> None:
    """Words and vectors for what has none, and with `words` the vocabulary; quick when nothing changed."""
    wording.refresh(store)
    encoder = kit.settle(store)
    embedded = embed.embed_stale(store, encoder, lambda done: say(f"Embedded {done:,} products"))
    if words and (embedded or vocabulary.is_behind(store, encoder.name)):
        vocabulary.rebuild(store, encoder, lambda done, total: say(f"Embedded {done:,} of {total:,} keywords"))


def bring_in(store: Store, path: Path, mapping: Path | None = None, say: Say = lambda text: None) -> ImportJob:
    """Import a feed as an upload would be. Raises BadInput when it is no feed or every row was refused."""
    job = imports.create(
        store=store, path=path, file_name=path.name, mapping=Mapping.load(mapping) if mapping else None
    )
    imports.confirm(job, Mapping.from_dict(job.mapping))
    job = imports.execute(job, lambda so_far: say(f"{so_far.rows_read:,} rows"))
    if job.error or not job.accepted:
        raise BadInput(job.error or f"{path.name} has no usable product.")
    return job


def _fill(store: Store, products: Path, mapping: Path | None, say: Say) -> None:
    done = ImportJob.objects.filter(store=store, status=ImportJob.Status.DONE).exists()
    if not done:  # the name is a hash of the content: what came in once is still the same
        bring_in(store, products, mapping, say)
