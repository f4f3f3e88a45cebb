"""The accent colour of a product, in both themes: shades, and contrast as WCAG 2.2 measures it."""

from __future__ import annotations

from dataclasses import dataclass

CONTRAST = 4.5
"""The least contrast of text with what is behind it (WCAG 2.2, 1.4.3, level AA)."""

Rgb = tuple[int, int, int]

BLACK, WHITE = "#000000", "#ffffff"
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Theme:
    """Light or dark: what stands behind text (as in static/style.css), and how shades are made.

    An accent colour that is too close to the background is moved towards `far`.
    """

    name: str
    page: str
    surfaces: tuple[str, ...]
    far: str
    on_accent: str
    strong: float
    soft: float


LIGHT = Theme(
    name="light",
    page="#ffffff",
    surfaces=("#ffffff", "#f5f6f8"),
    far=BLACK,
    on_accent=WHITE,
    strong=0.25,
    soft=0.08,
)
DARK = Theme(
    name="dark",
    page="#12161d",
    surfaces=("#12161d", "#181d26", "#1c222c"),
    far=WHITE,
    on_accent="#0d1626",
    strong=0.35,
    soft=0.12,
)


@dataclass(frozen=True, slots=True)
class Shades:
    """An accent colour in one theme.

    `strong` is for what the pointer is on, `soft` for areas, `on_accent` for text on the colour.
    """

    accent: str
    strong: str
    soft: str
    on_accent: str

    @classmethod
    def of(cls, accent: str, theme: Theme) -> Shades:
        """Return the shades of a colour (`#rrggbb`) in a theme."""
        return cls(
            accent=accent.lower(),
            strong=mixed(accent, theme.far, theme.strong),
            soft=mixed(theme.page, accent, theme.soft),
            on_accent=theme.on_accent,
        )

    def contrast(self, theme: Theme) -> float:
        """Return the least contrast of the colour with anything that it stands on, or behind."""
        behind = (*theme.surfaces, self.soft, self.on_accent)
        return min(contrast(self.accent, surface) for surface in behind)


def legible(accent: str, theme: Theme) -> str:
    """Return the colour, or the nearest shade of it that has enough contrast in a theme."""
    for step in range(_STEPS):
        shade = mixed(accent, theme.far, step / _STEPS)
        if Shades.of(shade, theme).contrast(theme) >= CONTRAST:
            return shade
    return theme.far


def stylesheet(accent: str, accent_dark: str) -> str:
    """Return the rules that put a product's colour in the place of ours.

    An empty `accent_dark` stands for the nearest shade that is legible in the dark theme.
    """
    light = Shades.of(accent, LIGHT)
    dark = Shades.of(accent_dark or legible(accent, DARK), DARK)
    pairs = {
        "accent": (light.accent, dark.accent),
        "accent-strong": (light.strong, dark.strong),
        "accent-soft": (light.soft, dark.soft),
        "on-accent": (light.on_accent, dark.on_accent),
    }
    rules = "".join(
        f"--{name}:light-dark({light},{dark});" for name, (light, dark) in pairs.items()
    )
    return f"@layer tokens{{:root{{{rules}}}}}\n"


def contrast(colour: str, other: str) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, contrast ratio)."""
    darker, lighter = sorted((_luminance(_rgb(colour)), _luminance(_rgb(other))))
    return (lighter + 0.05) / (darker + 0.05)


def mixed(colour: str, other: str, share: float) -> str:
    """Return a colour with a share of another, from 0 to 1."""
    pairs = zip(_rgb(colour), _rgb(other), strict=True)
    return "#" + "".join(f"{round(own * (1 - share) + its * share):02x}" for own, its in pairs)


def _rgb(colour: str) -> Rgb:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue


def _luminance(rgb: Rgb) -> float:
    """Return the relative luminance of a colour of sRGB (WCAG 2.2)."""
    parts = (value / 255 for value in rgb)
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4  # noqa: PLR2004
        for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
