"""Draws the product images: one 400 by 400 SVG per kind and colour way, without text, script or style."""

from pathlib import Path
from random import Random

from generation.catalog.sample import art_care, art_food, art_home, art_play
from generation.catalog.sample.shapes import HUES, rect

DRAWINGS = {**art_food.DRAWINGS, **art_home.DRAWINGS, **art_care.DRAWINGS, **art_play.DRAWINGS}

# The colour way a word in a product's name or colour asks for; the first word found in this order wins.
HUE_WORDS = {
    "berry": "strawberr raspberr cherr tomato chilli cranberr beetroot "
    "red rhubarb rose paprika bolognese poppy crimson",
    "cocoa": "chocolate coffee cocoa espresso mocha walnut pecan gravy brown tobacco chestnut hazelnut beef",
    "forest": "forest pine spinach basil pesto bottle-green racing olive fir",
    "sage": "sage mint green herb aloe pistachio eucalyptus pea apple lime cucumber garden moss bamboo avocado fern",
    "honey": "honey lemon mustard yellow banana mango corn vanilla "
    "butter cheese ginger pineapple turmeric gold citrus oat",
    "sky": "sky sea ocean blue coconut tuna salt fresh water ice teal aqua",
    "navy": "navy midnight indigo denim blueberr blackcurrant",
    "lilac": "lavender lilac violet plum purple fig grape heather",
    "terracotta": "terracotta orange apricot peach carrot pumpkin spice rust cinnamon clay caramel copper amber curry",
    "blush": "blush pink salmon peony almond rose-petal coral",
    "charcoal": "charcoal black slate graphite grey anthracite liquorice silver steel pepper",
    "linen": "linen white cream ivory natural oatmeal sand stone beige birch plain cotton",
}


def svg(kind: str, hue: str) -> str:
    """The drawing as an SVG document; raises KeyError when there is no such kind or hue."""
    draw, _ = DRAWINGS[kind]
    colors = HUES[hue]
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400" width="400" height="400">'
        f"{rect(0, 0, 400, 400, colors.ground)}{draw(colors)}</svg>\n"
    )


def hue(kind: str, words: str, rng: Random) -> str:
    """The colour way of `kind` that fits a product's name or colour, or any of them when no word tells."""
    _, drawn = DRAWINGS[kind]
    fallback = rng.choice(drawn)  # always drawn from `rng`, so that words never shift later choices
    lowered = f" {words.lower()}"
    named = (name for name, hints in HUE_WORDS.items() if any(f" {hint}" in lowered for hint in hints.split()))
    return next((name for name in named if name in drawn), fallback)


def name(kind: str, hue: str) -> str:
    return f"{kind}-{hue}.svg"


def link(kind: str, hue: str) -> str:
    """Where the site serves the drawing."""
    return f"/static/sample/{name(kind, hue)}"


def write_images(folder: Path) -> int:
    """Writes every drawing into `folder` and returns how many there are."""
    folder.mkdir(parents=True, exist_ok=True)
    wanted = [(kind, hue) for kind, (_, hues) in DRAWINGS.items() for hue in hues]
    for kind, hue in wanted:
        (folder / name(kind, hue)).write_text(svg(kind, hue), encoding="utf-8", newline="\n")
    return len(wanted)
