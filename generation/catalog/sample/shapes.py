"""The SVG shapes the drawings are built from: presentation attributes only, so a strict CSP holds."""

from typing import NamedTuple

WHITE, INK, STEEL, SILVER = "#ffffff", "#3d4148", "#8f98a3", "#d5dae0"
WOOD, BARK, CREAM, LEAF, SOIL = "#c89a6a", "#9a6f45", "#faf1df", "#6f9f5c", "#7a5a43"


class Hue(NamedTuple):
    """A colour way: the product's own colour, its shade side, its light side and the ground it stands on."""

    main: str
    dark: str
    light: str
    ground: str


HUES = {
    "berry": Hue("#c8506a", "#9d3a53", "#f0b6c2", "#f8f1f2"),
    "blush": Hue("#e3a3a0", "#c57f7d", "#f6d9d6", "#faf4f2"),
    "terracotta": Hue("#cf7350", "#a6563a", "#f0bfa8", "#f8f2ee"),
    "honey": Hue("#e2ab45", "#ba8527", "#f6dd9f", "#faf6ec"),
    "sage": Hue("#7fa182", "#5d7f62", "#c5d9c4", "#f2f6f1"),
    "forest": Hue("#3f7a5c", "#2b5a43", "#a9cdb8", "#f0f5f2"),
    "sky": Hue("#5f97c4", "#42759f", "#bcd7ec", "#f0f5f9"),
    "navy": Hue("#3c5274", "#293b57", "#aab9d1", "#f1f3f7"),
    "lilac": Hue("#9a86bd", "#77649b", "#d8cdea", "#f5f2f9"),
    "cocoa": Hue("#80583f", "#5e3f2c", "#cfae95", "#f6f2ee"),
    "charcoal": Hue("#565c66", "#3b4048", "#b5bbc4", "#f3f4f5"),
    "linen": Hue("#ddcfb8", "#bda98b", "#f3ebdd", "#f8f5f0"),
}


def rect(x: float, y: float, w: float, h: float, fill: str, r: float = 0, opacity: float = 1) -> str:
    return f'<rect x="{x:g}" y="{y:g}" width="{w:g}" height="{h:g}" rx="{r:g}" fill="{fill}"{_seen(opacity)}/>'


def circle(x: float, y: float, r: float, fill: str, opacity: float = 1) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="{fill}"{_seen(opacity)}/>'


def oval(x: float, y: float, rx: float, ry: float, fill: str, opacity: float = 1) -> str:
    return f'<ellipse cx="{x:g}" cy="{y:g}" rx="{rx:g}" ry="{ry:g}" fill="{fill}"{_seen(opacity)}/>'


def shape(d: str, fill: str, opacity: float = 1) -> str:
    """A filled path."""
    return f'<path d="{d}" fill="{fill}"{_seen(opacity)}/>'


def stroke(d: str, color: str, width: float = 8, opacity: float = 1) -> str:
    """A drawn line with round ends."""
    return (
        f'<path d="{d}" fill="none" stroke="{color}" stroke-width="{width:g}"'
        f' stroke-linecap="round" stroke-linejoin="round"{_seen(opacity)}/>'
    )


def turned(degrees: float, inner: str, x: float = 200, y: float = 200) -> str:
    """`inner` turned clockwise about (x, y)."""
    return f'<g transform="rotate({degrees:g} {x:g} {y:g})">{inner}</g>'


def moved(x: float, y: float, inner: str, scale: float = 1) -> str:
    """`inner` drawn `scale` times as large with its origin at (x, y)."""
    return f'<g transform="translate({x:g} {y:g}) scale({scale:g})">{inner}</g>'


def shadow(width: float, y: float = 330, x: float = 200) -> str:
    """The soft shadow of a thing `width` wide standing at height `y`."""
    return oval(x, y, width / 2 + 14, 13, "#000000", 0.06) + oval(x, y, width / 2, 8, "#000000", 0.1)


def shine(x: float, y: float, w: float, h: float) -> str:
    """A band of light on a glossy side."""
    return rect(x, y, w, h, WHITE, w / 2, 0.3)


def label(x: float, y: float, w: float, h: float, hue: Hue, r: float = 4) -> str:
    """A paper label with a coloured mark and lines where words would be."""
    middle, mark = x + w / 2, min(w, h) * 0.2
    return (
        rect(x, y, w, h, CREAM, r)
        + circle(middle, y + h * 0.36, mark, hue.main)
        + rect(middle - w * 0.28, y + h * 0.68, w * 0.56, max(3, h * 0.05), hue.dark, 2, 0.7)
        + rect(middle - w * 0.18, y + h * 0.8, w * 0.36, max(3, h * 0.05), hue.dark, 2, 0.4)
    )


def _seen(opacity: float) -> str:
    return "" if opacity == 1 else f' opacity="{opacity:g}"'
