"""What the built-in evaluator looks at: a row of numbers per product, from vectors and words, no model call.

Every number depends on the theme and that one product only, never on the other candidates: a product keeps
its score when its neighbours change, and a placement where all fit is not punished for having no worst one.
"""

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from rapidfuzz import fuzz

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
    wording = _ThemeWords.of(theme)
    found = zip(products, nearest, strict=True)
    words = [_from_words(wording, product, int(best)) for product, best in found]
    rows = np.array([numbers for numbers, _ in words], dtype=np.float64)
    rows = rows.reshape(len(products), len(FEATURES) - vectors.shape[1])
    nouns = [named for _, named in words]
    return Measured(np.hstack([vectors, rows]), nearest, cosines.max(axis=1), nouns)


def words_of(text: str) -> list[str]:
    """Words in order, in lower case, singular, without markup and stop words."""
    return [_singular(word) for word in _spelled(text) if word not in STOP_WORDS]


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


def _from_words(theme: _ThemeWords, product: ProductText, nearest: int) -> tuple[list[float], list[str]]:
    ordered = words_of(product.title)
    title, category = set(ordered), set(words_of(product.category))
    leaf = words_of(product.category.rsplit(">", 1)[-1])
    brand = set(words_of(product.brand))
    in_title = [[_found(word, title) for word in concept] for concept in theme.concepts]
    anywhere = [
        [max(found, _found(word, category)) for word, found in zip(concept, row, strict=True)]
        for concept, row in zip(theme.concepts, in_title, strict=True)
    ]
    everything = " ".join([*ordered, *sorted(category)])
    mentioned = theme.vocabulary | theme.headline | theme.intent
    accessories = sorted((title & ACCESSORIES) - mentioned)
    head = theme.concepts[nearest][-1:]
    neighbours = pairwise(map(_singular, _spelled(product.title)))  # stop words too: "laptop with a bag" is one
    follows = any([word] == head and after in accessories for word, after in neighbours)
    return [
        max(map(_mean, in_title)),
        max(map(_mean, anywhere)),
        _mean([_found(word, theme.vocabulary) for word in leaf]),
        max(fuzz.token_set_ratio(phrase, everything) for phrase in theme.phrases) / 100,
        len(title & theme.headline),
        len((title | category) & theme.intent),
        max(_mean([float(word in brand) for word in concept]) for concept in theme.concepts),
        float(bool(product.category.strip())),
        min(len(accessories), 3),
        float(follows),
    ], accessories


def _found(word: str, among: set[str] | frozenset[str]) -> float:
    """1 when the word is there, the likeness of the nearest spelling when that is high, else 0."""
    if word in among:
        return 1.0
    if len(word) < 4:
        return 0.0
    best = 0.0
    for other in among:
        if len(other) > 3:
            likeness = fuzz.ratio(word, other) / 100
            if word in other or other in word:  # compounds: "flaskpost" holds "flask"
                likeness = max(likeness, 0.8)
            best = max(best, likeness)
    return best if best >= ALIKE else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
