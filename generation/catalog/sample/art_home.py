"""Drawings of things for the kitchen, the home and the garden."""

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
    SOIL,
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


def teapot(c: Hue) -> str:
    return shadow(180) + stroke("M284 206c50-10 50 84-8 78", c.dark, 17) + shape("M128 236c-30 0-36-40-60-52l14-14c38 8 50 24 62 30z", c.dark) + oval(200, 250, 92, 80, c.main) + oval(200, 178, 52, 14, c.dark) + circle(200, 158, 13, c.dark) + oval(160, 234, 12, 34, WHITE, 0.3)


def mug(c: Hue) -> str:
    return shadow(150, x=188) + stroke("M264 186c58-8 58 92-4 90", c.dark, 20) + rect(112, 146, 154, 184, c.main, 22) + oval(189, 148, 77, 16, c.dark) + oval(189, 150, 66, 11, "#6b4a35") + shine(130, 180, 12, 120)


def pan(c: Hue) -> str:
    return shadow(200, 304, 160) + rect(248, 214, 120, 20, BARK, 10) + rect(240, 212, 36, 24, STEEL, 6) + shape("M62 206h206l-14 70a24 24 0 0 1-24 20h-130a24 24 0 0 1-24-20z", c.dark) + oval(165, 206, 106, 28, c.main) + oval(165, 208, 90, 20, INK, 0.75) + oval(140, 203, 34, 6, WHITE, 0.2)


def pot(c: Hue) -> str:
    return shadow(210) + rect(64, 212, 272, 20, c.dark, 10) + rect(96, 184, 208, 146, c.main, 20) + oval(200, 184, 108, 20, c.dark) + shape("M100 180c10-40 190-40 200 0z", c.light) + rect(186, 126, 28, 26, c.dark, 8) + shine(116, 210, 11, 96)


def knife(c: Hue) -> str:
    blade = shape("M196 56c30 20 34 90 30 162h-34z", SILVER) + shape("M196 56c6 54 6 110 0 162h-4z", STEEL)
    return turned(38, oval(214, 210, 26, 150, "#000000", 0.06) + blade + rect(190, 214, 36, 14, STEEL, 3) + rect(192, 226, 32, 122, c.main, 12) + circle(208, 258, 5, SILVER) + circle(208, 310, 5, SILVER))


def plate(c: Hue) -> str:
    return oval(200, 224, 140, 136, "#000000", 0.07) + circle(200, 206, 132, c.main) + circle(200, 206, 126, c.light) + circle(200, 206, 88, WHITE, 0.55) + circle(200, 206, 80, c.light)


def bowl(c: Hue) -> str:
    return shadow(140) + shape("M84 190h232c0 78-46 132-84 132v8h-64v-8c-38 0-84-54-84-132z", c.main) + oval(200, 190, 116, 24, c.dark) + oval(200, 194, 102, 17, c.light) + stroke("M110 226c10 34 26 56 42 70", WHITE, 9, 0.3)


def glass(c: Hue) -> str:
    return shadow(110) + shape("M132 96h136l-16 222a14 14 0 0 1-14 12h-76a14 14 0 0 1-14-12z", "#dbe8ee") + shape("M138 180h124l-10 134a8 8 0 0 1-8 8h-88a8 8 0 0 1-8-8z", c.light) + oval(200, 180, 62, 10, c.main, 0.6) + oval(200, 96, 68, 11, WHITE) + stroke("M154 124l10 176", WHITE, 8, 0.7)


def kettle(c: Hue) -> str:
    return shadow(170) + stroke("M268 152c56 6 56 120 6 128", INK, 18) + shape("M146 132h108l26 186h-160z", c.main) + shape("M150 158l-54-6c4 26 20 44 46 52z", c.dark) + shape("M146 132c8-34 100-34 108 0z", c.dark) + circle(200, 98, 11, INK) + rect(112, 314, 176, 16, INK, 6) + rect(214, 214, 18, 70, WHITE, 9, 0.45) + shine(150, 172, 9, 124)


def toaster(c: Hue) -> str:
    bread = rect(128, 118, 64, 70, "#e0b57c", 14) + rect(208, 118, 64, 70, "#e0b57c", 14)
    return shadow(240) + bread + rect(80, 162, 240, 160, c.main, 30) + rect(112, 158, 176, 12, INK, 6) + rect(304, 206, 28, 16, INK, 6) + circle(262, 280, 16, c.light) + rect(104, 318, 40, 12, INK, 4) + rect(256, 318, 40, 12, INK, 4) + shine(98, 196, 10, 90)


def blender(c: Hue) -> str:
    return shadow(140) + shape("M136 92h128l-16 146h-96z", "#dbe8ee") + shape("M143 152h114l-9 86h-96z", c.light) + rect(130, 72, 140, 24, INK, 8) + stroke("M262 118c44 0 40 80-8 82", "#c3d3db", 11) + shape("M144 238h112l20 92h-152z", c.main) + circle(200, 288, 19, c.light) + circle(200, 288, 8, INK) + stroke("M156 112l10 108", WHITE, 7, 0.7)


def coffee_maker(c: Hue) -> str:
    return shadow(200) + rect(104, 86, 192, 244, c.main, 20) + rect(128, 168, 144, 128, INK, 12) + rect(180, 162, 40, 30, STEEL, 4) + rect(166, 240, 62, 56, WHITE, 10) + stroke("M228 252c20 0 20 30 0 32", WHITE, 7) + rect(104, 300, 192, 30, c.dark, 10) + circle(150, 126, 14, c.light) + rect(188, 118, 82, 16, c.light, 8)


def scales(c: Hue) -> str:
    return shadow(230, 312) + rect(82, 236, 236, 72, c.main, 20) + rect(150, 258, 100, 34, "#cfe0d0", 6) + oval(200, 228, 126, 24, c.dark) + oval(200, 220, 126, 24, SILVER) + oval(200, 218, 100, 16, WHITE, 0.5)


def whisk(c: Hue) -> str:
    spoon = oval(126, 128, 34, 48, WOOD) + oval(126, 126, 22, 34, BARK, 0.35) + rect(117, 164, 18, 164, WOOD, 9)
    wires = "".join(stroke(f"M274 196c-{w} -50 -{w} -110 0 -126c{w} 16 {w} 76 0 126", STEEL, 4) for w in (10, 32, 54))
    return shadow(180, 334) + spoon + wires + rect(262, 194, 24, 134, c.main, 12) + rect(184, 96, 30, 120, c.light, 10) + rect(191, 210, 16, 118, c.dark, 8)


def cutting_board(c: Hue) -> str:
    return turned(-8, rect(112, 92, 180, 244, "#000000", 20, 0.07) + rect(108, 84, 180, 244, WOOD, 20) + circle(198, 112, 13, CREAM) + stroke("M136 150v156M170 140v176M232 140v160M262 152v150", BARK, 3, 0.4) + rect(108, 296, 180, 14, c.main, 0, 0.8))


def storage_box(c: Hue) -> str:
    return shadow(220) + shape("M92 180h216l-14 142a10 10 0 0 1-10 8h-168a10 10 0 0 1-10-8z", c.main) + rect(82, 158, 236, 30, c.dark, 10) + rect(168, 214, 64, 22, c.light, 11) + shape("M110 262h180l-6 56h-168z", WHITE, 0.15)


def basket(c: Hue) -> str:
    weave = "".join(stroke(f"M{104 + i * 4} {200 + i * 28}h{192 - i * 8}", c.dark, 5, 0.5) for i in range(5))
    return shadow(190) + stroke("M132 180c0-100 136-100 136 0", c.dark, 13) + shape("M88 176h224l-26 146a10 10 0 0 1-10 8h-152a10 10 0 0 1-10-8z", c.main) + weave + rect(80, 168, 240, 20, c.dark, 10)


def lamp(c: Hue) -> str:
    return shadow(110) + circle(200, 150, 120, "#fff4cf", 0.5) + rect(192, 176, 16, 140, BARK, 6) + oval(200, 320, 54, 13, BARK) + shape("M152 84h96l40 106h-176z", c.main) + shape("M152 84h34l-20 106h-54z", WHITE, 0.2) + stroke("M236 190v42", c.dark, 4) + circle(236, 236, 6, c.dark)


def chair(c: Hue) -> str:
    legs = stroke("M142 246l-12 84M258 246l12 84M156 246l-2 64M244 246l2 64", BARK, 12)
    return shadow(160) + legs + rect(132, 82, 136, 128, c.main, 30) + rect(150, 98, 100, 92, c.light, 20, 0.5) + rect(150, 196, 14, 44, BARK, 4) + rect(236, 196, 14, 44, BARK, 4) + rect(120, 222, 160, 34, c.dark, 16)


def sofa(c: Hue) -> str:
    return shadow(290, 318) + rect(84, 290, 16, 28, BARK, 4) + rect(300, 290, 16, 28, BARK, 4) + rect(74, 148, 252, 110, c.main, 26) + rect(92, 214, 106, 50, c.light, 14) + rect(202, 214, 106, 50, c.light, 14) + rect(48, 196, 52, 104, c.dark, 22) + rect(300, 196, 52, 104, c.dark, 22) + rect(84, 256, 232, 44, c.main, 10) + turned(-10, rect(112, 172, 58, 54, c.dark, 12), 140, 200)


def table(c: Hue) -> str:
    vase = shape("M186 118h28l-6 20c14 8 14 36 2 46h-20c-12-10-12-38 2-46z", c.main) + stroke("M200 118c-4-24-14-36-24-44M200 118c2-26 12-38 22-48", LEAF, 6) + circle(174, 72, 10, c.light) + circle(224, 68, 10, c.light)
    return shadow(260) + stroke("M96 206l-14 120M304 206l14 120M128 206l-6 96M272 206l6 96", BARK, 13) + rect(56, 184, 288, 26, WOOD, 8) + rect(56, 202, 288, 8, BARK, 4, 0.6) + vase


def shelf(c: Hue) -> str:
    frame = rect(106, 66, 188, 264, WOOD, 6) + rect(118, 78, 164, 240, CREAM)
    boards = "".join(rect(112, y, 176, 11, WOOD) for y in (152, 236))
    books = "".join(rect(126 + i * 19, 152 - h, 15, h, f, 2) for i, (h, f) in enumerate(((56, c.main), (48, c.dark), (60, c.light), (52, c.main))))
    return shadow(200) + frame + boards + books + circle(246, 134, 16, c.light) + rect(130, 194, 60, 42, c.light, 6) + shape("M222 236h34l6-30h-46z", c.dark) + circle(238, 192, 20, LEAF) + rect(132, 274, 134, 44, c.main, 6)


def bed(c: Hue) -> str:
    return shadow(290, 316) + rect(56, 112, 288, 140, WOOD, 18) + rect(64, 216, 272, 92, WHITE, 12) + rect(88, 178, 100, 58, WHITE, 18) + rect(212, 178, 100, 58, WHITE, 18) + rect(88, 212, 224, 22, SILVER, 10, 0.5) + rect(56, 226, 288, 76, c.main, 14) + rect(56, 226, 288, 24, c.light, 10) + rect(64, 296, 18, 24, BARK, 4) + rect(318, 296, 18, 24, BARK, 4)


def duvet(c: Hue) -> str:
    folds = "".join(rect(92, y, 216, 50, fill, 22) for y, fill in ((270, c.dark), (226, c.main), (182, c.light)))
    return shadow(220, 322) + folds + rect(116, 130, 168, 58, WHITE, 24) + stroke("M136 170h128", SILVER, 4) + stroke("M118 208h160M118 252h160M118 296h160", WHITE, 3, 0.5)


def cushion(c: Hue) -> str:
    return shadow(190) + shape("M92 106c60 18 156 18 216 0 12 10 12 18 8 30-14 56-14 98 0 152 4 14 2 22-8 32-60-16-156-16-216 0-10-10-12-18-8-32 14-54 14-96 0-152-4-12-4-20 8-30z", c.main) + stroke("M134 150c44 8 88 8 132 0M130 276c44-8 96-8 140 0", c.light, 9) + stroke("M126 214h148", c.light, 9) + circle(200, 214, 12, c.dark)


def rug(c: Hue) -> str:
    fringe = "".join(stroke(f"M{x} 96v-16M{x} 322v16", c.dark, 4) for x in range(112, 300, 16))
    return fringe + rect(96, 96, 208, 232, "#000000", 6, 0.08) + rect(96, 92, 208, 230, c.main, 4) + rect(112, 108, 176, 198, c.light, 2) + shape("M200 126l66 80-66 80-66-80z", c.main) + shape("M200 160l38 46-38 46-38-46z", c.dark) + circle(200, 206, 12, c.light)


def curtain(c: Hue) -> str:
    folds = "".join(shape(f"M{x} 88h34c4 80 8 160 4 234h-42c-4-74 0-154 4-234z", fill) for x, fill in ((92, c.main), (128, c.dark), (238, c.dark), (274, c.main)))
    return rect(166, 96, 70, 222, "#dcebf4") + folds + rect(70, 76, 260, 13, BARK, 6) + circle(68, 82, 13, BARK) + circle(332, 82, 13, BARK) + shadow(210, 334)


def frame(c: Hue) -> str:
    return shadow(200) + rect(104, 82, 192, 248, WOOD, 4) + rect(118, 96, 164, 220, WHITE) + rect(138, 120, 124, 172, c.light) + circle(224, 168, 22, CREAM) + shape("M138 250l44-54 36 40 22-20 22 26v50h-124z", c.main) + shape("M138 272l40-26 84 30v16h-124z", c.dark)


def clock(c: Hue) -> str:
    ticks = "".join(turned(a, rect(197, 100, 6, 16, c.dark, 3), 200, 200) for a in range(0, 360, 30))
    return shadow(140, 336) + circle(200, 200, 128, c.main) + circle(200, 200, 110, CREAM) + ticks + stroke("M200 200l-38-30", INK, 9) + stroke("M200 200l40-66", INK, 6) + circle(200, 200, 9, c.main)


def mirror(c: Hue) -> str:
    return shadow(130) + oval(200, 196, 106, 134, c.main) + oval(200, 196, 92, 120, "#dde9ef") + stroke("M146 190l66-88M160 244l104-138", WHITE, 12, 0.7)


def vase(c: Hue) -> str:
    stems = stroke("M200 150c-6-34-28-52-44-62M200 150c0-40 4-60 10-82M200 150c10-30 28-44 48-52", LEAF, 6)
    flowers = circle(152, 84, 18, c.light) + circle(212, 62, 20, c.dark) + circle(252, 94, 17, c.light) + circle(152, 84, 7, CREAM) + circle(212, 62, 8, CREAM) + circle(252, 94, 7, CREAM)
    return shadow(120) + stems + flowers + shape("M174 142h52l-8 34c50 24 58 118 16 154h-68c-42-36-34-130 16-154z", c.main) + stroke("M164 226c-6 30-2 56 10 76", WHITE, 9, 0.35)


def candle(c: Hue) -> str:
    return shadow(140) + circle(200, 130, 66, "#fff1c4", 0.7) + shape("M200 92c20 24 22 48 0 58-22-10-20-34 0-58z", "#f2b84b") + stroke("M200 148v26", INK, 4) + rect(130, 172, 140, 158, c.light, 16) + rect(138, 188, 124, 134, CREAM, 10) + label(146, 214, 108, 88, c)


def towel(c: Hue) -> str:
    layers = "".join(rect(92, y, 216, 58, fill, 26) + rect(104, y + 38, 192, 5, WHITE, 2, 0.5) for y, fill in ((270, c.dark), (212, c.main), (154, c.light)))
    return shadow(220) + layers + circle(288, 183, 12, WHITE, 0.35)


def spray(c: Hue) -> str:
    head = shape("M168 92h76c20 0 26 12 26 26h-26v14h-60v-14h-28c0-14 4-26 12-26z", INK) + rect(268, 98, 20, 14, STEEL, 3) + stroke("M250 132c4 18-2 28-12 36", INK, 8)
    return shadow(130) + head + rect(186, 130, 48, 28, c.dark, 4) + shape("M186 156h48c8 30 34 34 34 70v86a18 18 0 0 1-18 18h-80a18 18 0 0 1-18-18v-86c0-36 26-40 34-70z", c.main) + label(152, 226, 116, 84, c, 0) + shine(160, 230, 7, 80)


def detergent(c: Hue) -> str:
    return shadow(170) + rect(150, 78, 66, 44, c.dark, 8) + shape("M138 120h92c40 0 64 30 64 76v112a22 22 0 0 1-22 22h-134a22 22 0 0 1-22-22v-166a22 22 0 0 1 22-22z", c.main) + shape("M240 166c24 0 30 16 30 40v44c0 12-22 12-22 0v-40c0-14-4-20-12-22z", c.ground) + label(136, 170, 92, 124, c) + shine(124, 150, 7, 156)


def paper_roll(c: Hue) -> str:
    def one(x: float, y: float) -> str:
        return rect(x - 46, y - 40, 92, 90, WHITE, 4) + oval(x, y + 50, 46, 13, WHITE) + oval(x, y - 40, 46, 13, SILVER) + oval(x, y - 40, 15, 5, BARK) + stroke(f"M{x - 40} {y + 6}h80", c.light, 5)
    return shadow(220, 318) + one(150, 258) + one(252, 258) + one(200, 150)


def brush(c: Hue) -> str:
    bristles = shape("M126 262h148l18 68h-184z", "#e3cf9e") + stroke("M150 276l-10 46M176 276l-4 46M200 276v46M226 276l4 46M250 276l10 46", BARK, 3, 0.5)
    return shadow(180) + rect(192, 62, 16, 180, WOOD, 8) + bristles + rect(118, 232, 164, 36, c.main, 14)


def sponge(c: Hue) -> str:
    holes = "".join(circle(x, y, r, c.dark, 0.35) for x, y, r in ((120, 236, 9), (166, 250, 6), (214, 234, 10), (262, 248, 7), (290, 230, 5), (142, 262, 5), (240, 266, 6)))
    return shadow(230, 302) + rect(86, 202, 228, 94, c.main, 20) + rect(86, 182, 228, 40, LEAF, 16) + holes + circle(296, 150, 18, WHITE, 0.8) + circle(262, 130, 11, WHITE, 0.8)


def plant_pot(c: Hue) -> str:
    leaves = "".join(turned(a, shape("M200 196c-30-36-30-84 0-116 30 32 30 80 0 116z", f), 200, 200) for a, f in ((-58, "#5d8f4d"), (58, "#5d8f4d"), (-28, "#85b26d"), (28, "#85b26d"), (0, LEAF)))
    return shadow(120) + leaves + shape("M126 216h148l-20 104a12 12 0 0 1-12 10h-84a12 12 0 0 1-12-10z", c.main) + rect(114, 194, 172, 34, c.dark, 8) + shine(144, 236, 9, 74)


def watering_can(c: Hue) -> str:
    return shadow(180, x=214) + stroke("M270 190c60-6 56 104-4 112", c.dark, 15) + stroke("M166 180c10-64 92-64 96 0", c.dark, 13) + shape("M146 280l-70-116 14-10 70 70z", c.dark) + turned(-34, rect(48, 140, 56, 24, c.dark, 8), 76, 152) + rect(142, 178, 132, 152, c.main, 16) + oval(208, 180, 66, 13, c.light) + shine(158, 208, 9, 100)


def trowel(c: Hue) -> str:
    blade = shape("M166 192h68c16 60-6 116-34 146-28-30-50-86-34-146z", SILVER) + stroke("M200 214v92", STEEL, 6)
    return turned(32, oval(206, 300, 40, 46, "#000000", 0.07) + rect(193, 138, 14, 62, STEEL, 4) + blade + rect(182, 50, 36, 100, c.main, 18) + circle(200, 72, 7, c.light))


def seeds(c: Hue) -> str:
    petals = "".join(turned(a, oval(200, 168, 15, 30, c.main), 200, 200) for a in range(0, 360, 60))
    return turned(-6, shadow(160, 338) + rect(120, 74, 160, 258, CREAM, 6) + rect(120, 74, 160, 32, c.dark, 6) + petals + circle(200, 200, 18, "#f2c14e") + stroke("M200 234v70", LEAF, 8) + shape("M200 286c12-26 38-28 50-20-8 20-30 30-50 20zM200 300c-12-22-36-24-48-16 8 18 28 26 48 16z", LEAF))


def hose(c: Hue) -> str:
    rings = "".join(f'<circle cx="186" cy="216" r="{r}" fill="none" stroke="{f}" stroke-width="17"/>' for r, f in ((102, c.main), (82, c.dark), (62, c.main)))
    return shadow(210, 334, 190) + rings + stroke("M186 114h84c26 0 36 12 40 34", c.main, 17) + turned(14, rect(296, 148, 32, 56, INK, 8) + rect(300, 200, 24, 18, STEEL, 4), 312, 160)


def parasol(c: Hue) -> str:
    return shadow(120) + rect(194, 92, 12, 234, BARK, 4) + rect(148, 316, 104, 16, STEEL, 8) + shape("M60 190c16-74 74-112 140-112s124 38 140 112c-34-20-60-20-70 0-22-18-48-18-70 0-22-18-48-18-70 0-10-20-36-20-70 0z", c.main) + shape("M200 78c-34 26-62 60-70 112-10-20-36-20-70 0 16-74 74-112 140-112zM200 78c34 26 62 60 70 112-22-18-48-18-70 0z", c.light) + circle(200, 76, 9, BARK)


def barbecue(c: Hue) -> str:
    return shadow(190) + stroke("M150 246l-34 82M250 246l34 82M132 290h136", INK, 11) + shape("M90 190h220c-4 46-50 74-110 74s-106-28-110-74z", c.main) + shape("M94 178c10-68 60-92 106-92s96 24 106 92z", c.dark) + rect(82, 174, 236, 18, STEEL, 8) + rect(172, 74, 56, 13, BARK, 6) + circle(116, 330, 15, INK) + circle(116, 330, 6, SILVER)


def lantern(c: Hue) -> str:
    return shadow(130) + stroke("M164 108c0-56 72-56 72 0", INK, 8) + shape("M140 138l24-34h72l24 34z", c.dark) + rect(140, 138, 120, 176, "#fdf3d0", 4) + circle(200, 226, 50, "#ffe9a6") + shape("M200 188c14 18 16 34 0 42-16-8-14-24 0-42z", "#f2b84b") + rect(176, 232, 48, 76, CREAM, 6) + stroke("M144 140v170M256 140v170M200 140v40", c.main, 8) + rect(126, 308, 148, 22, c.dark, 6)


def compost(c: Hue) -> str:
    return shadow(200) + shape("M112 92h176c-10 16-6 26 2 44 14 60 14 130 6 194h-192c-8-64-8-134 6-194 8-18 12-28 2-44z", c.main) + rect(112, 84, 176, 20, c.dark, 4) + label(146, 140, 108, 92, c) + shape("M118 330c4-30 40-62 82-62s78 32 82 62z", SOIL) + stroke("M200 270v-24", LEAF, 7) + shape("M200 252c10-24 34-24 44-16-8 18-28 24-44 16zM200 258c-10-20-32-20-40-12 6 16 26 20 40 12z", LEAF)


HOUSE = ("sage", "sky", "terracotta", "linen", "charcoal", "navy", "honey", "blush")
TOOL = ("forest", "terracotta", "sky", "charcoal")
PACK = ("sky", "sage", "honey", "lilac", "berry")
DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    **{draw.__name__.replace("_", "-"): (draw, HOUSE) for draw in (
        teapot, mug, pan, pot, plate, bowl, lamp, chair, sofa, bed, duvet, cushion, rug, curtain, towel, vase, candle,
        storage_box, basket, plant_pot, lantern, table, shelf,
    )},
    **{draw.__name__.replace("_", "-"): (draw, ("charcoal", "linen", "berry", "sage", "sky")) for draw in (
        kettle, toaster, blender, coffee_maker, scales, knife, whisk, cutting_board, glass, frame, clock, mirror,
    )},
    **{draw.__name__.replace("_", "-"): (draw, PACK) for draw in (spray, detergent, paper_roll, brush, sponge, seeds)},
    **{draw.__name__.replace("_", "-"): (draw, TOOL) for draw in (
        watering_can, trowel, hose, parasol, barbecue, compost,
    )},
}
