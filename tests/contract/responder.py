"""What the stand-in server answers when nothing is scripted: valid, plain answers made from its data.

It tells the stage by the answer's schema and finds the data between `<data>` and `</data>`, as a model would.
"""

import json
import re
from typing import Any

Json = dict[str, Any]

ANGLES = ("for the week ahead", "to share", "for small kitchens", "to give", "for busy days", "to try first")
ANGLES += ("at home", "every day", "for guests", "on Sundays", "in no time", "worth keeping", "made simple")
PLACEMENT_FACETS = ("title_good", "safe", "fits_segment", "coherent", "keywords_fit")
PRODUCT_FACETS = ("fits_title", "fits_objective", "safe")
LITTLE_WORDS = {
    "about",
    "after",
    "before",
    "from",
    "help",
    "into",
    "more",
    "over",
    "page",
    "that",
    "their",
    "them",
}
LITTLE_WORDS |= {"they", "this", "weeks", "with", "your"}


def respond(request: Json) -> Json:
    """An answer for the stage that the request's schema belongs to."""
    data = data_of(request)
    match stage_of(request):
        case "themes":
            return themes(data)
        case "keywords":
            return selection(data)
        case "judge":
            return verdicts(data)
        case "page":
            return page_verdicts(data)
    return {}


def stage_of(request: Json) -> str:
    """By a property that only one stage's answer has, wherever the schema stands (parameter or text)."""
    schema = json.dumps([request.get("response_format"), request.get("output_config"), request.get("system")])
    schema += json.dumps([m["content"] for m in request["messages"] if m["role"] == "system"])
    marks = {"keywords": '"selected": {', "page": '"page": {', "judge": '"passes": {', "themes": '"themes": {'}
    plain = schema.replace('\\"', '"')
    return next((stage for stage, mark in marks.items() if mark in plain), "")


def data_of(request: Json) -> Json:
    """The data block of the first message that has one."""
    for message in request["messages"]:
        found = re.search(r"<data>\n(.*?)\n</data>", str(message["content"]), re.DOTALL)
        if found and message["role"] == "user":
            loaded = json.loads(found.group(1))
            return loaded if isinstance(loaded, dict) else {}
    return {}


def find(data: Any, *names: str) -> Any:
    """The first value under one of the names, near the top before deep down; None when there is none."""
    level = [data]
    while level:
        for node in level:
            for name in names:
                if isinstance(node, dict) and node.get(name) not in (None, "", []):
                    return node[name]
        children = [list(n.values()) if isinstance(n, dict) else n for n in level if isinstance(n, dict | list)]
        level = [child for group in children for child in group]
    return None


def themes(data: Json) -> Json:
    """One theme per angle, made of the objective's own words, in an order that depends on the audience."""
    objective = str(find(data, "objective", "text") or "everyday needs")
    words = [w for w in re.findall(r"[A-Za-zÀ-ÿ]{4,}", objective) if w.lower() not in LITTLE_WORDS] or ["everyday"]
    audience = find(data, "segment")
    name = str(audience.get("name") or "") if isinstance(audience, dict) else ""
    start = sum(name.encode()) % len(words)  # another audience, another order: plans differ as a model's would
    words = [*words[start:], *words[:start]]
    wanted = find(data, "placements", "limit", "count", "wanted")
    count = min(wanted, len(ANGLES)) if isinstance(wanted, int) and wanted > 0 else 3
    made = []
    for i in range(count):
        word, other = words[i % len(words)].lower(), words[(i + 1) % len(words)].lower()
        made.append(
            {
                "title": f"{word.capitalize()} {ANGLES[i]}"[:48],
                "subtitle": f"Picked around {word} and {other}"[:80],
                "intent": f"Shoppers who plan for {word} find it {ANGLES[i]}.",
                "concepts": [word, f"{word} {other}", f"{other} set", f"{word} {ANGLES[i].split()[-1]}"],
                "confidence": round(0.9 - 0.05 * i, 2),
            }
        )
    return {"themes": made, "abstained": None}


def selection(data: Json, k: int = 5) -> Json:
    """The first k candidates."""
    candidates = find(data, "candidates", "keywords") or []
    ids = [c["id"] if isinstance(c, dict) else c[0] if isinstance(c, list) else c for c in candidates]
    return {"selected": ids[:k], "reason": "The nearest candidates cover the theme's concepts."}


def verdicts(data: Json) -> Json:
    """Everything passes, on every facet asked for."""
    asked = find(data, "facets")
    levels = asked if isinstance(asked, dict) else {}
    placement = names(levels.get("placement")) or PLACEMENT_FACETS
    product = names(levels.get("product") or levels.get("products")) or PRODUCT_FACETS
    products = [p for p in find(data, "products") or [] if isinstance(p, dict) and "id" in p]
    why = "Nothing in the data speaks against it."
    return {
        "placement": [{"facet": f, "reason": why, "passes": True} for f in placement],
        "products": [
            {"id": str(p["id"]), "facet": f, "reason": why, "passes": True} for p in products for f in product
        ],
    }


def page_verdicts(data: Json) -> Json:
    """The page passes, on every facet asked for."""
    asked = names(find(data, "facets"))
    why = "Nothing in the data speaks against it."
    return {"page": [{"facet": f, "reason": why, "passes": True, "rows": []} for f in asked]}


def names(facets: Any) -> tuple[str, ...]:
    """Facet names from a list of names or of objects that have one."""
    if not isinstance(facets, list | dict):
        return ()
    return tuple(str(f.get("facet") or f.get("name")) if isinstance(f, dict) else str(f) for f in facets)
