"""Measures the structure of the package.

Usage: `python -m docs.structure` prints the figures that docs/architecture.md holds.
"""

import ast
import inspect
from collections import Counter
from collections.abc import Container, Iterator, KeysView, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import click

import evalkit
from evalkit.cli.main import COMMANDS, group

PACKAGE = Path(evalkit.__file__).parent
MANY_IMPORTS = 10


@dataclass(frozen=True, slots=True)
class Module:
    """A module by its dotted name below the package, with what it imports, and its public classes.

    `imports` are modules, and rooms of which it takes names through their doors; `loads` are modules alone.
    """

    name: str
    imports: frozenset[str]
    loads: frozenset[str]
    classes: tuple[str, ...]

    @property
    def folder(self) -> str:
        return self.name.partition(".")[0]


def main() -> None:
    for name, figure in figures().items():
        print(f"{name:58} {figure}")


def figures() -> dict[str, str]:
    """Every figure of the structure by its name, in the order in which docs/architecture.md has them."""
    found = modules()
    top = {one.folder for one in found.values()}
    folders = {name for name in top if (PACKAGE / name).is_dir()}
    circles = [circle for circle in circles_of(folder_imports(found)) if len(circle) > 1]
    many = [one.name for one in found.values() if len(one.imports) > MANY_IMPORTS]
    parameters = {name: command_parameters(name) for name in COMMANDS}
    largest = max(parameters, key=parameters.__getitem__)
    chain = longest_chain(found)
    doubles = sorted(
        name for name, count in Counter(c for one in found.values() for c in one.classes).items() if count > 1
    )
    return {
        "modules at the top": str(len(top - folders)),
        "folders at the top": str(len(folders)),
        "folders that import each other in a circle": "; ".join(", ".join(sorted(one)) for one in circles) or "none",
        f"modules with more than {MANY_IMPORTS} imports of ours": str(len(many)),
        "largest command's parameters": f"{parameters[largest]} ({largest})",
        "imports of ours in cli/gate": str(len(found["cli.gate"].imports)),
        "type names with two meanings": f"{len(doubles)}: {', '.join(doubles)}" if doubles else "0",
        "longest chain of imports": f"{len(chain)}: {' > '.join(chain)}",
    }


@cache
def modules() -> Mapping[str, Module]:
    paths = {_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
    return {name: _module(name, path, paths.keys()) for name, path in paths.items()}


def _name(path: Path) -> str:
    return ".".join(path.relative_to(PACKAGE).with_suffix("").parts).removesuffix(".__init__")


def _module(name: str, path: Path, known: KeysView[str]) -> Module:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_")]
    targets = {target for node in ast.walk(tree) for target in _targets(node, known)}
    loads = {behind for node in ast.walk(tree) for behind in _behind(node)} | (targets & known)
    return Module(name, frozenset(targets - {name}), frozenset(loads - {name}), tuple(classes))


def _targets(node: ast.AST, known: Container[str]) -> Iterator[str]:
    """The modules of ours that an import statement names."""
    if isinstance(node, ast.Import):
        dotted = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom) and node.module:
        given = door(node.module.removeprefix("evalkit."))
        inner = [node.module if alias.name in given else f"{node.module}.{alias.name}" for alias in node.names]
        dotted = [one if one.removeprefix("evalkit.") in known else node.module for one in inner]
    else:
        return
    yield from (one.removeprefix("evalkit.") for one in dotted if one.startswith("evalkit."))


def _behind(node: ast.AST) -> Iterator[str]:
    """The modules behind the names that an import statement takes through a room's door."""
    if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("evalkit."):
        room = node.module.removeprefix("evalkit.")
        names = door(room)
        yield from (names[alias.name] for alias in node.names if alias.name in names)


@cache
def door(room: str) -> Mapping[str, str]:
    """The names that a room gives to others, each with the module that has it; none for a room without a stub."""
    stub = PACKAGE / room / "__init__.pyi"
    if not stub.exists():
        return {}
    parts = [node for node in ast.parse(stub.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return {alias.name: f"{room}.{node.module}" for node in parts for alias in node.names}


def folder_imports(found: Mapping[str, Module]) -> dict[str, set[str]]:
    """The folders, and single modules, that each imports from."""
    needs: dict[str, set[str]] = {one.folder: set() for one in found.values()}
    for one in found.values():
        needs[one.folder] |= {target.partition(".")[0] for target in one.imports} - {one.folder}
    return needs


def circles_of(needs: Mapping[str, set[str]]) -> list[set[str]]:
    """The sets of names that reach each other, by what each reaches."""
    reach = {name: _reached(name, needs) for name in needs}
    circles: list[set[str]] = []
    for name in needs:
        circle = {other for other in reach[name] if name in reach[other]} | {name}
        if circle not in circles:
            circles.append(circle)
    return circles


def _reached(name: str, needs: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = [name]
    while waiting:
        for target in needs.get(waiting.pop(), set()) - seen:
            seen.add(target)
            waiting.append(target)
    return seen


def longest_chain(found: Mapping[str, Module]) -> list[str]:
    """The longest chain of modules of which each imports the next."""

    @cache
    def chain(name: str) -> tuple[str, ...]:
        further = [chain(target) for target in sorted(found[name].loads) if target in found]
        longest: tuple[str, ...] = max(further, key=len, default=())
        return (name, *longest)

    longest: tuple[str, ...] = max(map(chain, found), key=len)
    return list(longest)


def command_parameters(name: str) -> int:
    """The parameters of the command's function; of a group, those of its largest command."""
    command = group.get_command(click.Context(group), name)
    assert command is not None
    inner = list(command.commands.values()) if isinstance(command, click.Group) else [command]
    return max(len(inspect.signature(inspect.unwrap(one.callback)).parameters) for one in inner if one.callback)


if __name__ == "__main__":
    main()
