"""The versions there are of prompts, rubrics and models, and the hash of what each holds now.

A version is written as ``v2@sha256:ab12cd34ef56``, the file and the start of its content's hash, so that a file that
was changed under its label is noticed; a vendor's model is written as it is named (``openai:gpt-…``), since its content
is the vendor's.
"""

import hashlib
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from generation.evaluators import builtin
from generation.llm import prompts, registry
from generation.llm.library.model import LibraryModel
from generation.models import Artefact
from generation.stages.facets import FACETS
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


@dataclass(frozen=True)
class Version:
    """One version of a thing as it is now: its token, and what is wrong with its file, if anything."""

    name: str
    token: str
    problem: str = ""


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


def content_hash(kind: str, name: str, version: str) -> str:
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
    known = names_of(kind, name)
    if plain not in known:
        raise BadInput(f"There is no version “{plain}” of {name}. There are: {', '.join(known)}.")
    return f"{plain}@{content_hash(kind, name, plain)}"


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


def listed(kind: str, name: str) -> list[Version]:
    """Every version there is, oldest first; of models, those that this store's settings name."""
    if kind == Artefact.MODEL and name in NAMED:
        known = [LibraryModel.name, default_generator()] if name == "generator" else [GENERATOR_JUDGES]
        return [Version(one, one) for one in dict.fromkeys(known)]
    found = []
    for version in names_of(kind, name):
        try:
            found.append(Version(version, f"{version}@{content_hash(kind, name, version)}"))
        except Misconfigured as error:
            found.append(Version(version, "", str(error)))
    return found


def names_of(kind: str, name: str) -> list[str]:
    files = _weights() if kind == Artefact.MODEL else {path.stem for path in (prompts.FOLDER / name).glob("v*.yaml")}
    return sorted(files, key=lambda one: [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", one)])


def verify(kind: str, name: str, token: str, when: str = "") -> None:
    """Raises Misconfigured when the file is not what it was when `token` was written."""
    if "@sha256:" not in token:
        return
    version, _, was = token.partition("@")
    now = content_hash(kind, name, version)
    if now != was:
        raise Misconfigured(
            f"{ABOUT.get(name, (name,))[0]} {version} was changed{when}: it was {was} and is {now}. Put the file back "
            "as it was, or roll back to an earlier version under Settings, Prompts and models."
        )


# --- What the settings and the code say --------------------------------------------------------------------------
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


def facets_version() -> str:
    """The hash of the questions that judges are asked; they are code, not files."""
    return digest([[one.level, one.name, one.question] for one in FACETS])[: len("sha256:") + DIGITS]
