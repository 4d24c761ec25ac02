import functools
import re
from xml.etree import ElementTree

import pytest

from evalkit.boards.build import build_boards
from evalkit.boards.metrics import Recipe
from evalkit.reporting.plots import PLOTS
from evalkit.reporting.plots.marks import SOFT
from evalkit.reporting.plots.palette import DARK, LIGHT, ROLES, role_of
from evalkit.reporting.plots.plot import Plot
from evalkit.reporting.svg import plot_svg
from tests.boards.test_build import entry
from tests.reporting.drawn import mixed_board

EVERY = pytest.mark.parametrize("name", list(PLOTS))
BOTH = pytest.mark.parametrize("page", [False, True], ids=["file", "page"])
PAINTED = re.compile(r"ek-(fill|stroke)-(" + "|".join(ROLES) + r")")


@functools.cache
def plotted(name: str) -> Plot:
    return PLOTS[name](mixed_board())


@functools.cache
def drawn(name: str, page: bool) -> str:
    return plot_svg(plotted(name), page=page)


def elements(text: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(text).iter())


@EVERY
@BOTH
def test_no_element_has_a_style_of_its_own_and_nothing_is_loaded(name: str, page: bool) -> None:
    text = drawn(name, page)
    for element in elements(text):
        assert "style" not in element.attrib
        for name, value in element.attrib.items():
            if name.endswith("href"):
                assert value.startswith("#ek-")
            assert "url(" not in value or value.startswith("url(#ek-")
    assert "<!" not in text and "<?" not in text and "<script" not in text and "metadata" not in text


@EVERY
@BOTH
def test_a_drawing_is_an_image_with_a_title_and_a_description(name: str, page: bool) -> None:
    text = drawn(name, page)
    root = ElementTree.fromstring(text)
    assert root.get("role") == "img"
    assert [child.tag.split("}")[-1] for child in root][:2] == ["title", "desc"]
    assert all(child.text for child in list(root)[:2])


@EVERY
@BOTH
def test_hostile_names_stay_text(name: str, page: bool) -> None:
    text = drawn(name, page)
    assert "</text>" in text and "\x1b" not in text and "\u202e" not in text and "\ufffe" not in text
    assert {one.tag.split("}")[-1] for one in elements(text)} <= {
        *("svg", "title", "desc", "style", "g", "defs", "path", "use", "text", "clipPath", "rect")
    }
    shown = [one.text or "" for one in elements(text) if one.tag.endswith("text")]
    assert any(one.startswith("</text><script>alert(1") for one in shown)
    assert "&lt;/text&gt;&lt;script&gt;alert(1)&lt;/script&gt;$x_1$" in text


@EVERY
def test_a_file_has_its_light_colours_written_out_and_dark_ones_for_every_class(name: str) -> None:
    text = drawn(name, page=False)
    (style,) = re.findall(r"<style>(.*?)</style>", text)
    assert style.startswith("@media screen and (prefers-color-scheme:dark){")
    for element in elements(text):
        for paint in ("fill", "stroke"):
            value = element.get(paint)
            if value is not None and value != "none":
                role = role_of(value)
                assert role is not None, value
                assert f"ek-{paint}-{role}" in element.get("class", "").split()
                assert f".ek-{paint}-{role}{{{paint}:{DARK[role]}}}" in style
    assert text.count("<style>") == 1 and 'width="' in text.split(">")[0]


def test_a_name_that_reads_like_a_colours_class_is_a_name() -> None:
    (board,) = build_boards([entry("ek-fill-none-such", 0.0)], Recipe())
    text = plot_svg(PLOTS["board"](board), page=False)
    assert "ek-fill-none-such</text>" in text and ".ek-fill-none" not in text


@EVERY
def test_a_page_has_classes_in_place_of_colours_and_a_size_of_its_own_choice(name: str) -> None:
    text = drawn(name, page=True)
    assert "<style" not in text and "#" not in re.sub(r'(href="|url\()#ek-', "", re.sub(r">[^<]*<", "><", text))
    root = text.split(">")[0]
    assert "viewBox=" in root and "width=" not in root and "xmlns" not in root and "font-family" not in text
    classes = {one for element in elements(text) for one in element.get("class", "").split()}
    assert classes and all(PAINTED.fullmatch(one) for one in classes)
    shapes = [one for one in elements(text) if one.tag in {"text", "path", "use"} and "ek-" not in one.get("class", "")]
    # what has no paint of its own is used or clips
    assert not any(one.tag == "text" for one in shapes)


def height_of(text: str) -> float:
    (box,) = re.findall(r'^<svg .*?viewBox="([^"]+)"', text)
    return float(box.split()[3])


@EVERY
def test_a_page_leaves_the_title_and_the_ground_to_its_own(name: str) -> None:
    words = re.findall(r"<text[^>]*>([^<]*)</text>", drawn(name, page=True))
    title = plotted(name).title
    assert title not in words and title in re.findall(r"<text[^>]*>([^<]*)</text>", drawn(name, page=False))
    assert height_of(drawn(name, page=True)) < height_of(drawn(name, page=False)) - 15


@EVERY
def test_every_tip_is_a_title_of_what_a_reader_points_at(name: str) -> None:
    for text in (drawn(name, page=False), drawn(name, page=True)):
        titles = [one.text for one in elements(text) if one.tag.endswith("title")][1:]
        assert sorted(map(str, titles)) == sorted(plotted(name).tips.values())
        pointed = [one for one in elements(text) if one.tag.endswith("}g") or one.tag == "g"]
        tipped = [one for one in pointed if len(one) and one[0].tag.endswith("title")]
        assert len(tipped) == len(titles) and all(len(one) > 1 for one in tipped)


def test_no_two_drawings_of_a_page_share_an_id_and_every_reference_leads_somewhere() -> None:
    seen: set[str] = set()
    for text in (drawn(name, page=True) for name in PLOTS):
        found = re.findall(r' id="([^"]+)"', text)
        assert len(set(found)) == len(found) and not seen & set(found)
        assert set(re.findall(r'href="#([^"]+)"', text)) <= set(found)
        assert set(re.findall(r"url\(#([^)]+)\)", text)) <= set(found)
        seen |= set(found)


def luminance(colour: str) -> float:
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    red, green, blue = (one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_every_colour_but_the_grids_is_legible_as_text_on_its_ground(palette: dict[str, str]) -> None:
    assert tuple(palette) == ROLES and len(set(palette.values())) == len(ROLES)
    for role in set(ROLES) - {"grid", "surface"}:
        assert contrast(palette[role], palette["surface"]) >= 4.5, role


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_a_bar_behind_a_dot_is_seen(palette: dict[str, str]) -> None:
    pairs = zip(*(bytes.fromhex(palette[role][1:]) for role in ("accent", "surface")), strict=True)
    mixed = "#" + bytes(round(SOFT * mark + (1 - SOFT) * ground) for mark, ground in pairs).hex()
    assert contrast(mixed, palette["surface"]) >= 3


# Machado, Oliveira and Fernandes 2009, full severity, for linear light
BLINDNESS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


# from linear red, green and blue to X, Y and Z as parts of the white
TO_WHITE = ((0.4339, 0.3762, 0.1899), (0.2126, 0.7152, 0.0722), (0.0177, 0.1095, 0.8729))


def seen(colour: str, blindness: str) -> list[float]:
    """The colour in CIELAB as somebody with the blindness sees it."""
    parts = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    x, y, z = (
        one ** (1 / 3) for one in times(TO_WHITE, [max(0.0, one) for one in times(BLINDNESS[blindness], linear)])
    )
    return [116 * y - 16, 500 * (x - y), 200 * (y - z)]


def times(matrix: tuple[tuple[float, ...], ...], vector: list[float]) -> list[float]:
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_rising_and_falling_are_told_apart_with_any_colour_vision(palette: dict[str, str], blindness: str) -> None:
    one, other = (seen(palette[role], blindness) for role in ("accent", "second"))
    assert sum((a - b) ** 2 for a, b in zip(one, other, strict=True)) ** 0.5 > 60
