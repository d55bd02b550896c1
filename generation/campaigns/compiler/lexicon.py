"""Word lists of the rules, kept in lexicon.yaml."""

from pathlib import Path

import yaml

_LISTS: dict[str, str] = yaml.safe_load(Path(__file__).with_name("lexicon.yaml").read_text(encoding="utf-8"))

STOP, ABSTRACT, OFTEN, FEATURES, VAGUE = (
    frozenset(_LISTS[name].split()) for name in ("stop", "abstract", "often", "features", "vague")
)
