"""evalkit judges: list judges, show one, and check that one answers."""

import asyncio
import dataclasses
import json

import click

from evalkit.api import judges
from evalkit.cli.help import CommandGroup, Title
from evalkit.cli.judges_ask import command as ask
from evalkit.cli.judges_evaluate import command as evaluate
from evalkit.cli.judging import judge_address_option
from evalkit.cli.notes import print_text
from evalkit.cli.options import json_option
from evalkit.clients import endpoint_of, open_client
from evalkit.engine import Pending
from evalkit.errors import ConfigError, Incomplete
from evalkit.judge_spec import judge_names, parser_of, read_judge
from evalkit.judging import Plan, candidate_preference, plan_place, pose
from evalkit.redaction import Redactor, redact_document
from evalkit.text import printable
from evalkit.types import (
    ChatReply,
    ChatRequest,
    Client,
    Closing,
    Comparison,
    Example,
    Grading,
    JudgeConfig,
    Order,
    Output,
    Rating,
    Unparsed,
)

PLAN = Plan("check", {}, 1, b"check")
SAMPLE_INSTRUCTION = "Name the capital of France."
SAMPLE_ANSWERS = {"right": "The capital of France is Paris.", "wrong": "The capital of France is Lyon."}


@click.group(
    "judges",
    cls=CommandGroup,
    usual="show",
    takes=lambda word: word.endswith((".yaml", ".yml")) or word in judge_names(),
    invoke_without_command=True,
    examples={
        "List the judges that ship with evalkit.": "evalkit judges",
        "See that a judge answers, before it is asked hundreds of times.": "evalkit judges check surface",
    },
)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the judges, show one, or check that one answers.

    Without a command, it lists them.
    """
    if ctx.invoked_subcommand is not None:
        return
    listed = judges()
    if as_json:
        click.echo(listed.to_json())
    else:
        print_text(str(listed))


@command.command(
    "show",
    examples={
        "Show a judge by its name.": "evalkit judges show alpaca_eval_2",
        "Print a judge's file with its prompt, to copy and change.": "evalkit judges show vllm --yaml",
    },
)
@click.argument("name")
@Title.SHOWN.option("--yaml", "as_yaml", is_flag=True,
                    help="Print the judge's file instead, with its prompt in it, to copy and change.")  # fmt: skip
def show(name: str, as_yaml: bool) -> None:
    """Print all of the judge NAME as JSON, its prompt included."""
    if as_yaml:
        click.echo(judges().yaml(name), nl=False)
    else:
        click.echo(json.dumps(redact_document(dataclasses.asdict(judges()[name]), Redactor()), indent=2))


@command.command(
    "check",
    examples={
        "Ask a judge that needs no network.": "evalkit judges check surface",
        "Ask one that gives grades.": "evalkit judges check surface_grade",
    },
)
@click.argument("name")
@Title.JUDGE.option("--judge-model", metavar="MODEL",
                    help="Ask this model instead of the one that the judge's file names.")  # fmt: skip
@judge_address_option
def check(name: str, judge_model: str | None, base_url: str | None) -> None:
    """Ask the judge NAME one question, and say how its reply was read."""
    config = read_judge(name, model=judge_model, base_url=base_url)
    posed = pose(_place(config), config, endpoint_of(config), PLAN)
    request = posed.request
    for message in request.messages:
        click.echo(f"[{message.role}]\n{message.content}\n")
    reply = asyncio.run(_answer(open_client(config), request))
    assert posed.slot.labels is not None and posed.slot.order is not None
    verdict = parser_of(config)(reply, posed.slot.labels)
    click.echo(f"reply: {printable(reply.text)!s}")
    if isinstance(verdict, Unparsed):
        raise Incomplete(f"judge {config.name!r} answered, but the reply holds no verdict: {verdict.reason}")
    if config.asks == "grade":
        if not isinstance(verdict, Rating):
            raise ConfigError(f"judge {name!r} asks for a grade, and its parser {config.parser!r} reads none")
        click.echo(f"grade of the right answer: {verdict.value:g} on a scale from {verdict.low:g} to {verdict.high:g}")
        return
    p_right = candidate_preference(verdict, posed.slot.order)
    click.echo(f"probability of the right answer: {p_right:.2f}")


async def _answer(client: Client, request: ChatRequest) -> ChatReply:
    try:
        return await client.complete(request)
    finally:
        if isinstance(client, Closing):
            await client.close()


def _place(config: JudgeConfig) -> Pending:
    """Return a question with an obvious answer; the candidate gives the right answer, shown second or alone."""
    example = Example("sample", (SAMPLE_INSTRUCTION,))
    right, wrong = (Output("sample", name, (text,)) for name, text in SAMPLE_ANSWERS.items())
    if config.asks == "grade":
        return plan_place(Grading(example, right), config, PLAN, Order.ALONE, 0)
    return plan_place(Comparison(example, wrong, right), config, PLAN, Order.BASELINE_FIRST, 0)


command.add_command(ask)
command.add_command(evaluate)
