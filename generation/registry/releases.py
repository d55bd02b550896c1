"""Which version of everything a store works with: labels with history and author over versioned files.

No row: what the code or the settings name is in production. `versions` tells how a version is written.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from accounts.models import Store
from generation.evaluators import builtin
from generation.llm.library.model import LibraryModel
from generation.models import Artefact, Release, ReleaseLabel
from generation.registry.versions import (
    GENERATOR_JUDGES,
    RUBRICS,
    content_hash,
    default_generator,
    default_judges,
    facets_version,
    judges_of,
    names_of,
    short,
    things,
    verify,
)
from generation.stages.contracts import Shape
from generation.stages.ports import Kit


class Releases(Shape):
    """One version of everything, by token. `prompts` holds the rubrics too. A run keeps it in `Run.brief`."""

    prompts: dict[str, str]
    evaluator: str
    generator: str
    judges: list[str] = []
    facets: str = ""

    def of(self, kind: str, name: str) -> str:
        """The token of one thing."""
        if kind != Artefact.MODEL:
            return self.prompts[name]
        judges = ", ".join(self.judges) or GENERATOR_JUDGES
        return {"generator": self.generator, "evaluator": self.evaluator, "judges": judges}[name]

    def having(self, kind: str, name: str, token: str) -> "Releases":
        """The same with another version of one thing."""
        if kind != Artefact.MODEL:
            return self.model_copy(update={"prompts": {**self.prompts, name: token}})
        return self.model_copy(update={name: judges_of(token) if name == "judges" else token})

    @property
    def versions(self) -> dict[str, str]:
        """The prompts' versions without their hashes, as a kit names them."""
        return {name: short(token) for name, token in self.prompts.items()}


def defaults() -> dict[tuple[str, str], str]:
    """The versions, by kind and name, that the code puts in production where no label says otherwise. Generator and
    judges are not among them: settings name them."""
    factory: Any = Kit.__dataclass_fields__["prompts"].default_factory
    named: Mapping[str, str] = factory()
    found = {
        (one.kind, one.name): named.get(one.name) or names_of(one.kind, one.name)[0]
        for one in things()
        if one.kind != Artefact.MODEL
    }
    return {**found, (Artefact.MODEL, "evaluator"): builtin.WEIGHTS.stem.removeprefix("builtin-")}


def labelled(store: Store, label: str) -> dict[tuple[str, str], Release]:
    """The newest row of `label` for every thing that has one."""
    rows = Release.objects.filter(store=store, label=label).order_by("kind", "name", "-id").distinct("kind", "name")
    return {(row.kind, row.name): row for row in rows.select_related("gate")}


def in_force(store: Store) -> Releases:
    """The production version of everything, for a run that starts now.

    Raises Misconfigured when a file was changed after it was labelled, or the generator lacks its key.
    """
    given = labelled(store, ReleaseLabel.PRODUCTION)
    tokens = {}
    for (kind, name), version in defaults().items():
        row = given.get((kind, name))
        if row is None:
            tokens[kind, name] = f"{version}@{content_hash(kind, name, version)}"
        else:
            verify(kind, name, row.version, f" after {row.author_name} put it in production")
            tokens[kind, name] = row.version
    generator, judges = given.get((Artefact.MODEL, "generator")), given.get((Artefact.MODEL, "judges"))
    return Releases(
        prompts={name: token for (kind, name), token in tokens.items() if kind != Artefact.MODEL},
        evaluator=tokens[Artefact.MODEL, "evaluator"],
        generator=generator.version if generator else default_generator(),
        judges=judges_of(judges.version) if judges else default_judges(),
        facets=facets_version(),
    )


def of_run(brief: Mapping[str, object]) -> Releases | None:
    """What a run began with, from `Run.brief`; None for one that kept nothing.

    Raises Misconfigured when a file has changed since.
    """
    kept = brief.get("releases")
    if not kept:
        return None
    found = Releases.model_validate(kept)
    since = " since this run began"
    for name, token in found.prompts.items():
        verify(Artefact.PROMPT, name, token, since)
    verify(Artefact.MODEL, "evaluator", found.evaluator, since)
    return found


def history(store: Store, kind: str = "", name: str = "") -> QuerySet[Release]:
    """Who gave which label to what, newest first."""
    rows = Release.objects.filter(store=store).select_related("gate", "author")
    if kind:
        rows = rows.filter(kind=kind)
    return (rows.filter(name=name) if name else rows).order_by("-id")


def held(store: Store) -> dict[tuple[str, str], set[str]]:
    """Every version that was once in production, by kind and name: labelled so, or replaced by one that was."""
    found: dict[tuple[str, str], set[str]] = {}
    rows = Release.objects.filter(store=store, label=ReleaseLabel.PRODUCTION)
    for kind, name, version, replaced in rows.values_list("kind", "name", "version", "gate__production"):
        found.setdefault((kind, name), set()).update({version, replaced} - {None})
    return found


def in_words(found: Releases | None, policy: int | None) -> str:
    """One line for screens: “Prompt themes v2 · judge v2 · policy 3”; prompts only where something reads them."""
    parts: list[str] = []
    if found is not None:
        if found.generator != LibraryModel.name or found.judges:
            parts += [
                f"prompt {name} {short(found.prompts[name])}"
                for name in ("themes", "keywords")
                if name in found.prompts
            ]
            parts += [
                f"{name.replace('_', ' ')} {short(found.prompts[name])}" for name in RUBRICS if name in found.prompts
            ]
        parts.append(f"evaluator {short(found.evaluator)}")
    if policy is not None:
        parts.append(f"policy {policy}")
    line = " · ".join(parts)
    return line[:1].upper() + line[1:]
