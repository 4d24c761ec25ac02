"""The colours of every figure and of the report by their roles, on a light and on a dark background.

Blue and orange carry meaning and differ for any colour vision; all colours but the grid's are legible as text.
"""

ROLES = ("ink", "muted", "grid", "surface", "accent", "second", "good", "bad", "warn")

LIGHT = {
    "ink": "#1b1f24",
    "muted": "#59636e",
    "grid": "#dfe3e8",
    "surface": "#ffffff",
    "accent": "#0068b0",
    "second": "#b35400",
    "good": "#00786a",
    "bad": "#a3151d",
    "warn": "#856400",
}
DARK = {
    "ink": "#e8ebef",
    "muted": "#a0aab5",
    "grid": "#343a43",
    "surface": "#15181d",
    "accent": "#5cb3f0",
    "second": "#f0913c",
    "good": "#5ce0c6",
    "bad": "#ff7a6b",
    "warn": "#e0c341",
}


def role_of(colour: str) -> str | None:
    """Return the role of a light colour; None for a colour that is not in the palette."""
    return next((role for role, light in LIGHT.items() if light == colour.lower()), None)
