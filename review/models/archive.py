"""The archive of what was turned down: one row for each placement that is rejected or dropped, kept by the database.

Triggers on placements and decisions write it, so it holds whoever turned something down and by whatever statement. A
tally beside it holds how many there are by day, by whom and why: triggers add +1 and -1, `review.archive.compact` sums
them up, and a sum over it costs the same with a thousand rows and with a million.
"""

from typing import Any

import pgtrigger
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models

from accounts.models import Store, User
from accounts.models.history import no_truncate
from generation.models import Campaign, Run
from generation.stages.themes import MEMORY
from review.models.draft import Decision, Placement
from review.models.publishing import PageVersion, Publication
from storefront_studio.lib.words_query import MARKS


class By(models.TextChoices):
    """Who turned something down."""

    RULE = "rule", "a rule"
    JUDGE = "judge", "a judge"
    MEMORY = "memory", "an earlier rejection"
    PERSON = "person", "a person"


class TurnedDown(models.Model):
    """A placement that was turned down, as the archive is asked for it. Newer ones have higher ids.

    `judge` names rules, judge or memory with their version, empty for a person. `why` is the facet that failed or the
    person's reason code, `reason` what was said in sentences. `shape` is the same for reasons that differ in numbers
    and quoted names only. `prompt` is the planning prompt with its version, empty where none was read.
    """

    placement = models.OneToOneField(Placement, on_delete=models.CASCADE, related_name="archived")
    store = models.ForeignKey(Store, on_delete=models.CASCADE, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+", db_index=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="+")
    by = models.CharField(max_length=10, choices=By.choices)
    why = models.CharField(max_length=120, blank=True)
    judge = models.CharField(max_length=120, blank=True)
    person = models.ForeignKey(User, null=True, on_delete=models.DO_NOTHING, related_name="+", db_index=False)
    prompt = models.CharField(max_length=80, blank=True)
    title = models.CharField(max_length=200)
    reason = models.TextField(blank=True)
    shape = models.CharField(max_length=12, blank=True)
    words = SearchVectorField()
    at = models.DateTimeField()

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["store", "-id"], name="archive_newest"),
            models.Index(fields=["store", "by", "why", "-id"], name="archive_by_why"),
            models.Index(fields=["store", "why", "-id"], name="archive_why"),
            models.Index(fields=["store", "judge", "-id"], name="archive_judge"),
            models.Index(fields=["store", "person", "-id"], name="archive_person"),
            models.Index(fields=["campaign", "-id"], name="archive_campaign"),
            models.Index(fields=["store", "prompt", "-id"], name="archive_prompt"),
            models.Index(fields=["store", "shape", "-id"], name="archive_shape"),
            models.Index(fields=["store", "at"], name="archive_at"),
            GinIndex(fields=["words"], name="archive_words"),
        ]

    def __str__(self) -> str:
        return self.title


class Tally(models.Model):
    """How many rows of the archive fell to one cell; several rows of a cell add up. Written by triggers only."""

    store_id = models.BigIntegerField()
    day = models.DateField()
    by = models.CharField(max_length=10)
    why = models.CharField(max_length=120, blank=True)
    judge = models.CharField(max_length=120, blank=True)
    person_id = models.BigIntegerField(null=True)
    n = models.IntegerField()

    class Meta:
        indexes = [models.Index(fields=["store_id", "day"], name="tally_day")]


FILL = f"""
INSERT INTO review_turneddown
  (placement_id, store_id, campaign_id, run_id, "by", why, judge, person_id, prompt, title, reason, shape, words, "at")
SELECT p.id, d.store_id, d.campaign_id, d.run_id, w.by_whom,
  CASE WHEN p.status = 'rejected' THEN coalesce(said.reason_code, '') ELSE p.drop_facet END,
  CASE WHEN w.by_whom = 'person' THEN '' ELSE p.dropped_by END,
  CASE WHEN p.status = 'rejected' THEN said.actor_id END,
  CASE WHEN r.generator = 'library' THEN ''
    ELSE left(coalesce('themes ' || split_part(r.brief #>> '{{releases,prompts,themes}}', '@', 1), ''), 80) END,
  p.title, s.reason,
  CASE WHEN s.reason = '' THEN '' ELSE left(md5(regexp_replace(regexp_replace(
    lower(s.reason), '“[^”]*”|"[^"]*"', '…', 'g'), '[0-9]+([.,][0-9]+)*', '#', 'g')), 12) END,
  to_tsvector('simple', translate(p.title || ' ' || s.reason, '{MARKS}', '{" " * len(MARKS)}')),
  CASE WHEN p.status = 'rejected' THEN coalesce(said.created_at, p.updated_at) ELSE p.updated_at END
FROM review_placement p
JOIN review_draft d ON d.id = p.draft_id
JOIN generation_run r ON r.id = d.run_id
LEFT JOIN LATERAL (
  SELECT reason_code, note, actor_id, created_at FROM review_decision
  WHERE placement_id = p.id AND kind = 'reject' ORDER BY id DESC LIMIT 1
) said ON true
CROSS JOIN LATERAL (SELECT
  CASE WHEN p.status = 'rejected' OR p.dropped_by LIKE 'person%' THEN 'person'
    WHEN p.dropped_by LIKE 'rules%' OR p.dropped_by LIKE 'selection%' THEN 'rule'
    WHEN p.dropped_by = '{MEMORY}' THEN 'memory' ELSE 'judge' END AS by_whom) w
CROSS JOIN LATERAL (SELECT
  CASE WHEN p.status = 'rejected' THEN coalesce(said.note, '') ELSE p.drop_reason END AS reason) s
WHERE p.status IN ('rejected', 'dropped')
"""
"""Archive rows of placements that are turned down; the caller says which placements."""

_PLACEMENT = f"""
IF TG_OP = 'UPDATE' THEN
  IF (OLD.status, OLD.title, OLD.dropped_by, OLD.drop_facet, OLD.drop_reason)
    IS NOT DISTINCT FROM (NEW.status, NEW.title, NEW.dropped_by, NEW.drop_facet, NEW.drop_reason)
  THEN RETURN NULL; END IF;
  DELETE FROM review_turneddown WHERE placement_id = NEW.id;
END IF;
IF NEW.status IN ('rejected', 'dropped') THEN
  {FILL.replace("FROM review_placement p", "FROM (SELECT NEW.*) p")};
END IF;
RETURN NULL;
"""
_DECISION = f"""
IF EXISTS (SELECT 1 FROM review_turneddown WHERE placement_id = NEW.placement_id) THEN
  DELETE FROM review_turneddown WHERE placement_id = NEW.placement_id;
  {FILL} AND p.id = NEW.placement_id;
END IF;
RETURN NULL;
"""
_COUNT = """
IF TG_OP <> 'INSERT' THEN
  INSERT INTO review_tally (store_id, day, "by", why, judge, person_id, n)
  VALUES (OLD.store_id, (OLD."at" AT TIME ZONE 'UTC')::date, OLD."by", OLD.why, OLD.judge, OLD.person_id, -1);
END IF;
IF TG_OP <> 'DELETE' THEN
  INSERT INTO review_tally (store_id, day, "by", why, judge, person_id, n)
  VALUES (NEW.store_id, (NEW."at" AT TIME ZONE 'UTC')::date, NEW."by", NEW.why, NEW.judge, NEW.person_id, 1);
END IF;
RETURN NULL;
"""

CHANGED: Any = pgtrigger.UpdateOf("status", "title", "dropped_by", "drop_facet", "drop_reason")  # type: ignore[no-untyped-call]
pgtrigger.register(
    pgtrigger.Trigger(
        name="archive",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | CHANGED,
        func=_PLACEMENT,
    )
)(Placement)
pgtrigger.register(
    pgtrigger.Trigger(
        name="archive",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        condition=pgtrigger.Q(new__kind=Decision.Kind.REJECT),
        func=_DECISION,
    )
)(Decision)
pgtrigger.register(
    pgtrigger.Trigger(
        name="tally",
        when=pgtrigger.After,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=_COUNT,
    )
)(TurnedDown)
for history in (Decision, PageVersion, Publication):
    pgtrigger.register(no_truncate())(history)
