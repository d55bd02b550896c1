"""Drawings of electronics, office things, toys, sports gear and gifts."""

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


def ring(x: float, y: float, r: float, color: str, width: float) -> str:
    return f'<circle cx="{x:g}" cy="{y:g}" r="{r:g}" fill="none" stroke="{color}" stroke-width="{width:g}"/>'


def headphones(c: Hue) -> str:
    return shadow(210, 334) + stroke("M104 240c-14-186 206-186 192 0", c.dark, 20) + stroke("M130 134c34-44 106-44 140 0", c.light, 7) + rect(82, 212, 60, 110, c.main, 26) + rect(258, 212, 60, 110, c.main, 26) + rect(126, 222, 26, 90, INK, 13) + rect(248, 222, 26, 90, INK, 13)


def earbuds(c: Hue) -> str:
    def one(x: float) -> str:
        return rect(x - 11, 110, 22, 84, c.light, 11) + circle(x, 114, 26, c.light) + circle(x, 114, 12, INK, 0.8)
    return shadow(210, 330) + one(150) + one(250) + rect(92, 196, 216, 130, c.main, 52) + stroke("M94 244h212", c.dark, 5) + circle(200, 276, 6, "#8fd18a")


def speaker(c: Hue) -> str:
    return shadow(170) + rect(116, 74, 168, 256, c.main, 34) + circle(200, 236, 60, INK) + circle(200, 236, 46, c.dark) + circle(200, 236, 18, c.light) + circle(200, 128, 28, INK) + circle(200, 128, 14, c.light) + shine(128, 116, 8, 170)


def phone(c: Hue) -> str:
    return shadow(150) + rect(126, 60, 148, 270, INK, 24) + rect(135, 70, 130, 250, c.light, 16) + shape("M135 220c40-40 90 20 130-24v108a16 16 0 0 1-16 16h-98a16 16 0 0 1-16-16z", c.main) + rect(180, 76, 40, 9, INK, 4) + circle(200, 140, 26, WHITE, 0.7)


def phone_case(c: Hue) -> str:
    return shadow(150) + rect(122, 62, 156, 268, c.main, 30) + rect(132, 72, 136, 248, c.light, 22, 0.35) + rect(142, 82, 60, 66, INK, 16) + circle(160, 102, 11, STEEL) + circle(184, 102, 11, STEEL) + circle(160, 128, 11, STEEL) + shine(262, 130, 7, 160)


def laptop(c: Hue) -> str:
    return shadow(300, 316) + rect(88, 108, 224, 160, INK, 12) + rect(98, 118, 204, 138, c.light, 4) + shape("M98 216c60-50 130 26 204-26v66h-204z", c.main) + shape("M62 272h276l14 26a10 10 0 0 1-10 12h-284a10 10 0 0 1-10-12z", SILVER) + rect(164, 274, 72, 12, STEEL, 4)


def tablet(c: Hue) -> str:
    return shadow(200) + rect(96, 72, 208, 258, INK, 20) + rect(108, 84, 184, 234, c.light, 10) + shape("M108 232l60-70 46 54 30-30 48 52v70a10 10 0 0 1-10 10h-164a10 10 0 0 1-10-10z", c.main) + circle(246, 130, 20, CREAM)


def monitor(c: Hue) -> str:
    return shadow(150, 334) + rect(180, 270, 40, 50, STEEL) + rect(134, 314, 132, 16, STEEL, 8) + rect(56, 84, 288, 192, INK, 12) + rect(66, 94, 268, 164, c.light, 4) + shape("M66 200c70-56 170 40 268-34v92h-268z", c.main) + circle(262, 134, 20, CREAM)


def keyboard(c: Hue) -> str:
    keys = "".join(rect(84 + col * 30, 196 + row * 26, 24, 20, WHITE if (row + col) % 5 else c.light, 4) for row in range(3) for col in range(8))
    return shadow(290, 312) + rect(62, 178, 276, 126, c.main, 16) + keys + rect(130, 274, 140, 18, WHITE, 4) + rect(84, 274, 38, 18, c.light, 4) + rect(278, 274, 38, 18, c.light, 4)


def mouse(c: Hue) -> str:
    return shadow(150) + rect(132, 94, 136, 236, c.main, 66) + stroke("M200 96v92M134 192h132", c.dark, 5) + rect(190, 122, 20, 48, c.light, 10) + shine(150, 210, 9, 70)


def cable(c: Hue) -> str:
    return shadow(210, 334) + ring(200, 214, 90, c.main, 13) + ring(200, 214, 70, c.dark, 13) + stroke("M262 148c30-26 36-40 46-58M138 148c-30-26-36-40-46-58", c.main, 13) + turned(28, rect(298, 52, 26, 44, INK, 5) + rect(303, 38, 16, 16, SILVER, 2), 310, 76) + turned(-28, rect(78, 52, 26, 44, INK, 5) + rect(83, 38, 16, 16, SILVER, 2), 90, 76) + rect(184, 276, 32, 36, INK, 6)


def charger(c: Hue) -> str:
    return shadow(150) + rect(176, 60, 14, 44, STEEL, 4) + rect(212, 60, 14, 44, STEEL, 4) + rect(122, 98, 156, 232, c.main, 32) + rect(170, 266, 60, 20, INK, 10) + shape("M212 140l-44 62h28l-10 46 46-64h-28z", c.light) + shine(136, 140, 8, 150)


def bulb(c: Hue) -> str:
    return shadow(80, 338) + circle(200, 166, 124, "#fff3c8", 0.6) + shape("M200 72c56 0 92 40 92 90 0 44-34 62-44 100h-96c-10-38-44-56-44-100 0-50 36-90 92-90z", "#fde9a9") + stroke("M176 256v-60l24 18 24-18v60", c.main, 6) + rect(156, 262, 88, 18, SILVER, 6) + rect(160, 284, 80, 16, STEEL, 6) + rect(166, 304, 68, 16, SILVER, 6) + oval(200, 326, 20, 9, INK)


def camera(c: Hue) -> str:
    return shadow(250, 316) + rect(146, 108, 100, 50, c.dark, 14) + rect(70, 138, 260, 172, c.main, 24) + rect(70, 180, 260, 82, INK, 0, 0.85) + circle(200, 222, 72, SILVER) + circle(200, 222, 58, INK) + circle(200, 222, 36, c.dark) + circle(184, 204, 12, WHITE, 0.6) + rect(282, 150, 32, 18, c.light, 6) + rect(88, 126, 40, 16, STEEL, 6)


def watch(c: Hue) -> str:
    return shadow(90, 350) + shape("M160 56h80l10 84h-100zM150 262h100l-10 84h-80z", c.main) + stroke("M200 286v44", c.dark, 5, 0.6) + rect(124, 124, 152, 152, INK, 40) + rect(136, 136, 128, 128, c.light, 30) + ring(200, 200, 38, c.dark, 9) + stroke("M200 178v22l16 12", INK, 7) + rect(274, 184, 14, 30, STEEL, 5)


def power_bank(c: Hue) -> str:
    lights = "".join(circle(170 + i * 20, 114, 6, "#8fd18a") for i in range(4))
    return shadow(150) + rect(126, 78, 148, 252, c.main, 26) + rect(138, 90, 124, 228, c.light, 18, 0.25) + lights + rect(176, 66, 48, 16, INK, 6) + shape("M212 166l-40 56h26l-10 42 42-58h-26z", c.light)


def gamepad(c: Hue) -> str:
    return shadow(250, 306) + shape("M126 150h148c50 0 74 84 66 132-6 32-44 30-62-2-10-18-22-26-38-26h-80c-16 0-28 8-38 26-18 32-56 34-62 2-8-48 16-132 66-132z", c.main) + rect(112, 192, 52, 17, INK, 5) + rect(130, 174, 17, 52, INK, 5) + "".join(circle(x, y, 10, f) for x, y, f in ((264, 178, c.light), (264, 222, c.light), (242, 200, CREAM), (286, 200, CREAM))) + circle(200, 196, 13, c.dark)


def notebook(c: Hue) -> str:
    return shadow(180) + rect(118, 78, 172, 252, c.dark, 10) + rect(124, 86, 168, 238, WHITE, 6) + rect(110, 74, 170, 252, c.main, 10) + rect(110, 74, 26, 252, c.dark, 8) + rect(160, 116, 94, 58, CREAM, 5) + rect(174, 136, 66, 6, c.dark, 3, 0.5) + rect(174, 150, 44, 6, c.dark, 3, 0.3) + rect(250, 74, 11, 252, c.light) + shape("M196 326v26l10-9 10 9v-26z", c.light)


def pen(c: Hue) -> str:
    def one(x: float, fill: str) -> str:
        return rect(x - 13, 96, 26, 170, fill, 6) + rect(x - 13, 70, 26, 34, INK, 8) + rect(x + 9, 76, 7, 66, SILVER, 3) + shape(f"M{x - 13} 264h26l-9 44h-8z", SILVER) + shape(f"M{x - 4} 308h8l-4 16z", INK)
    return turned(22, oval(206, 322, 80, 12, "#000000", 0.06) + one(150, c.light) + one(200, c.main) + one(250, c.dark))


def pencils(c: Hue) -> str:
    tips = "".join(rect(x, 128, 30, 130, f) + shape(f"M{x} 128h30l-15-44z", "#f0d9b4") + shape(f"M{x + 10} 99h10l-5-15z", f) for x, f in ((112, c.dark), (148, "#e2ab45"), (184, c.main), (220, "#7fa182"), (256, "#5f97c4")))
    return shadow(210) + tips + rect(98, 216, 202, 114, c.main, 10) + label(140, 234, 118, 78, c)


def binder(c: Hue) -> str:
    return shadow(190) + rect(110, 74, 184, 256, c.main, 8) + rect(110, 74, 52, 256, c.dark, 8) + rect(118, 106, 36, 96, CREAM, 4) + circle(136, 286, 16, c.ground) + ring(136, 286, 16, SILVER, 5) + rect(186, 114, 84, 54, CREAM, 4) + rect(198, 132, 60, 6, c.dark, 3, 0.5)


def paper(c: Hue) -> str:
    return shadow(220, 318) + shape("M84 286l40-150h214l-36 150z", SILVER) + shape("M76 276l40-150h214l-36 150z", WHITE) + shape("M76 276h218v34h-218z", c.light) + shape("M294 276l36-150v34l-36 150z", c.main) + stroke("M136 160h150M130 186h150M122 212h110", c.light, 6)


def backpack(c: Hue) -> str:
    return shadow(190) + stroke("M166 96c0-44 68-44 68 0", c.dark, 13) + rect(78, 196, 40, 110, c.dark, 16) + rect(282, 196, 40, 110, c.dark, 16) + shape("M106 190c0-64 40-104 94-104s94 40 94 104v120a20 20 0 0 1-20 20h-148a20 20 0 0 1-20-20z", c.main) + rect(132, 214, 136, 94, c.light, 16) + stroke("M140 242h120M134 176c12-40 120-40 132 0", c.dark, 6) + rect(194, 240, 12, 24, INK, 4)


def desk_lamp(c: Hue) -> str:
    return shadow(130, x=170) + shape("M254 158l-34 150h120z", "#fff3c8", 0.7) + stroke("M170 316l-30-120 90-92", STEEL, 12) + oval(170, 322, 62, 13, c.dark) + circle(140, 196, 11, INK) + turned(38, shape("M212 74h40l26 66h-92z", c.main), 232, 104)


def ball(c: Hue) -> str:
    return shadow(150, 334) + circle(200, 208, 122, c.main) + shape("M200 86c-50 60-50 184 0 244 50-60 50-184 0-244z", c.light) + shape("M84 174c70 34 162 34 232 0l5 24c-72 40-170 40-242 0z", WHITE, 0.9) + circle(152, 150, 18, WHITE, 0.35)


def football(c: Hue) -> str:
    patch = "M200 160l44 32-17 52h-54l-17-52z"
    outer = "".join(turned(a, shape("M200 86l36 12-14 30h-44l-14-30z", c.main), 200, 208) for a in range(0, 360, 72))
    seams = "".join(turned(a, stroke("M200 160v-32", STEEL, 5), 200, 208) for a in range(0, 360, 72))
    return shadow(150, 334) + circle(200, 208, 122, WHITE) + ring(200, 208, 121, SILVER, 3) + outer + seams + shape(patch, c.dark)


def yoga_mat(c: Hue) -> str:
    return shadow(270, 312) + rect(92, 172, 240, 132, c.main, 0) + oval(332, 238, 34, 66, c.main) + oval(92, 238, 34, 66, c.light) + ring(92, 238, 12, c.dark, 5) + f'<ellipse cx="92" cy="238" rx="23" ry="46" fill="none" stroke="{c.dark}" stroke-width="5"/>' + rect(156, 172, 18, 132, c.dark) + rect(264, 172, 18, 132, c.dark)


def dumbbell(c: Hue) -> str:
    def one(y: float) -> str:
        return rect(124, y + 26, 152, 24, STEEL, 8) + rect(76, y, 34, 76, c.main, 10) + rect(106, y + 8, 28, 60, c.dark, 8) + rect(290, y, 34, 76, c.main, 10) + rect(266, y + 8, 28, 60, c.dark, 8)
    return shadow(250, 318) + one(136) + one(234)


def helmet(c: Hue) -> str:
    return shadow(210, 322) + stroke("M118 244c20 60 50 70 70 66", INK, 8) + shape("M64 246c-6-106 62-160 148-160 80 0 128 54 128 134 0 14-8 24-22 24z", c.main) + shape("M118 224c0-46 22-84 56-104 10 22 2 70-8 104zM200 220c4-42 6-76 0-106 30-2 52 8 66 26 4 30-2 56-12 80z", c.dark) + shape("M58 240h270c0 16-10 26-28 26h-218c-14 0-24-10-24-26z", c.light)


def bottle_sport(c: Hue) -> str:
    return shadow(110) + rect(176, 58, 48, 32, INK, 10) + rect(160, 86, 80, 38, c.dark, 8) + shape("M150 120h100c10 20 10 40 6 66-4 20-4 30 0 50v76a18 18 0 0 1-18 18h-76a18 18 0 0 1-18-18v-76c4-20 4-30 0-50-4-26-4-46 6-66z", c.main) + rect(146, 240, 108, 56, c.light, 4, 0.7) + shine(158, 144, 8, 160)


def tent(c: Hue) -> str:
    return shadow(290, 306) + shape("M200 96l150 208h-300z", c.main) + shape("M200 96l60 208h-120z", c.dark) + shape("M200 128l22 176h-44z", CREAM) + stroke("M200 96l-12-18M200 96l12-18M50 304l-20 8M350 304l20 8", BARK, 7)


def sleeping_bag(c: Hue) -> str:
    return shadow(250, 312) + rect(106, 146, 208, 158, c.main, 30) + oval(118, 225, 48, 79, c.light) + f'<ellipse cx="118" cy="225" rx="33" ry="56" fill="none" stroke="{c.dark}" stroke-width="7"/>' + ring(118, 225, 18, c.dark, 7) + rect(186, 146, 18, 158, c.dark) + rect(262, 146, 18, 158, c.dark) + stroke("M196 146c0-46 76-46 76 0", c.dark, 9)


def racket(c: Hue) -> str:
    strings = stroke("M156 102v120M178 84v150M200 80v156M222 84v150M244 102v120M134 130h132M128 156h144M132 182h136M144 208h112", SILVER, 3)
    return turned(24, f'<ellipse cx="200" cy="156" rx="76" ry="88" fill="none" stroke="{c.main}" stroke-width="15"/>' + strings + shape("M172 236h56l-18 34h-20z", c.main) + rect(188, 262, 24, 92, INK, 8)) + shadow(60, 338, 292) + circle(292, 306, 26, "#d9dd5c")


def shirt(c: Hue) -> str:
    return shadow(170, 336) + shape("M150 84c18 28 82 28 100 0l78 42-28 66-34-14v148h-132v-148l-34 14-28-66z", c.main) + stroke("M150 86c18 30 82 30 100 0", c.dark, 9) + stroke("M134 296h132", c.light, 9) + shape("M206 150l-34 46h22l-8 34 36-48h-22z", c.light)


def puzzle(c: Hue) -> str:
    piece = "M0 0h44c-10-30 34-30 24 0h44v44c30-10 30 34 0 24v44h-112v-44c-30 10-30-34 0-24z"
    return shadow(230, 326) + f'<g transform="translate(142 112) rotate(-10)">{shape(piece, c.main)}</g><g transform="translate(218 206) rotate(12) scale(.86)">{shape(piece, c.dark)}</g><g transform="translate(92 228) rotate(-24) scale(.7)">{shape(piece, c.light)}</g>'


def blocks(c: Hue) -> str:
    def one(x: float, y: float, w: float, fill: str) -> str:
        studs = "".join(rect(x + 14 + i * 36, y - 12, 24, 14, fill, 4) for i in range(int(w // 36)))
        return studs + rect(x, y, w, 62, fill, 6) + rect(x, y + 50, w, 12, "#000000", 4, 0.12)
    return shadow(240) + one(88, 266, 116, c.main) + one(208, 266, 116, c.light) + one(142, 192, 116, c.dark) + one(160, 118, 80, "#e2ab45")


def board_game(c: Hue) -> str:
    squares = "".join(rect(104 + col * 40, 122 + row * 40, 40, 40, c.main if (row + col) % 2 else CREAM) for row in range(4) for col in range(5))
    pawn = circle(0, -34, 17, c.dark) + shape("M-12-24h24l12 40h-48z", c.dark)
    die = rect(238, 242, 62, 62, WHITE, 12) + "".join(circle(x, y, 6, INK) for x, y in ((254, 258), (284, 258), (269, 273), (254, 288), (284, 288)))
    return shadow(250, 322) + rect(90, 108, 228, 188, BARK, 8) + squares + f'<g transform="translate(150 286) scale(1.5)">{pawn}</g>' + die


def toy_car(c: Hue) -> str:
    wheels = "".join(circle(x, 286, 36, INK) + circle(x, 286, 16, SILVER) for x in (130, 272))
    return shadow(270, 324) + shape("M56 226l60-10 42-72h96l46 72 42 14c8 4 8 50-2 56h-276c-14-2-16-54-8-60z", c.main) + shape("M170 160h34v54h-64zM218 160h28l32 54h-60z", "#dcebf4") + circle(334, 244, 10, "#fde9a9") + wheels


def doll(c: Hue) -> str:
    return shadow(130) + circle(200, 128, 58, "#7a5640") + rect(142, 126, 24, 76, "#7a5640", 12) + rect(234, 126, 24, 76, "#7a5640", 12) + circle(200, 136, 44, "#f0cba8") + shape("M156 124c20-30 68-30 88 0-30-14-58-14-88 0z", "#7a5640") + circle(184, 138, 5, INK) + circle(216, 138, 5, INK) + stroke("M188 156c8 7 16 7 24 0", c.dark, 4) + stroke("M160 216l-32 36M240 216l32 36", "#f0cba8", 14) + stroke("M182 300v26M218 300v26", "#f0cba8", 15) + shape("M172 184h56l50 122h-156z", c.main) + rect(160, 214, 80, 11, c.light, 4)


def paint_set(c: Hue) -> str:
    pans = "".join(circle(x, y, 19, f) for x, y, f in ((136, 196, c.main), (172, 152, "#e2ab45"), (226, 146, "#7fa182"), (268, 180, "#5f97c4"), (276, 230, c.dark)))
    return shadow(240, 316) + shape("M200 104c80 0 130 46 130 104s-36 60-60 58c-28-2-38 16-26 32 10 14-14 18-44 18-76 0-134-46-134-104s58-108 134-108z", WOOD) + circle(180, 258, 24, c.ground) + pans + turned(36, rect(246, 60, 13, 160, BARK, 6) + shape("M242 62h21l-4-34c-6-8-9-8-14 0z", c.main), 252, 140)


def robot(c: Hue) -> str:
    return shadow(170) + stroke("M200 96v-30", STEEL, 7) + circle(200, 62, 11, c.dark) + rect(140, 94, 120, 92, c.light, 20) + circle(172, 136, 15, WHITE) + circle(228, 136, 15, WHITE) + circle(172, 136, 7, INK) + circle(228, 136, 7, INK) + rect(174, 162, 52, 9, c.dark, 4) + rect(126, 192, 148, 104, c.main, 18) + circle(200, 244, 26, c.light) + circle(200, 244, 12, c.dark) + rect(88, 204, 32, 76, c.dark, 15) + rect(280, 204, 32, 76, c.dark, 15) + rect(146, 292, 38, 38, c.dark, 8) + rect(216, 292, 38, 38, c.dark, 8)


def book(c: Hue) -> str:
    return shadow(200) + shape("M118 88h150a14 14 0 0 1 14 14v214h-150a14 14 0 0 1-14-14z", c.main) + rect(132, 300, 150, 28, CREAM, 4) + shape("M118 304c0 18 6 28 18 28h146v-8h-140c-8 0-12-8-12-20z", c.dark) + rect(118, 88, 22, 214, c.dark, 8) + circle(212, 174, 42, c.light) + shape("M178 186l24-30 18 20 12-12 18 24c-14 30-58 32-72-2z", c.dark) + rect(168, 244, 88, 8, CREAM, 4) + rect(184, 262, 56, 7, CREAM, 3, 0.7)


def hammer(c: Hue) -> str:
    return turned(30, oval(206, 336, 34, 14, "#000000", 0.07) + rect(188, 128, 24, 208, WOOD, 8) + rect(184, 220, 32, 118, c.main, 12) + rect(122, 86, 116, 50, STEEL, 6) + rect(112, 80, 26, 62, INK, 6) + shape("M238 90c36 0 56 10 72 36-26-8-46-2-72 6z", STEEL))


def drill(c: Hue) -> str:
    return shadow(150, 336, 222) + rect(46, 152, 62, 9, STEEL, 3) + shape("M104 132l34-10v68l-34-10z", INK) + rect(134, 112, 186, 88, c.main, 26) + shape("M218 194h64l16 92h-66z", c.dark) + rect(210, 282, 110, 50, INK, 10) + shape("M202 200h22l-4 30h-14z", INK) + stroke("M236 136h58M236 156h58", c.light, 7)


def paint_tin(c: Hue) -> str:
    return shadow(170) + stroke("M122 156c10-92 146-92 156 0", STEEL, 6) + rect(118, 146, 164, 184, SILVER, 8) + rect(118, 190, 164, 104, c.main) + oval(200, 146, 82, 20, STEEL) + oval(200, 146, 68, 15, c.main) + shape("M146 150h50v60c0 14-16 14-16 0v-22c0-12-12-12-12 0v40c0 14-22 14-22 0z", c.main) + label(206, 206, 66, 72, c)


def gift_box(c: Hue) -> str:
    bow = shape("M200 132c-20-62-92-52-84-8 4 22 52 20 84 8zM200 132c20-62 92-52 84-8-4 22-52 20-84 8z", c.dark)
    return shadow(210) + rect(104, 176, 192, 154, c.main, 6) + rect(90, 130, 220, 54, c.light, 8) + rect(182, 130, 36, 200, c.dark) + bow + circle(200, 132, 15, c.light)


def hamper(c: Hue) -> str:
    goods = rect(126, 112, 40, 96, c.main, 8) + rect(134, 92, 24, 26, c.dark, 4) + rect(176, 136, 60, 70, CREAM, 6) + circle(206, 166, 16, c.main) + rect(246, 104, 32, 100, "#3f5143", 10) + rect(254, 84, 16, 28, c.main, 3)
    weave = "".join(stroke(f"M92 {y}h216", BARK, 4, 0.5) for y in (226, 250, 274, 298))
    return shadow(230) + goods + shape("M80 200h240l-16 122a10 10 0 0 1-10 8h-188a10 10 0 0 1-10-8z", WOOD) + weave + rect(74, 194, 252, 18, BARK, 8) + shape("M200 236c-16-26-50-18-44 4 4 12 26 10 44-4zM200 236c16-26 50-18 44 4-4 12-26 10-44-4z", c.main)


def card(c: Hue) -> str:
    heart = "M200 190c22-36 74-10 54 34-10 22-34 38-54 54-20-16-44-32-54-54-20-44 32-70 54-34z"
    return shadow(190) + turned(-6, rect(114, 84, 180, 240, "#000000", 8, 0.06) + rect(108, 78, 180, 240, c.light, 6)) + rect(116, 88, 174, 238, WHITE, 6) + shape(heart, c.main) + rect(156, 116, 92, 8, c.dark, 4, 0.5) + rect(174, 298, 54, 7, c.dark, 3, 0.4)


def bauble(c: Hue) -> str:
    return shadow(110, 336) + stroke("M200 96c-14-34 14-34 0-60", STEEL, 4) + rect(178, 92, 44, 30, "#d8b877", 5) + circle(200, 216, 104, c.main) + shape("M98 200c60 30 144 30 204 0l2 28c-62 32-146 32-208 0z", c.light) + "".join(circle(x, 226, 7, c.dark) for x in (128, 164, 200, 236, 272)) + oval(156, 164, 16, 26, WHITE, 0.35)


def garland(c: Hue) -> str:
    lights = "".join(circle(x, y + 24, 15, f) + rect(x - 6, y - 2, 12, 14, INK, 3) for x, y, f in ((88, 158, c.main), (136, 208, "#e2ab45"), (190, 224, c.light), (244, 214, c.dark), (294, 178, "#e2ab45")))
    return stroke("M50 110c60 140 240 160 300 10", INK, 5) + lights + stroke("M70 92c50 60 210 80 262 0", LEAF, 13) + "".join(circle(x, y, 9, c.main) for x, y in ((124, 126), (200, 142), (278, 126)))


def bunting(c: Hue) -> str:
    fills = (c.main, c.light, c.dark, "#e2ab45", c.main)
    flags = "".join(shape(f"M{x} {y}h52l-26 76z", f) for (x, y), f in zip(((62, 146), (120, 168), (176, 176), (232, 168), (290, 146)), fills, strict=True))
    return flags + stroke("M44 136c70 52 242 52 312 0", BARK, 6) + circle(44, 136, 8, BARK) + circle(356, 136, 8, BARK)


TECH = ("charcoal", "navy", "linen", "sky", "berry")
BRIGHT = ("berry", "sky", "honey", "sage", "lilac", "navy")
FEAST = ("berry", "forest", "honey", "sky", "blush")
DRAWINGS: dict[str, tuple[Drawing, tuple[str, ...]]] = {
    **{draw.__name__.replace("_", "-"): (draw, TECH) for draw in (
        headphones, earbuds, speaker, phone, phone_case, laptop, tablet, monitor, keyboard, mouse, cable, charger, bulb,
        camera, watch, power_bank, gamepad, desk_lamp,
    )},
    **{draw.__name__.replace("_", "-"): (draw, BRIGHT) for draw in (
        notebook, pen, pencils, binder, paper, backpack, ball, football, yoga_mat, dumbbell, helmet, bottle_sport, tent,
        sleeping_bag, racket, shirt, puzzle, blocks, board_game, toy_car, doll, paint_set, robot, book,
    )},
    **{draw.__name__.replace("_", "-"): (draw, ("terracotta", "sky", "charcoal", "forest")) for draw in (
        hammer, drill, paint_tin,
    )},
    **{draw.__name__.replace("_", "-"): (draw, FEAST) for draw in (gift_box, hamper, card, bauble, garland, bunting)},
}
