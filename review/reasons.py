"""Groups of alike reasons: why things get turned down, from the newest rows of the archive."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import QuerySet
from rapidfuzz import fuzz
from rapidfuzz.process import cdist

from review.models import TurnedDown

NEWEST = 2000
"""Groups are of the newest rows that fit: what goes wrong now, at a cost that does not grow."""
MOST_SHAPES, MOST_GROUPS, MOST_IN_A_GROUP = 300, 12, 20
APART = 40
"""Reasons are one group while their words differ by less (100 less rapidfuzz's ratio of sorted words)."""


@dataclass(frozen=True)
class Group:
    """Reasons alike, named by the most typical sentence; `shapes` find its rows, `n` are those among the newest."""

    sentence: str
    n: int
    shapes: tuple[str, ...]
    others: tuple[str, ...]
    """Up to two more wordings."""


@dataclass(frozen=True)
class _Shape:
    name: str
    n: int
    sentence: str


def groups(rows: QuerySet[TurnedDown]) -> tuple[list[Group], int]:
    """The largest groups first, and how many rows with a reason were looked at."""
    newest = rows.exclude(reason="").select_related(None).values_list("shape", "reason")[:NEWEST]
    wordings: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for shape, reason in newest:
        wordings[shape][reason] += 1
    shapes = [_Shape(name, said.total(), said.most_common(1)[0][0]) for name, said in wordings.items()]
    seen = sum(shape.n for shape in shapes)
    shapes = sorted(shapes, key=lambda shape: (-shape.n, shape.sentence))[:MOST_SHAPES]
    found = [_group(members) for members in _alike(shapes)]
    return sorted(found, key=lambda group: (-group.n, group.sentence))[:MOST_GROUPS], seen


def _alike(shapes: Sequence[_Shape]) -> list[list[_Shape]]:
    """Shapes by average linkage (Sokal and Michener 1958) over how their words differ."""
    if len(shapes) < 2:
        return [list(shapes)] if shapes else []
    from scipy.cluster.hierarchy import fcluster, linkage  # heavy, and only this screen needs it
    from scipy.spatial.distance import squareform

    words = [plain(shape.sentence) for shape in shapes]
    far = 100.0 - cdist(words, words, scorer=fuzz.token_sort_ratio)
    tree = linkage(squareform((far + far.T) / 2, checks=False), method="average")
    members: defaultdict[int, list[_Shape]] = defaultdict(list)
    for shape, number in zip(shapes, fcluster(tree, APART, criterion="distance"), strict=True):
        members[int(number)].append(shape)
    return list(members.values())


def _group(members: list[_Shape]) -> Group:
    """Named by the member that is nearest to all others, each weighing as often as it was said."""
    members = sorted(members, key=lambda shape: -shape.n)[:MOST_IN_A_GROUP]
    words = [plain(shape.sentence) for shape in members]
    near = cdist(words, words, scorer=fuzz.token_sort_ratio) @ [shape.n for shape in members]
    typical = members[int(near.argmax())]
    different = {shape.sentence: None for shape in members if plain(shape.sentence) != plain(typical.sentence)}
    others = list(different)[:2]
    return Group(typical.sentence, sum(shape.n for shape in members), tuple(s.name for s in members), tuple(others))


def plain(reason: str) -> str:
    """Without what is quoted and without numbers, as `TurnedDown.shape` has it."""
    quoted = re.sub(r"“[^”]*”|\"[^\"]*\"", "…", reason.lower())
    return re.sub(r"[0-9]+([.,][0-9]+)*", "#", quoted)
