"""`.env.example` and the code name the same environment variables."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / ".env.example"
READERS = ("storefront_studio/settings.py", "storefront_studio/bootstrap.py", "generation/llm/registry.py")
VENDORS = ("OPENAI", "ANTHROPIC")
INTERNAL = {"STUDIO_STARTED_SERVICES", "DJANGO_SETTINGS_MODULE"}  # set by us for our own processes
MADE_BY_MAKE = {"PYTHON", "VENV", "CHROMIUM"}  # read by the Makefile and scripts/ensure_browser


def documented() -> set[str]:
    return set(re.findall(r"^#([A-Z][A-Z0-9_]*)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))


def read_by_code() -> set[str]:
    found = set()
    for name in READERS:
        for variable in _read_in(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            found |= {variable.format(prefix=vendor) for vendor in VENDORS}
    return found - INTERNAL


def _read_in(tree: ast.Module) -> Iterator[str]:
    """Names asked of `env` or `os.environ`; ``{prefix}`` stands for a vendor. Names in variables are read elsewhere."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
            source, name = node.func.value, node.args[0]
        elif isinstance(node, ast.Subscript):
            source, name = node.value, node.slice
        else:
            continue
        if ast.unparse(source) in {"env", "os.environ"} and not isinstance(name, ast.Name):
            text = _text(name)
            if not text.endswith("_FILE"):  # a file in place of a value, explained on top
                yield text


def _text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return "".join(str(part.value) if isinstance(part, ast.Constant) else "{prefix}" for part in node.values)
    raise AssertionError(f"cannot tell which variable is read by: {ast.unparse(node)}")


def test_every_variable_the_code_reads_is_explained() -> None:
    assert sorted(read_by_code() - documented()) == []


def test_every_variable_explained_is_read() -> None:
    assert sorted(documented() - read_by_code() - MADE_BY_MAKE) == []


@pytest.mark.parametrize("name", sorted(MADE_BY_MAKE))
def test_what_make_reads_is_in_the_makefile_or_its_scripts(name: str) -> None:
    texts = [(ROOT / file).read_text(encoding="utf-8") for file in ("Makefile", "scripts/ensure_browser")]
    assert any(re.search(rf"\b{name}\b", text) for text in texts)


def test_a_variable_is_explained_once() -> None:
    names = re.findall(r"^#([A-Z][A-Z0-9_]*)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(names) == len(set(names))
