"""From a log to a proposal, from a proposal to a policy, and a run that goes by it and says so."""

import csv
import datetime as dt
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.permits import NotAllowed
from generation import ranking_tuning
from generation.models import Policy, Product, RankingProposal, Run
from generation.policy import policies
from storefront_studio.lib.errors import BadInput, WrongState
from tests.factories import StoreFactory, UserFactory
from tests.generation.cascade import conftest
from tests.generation.cascade import shop as shops

_remembered_vectors, shop = conftest._remembered_vectors, conftest.shop  # fixtures of the cascade's tests, ours too
pytestmark = pytest.mark.django_db
BEGIN = dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def log_of(store: Any, folder: Path, days: int = 60, by: str = "popularity") -> Path:
    """People who order what is popular, a few products each, every day."""
    draw = np.random.default_rng(2)
    products = list(Product.objects.filter(store=store).order_by("id").values_list("item_id", by))
    weight = np.asarray([float(value or 0.01) for _item, value in products]) ** 3
    path = folder / "events.csv"
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["time", "visitor", "product", "kind"])
        for day in range(days):
            for who in range(12):
                for at in draw.choice(len(products), 3, replace=False, p=weight / weight.sum()):
                    when = BEGIN + dt.timedelta(days=day, minutes=who)
                    table.writerow([when.isoformat(), f"visitor {(day * 7 + who) % 90}", products[int(at)][0], "order"])
    return path


def told(capsys: Any, *words: Any) -> dict[str, Any]:
    call_command(*[str(word) for word in words], "--json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_from_events_to_a_run_by_command(shop: Any, tmp_path: Path, capsys: Any) -> None:
    mine = ("--store", shop.slug)
    seen = policies.current(shop).number
    found = told(capsys, "tune_ranking", "--events", log_of(shop, tmp_path), *mine)
    demand = next(one for one in found["objectives"] if "season" in one["kinds"])
    assert demand["changes"] and demand["alpha"] > demand["alpha_now"]
    assert {one["name"] for one in demand["systems"]} == {
        "proposed",
        "now",
        "fit alone (alpha 0)",
        "shop's score alone (beta 0)",
    }
    assert all(one["low"] <= one["ndcg@10"] <= one["high"] for one in demand["systems"])
    assert {one["kind"] for one in found["silent"]} >= {"clear_stock", "launch"}
    assert policies.current(shop).number == seen  # nothing serves before a person says so

    before = told(capsys, "ranking", "list", *mine)
    assert (before["in_force"]["number"], before["proposals"][0]["in_force"]) == (0, False)
    number = found["proposal"]
    after = told(capsys, "ranking", "activate", number, *mine, "--note", "Better on the part held out")
    assert (after["in_force"]["number"], after["policy"]) == (number, seen + 1)

    run = shops.work(shops.start(shop, objective_kind="season"))
    assert run.status == Run.Status.DONE
    assert policies.of_run(run.brief).tuning.number == number
    shown = [one for row in run.result["placements"] for one in row["judged"]["shown"]]
    alpha = found["tuning"]["alpha"]["season"]
    for one in shown[:5]:
        assert one["score"] == pytest.approx(one["rank_score"] ** alpha * one["fit"], abs=2e-4)

    again = told(capsys, "ranking", "activate", 0, *mine, "--note", "Back")
    assert (again["in_force"]["number"], again["in_force"]["alpha"]) == (0, {})
    assert policies.of_run(run.brief).tuning.number == number  # history stays


def test_the_history_of_proposals_cannot_be_changed(shop: Any, tmp_path: Path) -> None:
    row = ranking_tuning.propose(store=shop, actor=None, path=log_of(shop, tmp_path, 40))
    for sql in ("UPDATE generation_rankingproposal SET number = 9", "DELETE FROM generation_rankingproposal"):
        refused = pytest.raises(DatabaseError, match="Cannot update or delete")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    assert RankingProposal.objects.filter(pk=row.pk).exists()


def test_of_two_people_who_saw_the_same_policy_the_second_is_told(shop: Any, tmp_path: Path) -> None:
    row = ranking_tuning.propose(store=shop, actor=None, path=log_of(shop, tmp_path))
    seen = policies.current(shop).number
    ranking_tuning.activate(store=shop, actor=None, number=row.number, seen=seen, note="First")
    with pytest.raises(WrongState, match="saved policy"):
        ranking_tuning.activate(store=shop, actor=None, number=0, seen=seen, note="Second")


def test_only_an_admin_tunes_and_activates(shop: Any, tmp_path: Path) -> None:
    somebody = UserFactory()
    with pytest.raises(NotAllowed):
        ranking_tuning.propose(store=shop, actor=somebody, path=log_of(shop, tmp_path, 20))
    with pytest.raises(NotAllowed):
        ranking_tuning.activate(store=shop, actor=somebody, number=0, seen=0, note="Mine")


def test_a_store_without_events_keeps_its_values_and_says_so(capsys: Any) -> None:
    store = StoreFactory()
    found = told(capsys, "tune_ranking", "--store", store.slug)
    assert found["proposal"] is None and "keeps no events" in found["sentence"]
    assert (found["alpha"]["season"], found["alpha"]["margin"], found["beta"]) == (0.35, 0.8, 1.0)
    assert not Policy.objects.filter(store=store).exists()


def test_a_log_that_is_too_short_or_of_another_shop_is_refused_in_a_sentence(shop: Any, tmp_path: Path) -> None:
    short = log_of(shop, tmp_path, days=1)
    with pytest.raises(CommandError, match="days; 2 are the least"):
        call_command("tune_ranking", "--events", str(short), "--store", shop.slug)
    thin = log_of(shop, tmp_path, days=5)
    thin.write_text("\n".join(thin.read_text().splitlines()[::20]))
    with pytest.raises(BadInput, match="the least is 30"):
        ranking_tuning.propose(store=shop, actor=None, path=thin)
    with pytest.raises(CommandError, match="There is no file"):
        call_command("tune_ranking", "--events", str(tmp_path / "none"), "--store", shop.slug)
    with pytest.raises(CommandError, match="no ranking proposal 99"):
        call_command("ranking", "activate", "99", "--note", "x", "--store", shop.slug)


def test_margin_is_tuned_by_what_choices_earned(shop: Any, tmp_path: Path) -> None:
    row = ranking_tuning.propose(store=shop, actor=None, path=log_of(shop, tmp_path, by="margin"))
    margin = next((one for one in row.report["objectives"] if one["kinds"] == ["margin"]), None)
    assert margin is not None
    assert margin["choices"]["held_out"] >= ranking_tuning.LEAST_CHOICES
