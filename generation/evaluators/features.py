"""What the built-in evaluator looks at: a row of numbers per product, from vectors and words, no model call.

Every number depends on the theme and that one product only, never on the other candidates: a product keeps
its score when its neighbours change, and a placement where all fit is not punished for having no worst one.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from generation.encoders.base import Vectors
from generation.evaluators.base import ProductText, ThemeText, ThemeVectors

Matrix = npt.NDArray[np.float64]

FEATURES = (
    "concepts_mean",  # mean cosine of the product to the concepts
    "concepts_soft",  # softmax-weighted cosine: near the best concept, but a close second helps
    "title_cosine",  # cosine of the product to the theme's title
    "theme_spread",  # mean cosine between two concepts: a narrow theme is near to everything it means
    "theme_literal",  # mean cosine of concepts to the title: low where the title is a metaphor
    "words_in_title",  # share of the best covered concept's words found in the product's title
    "words_anywhere",  # the same in title and category
    "words_in_leaf",  # share of the words of the category's last step that are words of the concepts
    "phrase_ratio",  # rapidfuzz token set ratio of the best concept, 0..1
    "theme_words",  # words the product's title shares with the theme's title and subtitle
    "intent_words",  # words title and category share with the intent
    "concept_is_brand",  # share of a concept's words that are the product's brand
    "has_category",  # 1 when the feed gave a category
    "accessories",  # accessory nouns in the product's title that the theme never mentions, at most 3
    "accessory_next",  # 1 when such a noun follows the nearest concept's head: "laptop bag" for "laptop"
)

SOFTNESS = 0.05  # cosine scale of the softmax over concepts
SAME = 0.999  # cosine from which two texts are the same text
ALIKE = 0.75  # spelling similarity from which two words count as one: idly and idli, jewellery and jewelry
TYPICAL_SPREAD, TYPICAL_LITERAL = 0.46, 0.37  # means of the graded pairs, where a theme has none of its own
STOP_WORDS = frozenset(
    """a all an and any are as at be by every for from in into is it its less more no not of on one or our out
    that the this to two up with without you your""".split()  # noqa: SIM905 (a list of 40 quoted words reads worse)
)
ACCESSORIES = frozenset(
    """accessory adapter bag battery belt bracket cable cap case charger cleaner cleaning clip cover cradle
    dock film filter folder guard handle holder hub insert kit lid lock memory module mount part pouch
    protector rack remote replacement riser screen sleeve spare stand stick strap tray""".split()  # noqa: SIM905
)
WORD = re.compile(r"[^\W_]+")
TAG = re.compile(r"<[^<>]*>")


@dataclass(frozen=True, slots=True)
class Measured:
    """values (n, len(FEATURES)); nearest (n,) index of the nearest phrase; similarity (n,) its cosine;
    accessories: per product, the accessory nouns it names and the theme does not."""

    values: Matrix
    nearest: npt.NDArray[np.intp]
    similarity: Matrix
    accessories: list[list[str]]


def measure(
    theme: ThemeText, products: Sequence[ProductText], theme_vectors: ThemeVectors, product_vectors: Vectors
) -> Measured:
    """The features of every product against the theme, in order. Raises ValueError when shapes disagree."""
    phrases = theme.phrases
    if product_vectors.shape != (len(products), theme_vectors.title.shape[0]):
        raise ValueError(f"{len(products)} products came with vectors of shape {product_vectors.shape}")
    if theme_vectors.phrases.shape[0] != len(phrases):
        raise ValueError(f"{len(phrases)} phrases came with vectors of shape {theme_vectors.phrases.shape}")
    cosines = (product_vectors @ theme_vectors.phrases.T).astype(np.float64)
    nearest = cosines.argmax(axis=1)
    vectors = _from_vectors(theme_vectors, product_vectors, cosines)
    rows, nouns = _from_words(_ThemeWords.of(theme), [_words_of(product) for product in products], nearest)
    return Measured(np.hstack([vectors, rows]), nearest, cosines.max(axis=1), nouns)


def words_of(text: str) -> list[str]:
    """Words in order, in lower case, singular, without markup and stop words."""
    return [_singular(word) for word in _spelled(text) if word not in STOP_WORDS]


@lru_cache(maxsize=20_000)
def _category_words(category: str) -> tuple[frozenset[str], tuple[str, ...]]:
    """The words of a whole path, and those of its last step in order. Products share few paths."""
    return frozenset(words_of(category)), tuple(words_of(category.rsplit(">", 1)[-1]))


@dataclass(frozen=True, slots=True)
class _ProductWords:
    title: frozenset[str]
    category: frozenset[str]
    leaf: tuple[str, ...]
    brand: frozenset[str]
    everything: str
    has_category: bool
    text: str


@lru_cache(maxsize=20_000)
def _words_of(product: ProductText) -> _ProductWords:
    """A product's words; kept, since the rows of a page look at many of the same products."""
    ordered = words_of(product.title)
    category, leaf = _category_words(product.category)
    return _ProductWords(
        title=frozenset(ordered),
        category=category,
        leaf=leaf,
        brand=frozenset(words_of(product.brand)),
        everything=" ".join([*ordered, *sorted(category)]),
        has_category=bool(product.category.strip()),
        text=product.title,
    )


def _spelled(text: str) -> list[str]:
    return WORD.findall(html.unescape(TAG.sub(" ", text)).lower())


def _singular(word: str) -> str:
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("ches", "shes", "sses", "xes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1]
    return word


def _from_vectors(theme: ThemeVectors, products: Vectors, cosines: Matrix) -> Matrix:
    pull = np.exp((cosines - cosines.max(axis=1, keepdims=True)) / SOFTNESS)
    among = (theme.phrases @ theme.phrases.T).astype(np.float64)
    count = len(among)
    spread = (among.sum() - np.trace(among)) / (count * (count - 1)) if count > 1 else TYPICAL_SPREAD
    literal = float((theme.phrases @ theme.title).mean())
    if literal > SAME:  # the title stands in for missing concepts, which says nothing about the theme
        literal = TYPICAL_LITERAL
    return np.column_stack(
        [
            cosines.mean(axis=1),
            (pull * cosines).sum(axis=1) / pull.sum(axis=1),
            products @ theme.title,
            np.full(len(cosines), spread),
            np.full(len(cosines), literal),
        ]
    )


@dataclass(frozen=True, slots=True)
class _ThemeWords:
    phrases: tuple[str, ...]
    concepts: list[list[str]]
    vocabulary: frozenset[str]
    headline: frozenset[str]
    intent: frozenset[str]

    @classmethod
    def of(cls, theme: ThemeText) -> "_ThemeWords":
        headline = f"{theme.title} {theme.subtitle}"
        concepts = [words_of(phrase) for phrase in theme.phrases]
        return cls(
            phrases=tuple(" ".join(concept) for concept in concepts),
            concepts=concepts,
            vocabulary=frozenset(word for concept in concepts for word in concept),
            headline=frozenset(words_of(headline)),
            intent=frozenset(words_of(theme.intent)),
        )


def _from_words(
    theme: _ThemeWords, products: Sequence[_ProductWords], nearest: npt.NDArray[np.intp]
) -> tuple[Matrix, list[list[str]]]:
    """The features that come from words, a row per product, and the accessory nouns of each."""
    mentioned = theme.vocabulary | theme.headline | theme.intent
    likeness = _Likeness.between(sorted(theme.vocabulary), products)
    in_title = likeness.best([product.title for product in products])
    anywhere = np.maximum(in_title, likeness.best([product.category for product in products]))
    phrases = cdist(
        theme.phrases, [product.everything for product in products], scorer=fuzz.token_set_ratio, dtype=np.float64
    )
    rows = np.zeros((len(products), 10), dtype=np.float64)
    rows[:, 0] = likeness.covered(theme.concepts, in_title)
    rows[:, 1] = likeness.covered(theme.concepts, anywhere)
    rows[:, 3] = phrases.max(axis=0) / 100
    nouns: list[list[str]] = []
    for place, product in enumerate(products):
        accessories = sorted((product.title & ACCESSORIES) - mentioned)
        nouns.append(accessories)
        row = rows[place]
        row[2] = likeness.of_vocabulary(product.leaf)
        row[4] = len(product.title & theme.headline)
        row[5] = len((product.title | product.category) & theme.intent)
        if not theme.vocabulary.isdisjoint(product.brand):
            row[6] = max(_mean([float(word in product.brand) for word in concept]) for concept in theme.concepts)
        row[7] = product.has_category
        if accessories:
            row[8] = min(len(accessories), 3)
            row[9] = _follows(theme.concepts[nearest[place]], accessories, product.text)
    return rows, nouns


def _follows(concept: Sequence[str], accessories: Sequence[str], title: str) -> bool:
    """Whether an accessory noun stands right after the concept's last word."""
    neighbours = pairwise(map(_singular, _spelled(title)))  # stop words too: "laptop with a bag" is one
    return any([word] == list(concept[-1:]) and after in accessories for word, after in neighbours)


@dataclass(frozen=True, slots=True)
class _Likeness:
    """How alike each word of the theme (a row) is to each word of the products (a column): 1 for the same word, the
    likeness of the spelling when that is high, else 0."""

    rows: dict[str, int]
    columns: dict[str, int]
    values: Matrix
    to_vocabulary: list[float]

    @classmethod
    def between(cls, words: Sequence[str], products: Sequence[_ProductWords]) -> "_Likeness":
        others = sorted(frozenset().union(*(product.title | product.category for product in products)))
        values = np.zeros((len(words), len(others)), dtype=np.float64)
        long = [word for word in words if len(word) > 3]
        far = [other for other in others if len(other) > 3]
        if long and far:
            close = cdist(long, far, scorer=fuzz.ratio, dtype=np.float64) / 100
            for row, word in enumerate(long):  # compounds: "flaskpost" holds "flask"
                inside = [column for column, other in enumerate(far) if word in other or other in word]
                close[row, inside] = np.maximum(close[row, inside], 0.8)
            close[close < ALIKE] = 0.0
            at = [column for column, other in enumerate(others) if len(other) > 3]
            values[np.ix_([row for row, word in enumerate(words) if len(word) > 3], at)] = close
        columns = {other: column for column, other in enumerate(others)}
        for row, word in enumerate(words):
            if word in columns:
                values[row, columns[word]] = 1.0
        best = values.max(axis=0).tolist() if len(words) else [0.0] * len(others)
        return cls({word: row for row, word in enumerate(words)}, columns, values, best)

    def best(self, texts: Sequence[frozenset[str]]) -> Matrix:
        """For each word of the theme (a row) its best likeness within each text (a column)."""
        found = np.zeros((len(self.values), len(texts)), dtype=np.float64)
        full = [place for place, words in enumerate(texts) if words]
        if full and len(self.values):
            lengths = [len(texts[place]) for place in full]
            flat = [self.columns[word] for place in full for word in texts[place]]
            starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
            found[:, full] = np.maximum.reduceat(self.values[:, flat], starts, axis=1)
        return found

    def covered(self, concepts: Sequence[Sequence[str]], found: Matrix) -> Matrix:
        """The share of the best covered concept's words, for each text (a column of `found`)."""
        best = np.zeros(found.shape[1], dtype=np.float64)
        for concept in concepts:
            if concept:
                total = np.zeros(found.shape[1], dtype=np.float64)
                for word in concept:
                    total = total + found[self.rows[word]]
                best = np.maximum(best, total / len(concept))
        return best

    def of_vocabulary(self, words: Sequence[str]) -> float:
        """The mean likeness of `words` to the theme's."""
        return _mean([self.to_vocabulary[self.columns[word]] for word in words])


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
