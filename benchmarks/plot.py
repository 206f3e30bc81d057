"""Bars as SVG: how many times as many requests a second as A, and from round to round."""

from html import escape
from typing import Any

COLOURS = {"A": "#8a94a6", "A+": "#5b6b82", "B": "#c98a2b", "ours": "#1f7a8c", "pgbench": "#b9c2cf"}
LEFT, RIGHT, TOP, BAR, GAP, WIDTH = 190, 90, 56, 16, 18, 860
STYLE = "font: 13px system-ui, sans-serif; fill: #1d2733"


def bars(work: dict[str, dict[str, Any]]) -> str:
    """A group of bars for each work that A does, too; pgbench is far off, and left out."""
    groups = {
        name: {who: figures for who, figures in contenders.items() if is_drawn(who, figures)}
        for name, contenders in work.items()
    }
    groups = {name: drawn for name, drawn in groups.items() if len(drawn) > 1}
    most = max((one["ratio_max"] for drawn in groups.values() for one in drawn.values()), default=1)
    scale = (WIDTH - LEFT - RIGHT) / max(most, 1)
    lines, y = [], TOP
    for name, drawn in groups.items():
        middle = y + BAR * len(drawn) / 2 + 4
        lines.append(text(LEFT - 12, middle, name, anchor="end"))
        for who, figures in drawn.items():
            lines.append(bar(y, who, figures, scale))
            y += BAR
        y += GAP
    height = y + 10
    one = LEFT + scale
    lines.append(f'<path d="M{one:.0f} {TOP - 8}V{y - GAP + 4}" stroke="#1d2733" opacity=".4"/>')
    title = text(LEFT, 24, "Requests a second, times A's (line: from round to round)", weight=600)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'width="{WIDTH}" height="{height}" style="{STYLE}">\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n'
        + "\n".join([title, *lines])
        + "\n</svg>\n"
    )


def is_drawn(who: str, figures: dict[str, Any]) -> bool:
    return who != "pgbench" and "ratio" in figures


def bar(y: float, who: str, figures: dict[str, Any], scale: float) -> str:
    width, middle = figures["ratio"] * scale, y + BAR / 2
    low, high = LEFT + figures["ratio_min"] * scale, LEFT + figures["ratio_max"] * scale
    label = f"{who} {figures['ratio']:.2f}"
    return (
        f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="{BAR - 2}" '
        f'fill="{COLOURS.get(who, "#777")}"/>'
        f'<path d="M{low:.1f} {middle - 1}H{high:.1f}" stroke="#1d2733" stroke-width="2"/>'
        + text(max(high, LEFT + width) + 8, middle + 4, label)
    )


def text(x: float, y: float, words: str, anchor: str = "start", weight: int = 400) -> str:
    return (
        f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" font-weight="{weight}">'
        f"{escape(words)}</text>"
    )
