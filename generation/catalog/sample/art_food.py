"""Drawings of food and drink, and of the packs they are sold in."""

# A drawing is read as one line per thing drawn, coordinates and all, so these files keep their long lines.
# ruff: noqa: E501
# fmt: off

from collections.abc import Callable

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
    moved,
    oval,
    rect,
    shadow,
    shape,
    shine,
    stroke,
    turned,
)

Drawing = Callable[[Hue], str]


def bottle(c: Hue) -> str:
    body = "M178 84h44v46c0 26 34 34 34 66v114a20 20 0 0 1-20 20h-72a20 20 0 0 1-20-20v-114c0-32 34-40 34-66z"
    return shadow(120) + shape(body, c.main) + rect(174, 64, 52, 30, c.dark, 6) + label(144, 206, 112, 88, c, 0) + shine(156, 190, 8, 120)


def wine(c: Hue) -> str:
    body = "M182 70h36v66c0 24 32 34 32 66v112a16 16 0 0 1-16 16h-68a16 16 0 0 1-16-16v-112c0-32 32-42 32-66z"
    return shadow(104) + shape(body, "#3f5143") + rect(180, 58, 40, 60, c.main, 5) + label(150, 208, 100, 86, c, 0) + shine(160, 200, 7, 116)


def jar(c: Hue) -> str:
    glass = rect(124, 132, 152, 198, c.light, 24) + rect(132, 152, 136, 170, c.main, 18)
    return shadow(150) + glass + rect(128, 98, 144, 40, c.dark, 8) + rect(128, 112, 144, 5, WHITE, 0, 0.25) + label(132, 190, 136, 92, c, 0) + shine(142, 160, 9, 150)


def pouch(c: Hue) -> str:
    body = "M118 92h164l-8 24c10 70 14 150 10 214h-168c-4-64 0-144 10-214z"
    seal = rect(118, 84, 164, 22, c.dark, 4) + stroke("M126 116h148", c.dark, 2, 0.5)
    window = oval(200, 282, 48, 26, c.light) + "".join(circle(x, y, 9, c.dark, 0.55) for x, y in ((176, 280), (196, 290), (218, 284), (202, 271), (184, 293), (230, 276)))
    return shadow(164) + shape(body, c.main) + seal + label(150, 134, 100, 102, c) + window + shine(134, 130, 8, 180)


def box(c: Hue) -> str:
    side = shape("M258 96l34 18v204l-34 12z", c.dark)
    return shadow(190, x=196) + side + rect(112, 96, 146, 234, c.main, 3) + shape("M112 96l34-16h146l-34 16z", c.light) + shape("M258 96l34-16v34z", c.light) + label(132, 124, 106, 108, c) + shape("M112 262c50-30 100 26 146-8v76h-146z", c.light, 0.75)


def small_box(c: Hue) -> str:
    side = shape("M286 170l26 14v136l-26 10z", c.dark)
    return shadow(220, x=202) + side + rect(90, 170, 196, 160, c.main, 3) + shape("M90 170l26-18h196l-26 18z", c.light) + shape("M286 170l26-18v32z", c.light) + label(112, 194, 96, 100, c) + circle(246, 244, 22, c.light) + circle(246, 244, 12, c.dark)


def can(c: Hue) -> str:
    ribs = "".join(rect(130, y, 140, 4, WHITE, 0, 0.35) for y in (138, 150, 310))
    return shadow(142) + rect(130, 122, 140, 202, STEEL, 8) + oval(200, 324, 70, 12, STEEL) + rect(130, 160, 140, 140, c.main) + ribs + oval(200, 122, 70, 16, SILVER) + oval(200, 122, 58, 11, STEEL, 0.5) + label(152, 176, 96, 104, c) + shine(140, 160, 9, 140)


def drink_can(c: Hue) -> str:
    body = "M152 104h96l12 20v186l-12 20h-96l-12-20v-186z"
    drops = "".join(circle(x, y, 5, WHITE, 0.5) for x, y in ((160, 150), (236, 170), (168, 290), (240, 280), (226, 140)))
    return shadow(112) + shape(body, c.main) + oval(200, 104, 48, 10, SILVER) + oval(200, 104, 18, 4, STEEL) + shape("M140 240c40-34 80 30 120-6v76l-12 20h-96l-12-20z", c.light) + circle(200, 194, 32, CREAM) + circle(200, 194, 18, c.dark) + drops + shine(152, 130, 8, 170)


def carton(c: Hue) -> str:
    top = shape("M134 140l24-46h84l24 46z", c.light) + rect(156, 74, 88, 24, c.dark, 3) + circle(214, 118, 13, WHITE) + circle(214, 118, 9, c.dark)
    return shadow(134) + rect(134, 140, 132, 190, WHITE) + top + shape("M134 236c44-28 88 28 132-6v100h-132z", c.main) + circle(200, 190, 26, c.light) + circle(200, 190, 14, c.main) + shape("M240 140h26v190h-26z", "#000000", 0.06)


def tub(c: Hue) -> str:
    body = "M112 176h176l-18 146a10 10 0 0 1-10 8h-120a10 10 0 0 1-10-8z"
    return shadow(150) + shape(body, WHITE) + shape("M118 226h164l-10 72h-144z", c.main) + rect(104, 152, 192, 28, c.dark, 10) + circle(200, 262, 26, CREAM) + circle(200, 262, 14, c.light) + shine(134, 190, 7, 126)


def tray(c: Hue) -> str:
    fillet = "M128 236c16-46 112-60 142-28 22 24-4 58-62 62-44 4-92-2-80-34z"
    return shadow(236, 312) + shape("M76 190h248l-20 112a10 10 0 0 1-10 8h-188a10 10 0 0 1-10-8z", c.dark) + rect(70, 178, 260, 20, c.main, 8) + rect(92, 200, 216, 92, CREAM, 12) + shape(fillet, "#dd8d7d") + stroke("M152 240c26-24 68-30 96-22M170 254c22-14 46-18 68-16", "#f3c5b8", 6) + shape("M282 214c20 0 24 22 8 34-10-10-14-22-8-34z", LEAF)


def cheese(c: Hue) -> str:
    holes = "".join(circle(x, y, r, "#d19a35", 0.75) for x, y, r in ((140, 262, 13), (200, 284, 9), (252, 254, 15), (178, 246, 8)))
    return shadow(230, 318) + shape("M84 226l178-96c34 14 54 46 54 90v92h-232z", "#f3d27a") + shape("M84 226h232v86h-232z", "#eabc52") + holes + shape("M84 296h232v16h-232z", c.main) + shape("M84 226l178-96c10 4 18 9 26 16l-142 80z", WHITE, 0.3)


def loaf(c: Hue) -> str:
    cuts = stroke("M150 186l24 40M196 174l24 44M242 180l22 40", CREAM, 9, 0.8)
    return shadow(250, 316) + rect(66, 292, 268, 22, WOOD, 8) + shape("M88 292c-22-40-8-96 52-110 40-14 92-14 126 2 52 18 66 70 46 108z", "#c58a4e") + shape("M88 292c-8-16-10-34-4-52 30 28 200 30 234 0 4 18 2 36-6 52z", "#a66f38", 0.55) + cuts + rect(66, 300, 268, 14, c.main, 6, 0.85)


def croissant(c: Hue) -> str:
    body = "M78 262c-6-78 54-132 122-132s128 54 122 132c-2 22-34 20-42-2-12-32-40-52-80-52s-68 20-80 52c-8 22-40 24-42 2z"
    return shadow(240, 312) + oval(200, 300, 138, 18, WHITE) + oval(200, 300, 138, 18, c.light, 0.8) + shape(body, "#d69a4e") + stroke("M150 142l16 66M250 142l-16 66M104 184l38 42M296 184l-38 42", "#a9702f", 7, 0.8) + stroke("M122 170c20-20 46-30 78-30", "#f0c58a", 7, 0.8)


def cake(c: Hue) -> str:
    berries = "".join(circle(x, 150, 13, c.main) for x in (148, 200, 252))
    return shadow(230, 318) + oval(200, 308, 128, 16, WHITE) + rect(104, 196, 192, 106, "#e0b57c", 10) + rect(104, 240, 192, 14, c.main) + shape("M104 206c0-34 24-44 96-44s96 10 96 44c0 22-22 22-26 4-6 26-34 26-40 0-6 20-32 22-38 0-8 26-36 24-40 0-6 18-44 20-48-4z", CREAM) + berries


def biscuits(c: Hue) -> str:
    def one(x: float, y: float) -> str:
        chips = "".join(circle(x + a, y + b, 6, c.dark) for a, b in ((-20, -12), (14, -20), (24, 10), (-6, 14), (-28, 12)))
        return circle(x, y + 5, 50, "#a9763f") + circle(x, y, 50, "#d9a566") + chips
    return shadow(230, 316) + one(148, 262) + one(254, 258) + one(202, 178)


def apple(c: Hue) -> str:
    body = "M200 156c40-34 108-12 106 62-2 60-44 108-74 108-14 0-20-8-32-8s-18 8-32 8c-30 0-72-48-74-108-2-74 66-96 106-62z"
    return shadow(150) + shape(body, c.main) + stroke("M200 160c0-26 6-42 18-56", BARK, 9) + shape("M212 122c14-32 46-38 68-28-8 30-38 42-68 28z", LEAF) + oval(142, 212, 14, 30, WHITE, 0.3)


def pear(c: Hue) -> str:
    body = "M200 110c30 0 40 28 42 60 4 34 46 54 46 96 0 40-38 64-88 64s-88-24-88-64c0-42 42-62 46-96 2-32 12-60 42-60z"
    return shadow(150) + shape(body, c.main) + stroke("M200 114c0-18 4-28 14-38", BARK, 9) + shape("M208 96c18-20 44-20 58-8-12 22-38 26-58 8z", LEAF) + oval(150, 264, 14, 28, WHITE, 0.3)


def orange(c: Hue) -> str:
    slices = "".join(turned(a, shape("M262 262l-10-44c8-4 14-4 20 0z", "#f6c489"), 262, 262) for a in range(0, 360, 60))
    return shadow(220, 322) + circle(164, 228, 88, "#e88f3c") + circle(138, 196, 16, WHITE, 0.25) + shape("M164 144c16-30 50-34 70-20-12 28-44 36-70 20z", LEAF) + circle(262, 262, 60, "#e88f3c") + circle(262, 262, 53, CREAM) + slices + circle(262, 262, 5, c.main)


def banana(c: Hue) -> str:
    one = "M108 130c10 90 80 146 186 140 14 0 18 22 4 28-118 36-222-46-214-160z"
    return shadow(230, 320) + turned(12, shape(one, "#d9b13b"), 96, 130) + shape(one, "#f2cf55") + stroke("M104 170c20 74 84 112 168 116", "#c99e2b", 5, 0.6) + shape("M80 106h32v30h-30z", BARK) + circle(302, 284, 9, BARK) + oval(172, 250, 20, 13, c.main)


def berries(c: Hue) -> str:
    spots = ((134, 214), (172, 202), (212, 204), (252, 214), (152, 232), (194, 230), (236, 232), (172, 182), (220, 182), (266, 234), (120, 236))
    fruit = "".join(circle(x, y, 24, c.main) + circle(x - 7, y - 8, 6, WHITE, 0.35) for x, y in spots)
    return shadow(200) + fruit + shape("M88 236h224l-22 86a10 10 0 0 1-10 8h-160a10 10 0 0 1-10-8z", "#cfe0d0") + stroke("M110 262h180M116 286h168M122 310h156", WHITE, 4, 0.8) + shape("M196 166c8-28 36-34 54-24-8 24-32 34-54 24z", LEAF)


def carrot(c: Hue) -> str:
    root = shape("M166 148c20-14 48-14 68 0 12 60-8 146-34 186-26-40-46-126-34-186z", "#e58a3e") + stroke("M172 190h24M206 220h22M182 252h20M196 284h10", "#bf6a26", 5, 0.7)
    top = stroke("M200 144c-30-20-44-44-46-66M200 144c-4-30-2-54 4-76M200 144c26-20 40-42 44-64", LEAF, 12)
    return shadow(170, 336) + oval(200, 326, 130, 16, c.light) + moved(26, 66, turned(-14, top + root), 0.78) + moved(120, 66, turned(14, top + root), 0.78)


def leafy(c: Hue) -> str:
    leaves = "".join(turned(a, shape("M200 300c-62-36-74-130 0-196 74 66 62 160 0 196z", fill) + stroke("M200 290v-150", "#cfe3bd", 5), 200, 310) for a, fill in ((-46, "#5d8f4d"), (46, "#5d8f4d"), (-22, "#6f9f5c"), (22, "#6f9f5c"), (0, "#85b26d")))
    return shadow(150) + leaves + rect(164, 276, 72, 22, c.main, 8) + shape("M172 298h56l-12 32h-32z", "#dfe9c9")


def root_vegetable(c: Hue) -> str:
    eyes = "".join(circle(x, y, 4, "#a07d4c") for x, y in ((130, 236), (168, 262), (240, 216), (284, 254), (210, 290)))
    return shadow(240, 320) + oval(150, 252, 78, 60, "#d7b47c") + oval(252, 254, 74, 62, "#c9a368") + oval(208, 204, 68, 52, "#e0c08c") + eyes + oval(188, 186, 20, 10, WHITE, 0.25) + shape("M118 308h164l-10 14h-144z", c.main, 0.8)


def tomato(c: Hue) -> str:
    def one(x: float, y: float) -> str:
        star = "".join(turned(a, oval(x, y - 46, 7, 20, LEAF), x, y - 30) for a in range(0, 360, 72))
        return oval(x, y, 64, 56, "#d5503f") + oval(x - 26, y - 16, 10, 18, WHITE, 0.3) + star
    return shadow(230, 316) + oval(200, 304, 130, 18, c.light) + one(140, 250) + one(262, 252) + one(204, 178)


def egg_box(c: Hue) -> str:
    eggs = "".join(oval(x, 226, 30, 40, fill) for x, fill in ((112, "#e9c6a0"), (172, "#f3dcc0"), (230, "#e2b88e"), (288, "#f3dcc0")))
    return shadow(260, 312) + rect(70, 132, 260, 96, c.light, 18) + rect(84, 146, 232, 70, c.main, 12, 0.35) + eggs + shape("M62 230h276l-14 70a12 12 0 0 1-12 10h-224a12 12 0 0 1-12-10z", c.main) + stroke("M140 244v54M200 244v54M260 244v54", c.dark, 5, 0.5)


def chocolate_bar(c: Hue) -> str:
    squares = "".join(rect(x, y, 50, 38, "#855a3f", 5) for y in (84, 128) for x in (122, 176, 230))
    return turned(-8, shadow(180, 338) + rect(112, 72, 178, 120, "#6a4430", 8) + squares + shape("M106 168l20-12 18 12 20-12 18 12 18-12 20 12 18-12 20 12 18-12 20 12v22h-190z", SILVER) + rect(104, 182, 192, 150, c.main, 4) + label(140, 204, 120, 106, c))


def sweets(c: Hue) -> str:
    def one(x: float, y: float, fill: str, angle: float) -> str:
        wings = shape(f"M{x - 30} {y}l-34-26v52zM{x + 30} {y}l34-26v52z", fill, 0.75)
        return turned(angle, wings + circle(x, y, 38, fill) + stroke(f"M{x - 16} {y - 22}c14 12 14 32 0 44M{x + 12} {y - 26}c14 14 14 38 0 52", WHITE, 6, 0.6), x, y)
    return shadow(230, 322) + one(140, 254, c.main, -18) + one(262, 262, c.light, 22) + one(200, 162, c.dark, 8)


def coffee_bag(c: Hue) -> str:
    bean = oval(0, 0, 17, 23, "#5b3c29") + stroke("M2-18c-9 12 7 24-2 36", "#8d6648", 4)
    return shadow(190) + shape("M128 122l14-46h116l14 46 10 208h-164z", c.main) + rect(134, 68, 132, 22, c.dark, 4) + shape("M250 90l32 240h-24l-16-210z", c.dark, 0.5) + label(152, 144, 88, 96, c) + moved(178, 284, bean) + moved(216, 290, bean) + moved(98, 314, turned(60, bean, 0, 0)) + shine(144, 120, 7, 190)


def tea_box(c: Hue) -> str:
    bag = rect(286, 232, 56, 66, CREAM, 6) + shape("M294 262h40v30h-40z", "#a9713f", 0.6) + stroke("M314 232c0-40-30-46-34-70", STEEL, 3) + rect(266, 140, 28, 26, c.main, 3)
    return shadow(200, x=180) + rect(92, 138, 172, 192, c.main, 6) + rect(92, 138, 172, 34, c.dark, 6) + label(116, 188, 124, 116, c) + shape("M178 214c16-18 34-16 42-8-8 20-26 24-42 8z", LEAF) + bag


def spice_jar(c: Hue) -> str:
    dots = "".join(circle(x, 104, 4, c.light) for x in (176, 192, 208, 224))
    return shadow(110) + rect(150, 134, 100, 196, "#e6ecef", 14) + rect(156, 180, 88, 144, c.main, 10) + rect(152, 92, 96, 46, INK, 8) + dots + label(156, 206, 88, 84, c, 0) + shine(164, 146, 7, 170)


def pizza(c: Hue) -> str:
    tops = "".join(circle(x, y, 17, c.main) for x, y in ((160, 178), (238, 170), (260, 236), (198, 272), (148, 240)))
    leaves = "".join(oval(x, y, 13, 7, LEAF) for x, y in ((200, 206), (226, 222), (176, 216), (222, 140), (186, 144)))
    return shadow(230, 330) + circle(200, 212, 116, "#d19a54") + circle(200, 212, 100, "#f1d486") + tops + leaves + stroke("M200 112v200M113 162l174 100M113 262l174-100", "#d8b05f", 3)


def ice_cream(c: Hue) -> str:
    cone = shape("M142 214h116l-58 126z", "#d9a566") + stroke("M160 224l54 76M188 216l38 56M240 224l-54 76M212 216l-38 56", "#b98143", 4)
    return shadow(80, 342) + cone + circle(166, 176, 46, c.light) + circle(234, 176, 46, CREAM) + circle(200, 126, 48, c.main) + rect(134, 200, 132, 20, "#c98f4e", 10) + circle(184, 108, 9, WHITE, 0.4) + circle(216, 74, 12, "#c8506a")


def pasta(c: Hue) -> str:
    straws = "".join(stroke(f"M{x} 92v230", "#ecc76f" if i % 2 else "#e0b553", 9) for i, x in enumerate(range(156, 250, 9)))
    return shadow(130, 334) + turned(6, straws + rect(136, 176, 130, 78, c.main, 6) + label(160, 182, 80, 66, c))


def fish(c: Hue) -> str:
    body = "M84 216c44-62 128-70 184-14l52-36c-10 40-10 64 0 104l-52-40c-56 58-140 48-184-14z"
    return shadow(240, 310) + oval(200, 296, 140, 18, WHITE) + oval(200, 296, 140, 18, c.light, 0.7) + shape(body, c.main) + shape("M84 216c44 62 128 72 184 14-60 18-130 16-184-14z", WHITE, 0.45) + circle(126, 204, 8, INK) + stroke("M156 184c14 18 14 42 0 62", c.dark, 5)


PACK = ("berry", "honey", "sage", "sky", "terracotta", "lilac", "cocoa", "navy")
PLATE = ("sage", "sky", "blush", "honey")
DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    **{draw.__name__.replace("_", "-"): (draw, PACK) for draw in (
        bottle, jar, pouch, box, small_box, can, drink_can, carton, tub, chocolate_bar, sweets, coffee_bag, tea_box,
        spice_jar, pasta,
    )},
    **{draw.__name__.replace("_", "-"): (draw, PLATE) for draw in (
        cheese, loaf, croissant, orange, banana, carrot, leafy, root_vegetable, tomato, tray, fish,
    )},
    "wine": (wine, ("berry", "honey", "forest", "navy")),
    "cake": (cake, ("berry", "cocoa", "honey", "blush")),
    "biscuits": (biscuits, ("cocoa", "berry", "honey", "terracotta")),
    "apple": (apple, ("berry", "sage", "honey", "terracotta")),
    "pear": (pear, ("sage", "honey", "forest", "terracotta")),
    "berries": (berries, ("berry", "navy", "lilac", "blush")),
    "egg-box": (egg_box, ("linen", "sage", "sky", "honey")),
    "pizza": (pizza, ("berry", "terracotta", "forest", "honey")),
    "ice-cream": (ice_cream, ("berry", "cocoa", "honey", "sage")),
}
