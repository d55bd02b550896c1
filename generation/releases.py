"""Which version of each prompt, rubric and model a store works with: labels over versioned files, with history.

No row: what the code names as its default is in production. A version is written as ``v2@sha256:ab12cd34ef56``, the
file and the start of its content's hash, so that a file that was changed under its label is noticed; a vendor's model
is written as it is named (``openai:gpt-…``), since its content is the vendor's.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet

from accounts.models import Store
from generation.evaluators import builtin
from generation.llm import prompts, registry
from generation.llm.library.model import LibraryModel
from generation.models import Artefact, Release, ReleaseLabel
from generation.stages.contracts import Shape
from generation.stages.facets import FACETS
from generation.stages.ports import Kit
from storefront_studio.lib.errors import BadInput, Misconfigured
from storefront_studio.lib.hashing import digest

DIGITS = 12
RUBRICS = ("judge", "page_judge")
"""Prompts that judge: their questions are the facets in code, so prompt and facets together are the rubric."""
VENDORS = tuple(registry.ADAPTERS)
GENERATOR_JUDGES = "generator"
"""The version of the judges that stands for none of their own: the model that plans judges too."""
NAMED = ("generator", "judges")
"""Models that are named, not files."""


@dataclass(frozen=True)
class Thing:
    """Something that has versions. `about` says in a sentence what it does."""

    kind: str
    name: str
    label: str
    about: str

    @property
    def key(self) -> str:
        return f"{self.kind}/{self.name}"


@dataclass(frozen=True)
class Version:
    """One version of a thing as it is now: its token, and what is wrong with its file, if anything."""

    name: str
    token: str
    problem: str = ""


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


ABOUT = {
    "themes": ("Themes", "Plans the rows of a page: titles, intent and concepts."),
    "keywords": ("Keywords", "Chooses keywords for a row from the candidates."),
    "brief": ("Brief", "Reads a campaign's free text into objective, constraints and concepts."),
    "judge": ("Row judge", "Judges a row and each of its products, facet by facet."),
    "page_judge": ("Page judge", "Judges the finished page as a whole."),
    "generator": ("Generator", "The model that plans rows and chooses keywords."),
    "judges": ("Judges", "The models that judge, where others than the generator do."),
    "evaluator": ("Evaluator", "The built-in score of how well a product fits a row."),
}


def things() -> list[Thing]:
    """Everything with versions: the prompts there are, the rubrics among them, and the models."""
    names = sorted(path.name for path in prompts.FOLDER.iterdir() if any(path.glob("v*.yaml")))
    order = [name for name in ABOUT if name in names] + [name for name in names if name not in ABOUT]
    found = []
    for name in order:
        label, about = ABOUT.get(name, (name.replace("_", " ").capitalize(), ""))
        found.append(Thing(Artefact.RUBRIC if name in RUBRICS else Artefact.PROMPT, name, label, about))
    return found + [Thing(Artefact.MODEL, name, *ABOUT[name]) for name in ("generator", "judges", "evaluator")]


def thing(kind: str, name: str) -> Thing:
    """Raises BadInput naming what there is."""
    found = next((one for one in things() if (one.kind, one.name) == (kind, name)), None)
    if found is None:
        known = ", ".join(f"{one.kind} {one.name}" for one in things())
        raise BadInput(f"There is no {kind} “{name}”. There are: {known}.")
    return found


# --- Content ------------------------------------------------------------------------------------------------------
def short(token: str) -> str:
    """``v2`` of ``v2@sha256:…``; a model's name stays as it is."""
    return token.partition("@")[0] if "@sha256:" in token else token


def _weights() -> Mapping[str, Path]:
    return {path.stem.removeprefix("builtin-"): path for path in builtin.WEIGHTS.parent.glob("builtin-v*.json")}


def weights_file(token: str) -> Path:
    """The evaluator's weights of a version. Raises Misconfigured when they are not there."""
    path = _weights().get(short(token))
    if path is None:
        raise Misconfigured(f"The evaluator's weights {short(token)} are not installed: {sorted(_weights())} are.")
    return path


def _hash(kind: str, name: str, version: str) -> str:
    if kind == Artefact.MODEL:
        full = "sha256:" + hashlib.sha256(weights_file(version).read_bytes()).hexdigest()
    else:
        full = prompts.load(name, version, prompts.FOLDER).digest
    return full[: len("sha256:") + DIGITS]


def token_of(kind: str, name: str, version: str) -> str:
    """A version by name, with the hash of its content as it is now. Raises BadInput when there is none such,
    Misconfigured when its file cannot be read."""
    thing(kind, name)
    if kind == Artefact.MODEL and name == "generator":
        return _model_name(version)
    if kind == Artefact.MODEL and name == "judges":
        return _panel(version)
    plain = short(version.strip())
    known = _names(kind, name)
    if plain not in known:
        raise BadInput(f"There is no version “{plain}” of {name}. There are: {', '.join(known)}.")
    return f"{plain}@{_hash(kind, name, plain)}"


def judges_of(token: str) -> list[str]:
    """The models that a version of the judges names; none where the generator judges."""
    return [] if token == GENERATOR_JUDGES else [one.strip() for one in token.split(",") if one.strip()]


def _panel(text: str) -> str:
    """“generator”, or vendors' models with commas between. Raises BadInput for one that cannot be reached."""
    names = judges_of(text.strip())
    if LibraryModel.name in names:
        raise BadInput("The built-in library does not judge. Name vendors' models, or “generator”.")
    return ", ".join(dict.fromkeys(_model_name(name) for name in names)) or GENERATOR_JUDGES


def _model_name(text: str) -> str:
    """“library”, or a vendor's model that this installation can reach."""
    name = text.strip()
    if name == LibraryModel.name:
        return name
    if not re.fullmatch(rf"({'|'.join(VENDORS)}):[!-~]{{1,100}}", name):
        raise BadInput(f"“{name[:80]}” is no generator. Write “library”, or vendor and model: openai:gpt-…")
    vendor, _, model = name.partition(":")
    try:
        return registry.build(vendor, {**os.environ, f"{vendor.upper()}_MODEL": model}).name
    except Misconfigured as error:
        raise BadInput(f"{name} cannot be reached from here: {error}.") from None


def versions(kind: str, name: str) -> list[Version]:
    """Every version there is, oldest first; of models, those that this store's settings name."""
    if kind == Artefact.MODEL and name in NAMED:
        known = [LibraryModel.name, default_generator()] if name == "generator" else [GENERATOR_JUDGES]
        return [Version(one, one) for one in dict.fromkeys(known)]
    found = []
    for version in _names(kind, name):
        try:
            found.append(Version(version, f"{version}@{_hash(kind, name, version)}"))
        except Misconfigured as error:
            found.append(Version(version, "", str(error)))
    return found


def _names(kind: str, name: str) -> list[str]:
    files = _weights() if kind == Artefact.MODEL else {path.stem for path in (prompts.FOLDER / name).glob("v*.yaml")}
    return sorted(files, key=lambda one: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", one)])


def verify(kind: str, name: str, token: str, when: str = "") -> None:
    """Raises Misconfigured when the file is not what it was when `token` was written."""
    if "@sha256:" not in token:
        return
    version, _, was = token.partition("@")
    now = _hash(kind, name, version)
    if now != was:
        raise Misconfigured(
            f"{ABOUT.get(name, (name,))[0]} {version} was changed{when}: it was {was} and is {now}. Put the file back "
            "as it was, or roll back to an earlier version under Settings, Prompts and models."
        )


# --- In force -----------------------------------------------------------------------------------------------------
def default_generator() -> str:
    """The generator that the settings name."""
    if settings.GENERATOR == "library":
        return LibraryModel.name
    return registry.build(settings.GENERATOR, os.environ).name


def default_judges() -> list[str]:
    """The judges that the settings name; none where the generator judges."""
    found = []
    for name in settings.JUDGES:
        vendor, _, model = name.partition(":")
        found.append(
            registry.build(vendor, {**os.environ, **({f"{vendor.upper()}_MODEL": model} if model else {})}).name
        )
    return found


def defaults() -> dict[tuple[str, str], str]:
    """The versions, by kind and name, that the code puts in production where no label says otherwise. Generator and
    judges are not among them: settings name them."""
    factory: Any = Kit.__dataclass_fields__["prompts"].default_factory
    named: Mapping[str, str] = factory()
    found = {
        (one.kind, one.name): named.get(one.name) or _names(one.kind, one.name)[0]
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
            tokens[kind, name] = f"{version}@{_hash(kind, name, version)}"
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


def facets_version() -> str:
    """The hash of the questions that judges are asked; they are code, not files."""
    return digest([[one.level, one.name, one.question] for one in FACETS])[: len("sha256:") + DIGITS]


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
