"""Drawings of things for the body, for babies and for pets."""

# A drawing is read as one line per thing drawn, coordinates and all, so these files keep their long lines.
# ruff: noqa: E501
# fmt: off

from generation.catalog.sample.art_food import Drawing
from generation.catalog.sample.shapes import (
    BARK,
    CREAM,
    INK,
    LEAF,
    SILVER,
    STEEL,
    WHITE,
    WOOD,
    Hue,
    circle,
    label,
    oval,
    rect,
    shadow,
    shape,
    shine,
    stroke,
    turned,
)


def shampoo(c: Hue) -> str:
    return shadow(120) + rect(168, 74, 64, 62, c.dark, 8) + rect(140, 130, 120, 200, c.main, 26) + label(152, 182, 96, 112, c) + shine(148, 156, 7, 150)


def pump(c: Hue) -> str:
    return shadow(120) + stroke("M200 128v-44h-44", INK, 13) + rect(180, 108, 40, 38, INK, 5) + rect(138, 142, 124, 188, c.main, 20) + label(150, 186, 100, 108, c) + shine(146, 160, 7, 150)


def cream(c: Hue) -> str:
    return shadow(200, 318) + rect(96, 222, 208, 94, c.light, 22) + rect(110, 236, 180, 66, WHITE, 16, 0.5) + rect(92, 156, 216, 72, c.main, 16) + oval(200, 158, 106, 16, c.dark) + rect(156, 254, 88, 9, c.dark, 4, 0.6) + rect(172, 274, 56, 8, c.dark, 4, 0.35) + shine(112, 180, 9, 40)


def tube(c: Hue) -> str:
    return shadow(100) + rect(158, 280, 84, 50, c.dark, 8) + shape("M128 72h144l-24 210h-96z", c.main) + rect(126, 64, 148, 20, c.light, 3) + shape("M146 150h108l-9 84h-90z", CREAM) + circle(200, 184, 19, c.main) + rect(172, 214, 56, 6, c.dark, 3, 0.6) + shine(152, 100, 8, 160)


def dropper(c: Hue) -> str:
    return shadow(110) + rect(184, 62, 32, 62, INK, 15) + rect(174, 116, 52, 40, STEEL, 6) + shape("M172 154h56c4 16 30 20 30 48v108a20 20 0 0 1-20 20h-76a20 20 0 0 1-20-20v-108c0-28 26-32 30-48z", c.main) + label(148, 222, 104, 82, c, 2) + shine(154, 206, 7, 104)


def lipstick(c: Hue) -> str:
    return shadow(150) + rect(150, 228, 76, 102, INK, 6) + rect(158, 172, 60, 60, "#d8b877", 3) + shape("M166 174v-72c14-22 38-26 44-20v92z", c.main) + shape("M166 174v-72c6-8 12-14 18-17v89z", WHITE, 0.2) + rect(244, 200, 62, 130, INK, 8) + rect(244, 300, 62, 8, "#d8b877")


def palette(c: Hue) -> str:
    pans = "".join(circle(x, y, 25, f) for (x, y), f in zip(((120, 264), (186, 264), (252, 264)), (c.light, c.main, c.dark), strict=True))
    return shadow(260, 316) + rect(76, 96, 228, 116, INK, 14) + rect(92, 110, 196, 90, "#dde9ef", 8) + stroke("M130 184l44-58M170 184l44-58", WHITE, 9, 0.7) + rect(70, 210, 240, 102, INK, 14) + pans + turned(24, rect(318, 150, 14, 110, WOOD, 7) + shape("M314 150h22l4-36c-8-14-22-14-30 0z", c.main), 325, 200)


def perfume(c: Hue) -> str:
    return shadow(160) + rect(172, 70, 56, 66, "#d8b877", 6) + rect(182, 130, 36, 22, STEEL) + rect(112, 148, 176, 182, c.light, 22) + rect(126, 210, 148, 108, c.main, 14, 0.8) + rect(158, 226, 84, 56, CREAM, 4) + rect(176, 248, 48, 6, c.dark, 3) + stroke("M134 172v120", WHITE, 9, 0.6)


def nail_polish(c: Hue) -> str:
    def one(x: float, fill: str) -> str:
        return rect(x - 19, 112, 38, 102, INK, 10) + rect(x - 48, 208, 96, 122, fill, 24) + shine(x - 36, 230, 8, 70)
    return shadow(220) + one(142, c.main) + one(258, c.light)


def toothbrush(c: Hue) -> str:
    def one(x: float, fill: str) -> str:
        return rect(x - 11, 80, 22, 250, fill, 11) + rect(x + 9, 86, 24, 62, WHITE, 4) + stroke(f"M{x + 12} 100h18M{x + 12} 117h18M{x + 12} 134h18", c.light, 7)
    return turned(14, oval(204, 320, 70, 16, "#000000", 0.06) + one(160, c.main) + one(224, c.dark))


def soap(c: Hue) -> str:
    bubbles = circle(284, 136, 22, WHITE, 0.8) + circle(312, 170, 12, WHITE, 0.8) + circle(250, 112, 12, WHITE, 0.8)
    return shadow(240, 300) + rect(82, 186, 236, 106, c.dark, 46) + rect(82, 172, 236, 106, c.main, 46) + rect(116, 196, 168, 58, c.light, 28, 0.6) + bubbles


def razor(c: Hue) -> str:
    return turned(24, oval(206, 330, 34, 14, "#000000", 0.07) + shape("M184 146h32l4 180a20 20 0 0 1-40 0z", c.main) + stroke("M192 220h16M192 240h16M192 260h16M192 280h16", c.light, 5) + rect(128, 90, 144, 58, c.dark, 14) + rect(140, 102, 120, 7, SILVER, 3) + rect(140, 117, 120, 7, SILVER, 3) + rect(140, 132, 120, 7, SILVER, 3))


def deodorant(c: Hue) -> str:
    return shadow(110) + rect(146, 72, 108, 92, c.dark, 20) + rect(142, 156, 116, 174, c.main, 16) + label(142, 190, 116, 100, c, 0) + shine(154, 88, 8, 230)


def pills(c: Hue) -> str:
    capsule = rect(0, 0, 64, 28, c.light, 14) + rect(0, 0, 34, 28, c.dark, 14)
    return shadow(210, x=210) + rect(140, 138, 120, 192, c.main, 18) + rect(130, 96, 140, 50, WHITE, 10) + stroke("M150 106v32M172 106v32M194 106v32M216 106v32M238 106v32", SILVER, 4) + label(140, 182, 120, 104, c, 0) + f'<g transform="translate(268 292) rotate(12)">{capsule}</g>'


def first_aid(c: Hue) -> str:
    return shadow(230, 322) + stroke("M164 150v-26c0-12 6-18 18-18h36c12 0 18 6 18 18v26", c.dark, 13) + rect(84, 148, 232, 170, c.main, 22) + rect(84, 222, 232, 10, c.dark, 0, 0.5) + circle(200, 232, 54, WHITE) + rect(188, 200, 24, 64, c.main, 4) + rect(168, 220, 64, 24, c.main, 4)


def hair_dryer(c: Hue) -> str:
    return shadow(150, 336, 220) + shape("M202 216h52l16 110a10 10 0 0 1-10 10h-36a10 10 0 0 1-10-10z", c.dark) + shape("M84 116l60 12h96c40 0 64 22 64 54s-24 54-64 54h-96l-60 12z", c.main) + rect(70, 112, 24, 140, INK, 8) + circle(242, 182, 30, c.light) + circle(242, 182, 16, c.dark) + rect(222, 264, 18, 26, c.light, 6)


def nappies(c: Hue) -> str:
    return shadow(210) + rect(96, 132, 208, 198, c.main, 22) + stroke("M156 134c0-54 88-54 88 0", c.dark, 15) + circle(200, 226, 62, CREAM) + shape("M152 200h96c0 40-20 62-34 66h-28c-14-4-34-26-34-66z", WHITE) + stroke("M154 202h92c0 38-18 58-34 64h-24c-16-6-34-26-34-64z", c.dark, 5) + shape("M96 290c70-24 140 18 208-8v26a22 22 0 0 1-22 22h-164a22 22 0 0 1-22-22z", c.light)


def baby_bottle(c: Hue) -> str:
    marks = "".join(rect(228, y, 22, 5, c.dark, 2, 0.6) for y in (190, 216, 242, 268, 294))
    return shadow(120) + shape("M180 112c0-18 10-18 10-36 0-16 20-16 20 0 0 18 10 18 10 36z", "#e9c39b") + rect(148, 108, 104, 42, c.main, 10) + rect(144, 150, 112, 180, "#e3edf1", 24) + rect(150, 204, 100, 120, WHITE, 20) + marks + shine(156, 170, 8, 136)


def teddy(c: Hue) -> str:
    ears = circle(138, 96, 32, c.dark) + circle(262, 96, 32, c.dark) + circle(138, 96, 16, c.light) + circle(262, 96, 16, c.light)
    body = oval(200, 266, 76, 70, c.main) + oval(200, 272, 44, 44, c.light) + oval(116, 250, 26, 42, c.dark) + oval(284, 250, 26, 42, c.dark) + oval(142, 318, 36, 24, c.dark) + oval(258, 318, 36, 24, c.dark)
    return shadow(200, 334) + ears + body + circle(200, 142, 78, c.main) + oval(200, 166, 34, 26, c.light) + circle(170, 130, 8, INK) + circle(230, 130, 8, INK) + oval(200, 156, 11, 8, INK)


def pram(c: Hue) -> str:
    wheels = "".join(circle(x, 304, 32, INK) + circle(x, 304, 20, SILVER) + circle(x, 304, 6, INK) for x in (136, 256))
    return shadow(210, 336) + stroke("M280 196l44-60h26", INK, 11) + shape("M84 188h220c0 56-40 84-84 84h-52c-44 0-84-28-84-84z", c.main) + shape("M196 188v-106c-66 0-112 46-112 106z", c.dark) + stroke("M196 188l-70-78M196 188l-104-38", c.light, 4) + stroke("M150 270l-12 30M238 270l16 30", INK, 9) + wheels


def bodysuit(c: Hue) -> str:
    return shadow(130, 336) + shape("M146 82c16 26 92 26 108 0l72 44-30 54-30-16v68c0 26-34 40-46 92h-40c-12-52-46-66-46-92v-68l-30 16-30-54z", c.main) + stroke("M146 84c16 28 92 28 108 0", c.dark, 9) + shape("M200 190c16-24 50-6 36 22-8 16-24 26-36 36-12-10-28-20-36-36-14-28 20-46 36-22z", c.light) + circle(188, 312, 4, WHITE) + circle(212, 312, 4, WHITE)


def sippy_cup(c: Hue) -> str:
    return shadow(130) + stroke("M262 190c52 0 52 92-4 92M138 190c-52 0-52 92 4 92", c.dark, 16) + shape("M132 158h136l-16 160a14 14 0 0 1-14 12h-76a14 14 0 0 1-14-12z", c.main) + rect(124, 132, 152, 36, c.dark, 12) + rect(176, 102, 48, 34, c.light, 12) + circle(200, 240, 32, c.light) + circle(190, 232, 4, INK) + circle(210, 232, 4, INK) + stroke("M188 248c8 8 16 8 24 0", INK, 4)


def pet_bowl(c: Hue) -> str:
    food = "".join(circle(x, y, 14, "#9c6b42") for x, y in ((140, 190), (166, 180), (194, 176), (222, 178), (250, 184), (180, 194), (212, 194), (268, 194)))
    bone = rect(172, 252, 56, 14, WHITE, 7) + "".join(circle(x, y, 11, WHITE) for x, y in ((172, 250), (172, 268), (228, 250), (228, 268)))
    return shadow(240, 314) + food + shape("M108 198h184l36 100a10 10 0 0 1-10 12h-236a10 10 0 0 1-10-12z", c.main) + oval(200, 200, 92, 12, c.dark, 0.8) + bone


def leash(c: Hue) -> str:
    return shadow(220, 326) + f'<circle cx="172" cy="236" r="76" fill="none" stroke="{c.main}" stroke-width="24"/><circle cx="172" cy="236" r="76" fill="none" stroke="{c.light}" stroke-width="4"/>' + rect(150, 298, 44, 30, SILVER, 6) + rect(160, 306, 24, 14, c.ground, 3) + stroke("M240 204c20-60 60-50 70-104", c.dark, 13) + stroke("M310 100c-20-40 30-50 22-6", c.dark, 11) + circle(244, 204, 10, STEEL)


def cat_tree(c: Hue) -> str:
    return shadow(220) + rect(94, 310, 212, 22, c.dark, 8) + rect(124, 176, 28, 136, WOOD, 3) + rect(248, 104, 28, 208, WOOD, 3) + stroke("M126 196h24M126 216h24M126 236h24M126 256h24M126 276h24M250 130h24M250 150h24M250 170h24M250 190h24M250 254h24M250 274h24", BARK, 4, 0.6) + rect(204, 88, 116, 22, c.main, 11) + rect(84, 166, 110, 22, c.main, 11) + rect(160, 214, 106, 96, c.light, 16) + circle(212, 264, 30, c.dark) + stroke("M304 110v40", STEEL, 3) + circle(304, 160, 12, c.main)


def fish_tank(c: Hue) -> str:
    fish = oval(180, 200, 28, 17, c.main) + shape("M204 200l26-18v36z", c.main) + circle(166, 196, 4, INK) + oval(256, 238, 20, 12, c.dark) + shape("M240 238l-20-13v26z", c.dark) + circle(266, 235, 3, INK)
    return shadow(260, 318) + rect(66, 112, 268, 200, "#cfe4ee", 8) + rect(66, 146, 268, 166, "#a9d0e2", 6) + shape("M66 284c60-20 110 12 170-4 40-8 70-2 98 4v28h-268z", "#d9c08c") + stroke("M108 290c-12-34 12-50 0-90M128 290c10-24-6-40 4-66M300 288c-10-30 10-44 0-74", LEAF, 8) + fish + rect(60, 100, 280, 22, INK, 8) + stroke("M88 160v100", WHITE, 8, 0.5)


def pet_bed(c: Hue) -> str:
    return shadow(270, 306) + oval(200, 246, 140, 62, c.dark) + oval(200, 226, 140, 62, c.main) + oval(200, 226, 100, 38, c.dark, 0.6) + oval(200, 234, 96, 32, c.light) + stroke("M80 222c4-30 50-44 92-48", WHITE, 7, 0.25)


def pet_toy(c: Hue) -> str:
    mouse = oval(264, 262, 54, 34, c.light) + circle(296, 236, 15, c.dark) + circle(306, 262, 5, INK) + stroke("M212 268c-30 0-30 34-60 30", c.dark, 6)
    rope = turned(-28, rect(112, 150, 156, 26, CREAM, 13) + stroke("M136 152l14 22M164 152l14 22M192 152l14 22M220 152l14 22", c.main, 7) + circle(112, 163, 24, c.main) + circle(268, 163, 24, c.main), 190, 163)
    return shadow(230, 308) + rope + mouse


CARE = ("blush", "sage", "sky", "lilac", "honey", "terracotta")
SOFT = ("sky", "blush", "sage", "honey", "linen")
MAKE_UP = ("berry", "blush", "terracotta", "lilac")
DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    **{draw.__name__.replace("_", "-"): (draw, CARE) for draw in (
        shampoo, pump, cream, tube, dropper, soap, deodorant, perfume, pills, toothbrush,
    )},
    **{draw.__name__.replace("_", "-"): (draw, MAKE_UP) for draw in (lipstick, palette, nail_polish)},
    **{draw.__name__.replace("_", "-"): (draw, ("sky", "charcoal", "berry", "forest")) for draw in (
        razor, hair_dryer, first_aid,
    )},
    **{draw.__name__.replace("_", "-"): (draw, SOFT) for draw in (nappies, baby_bottle, pram, bodysuit, sippy_cup)},
    "teddy": (teddy, ("cocoa", "linen", "honey", "blush")),
    **{draw.__name__.replace("_", "-"): (draw, ("terracotta", "sky", "sage", "berry", "charcoal")) for draw in (
        pet_bowl, leash, cat_tree, fish_tank, pet_bed, pet_toy,
    )},
}
