"""The cascade of an incident as a picture: where it began, and who suffers from it, as boxes in the order of the line
of names. Pure."""

from __future__ import annotations

from html import escape
from xml.sax.saxutils import quoteattr

_ARROW = " → "
_HIGH, _GAP, _LEAST, _LETTER, _WIDE = 34, 26, 64, 7.6, 900
_MOST = 40


def cascade_svg(cascade: str) -> str:
    """An SVG image of a cascade in words (`bank → payment → (checkout)`); names in brackets, which nothing is known to
    connect, have dashed boxes. Empty where there is no cascade."""
    names = [name for name in cascade.split(_ARROW) if name]
    if len(names) < 2:
        return ""
    parts: list[str] = []
    x, y, widest = 1.0, 1, 0.0
    for at, name in enumerate(names):
        loose = name.startswith("(") and name.endswith(")")
        label = name.strip("()")
        label = label if len(label) <= _MOST else f"{label[: _MOST - 1]}…"
        wide = max(_LEAST, len(label) * _LETTER + 20)
        if at and x + wide > _WIDE:
            x, y = _GAP, y + _HIGH + 14
        if at:
            parts.append(_arrow(x - _GAP + 2, y + _HIGH / 2, x - 2))
        parts.append(_box(x, y, wide, label, first=at == 0, loose=loose))
        x += wide + _GAP
        widest = max(widest, x - _GAP + 1)
    told = quoteattr(f"Cascade: {cascade}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{widest:.0f}" height="{y + _HIGH + 1}"'
        f' viewBox="0 0 {widest:.0f} {y + _HIGH + 1}" role="img" aria-label={told}>{"".join(parts)}</svg>'
    )


def _box(x: float, y: float, wide: float, label: str, *, first: bool, loose: bool) -> str:
    fill, stroke = ("#b45309", "#b45309") if first else ("#ffffff", "#6b7280")
    dashes = ' stroke-dasharray="4 3"' if loose else ""
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{_HIGH}" rx="4" fill="{fill}"'
        f' stroke="{stroke}"{dashes}/>'
        f'<text x="{x + wide / 2:.1f}" y="{y + 22}" text-anchor="middle" font-family="system-ui, sans-serif"'
        f' font-size="13" fill="{"#ffffff" if first else "#111827"}">{escape(label)}</text>'
    )


def _arrow(start: float, y: float, end: float) -> str:
    head = f"{end - 6:.1f},{y - 4} {end:.1f},{y} {end - 6:.1f},{y + 4}"
    return (
        f'<line x1="{start:.1f}" y1="{y}" x2="{end - 5:.1f}" y2="{y}" stroke="#6b7280"/>'
        f'<polygon points="{head}" fill="#6b7280"/>'
    )
