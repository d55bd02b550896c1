"""A trained ranker as a report: for commands, and in the words and shapes of the screen."""

from typing import Any

from generation.models import TrainedRanker


def short(row: TrainedRanker) -> dict[str, Any]:
    """A line of a list."""
    ours = row.report["systems"][0]
    return {
        "number": row.number,
        "kind": row.kind,
        "state": row.state,
        "recall@10": ours["recall@10"],
        "ndcg@10": ours["ndcg@10"],
        "events": row.counts["events"],
        "until": row.trained_to.date().isoformat(),
        "author": row.author_name,
    }


def plain(row: TrainedRanker) -> dict[str, Any]:
    """Everything, for JSON."""
    return {
        **row.report,
        "store": row.store.slug,
        "number": row.number,
        "kind": row.kind,
        "state": row.state,
        "trained_from": row.trained_from.isoformat(),
        "trained_to": row.trained_to.isoformat(),
        "counts": row.counts,
        "log_hash": row.log_hash,
        "artefact_hash": row.artefact_hash,
        "author": row.author_name,
        "category_sentences": category_sentences(row.report),
    }


def category_sentences(report: dict[str, Any]) -> list[str]:
    """Where it loses, then where it gains, beside the business score."""
    found = report["categories"]
    of = found["of"][0]
    if not of["rows"]:
        return ["No single category has enough choices to be told apart."]
    words = [f"It is worse than the business score in {of['worse']} of {of['rows']} categories."]
    for word, rows in (("Loses most in", found["losses"]), ("Gains most in", found["gains"])):
        if rows:
            named = "; ".join(f"{one['name']} ({one['ndcg@10']:.3f} beside {one['beside']:.3f})" for one in rows)
            words.append(f"{word}: {named}.")
    return words


def verdicts(report: dict[str, Any]) -> list[dict[str, Any]]:
    """Beside each simpler ranker: its name, whether ours is better, worse or neither, and the sentence."""
    found = []
    others = [one for one in report["systems"] if one["ahead_low"] is not None]
    told = {sentence.removeprefix("Beside ").split(": ", 1)[0]: sentence for sentence in report["sentences"]}
    for one in others:
        if one["name"] in told:
            verdict = "better" if one["ahead_low"] > 0 else "worse" if one["ahead_high"] < 0 else "neither"
            words = told[one["name"]].split(": ", 1)[1]
            found.append({"name": one["name"], "verdict": verdict, "words": words[:1].upper() + words[1:]})
    # What speaks against it comes first.
    return sorted(found, key=lambda one: ("worse", "neither", "better").index(one["verdict"]))


def in_short(report: dict[str, Any]) -> str:
    """In a sentence, losses first."""
    by: dict[str, list[str]] = {"worse": [], "neither": [], "better": []}
    for one in verdicts(report):
        by[one["verdict"]].append(one["name"])
    words = (("worse", "Worse than"), ("neither", "Not told apart from"), ("better", "Better than"))
    said = [f"{word} {_listed(by[key])}" for key, word in words if by[key]]
    return f"{'. '.join(said)}." if said else ""


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
