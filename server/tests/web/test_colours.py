"""Colours of charts stand out from the page and are told apart, whatever somebody's colour vision, in both themes."""

from __future__ import annotations

import itertools
import math
import re
from pathlib import Path

import pytest

import mendline.web

STATIC = Path(mendline.web.__file__).parent / "static"
COLOURS = re.findall(r"--s[1-8]: light-dark\((#\w{6}), (#\w{6})\)", (STATIC / "charts.css").read_text())
PAGES = re.search(r"--bg: light-dark\((#\w{6}), (#\w{6})\)", (STATIC / "app.css").read_text()).groups()

# Machado, Oliveira, Fernandes 2009: how linear RGB looks to who lacks one kind of cones
VISIONS = {
    "all cones": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "no long": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "no middle": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "no short": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _linear(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def _contrast(one, other):
    """As WCAG 2 has it."""
    lights = sorted(sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), _linear(c), strict=True)) for c in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _lab(colour, vision):
    """CIE Lab of how a colour looks."""
    linear = _linear(colour)
    r, g, b = (min(1, max(0, sum(w * p for w, p in zip(row, linear, strict=True)))) for row in VISIONS[vision])
    white = (0.95047, 1.0, 1.08883)
    xyz = (0.41246 * r + 0.35758 * g + 0.18044 * b, 0.21267 * r + 0.71515 * g + 0.07217 * b,
           0.01933 * r + 0.11919 * g + 0.95030 * b)  # fmt: skip
    x, y, z = (
        (part / w) ** (1 / 3) if part / w > 0.008856 else 7.787 * part / w + 16 / 116
        for part, w in zip(xyz, white, strict=True)
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_stand_out_from_the_page(theme):
    assert len(COLOURS) == 8
    assert min(_contrast(pair[theme], PAGES[theme]) for pair in COLOURS) >= 3


@pytest.mark.parametrize("vision", VISIONS)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_no_two_colours_look_alike(theme, vision):
    labs = [_lab(pair[theme], vision) for pair in COLOURS]
    assert min(math.dist(one, other) for one, other in itertools.combinations(labs, 2)) > 20
