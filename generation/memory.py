"""Rejection memory over PostgreSQL: the earlier rulings of a store that a theme comes near to."""

from collections.abc import Sequence

import numpy as np
from django.db import connection

from accounts.models import Store
from generation.encoders.base import Vectors
from generation.models import Ruling
from generation.stages.ports import NearRuling

# Exact: a store has hundreds of rulings, and an approximate index asked for one store's rows may miss the one that
# counts. The `+ 0` keeps the planner off it.
_NEAREST = """
SELECT asked.place, near.*
FROM unnest(%s::text[]::halfvec[]) WITH ORDINALITY AS asked(vector, place)
CROSS JOIN LATERAL (
    SELECT placement, title, reason, note, person, 1 - (embedding <=> asked.vector) AS cosine
    FROM {table}
    WHERE store_id = %s AND active AND encoder = %s AND embedding IS NOT NULL
      AND (NOT %s OR reason_code = ANY(%s) OR (reason_code = ANY(%s) AND campaign_id = %s))
    ORDER BY (embedding <=> asked.vector) + 0, id DESC
    LIMIT 1
) AS near
WHERE near.cosine >= %s
"""


class StoreMemory:
    """`stages.ports.Memory` over the active rulings of one store whose vectors are by the encoder named.

    A rejection for its products, their stock or a twin on the page says nothing against the theme; one for missing the
    objective does in the campaign that had it.
    """

    def __init__(self, store: Store, encoder: str, campaign: int | None = None) -> None:
        self._store, self._encoder, self._campaign = store, encoder, campaign

    def near(self, vectors: Vectors, at_least: float, against_theme: bool = False) -> Sequence[NearRuling | None]:
        """For every row of `vectors` (n, d) the nearest ruling with a cosine of `at_least`, or None; one query."""
        found: list[NearRuling | None] = [None] * len(vectors)
        if not found:
            return found
        asked = ["[" + ",".join(f"{value:.6g}" for value in row) + "]" for row in np.asarray(vectors)]
        with connection.cursor() as cursor:
            cursor.execute(
                _NEAREST.format(table=connection.ops.quote_name(Ruling._meta.db_table)),
                [
                    *(asked, self._store.pk, self._encoder),
                    *(against_theme, list(Ruling.ANYWHERE), list(Ruling.IN_ITS_CAMPAIGN), self._campaign, at_least),
                ],
            )
            for place, placement, title, reason, note, person, cosine in cursor.fetchall():
                found[place - 1] = NearRuling(placement, title, reason, note, person, round(float(cosine), 4))
        return found
