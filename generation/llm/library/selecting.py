"""Which candidates become a placement's keywords: meaning first, then what they reach under the constraints and what
other rows do not say already, and one for every concept."""

import math
import re
from dataclasses import dataclass

from rapidfuzz import fuzz

from generation.stages.contracts import Candidate, KeywordsInput, Selection
from generation.stages.words import carries, ruled_out

NEAR = 0.7  # cosine from which a keyword means the concept
NEAR_WITH_WORD = 0.5  # and from which it does when the two share a word
NEAR_BRAND = 0.8  # a brand's name resembles many words; only a near-literal match is meant
SAME_WORDS = 90  # two phrases this alike bring the same products
NEAR_TITLE = 0.75  # what is near to the title alone must be nearer: a title is wordplay as often as it names goods
BROAD_SHARE, NEAR_BROAD = 0.04, 0.85  # a keyword over this share of the catalogue must be nearly the concept itself
REACH_WEIGHT = 0.04
NOVELTY_WEIGHT = 0.06  # a keyword that another row has, or whose words are another row's title


def select(data: KeywordsInput) -> Selection:
    """Between `data.least` and `data.most` ids: the best of each concept first, then the best of the rest.

    Fewer than `least`, or none, when the candidates do not mean what the concepts say. Never one that reaches nothing
    under the constraints.
    """
    avoided = ruled_out(f"{data.objective}. {data.theme.title}. {data.theme.subtitle}")
    broad = max(BROAD_SHARE * data.eligible, 100)
    usable = [
        candidate
        for candidate in data.candidates
        if _means_it(candidate, data.theme.title)
        and _reached(candidate) > 0
        and (_reached(candidate) <= broad or candidate.similarity >= NEAR_BROAD)
        and not any(carries(candidate.text, word) for word in avoided)
    ]
    said = _Said.by_others(data)
    usable.sort(key=lambda candidate: (-_value(candidate, said), candidate.id))
    chosen: list[Candidate] = []
    concepts: set[str] = set()
    for candidate in usable:
        if candidate.concept not in concepts and _new(candidate, chosen):
            concepts.add(candidate.concept)
            chosen.append(candidate)
    for candidate in usable:
        if candidate not in chosen and _new(candidate, chosen):
            chosen.append(candidate)
    chosen = chosen[: data.most]
    if not chosen:
        return Selection(selected=[], reason="No candidate comes near to the concepts.")
    covered = len({candidate.concept for candidate in chosen} - {data.theme.title})
    reason = f"{covered} of {len(data.theme.concepts)} concepts have a keyword."
    return Selection(selected=[candidate.id for candidate in chosen], reason=reason)


def _means_it(candidate: Candidate, title: str) -> bool:
    if candidate.kind == "attribute" and candidate.field == "brand":
        return candidate.similarity >= NEAR_BRAND and candidate.concept.casefold() == candidate.text.casefold()
    if candidate.concept == title:
        return candidate.similarity >= NEAR_TITLE
    shares = bool(_stems(candidate.text.rsplit(" > ", 1)[-1]) & _stems(candidate.concept))
    return candidate.similarity >= (NEAR_WITH_WORD if shares else NEAR)


def _stems(text: str) -> set[str]:
    """The words of `text` without their plural, since "lentils" and "lentil" are one word to a shopper."""
    return {re.sub(r"(?:es|s)$", "", word) for word in re.findall(r"[^\W\d_]{3,}", text.casefold())}


def _reached(candidate: Candidate) -> int:
    """The eligible products it reaches; where nobody counted those, the products of the whole catalogue."""
    return candidate.density if candidate.eligible is None else candidate.eligible


@dataclass(frozen=True)
class _Said:
    """What the other rows of the page say: their keywords, and the words of their titles that are not this row's."""

    keywords: frozenset[str]
    words: frozenset[str]

    @classmethod
    def by_others(cls, data: KeywordsInput) -> "_Said":
        own = _stems(" ".join([data.theme.title, *data.theme.concepts]))
        words = {word for other in data.others for word in _stems(other.title)}
        keywords = {keyword.casefold() for other in data.others for keyword in other.keywords}
        return cls(frozenset(keywords), frozenset(words - own))

    def of(self, candidate: Candidate) -> float:
        """How much of a candidate another row says already, 0..1."""
        if candidate.text.casefold() in self.keywords:
            return 1.0
        words = _stems(candidate.text.rsplit(" > ", 1)[-1])
        return len(words & self.words) / len(words) if words else 0.0


def _value(candidate: Candidate, said: _Said) -> float:
    """Meaning, with a little for reach and for being new on the page: a phrase that brings one product is worth less
    than one that brings twenty, and one that another row has brings what that row has."""
    reach = REACH_WEIGHT * math.log10(min(max(_reached(candidate), 1), 300))
    return candidate.similarity + reach - NOVELTY_WEIGHT * said.of(candidate)


def _new(candidate: Candidate, chosen: list[Candidate]) -> bool:
    return all(fuzz.token_set_ratio(candidate.text.casefold(), other.text.casefold()) < SAME_WORDS
               or candidate.kind != other.kind for other in chosen)  # fmt: skip
