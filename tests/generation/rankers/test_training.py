"""Training on a made-up shop: what is told of a ranker, and what it says of its scores."""

import datetime as dt
from typing import Any

import numpy as np
import pytest

from generation.rankers import training
from generation.rankers.demand import NAMES, Demand, Facts
from generation.rankers.learned import LearnedRanker
from generation.rankers.log import gather
from generation.rankers.training import Shop, rows_of, train
from generation.stages.contracts import Brief, Hit
from storefront_studio.lib.errors import BadInput
from tests.generation.rankers import made
from tests.generation.stages.hand_kit import hit

TODAY = dt.date(2026, 9, 29)


@pytest.fixture(scope="module")
def shop() -> Shop:
    rows, row_of = rows_of([made.path_of(item) for item in made.ITEMS])
    size = len(made.ITEMS)
    facts = Facts(np.full(size, 4.99), *(np.full(size, np.nan) for _ in range(3)))
    return Shop(facts, rows, row_of, lambda row, today: np.zeros(len(row.places)))


@pytest.fixture(scope="module")
def told(shop: Shop) -> tuple[LearnedRanker, dict[str, Any]]:
    return train(shop, made.log(), "lambdamart")


def brief(kind: str = "season", **fields: Any) -> Brief:
    return Brief(objective_kind=kind, objective="x", today=TODAY, **fields)


def soups(**fields: Any) -> list[Hit]:
    return [hit(n, item_id=item, **fields) for n, item in enumerate(made.ITEMS[: made.ON_SHELF])]


def system(report: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in report["systems"] if one["name"] == name)


def test_rows_are_the_deepest_categories_with_enough_products() -> None:
    rows, row_of = rows_of([["A", "A > B"]] * 25 + [["A", "A > C"]] * 3 + [[]] * 2)
    assert [row.name for row in rows] == ["A > B", "A", "The whole store"]
    assert [len(row.places) for row in rows] == [25, 28, 30]
    assert row_of[[0, 25, 29]].tolist() == [0, 1, 2]


def test_rankers_that_learn_beat_chance_and_chance_tells_nothing(told: Any) -> None:
    report = told[1]
    chance = system(report, training.CHANCE)
    assert chance["recall@10"] == chance["another"] == pytest.approx(10 / made.ON_SHELF, abs=1e-3)
    for name in ("LambdaMART", "popularity (half life 30 days)"):
        assert system(report, name)["ndcg_low"] > chance["ndcg_high"]
        assert system(report, name)["another"] == pytest.approx(chance["another"], abs=0.05)


def test_a_ranker_that_knows_nothing_is_as_good_as_chance(told: Any) -> None:
    # The shop's own score is the same for every product here: ties share what their places bring.
    flat, chance = (system(told[1], name) for name in (training.SIGNALS, training.CHANCE))
    assert (flat["recall@10"], flat["ndcg@10"]) == (chance["recall@10"], chance["ndcg@10"])


def test_the_report_begins_with_the_ranker_itself_and_says_losses_as_plainly_as_gains(shop: Shop) -> None:
    report = train(shop, made.log(), "cooccurrence")[1]
    assert report["systems"][0]["name"] == "bought together with the row"
    worse = [one for one in report["sentences"] if ": worse in NDCG@10 by" in one]
    better = [one for one in report["sentences"] if ": better in NDCG@10 by" in one]
    for one in report["systems"][1:]:
        told_so = any(one["name"] in sentence for sentence in worse)
        assert told_so == (one["ahead_high"] < 0 and one["name"] != training.CHANCE)
    assert worse and all("visitors" in sentence for sentence in (*worse, *better))


def test_nothing_of_the_time_held_out_is_learned_from(shop: Shop, told: Any) -> None:
    """Scrambling what happened after the cut changes what is measured and not a single score at the cut."""
    log = made.log()
    cut = dt.datetime.fromisoformat(told[1]["cut"]).timestamp()
    item = np.where(log.time > cut + 1, (log.item + 7) % len(made.ITEMS), log.item)
    other = training.EventLog(log.time, log.visitor, item, log.kind, log.items, log.visitors)
    again = train(shop, other, "lambdamart")
    assert again[0].model is not None and told[0].model is not None
    assert again[0].model.text() == told[0].model.text()
    assert again[1]["systems"][0]["ndcg@10"] != told[1]["systems"][0]["ndcg@10"]
    assert (Demand.of(log, cut).wanted == Demand.of(other, cut).wanted).all()


def test_the_same_log_gives_the_same_ranker(shop: Shop, told: Any) -> None:
    ranker, report = train(shop, made.log(), "lambdamart")
    assert report == told[1] and ranker.pack() == told[0].pack()


@pytest.mark.parametrize("kind", ["popularity", "cooccurrence", "lambdamart"])
def test_a_packed_ranker_says_the_same_after_it_was_read(shop: Shop, told: Any, kind: Any) -> None:
    ranker = told[0] if kind == "lambdamart" else LearnedRanker(kind, told[0].demand)
    again = LearnedRanker.unpack(ranker.pack(), "again")
    assert again.rate(brief(), soups()) == ranker.rate(brief(), soups())


def test_what_is_no_packed_ranker_is_refused() -> None:
    for packed in (b"", b"not an archive", LearnedRanker("popularity", Demand.of(made.log(5), 0)).pack()[:200]):
        with pytest.raises(BadInput, match="damaged"):
            LearnedRanker.unpack(packed)


def test_scores_are_above_zero_and_at_most_one_and_later_products_stand_in_the_middle(told: Any) -> None:
    for kind in ("popularity", "cooccurrence"):
        rated = LearnedRanker(kind, told[0].demand).rate(brief(), [*soups(), hit(99, item_id="never seen")])
        assert min(one.value for one in rated) < rated[-1].value < max(one.value for one in rated)
        assert all(0 < one.value <= 1 for one in rated)
    assert all(0 < one.value <= 1 for one in told[0].rate(brief(), [*soups(), hit(99, item_id="never seen")]))
    assert told[0].rate(brief(), []) == []


def test_what_sells_is_rated_higher(told: Any) -> None:
    log = made.log()
    count = np.bincount(log.item[log.time > made.BEGIN + 60 * 86_400], minlength=len(made.ITEMS))[: made.ON_SHELF]
    for ranker in (told[0], LearnedRanker("popularity", told[0].demand)):
        values = [one.value for one in ranker.rate(brief(), soups())]
        assert values[int(count.argmax())] > values[int(count.argmin())]


def test_the_parts_of_a_score_explain_how_it_differs_from_the_rows_others(told: Any) -> None:
    ranker, hits = told[0], soups()
    rated = ranker.rate(brief(), hits)
    best, worst = (pick(rated, key=lambda one: one.value) for pick in (max, min))
    assert sum(part.adds for part in best.parts) > 0 > sum(part.adds for part in worst.parts)
    assert best.parts == sorted(best.parts, key=lambda part: -abs(part.adds))
    assert all(part.name and part.value for part in best.parts)


def test_contributions_sum_to_the_score(told: Any) -> None:
    model = told[0].model
    features = np.random.default_rng(1).random((20, len(NAMES)))
    assert model.contributions(features).sum(axis=1) == pytest.approx(model.score(features))


@pytest.mark.parametrize("kind", ["margin", "clear_stock", "launch", "discovery"])
def test_an_objective_about_the_product_itself_keeps_its_weights(told: Any, kind: str) -> None:
    ranker = LearnedRanker("popularity", told[0].demand)
    plain, rich = (hit(n, item_id=made.ITEMS[0], margin=margin, on_sale=True) for n, margin in ((1, 0.05), (2, 0.6)))
    names = {part.name for part in ranker.rate(brief(kind), [plain, rich])[1].parts}
    assert names & {"Margin", "On sale", "Newness", "Demand"} - {"Demand"}
    if kind == "margin":
        low, high = (one.value for one in ranker.rate(brief(kind), [plain, rich]))
        assert high > low


def test_what_the_audience_likes_adds_to_a_learned_score(told: Any) -> None:
    liked = brief(segment={"name": "A", "profile": {"brands": [{"name": "Acme"}]}})
    ranker = LearnedRanker("popularity", told[0].demand)
    row = [hit(1, item_id=made.ITEMS[5], brand="Acme"), hit(2, item_id=made.ITEMS[5], brand="Other")]
    acme, other = ranker.rate(liked, row)
    assert acme.value > other.value and acme.parts[-1].name == "The audience likes it"


def test_a_log_that_tells_nothing_is_refused(shop: Shop) -> None:
    short = [(made.BEGIN + n, "a", made.ITEMS[n % 9], 2) for n in range(100)]
    with pytest.raises(BadInput, match=r"span 0\.0 days"):
        train(shop, gather(short, made.ITEMS), "popularity")
    thin = [(made.BEGIN + n * 86_400, "a", made.ITEMS[n % 9], 2) for n in range(20)]
    with pytest.raises(BadInput, match="the least is 30"):
        train(shop, gather(thin, made.ITEMS), "popularity")


def test_popularity_trains_where_lambdamart_has_too_little(shop: Shop) -> None:
    few = [(made.BEGIN + n * 3600, f"v{n}", made.ITEMS[n % 20], 2) for n in range(200)]
    report = train(shop, gather(few, made.ITEMS), "popularity")[1]
    assert "LambdaMART" not in [one["name"] for one in report["systems"]]
    with pytest.raises(BadInput, match="too few categories"):
        train(shop, gather(few, made.ITEMS), "lambdamart")
