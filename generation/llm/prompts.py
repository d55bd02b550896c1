"""Prompts are files: `generation/prompts/<stage>/<version>.yaml` with `system` and `user`.

A version is never edited once a run has used it: add the next one, and old runs stay explainable.
"""

import hashlib
import re
from functools import cached_property, lru_cache
from pathlib import Path
from string import Template

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from storefront_studio.lib.errors import Misconfigured

FOLDER = Path(__file__).resolve().parent.parent / "prompts"


class Prompt(BaseModel):
    """Instructions (`system`) and the message that carries the data (`user`, with `$data`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    version: str
    system: str = Field(min_length=1)
    user: str = Field(min_length=1)

    def fill(self, **values: str) -> str:
        """`user` with every `$name` replaced; a value's own dollars and braces stay as they are.

        Raises Misconfigured naming the variables that were not given.
        """
        template = Template(self.user)
        missing = [name for name in template.get_identifiers() if name not in values]
        if missing:
            raise Misconfigured(f"prompt {self.name}/{self.version} needs a value for: {', '.join(missing)}")
        return template.substitute(values)

    @cached_property
    def digest(self) -> str:
        """`sha256:` and the hash of name, version and both texts."""
        parts = f"{self.name}\x1f{self.version}\x1f{self.system}\x1f{self.user}"
        return "sha256:" + hashlib.sha256(parts.encode()).hexdigest()


def load(stage: str, version: str, folder: Path = FOLDER) -> Prompt:
    """The prompt of a stage. Raises Misconfigured naming the file and what is wrong with it."""
    path = folder / stage / f"{version}.yaml"
    if not all(re.fullmatch(r"[a-z0-9_]+", part) for part in (stage, version)):
        raise Misconfigured(f"prompt {stage}/{version}: use lower-case letters, digits and underscores only")
    try:
        return _read(stage, version, path, path.stat().st_mtime_ns)
    except OSError as error:
        raise Misconfigured(f"prompt file {path} cannot be read: {error.strerror}") from None


@lru_cache(maxsize=64)
def _read(stage: str, version: str, path: Path, _written: int) -> Prompt:
    """The file as it was written then; every call of every run asks for it."""
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(f"prompt file {path} cannot be read: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise Misconfigured(f"prompt file {path} is not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise Misconfigured(f"prompt file {path} must hold the two keys system and user")
    try:
        prompt = Prompt(**{"name": stage, "version": version, **content})
    except (ValidationError, TypeError) as error:
        raise Misconfigured(f"prompt file {path}: {_plain(error)}") from None
    _examine(prompt, path)
    return prompt


def _examine(prompt: Prompt, path: Path) -> None:
    if (prompt.name, prompt.version) != (path.parent.name, path.stem):
        raise Misconfigured(f"prompt file {path} names itself {prompt.name}/{prompt.version}")
    template = Template(prompt.user)
    if not template.is_valid():
        raise Misconfigured(f"prompt file {path}: a lone $ in user; write $$ for a dollar sign")
    if "data" not in template.get_identifiers():
        raise Misconfigured(f"prompt file {path}: user must contain $data, or the model never sees the input")


def _plain(error: ValidationError | TypeError) -> str:
    if isinstance(error, TypeError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
