"""What options take as numbers."""

import click
import pytest

from evalkit.cli.main import group as main


def commands(group: click.Group) -> list[click.Command]:
    with click.Context(group) as context:
        found = [group.get_command(context, name) for name in group.list_commands(context)]
    return [one for each in found if each for one in (commands(each) if isinstance(each, click.Group) else [each])]


NUMBERS = [
    pytest.param(option.type, id=f"{command.name} {option.opts[0]}")
    for command in commands(main)
    for option in command.params
    if isinstance(option.type, click.types.FloatParamType)
]


@pytest.mark.parametrize("type_", NUMBERS)
def test_no_option_takes_nan(type_: click.types.FloatParamType) -> None:
    with pytest.raises(click.BadParameter, match="nan is not a number"):
        type_("nan")


def test_there_are_numbers_to_refuse() -> None:
    assert len(NUMBERS) > 10
