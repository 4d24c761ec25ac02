"""A prompt that comes with somebody else's judge can neither stop nor fill the machine that renders it."""

import time

import pytest

from evalkit.errors import ConfigError
from evalkit.judge_spec import template
from evalkit.judge_spec.prompting import MAX_PROMPT_CHARS, check_prompt, render
from tests.judge_spec.test_prompting import PLAIN, question

MILLION = "{% set t = 'a' * 10 ** 6 %}"
BOMBS = {
    "{{ 'a' * 10**9 }}": "makes more than",
    "{{ 10**9 * 'a' }}": "makes more than",
    "{{ [1] * 10**9 }}": "on a list",
    "{{ 9 ** 9 ** 9 }}": "large power",
    "{{ 10 ** 15 ** 15 }}": "large power",
    "{% set ns = namespace(x=3) %}{% for i in range(99) %}{% set ns.x = ns.x * ns.x %}{% endfor %}": "too large",
    "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}": "makes more",
    "{% set ns = namespace(x='ab') %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}": "makes more",
    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = [ns.x, ns.x] %}{% endfor %}": "into another",
    "{% set ns = namespace(x=[1]) %}{% for i in range(99) %}{% set ns.x = ns.x + ns.x %}{% endfor %}": "on a list",
    "{% set ns = namespace(x=1) %}{% for i in range(99) %}{% set ns.x = {'a': ns, 'b': ns} %}{% endfor %}": "another",
    "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}": "steps",
    "{% for a in range(9999) %}{% for b in range(9999) %}{% set x = 1 %}{% endfor %}{% endfor %}": "steps",
    "{% for a in range(9999) %}{% for b in range(9999) if false %}{% endfor %}{% endfor %}": "steps",
    "{% for a in range(99999) %}" + "x" * 999 + "{% endfor %}": "makes more than",
    "{% for a in [1] recursive %}{{ loop([1]) }}{{ loop([1]) }}{% endfor %}": "recursive",
    "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}": "a prompt can",
    "{% call range(3) %}{% endcall %}": "cannot have this",
    "{% set x %}text{% endset %}": "cannot have this",
    "{{ lipsum(n=10**6) }}": "can call only",
    "{{ 'a'.ljust(10**9) }}": "can call only",
    "{{ 'a'.center(10**9) }}": "can call only",
    "{{ '{:999999999}'.format(1) }}": "can call only",
    "{{ '%999999999d' % 1 }}": "to format a text",
    "{{ 'a' | center(10**9) }}": "No filter named 'center'",
    "{{ '%999999999d' | format(1) }}": "No filter named 'format'",
    "{{ [1] | batch(10**9, 'x') | list }}": "No filter named 'batch'",
    "{{ 'a\nb' | indent(10**9) }}": "filter indent",
    "{{ [1] | tojson(indent=10**9) }}": "filter tojson",
    MILLION + "{{ ('a' * 999) | replace('a', t) }}": "makes more than",
    "{{ range(99999) | join('x' * 9999) }}": "makes more than",
    MILLION + "{{ [" + "t," * 999 + "] | join }}": "makes more than",
    MILLION + "{{ [" + "t," * 999 + "] | string }}": "makes more than",
    MILLION + "{{ " + "~".join(["t"] * 99) + " }}": "makes more than",
    MILLION + "{{ t }}" * 99: "makes more than",
    MILLION + "{{ t.split('a') | join(t) }}": "makes more than",
    "{{ [[1]] | sum(start=[]) }}": "into another",
    "{{ range(99999) | map('string') | list }}": "steps",
    "{{ [1] | map('string') | list }}": "shows a list",
    "{{ range(10 ** 9) }}": "Range too big",
    "{{ " + "(" * 5000 + "1" + ")" * 5000 + " }}": "nested too deeply",
    "{% if 1 %}" * 400 + "{% endif %}" * 400: "nested too deeply",
    "x" * (MAX_PROMPT_CHARS + 1): "the prompt has",
}


@pytest.mark.parametrize("bomb", BOMBS)
@pytest.mark.filterwarnings("ignore::SyntaxWarning")
def test_a_prompt_that_would_never_end_is_refused_in_one_line(bomb: str) -> None:
    before = time.thread_time()
    with pytest.raises(ConfigError) as raised:
        render(PLAIN.replace("{% endblock %}", bomb + "{% endblock %}"), question())
    assert BOMBS[bomb] in str(raised.value) and "\n" not in str(raised.value)
    assert time.thread_time() - before < 3


@pytest.mark.parametrize(
    ("shown", "expected"),
    [
        ("{% for x in range(3) %}{{ loop.index }}/{{ loop.length }} {% endfor %}", "1/3 2/3 3/3"),
        ("{% for k, v in {'a': 1, 'b': 2}.items() %}{{ k ~ v }} {% endfor %}", "a1 b2"),
        ("{% set ns = namespace(n=0) %}{% for x in [1, 2, 3] %}{% set ns.n = ns.n + x %}{% endfor %}{{ ns.n }}", "6"),
        ("{% with both = labels.first ~ labels.second %}{{ both | length }}{% endwith %}", "2"),
        ("{{ ['b', 'a'] | sort | map('upper') | join(', ') }}", "A, B"),
        ("{{ 'a b c'.split() | length }} {{ 2 ** 10 }} {{ 7 % 4 }} {{ '-' * 5 }}", "3 1024 3 -----"),
        ("{{ (1, 2) | sum }} {{ 'x' if turns > 1 else 'y' }} {{ nothing | default('d') }}", "3 y d"),
        ("{{ 'abc' | replace('b', 'x') | indent(2) }} {{ 'long text' | truncate(7) }}", "axc long text"),
    ],
)
def test_a_prompt_may_loop_count_and_join(shown: str, expected: str) -> None:
    content = render(PLAIN.replace("{% endblock %}", f"(({shown})){{% endblock %}}"), question())[-1].content
    found = " ".join(content.partition("((")[2].partition("))")[0].split())
    assert found == expected


def test_a_rendering_ends_when_its_time_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(template, "MAX_SECONDS", 0.0)
    with pytest.raises(ConfigError, match="takes more than 0 seconds"):
        render(PLAIN.replace("{% endblock %}", "{{ turns }}{% endblock %}"), question())


@pytest.mark.parametrize("piece", ["{#", "labels ", "{% ", "[[a", "{% block ", "labels.", "[[a>", "{{"])
def test_a_prompt_is_checked_when_it_is_loaded_in_a_time_that_grows_with_its_length(piece: str) -> None:
    prompt = "{% block user %}" + piece * ((MAX_PROMPT_CHARS - 100) // len(piece))
    before = time.thread_time()
    with pytest.raises(ConfigError):
        check_prompt(prompt, asks="pair", parser="bracket_label", labels=())
    with pytest.raises(ConfigError):
        render(prompt, question())
    assert time.thread_time() - before < 2
