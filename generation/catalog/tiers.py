"""Which products are worth ranking for a text: those that hold most of what its words weigh, before those with less.

Reading and ranking every product that holds some word of a query costs what the commonest word costs. A product that
holds little of the query's weight comes far behind one that holds much of it (`hybrid`: the share is raised to a power
of about three), so the index is asked level by level, and no further than needed: the idea of MaxScore (Turtle and
Flood, 1995), with levels of coverage in the place of bounds on scores.
"""

from collections.abc import Mapping
from itertools import combinations, pairwise

DEEP = 6  # words, the rarest ones, that levels are made of; 6 give 63 sets of words
LEVELS = (0.99, 0.8, 0.65, 0.5, 0.35, 0.2)


def levels(weights: Mapping[str, float]) -> list[str]:
    """Full-text queries, quoted, that together find whatever holds one of the words, each product once; the first
    finds those that hold all, the next ones those that hold less and less of the words' `weights`."""
    rarest = sorted(weights, key=lambda word: (-weights[word], word))[:DEEP]
    total = sum(weights[word] for word in rarest) or 1.0
    sets = [frozenset(some) for size in range(1, len(rarest) + 1) for some in combinations(rarest, size)]
    plain: list[str] = []  # each finds what the one before it finds, and more
    for least in LEVELS:
        enough = [some for some in sets if sum(weights[word] for word in some) >= least * total]
        minimal = [some for some in enough if not any(other < some for other in enough)]
        plain.append(" | ".join(map(_all, minimal)))
    plain.append(" | ".join(f"({quoted(word)})" for word in rarest + sorted(weights.keys() - set(rarest))))
    plain = list(dict.fromkeys(plain))
    return plain[:1] + [f"({query}) & !({before})" for before, query in pairwise(plain)]


def quoted(lexeme: str) -> str:
    """A lexeme as a full-text query has it."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def _all(some: frozenset[str]) -> str:
    return "(" + " & ".join(map(quoted, sorted(some))) + ")"
