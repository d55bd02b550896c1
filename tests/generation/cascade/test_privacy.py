"""What leaves the machine: nothing that is about persons, and nothing that no list names, unless the policy says so."""

import json
import re
from typing import Any

import pytest

from generation.models import Policy, Run
from generation.stages import contracts, sight
from generation.stages.policy import QualityPolicy
from tests.factories import SegmentFactory
from tests.generation.cascade import shop as shops

pytestmark = pytest.mark.django_db

ABOUT_PERSONS = {
    "life_stage": "new parents of Zwolle",
    "age_band": "zz-age-31",
    "location": "Zandvoort",
    "notes": "Ask Zelda about the twins",
}
OTHER = {"orders_per_month": "zz-five", "customer_of": "zz-1999"}
PROFILE = {
    **ABOUT_PERSONS,
    "categories": [{"name": "Breakfast cereal", "share": 0.31}],
    "diet": ["vegetarian"],
    "products": ["zz-sku-1"],
    "seasonality": {"11": 0.222},
    "part_of_day": "zz-mornings",
    "evidence": {"customers": 981273},
    "other": OTHER,
}
NEVER = ["Zwolle", "zz-age-31", "Zandvoort", "Zelda", "zz-five", "zz-1999", "zz-sku-1", "0.222", "zz-mornings"]
NEVER += ["981273"]


def asked_of_vendor(server: Any) -> str:
    """Every request as it went over the wire, escapes undone."""
    return "\n".join(json.dumps(seen.body, ensure_ascii=False).replace('\\"', '"') for seen in server.requests)


def page_for(shop: Any, name: str = "Slow breakfasters", **profile: Any) -> Run:
    segment = SegmentFactory(store=shop, name=name, profile={**PROFILE, **profile})
    run = shops.work(shops.start(shop, segment=segment))
    assert (run.status, run.error) == (Run.Status.DONE, "")
    return run


def test_no_request_holds_anything_about_persons(shop: Any, vendor: str, server: Any) -> None:
    page_for(shop)
    sent = asked_of_vendor(server)
    assert "Breakfast cereal" in sent  # the profile went, as far as the policy lets it
    assert "vegetarian" in sent
    assert [word for word in NEVER if word in sent] == []


def test_the_policy_may_let_a_field_out(shop: Any, openai: str, server: Any) -> None:
    Policy.objects.create(store=shop, number=1, body={"profile_fields": ["age_band", "other"]}, author_name="Ada")
    page_for(shop)
    sent = asked_of_vendor(server)
    assert "zz-age-31" in sent
    assert "zz-five" in sent
    assert "Breakfast cereal" not in sent
    assert "Zandvoort" not in sent


def test_addresses_and_numbers_that_slipped_into_words_are_taken_out(shop: Any, openai: str, server: Any) -> None:
    page_for(shop, name="Friends of zelda@example.org", diet=["vegan, says +49 30 1234567"])
    sent = asked_of_vendor(server)
    assert "zelda@example.org" not in sent
    assert "1234567" not in sent
    assert "Friends of [e-mail]" in sent


def test_the_name_of_an_audience_of_few_stays_here(shop: Any, openai: str, server: Any) -> None:
    page_for(shop, name="Zelda Fitz", evidence={"customers": 1})
    assert "Zelda Fitz" not in asked_of_vendor(server)


def test_the_library_may_use_all_of_it(shop: Any, settings: Any) -> None:
    settings.GENERATOR = "library"
    segment = SegmentFactory(store=shop, name="Slow breakfasters", profile=PROFILE)
    run = shops.work(shops.start(shop, segment=segment, objective="Things for the morning"))
    assert run.status == Run.Status.DONE
    assert run.brief["brief"]["segment"]["profile"]["notes"] == ABOUT_PERSONS["notes"]


def test_requests_hold_no_nulls_and_nothing_empty(shop: Any, openai: str, server: Any) -> None:
    page_for(shop)
    for seen in server.requests:
        data = json.dumps(shops.responder.data_of(seen.body))
        assert not re.search(r"(?:null|\"\"|\[\]|\{\})[,}\]]", data), data[:300]


def test_catalogue_text_arrives_plain_and_short() -> None:
    tree = [contracts.CategoryFact(path="Grocery <script>x</script> > \u202eevil\x07 " + "x" * 400, eligible=3)]
    asked = contracts.ThemesInput(context=context(catalogue=tree), wanted=3)
    told = sight.allowed("themes", asked, QualityPolicy()).root["context"]["catalogue"][0]
    assert told["path"].startswith("Grocery > evil x")
    assert len(told["path"]) <= sight.LONGEST_NAME


def test_a_use_that_no_list_names_sends_nothing() -> None:
    from storefront_studio.lib.errors import Misconfigured

    with pytest.raises(Misconfigured, match="nothing was sent"):
        sight.allowed("gossip", contracts.ThemesInput(context=context(), wanted=3), QualityPolicy())


def test_every_path_of_the_lists_is_a_field_of_its_question() -> None:
    """A renamed field would silently be sent no more."""
    shapes = {
        "themes": contracts.ThemesInput,
        "keywords": contracts.KeywordsInput,
        "judge": contracts.JudgeInput,
        "page": contracts.PageJudgeInput,
    }
    for use, shape in shapes.items():
        assert sight.SENT[use] <= paths(shape.model_json_schema()), use


def context(**fields: Any) -> contracts.Context:
    import datetime as dt

    brief = contracts.Brief(objective_kind="discovery", objective="Breakfast", today=dt.date(2026, 11, 2))
    return contracts.Context(brief=brief, store="Shop", currency="EUR", month="November", eligible=3, **fields)


def paths(schema: dict[str, Any]) -> set[str]:
    """Dotted paths of all values in a JSON schema; lists are walked through, as `sight` does."""
    definitions = schema.get("$defs", {})

    def walk(node: dict[str, Any], path: str) -> set[str]:
        while "$ref" in node or "items" in node:
            node = definitions[node["$ref"].rpartition("/")[2]] if "$ref" in node else node["items"]
        found = {path}
        for name, child in node.get("properties", {}).items():
            found |= walk(child, f"{path}.{name}" if path else name)
        return found

    return walk(schema, "")
