"""Where judges disagree, written beside the other things that make up a row's risk (`review.models.draft.RISK`)."""

from django.db import connection

from review.models import Draft

# Of the checks that several judges made of a row or of one of its products: the share on which some say yes, some no.
DISAGREEMENT = """
    UPDATE review_placement SET disagreement = found.share FROM (
        SELECT placement_id, avg(CASE WHEN mixed THEN 1.0 ELSE 0.0 END) AS share FROM (
            SELECT placement_id, bool_or(passes) AND bool_or(NOT passes) AS mixed FROM review_judgement
            WHERE draft_id = %s AND placement_id IS NOT NULL
            GROUP BY placement_id, facet, product_id HAVING count(DISTINCT judge) > 1
        ) checks GROUP BY placement_id
    ) found WHERE found.placement_id = review_placement.id AND review_placement.disagreement <> found.share
"""
HIGH, MEDIUM = 0.4, 0.2
"""Risk from which a row is called "high" and "medium"."""


def note_disagreement(draft: Draft) -> None:
    """Once the judgements of a draft are there."""
    with connection.cursor() as cursor:
        cursor.execute(DISAGREEMENT, [draft.pk])


def band(risk: float) -> str:
    """A risk in a word."""
    return "high" if risk >= HIGH else "medium" if risk >= MEDIUM else "low"
