"""Growth of the measurements over sizes, as a picture and as words."""

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

import pytest

from review.measure import growth
from storefront_studio.lib.errors import BadInput


def row(size: int, **measured: float) -> dict[str, Any]:
    names = {name: 1.0 for _title, _unit, names in growth.PANELS for name in names}
    return {"name": f"{size:,} products", "products": size, **names, **measured}


def test_each_measure_is_a_line_with_a_dot_for_each_size() -> None:
    picture = ElementTree.fromstring(growth.svg([row(10_000, import_s=2.0), row(100_000, import_s=21.0)]))
    space = "{http://www.w3.org/2000/svg}"
    measures = sum(len(names) for _title, _unit, names in growth.PANELS)
    assert len(picture.findall(f".//{space}polyline")) == measures
    assert len(picture.findall(f".//{space}circle")) == 2 * measures
    assert "100,000 products: 21.0 seconds" in [title.text for title in picture.iter(f"{space}title")]


def test_what_was_not_measured_at_a_size_has_no_dot(tmp_path: Path) -> None:
    growth.write([row(1000), row(10_000, import_s=0)], tmp_path)
    assert "10,000 products: 0 seconds" not in (tmp_path / "growth.svg").read_text()
    assert (tmp_path / "growth.json").exists()


@pytest.mark.parametrize(("value", "power"), [(0.02, -2), (1, 0), (999, 2), (1000, 3)])
def test_axes_begin_at_the_power_of_ten_under_the_least_value(value: float, power: int) -> None:
    assert growth._below(value) == power


def test_a_size_too_small_to_say_anything_is_refused() -> None:
    with pytest.raises(BadInput, match="from 1,000"):
        growth.measure([10], None, lambda text: None)
