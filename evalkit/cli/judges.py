"""evalkit judges: list, show and check."""

import asyncio
import dataclasses
import json

import click

from evalkit.cli.options import json_option
from evalkit.clients.builtin import client_kind
from evalkit.config import judge_names, read_judge
from evalkit.errors import Incomplete
from evalkit.judge import build_request, candidate_preference
from evalkit.parsers import find_parser
from evalkit.prompting import ask
from evalkit.report.tables import values_table
from evalkit.report.text import printable
from evalkit.types import ChatReply, ChatRequest, Client, Closing, Comparison, Example, Order, Output, Unparsed

SAMPLE_INSTRUCTION = "Name the capital of France."
SAMPLE_ANSWERS = {"right": "The capital of France is Paris.", "wrong": "The capital of France is Lyon."}


@click.group("judges", invoke_without_command=True)
@json_option
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the judges, show one, or check that one answers."""
    if ctx.invoked_subcommand is not None:
        return
    configs = [read_judge(name) for name in judge_names()]
    if as_json:
        click.echo(json.dumps([{"name": one.name, "client": one.client, "model": one.model, "parser": one.parser,
                                "orders": one.orders, "digest": one.digest} for one in configs], indent=2))  # fmt: skip
        return
    rows = [
        {"judge": one.name, "client": one.client, "model": one.model, "parser": one.parser, "what": one.description}
        for one in configs
    ]
    click.echo(values_table(rows), nl=False)


@command.command("show")
@click.argument("name")
def show(name: str) -> None:
    """Print all of a judge as JSON, its prompt included."""
    click.echo(json.dumps(dataclasses.asdict(read_judge(name)), indent=2))


@command.command("check")
@click.argument("name")
@click.option("--judge-model", metavar="MODEL", help="Ask another model than the judge's file names.")
def check(name: str, judge_model: str | None) -> None:
    """Render the prompt, ask one question, and say what the reply was read as."""
    config = read_judge(name, model=judge_model)
    kind = client_kind(config.client)
    question = ask(_sample(), Order.BASELINE_FIRST, repeat=0, secret=b"check", tie=config.tie)
    request = build_request(question, config, kind.endpoint(config))
    for message in request.messages:
        click.echo(f"[{message.role}]\n{message.content}\n")
    reply = asyncio.run(_answer(kind.open(config), request))
    verdict = find_parser(config.parser, config.parser_options)(reply, question.labels)
    click.echo(f"reply: {printable(reply.text)!s}")
    if isinstance(verdict, Unparsed):
        raise Incomplete(f"judge {config.name!r} answered, but the reply holds no verdict: {verdict.reason}")
    p_right = 1 - candidate_preference(verdict, question.order)
    click.echo(f"probability of the right answer: {p_right:.4f}")


async def _answer(client: Client, request: ChatRequest) -> ChatReply:
    try:
        return await client.complete(request)
    finally:
        if isinstance(client, Closing):
            await client.close()


def _sample() -> Comparison:
    right, wrong = (Output("sample", name, (text,)) for name, text in SAMPLE_ANSWERS.items())
    return Comparison(Example("sample", (SAMPLE_INSTRUCTION,)), right, wrong)
