"""The public logs that rankers are measured on, read from a folder beside the project; nothing of them is kept."""

import csv
import datetime as dt
import gzip
import json
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from generation.rankers.neighbours import History
from storefront_studio.lib.errors import BadInput

RETAIL_PART_DAYS = 28.0
PRODUCT_CODE = re.compile(r"^\d{5}[A-Za-z]{0,2}$")  # what is not a product (POST, BANK CHARGES, DOT) has no five digits


@dataclass(frozen=True)
class Part:
    """A moment: what each user had taken until then, oldest first, and what they took next. `times` are the days of
    the history's entries, None where the log has no times; `now` is the moment's day."""

    histories: History
    targets: History
    times: list[list[float]] | None = None
    now: float = 0.0


@dataclass(frozen=True)
class Sequences:
    """A log as a task: learn at `learn` (its targets are known), be measured at `test`. `texts` has a line an item."""

    name: str
    items: int
    texts: list[str]
    learn: Part
    test: Part
    split: str


def beauty(folder: Path) -> Sequences:
    with _opened(folder, "sequences.txt.gz", "items.csv.gz") as (lines, products):
        rows = [[int(item) - 1 for item in line.split()[1:]] for line in lines]
        texts: dict[int, str] = {}
        for row in csv.DictReader(products):
            # An attribute is one word, however many it has: a brand is not its parts.
            words = " ".join(re.sub(r"\W+", "_", one) for one in row["attributes"].split("|"))
            texts[int(row["item_id"]) - 1] = f"{row['title']} {words}"
    return _leave_one_out("amazon beauty 2014", rows, texts)


def office(folder: Path) -> Sequences:
    with _opened(folder, "sequences.jsonl.gz", "items.jsonl.gz") as (lines, products):
        rows = [json.loads(line)["items"] for line in lines]
        texts = {}
        for line in products:
            one = json.loads(line)
            words = " ".join(re.sub(r"\W+", "_", part) for part in [one["brand"], *one["categories"].split(", ")])
            texts[int(one["item_id"])] = f"{one['title']} {words}"
    return _leave_one_out("amazon office 2014", rows, texts)


def retail(folder: Path) -> Sequences:
    """Purchases by time: what a customer buys for the first time in the last 28 days, in the basket that has the first
    of it."""
    lines: list[tuple[float, str, str, str]] = []
    names: dict[str, str] = {}
    with _opened(folder, "transactions.csv.gz") as (file,):
        for row in csv.DictReader(file):
            code = row["StockCode"].strip().upper()
            bought = row["CustomerID"] and int(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0
            if not bought or row["InvoiceNo"].startswith("C") or not PRODUCT_CODE.match(code):
                continue
            moment = dt.datetime.strptime(row["InvoiceDate"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
            lines.append((moment.timestamp() / 86_400, row["CustomerID"], row["InvoiceNo"], code))
            names[code] = row["Description"]
    lines.sort(key=lambda line: line[0])
    number = {code: place for place, code in enumerate(sorted(names))}
    end = lines[-1][0] + 1e-6
    test, learn = end - RETAIL_PART_DAYS, end - 2 * RETAIL_PART_DAYS
    return Sequences(
        "online retail uci",
        len(number),
        [names[code] for code in number],
        learn=_by_time(lines, number, learn, test),
        test=_by_time(lines, number, test, end),
        split=f"time, {RETAIL_PART_DAYS:.0f} days; targets: the first basket with products new to a known customer",
    )


READERS: dict[str, Callable[[Path], Sequences]] = {
    "amazon_beauty_2014_sequences": beauty,
    "amazon_office_2014_sequences": office,
    "online_retail_uci": retail,
}


def read(folder: Path) -> Iterator[Sequences]:
    """The logs that are in `folder`, one after another. Raises BadInput when there is none."""
    there = [name for name in READERS if (folder / name).is_dir()]
    if not there:
        raise BadInput(f"{folder} holds none of {', '.join(READERS)}. Name the folder that does with --data.")
    for name in there:
        yield READERS[name](folder / name)


def made(users: int = 1500, items: int = 300, seed: int = 4) -> Sequences:
    """A log of our own: each product has one of 20 kinds, each user likes two of them, and after one product comes
    its sequel more often than not. No shop's; it shows that a ranker learns, not how well it would."""
    draw = np.random.default_rng(seed)
    kind, sequel = draw.integers(0, 20, items), draw.permutation(items)
    weight = 1 / (1 + draw.permutation(items))
    rows = []
    for _ in range(users):
        liked = np.where(np.isin(kind, draw.choice(20, 2, replace=False)), weight, weight * 0.02)
        row = [int(draw.choice(items, p=liked / liked.sum()))]
        while len(row) < 7:
            follows = int(sequel[row[-1]])
            one = follows if draw.random() < 0.4 else int(draw.choice(items, p=liked / liked.sum()))
            if one not in row:
                row.append(one)
            elif one == follows:
                break
        if len(row) > 3:
            rows.append(row)
    return _leave_one_out("made up", rows, {item: f"product {item} kind_{kind[item]}" for item in range(items)})


def _leave_one_out(name: str, rows: list[list[int]], texts: dict[int, str]) -> Sequences:
    items = max(max(item for row in rows for item in row), max(texts)) + 1
    return Sequences(
        name,
        items,
        [texts.get(item, "") for item in range(items)],
        learn=Part([row[:-2] for row in rows], [[row[-2]] for row in rows]),
        test=Part([row[:-1] for row in rows], [[row[-1]] for row in rows]),
        split="leave one out: each user's last item is the target, the one before it is learned from",
    )


def _by_time(lines: list[tuple[float, str, str, str]], number: dict[str, int], cut: float, end: float) -> Part:
    had: dict[str, dict[int, float]] = defaultdict(dict)
    baskets: dict[str, tuple[str, dict[int, None]]] = {}
    for moment, customer, invoice, code in lines:
        item = number[code]
        if moment < cut:
            had[customer].pop(item, None)
            had[customer][item] = moment  # a product bought again moves to the end
        elif moment < end and customer in had and item not in had[customer]:
            first, found = baskets.setdefault(customer, (invoice, {}))
            if invoice == first:
                found[item] = None
    # Customers without a target still tell what goes with what: their row has no target and is not measured.
    return Part(
        [list(items) for items in had.values()],
        [list(baskets[customer][1]) if customer in baskets else [] for customer in had],
        [list(items.values()) for items in had.values()],
        cut,
    )


@contextmanager
def _opened(folder: Path, *names: str) -> Iterator[list[Iterator[str]]]:
    try:
        with ExitStack() as held:
            yield [
                iter(held.enter_context(gzip.open(folder / name, "rt", encoding="utf-8", newline=""))) for name in names
            ]
    except (OSError, EOFError, KeyError, ValueError) as error:
        raise BadInput(f"{folder} cannot be read: {error}.") from None
