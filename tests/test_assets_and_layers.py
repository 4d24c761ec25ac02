"""The shipped files are found, modules import downwards only, and starting up stays light."""

import ast
import importlib
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import evalkit
from docs.structure import door
from evalkit import assets
from evalkit.errors import ConfigError, UnknownName

PACKAGE = Path(evalkit.__file__).parent

# the rooms and single modules from the ground up; each imports from lower layers only
LAYERS = (
    "othernames",
    "redaction",
    "errors faults processes streams types",
    "assets documents files plugins stats text",
    "auditing judge_spec scaffold store",
    "formats",
    "catalog clients",
    "boards engine",
    "judging",
    "metaeval provenance",
    "sources",
    "gating",
    "reporting",
    "api",
    "cli",
    "__main__",
)
# the names that functions of the package have, or will have
FUNCTIONS = {
    "aannotate", "agenerate", "annotate", "audit", "benchmarks", "compare", "correlate", "evaluate_judges",
    "export_files", "forecast", "forecast_answers", "forecast_evaluation", "gate", "generate", "import_files",
    "judge", "judge_pair", "judges", "leaderboard", "metric", "model", "parser", "power", "ratings", "references",
    "releases", "report", "site", "verdicts", "verify", "win_rate_callback",
}  # fmt: skip
HEAVY = ("pandas", "numpy", "openai", "aiohttp", "sqlalchemy", "scipy", "sklearn", "statsmodels", "pyarrow", "datasets",
         "matplotlib", "httpx")  # fmt: skip


def modules() -> dict[str, Path]:
    """Every module of the package by dotted name."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = path
    return found


def within(module: str, *packages: str) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def room(module: str) -> str:
    """The folder, or the single module, that a module of the package stands in; the package itself is `evalkit`."""
    return module.removeprefix("evalkit.").partition(".")[0]


def layer(module: str) -> int:
    if module == "evalkit":
        return -1
    found = [place for place, rooms in enumerate(LAYERS) if room(module) in rooms.split()]
    assert found, f"{module} has no layer: give its room one in {Path(__file__).name}"
    return found[0]


def edges() -> Iterator[tuple[str, str, int]]:
    """Importing module, imported module and line, for every import of ours, at the top or inside a function."""
    known = modules()
    for importer, path in known.items():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                targets = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{importer}:{node.lineno} imports by a relative name"
                base = node.module or ""
                inner = [f"{base}.{alias.name}" for alias in node.names]
                targets = [name if name in known else base for name in inner]
            else:
                continue
            yield from ((importer, target, node.lineno) for target in targets if target.split(".")[0] == "evalkit")


def test_a_room_imports_only_from_lower_layers_so_that_no_two_rooms_import_each_other() -> None:
    assert len(list(edges())) > 50
    assert [
        f"{importer}:{line} (layer {layer(importer)}) imports {target} (layer {layer(target)})"
        for importer, target, line in edges()
        if room(importer) != room(target) and layer(target) >= layer(importer)
    ] == []


def test_at_the_top_stand_few_boxes_and_none_has_the_name_of_a_function() -> None:
    rooms = {room(module) for module in modules()} - {"evalkit"}
    single = {name for name in rooms if (PACKAGE / f"{name}.py").is_file()}
    assert len(single) <= 12
    assert len(rooms - single) <= 19
    # an imported submodule would take the place of a function of its name
    assert rooms.isdisjoint(FUNCTIONS)
    assert {name for name in evalkit.__all__ if name.islower()} <= FUNCTIONS


def test_every_public_name_stays_what_it_is_when_all_modules_are_imported() -> None:
    for module in modules():
        if module != "evalkit.__main__":
            importlib.import_module(module)
    assert all(callable(getattr(evalkit, name)) for name in evalkit.__all__)


def test_nobody_imports_the_command_line_but_its_entry() -> None:
    assert [
        f"{importer}:{line} imports {target}"
        for importer, target, line in edges()
        if within(target, "evalkit.cli") and not within(importer, "evalkit.cli", "evalkit.__main__")
    ] == []


def test_statistics_know_neither_judges_nor_stores_nor_files() -> None:
    closed = ("evalkit.clients", "evalkit.store", "evalkit.formats")
    assert [
        f"{importer}:{line} imports {target}"
        for importer, target, line in edges()
        if within(importer, "evalkit.stats") and within(target, *closed)
    ] == []


def test_no_two_modules_import_each_other() -> None:
    needs: dict[str, set[str]] = {name: set() for name in modules()}
    for importer, target, _ in edges():
        needs[importer].add(target)
    while ready := [name for name, targets in needs.items() if not targets & needs.keys()]:
        for name in ready:
            del needs[name]
    assert needs == {}


@pytest.mark.parametrize(
    "code",
    [
        "import evalkit.cli.main",
        "from evalkit.cli.main import group; group.main(['--help'], standalone_mode=False)",
        "from evalkit.cli.main import group; group.main(['--version'], standalone_mode=False)",
        "import evalkit",
        "import evalkit; dir(evalkit); evalkit.EvalkitError; hasattr(evalkit, 'nothing')",
    ],
    ids=["import", "help", "version", "package", "names"],
)
def test_starting_up_imports_nothing_heavy(code: str, tmp_path: Path) -> None:
    report = f"print(sorted(set(sys.modules) & set({HEAVY!r})))"
    program = f"import sys\ntry:\n    exec({code!r})\nexcept SystemExit as end:\n    assert not end.code\n{report}"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("kind", "suffix"),
    [("annotators", ".yaml"), ("prompts", ".jinja"), ("leaderboards", ".yaml"), ("leaderboards/human", ".csv")],
)
def test_every_kind_of_shipped_file_is_there_and_sorted(kind: str, suffix: str) -> None:
    names = assets.names(kind, suffix)
    assert names and names == sorted(names)
    assert all(assets.find(kind, name, suffix, noun="thing").is_file() for name in names)


def test_a_missing_folder_says_that_the_installation_is_incomplete() -> None:
    with pytest.raises(ConfigError, match="the shipped folder 'nothing' is missing from this installation"):
        assets.folder("nothing")


def test_a_path_goes_before_a_shipped_name_and_never_falls_back_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError, match="no such judge file"):
        assets.find("annotators", "longest.yaml", ".yaml", noun="judge")
    (tmp_path / "longest.yaml").write_text("mine", encoding="utf-8")
    assert assets.find("annotators", "longest.yaml", ".yaml", noun="judge") == Path("longest.yaml")
    assert assets.find("annotators", "longest", ".yaml", noun="judge").parent == assets.folder("annotators")


@pytest.mark.parametrize("name", ["", ".", "..", "longest.yml"])
def test_a_name_cannot_leave_the_shipped_folder(name: str) -> None:
    with pytest.raises(UnknownName, match="unknown judge"):
        assets.find("annotators", name, ".yaml", noun="judge")


DOORS = sorted(path.parent.name for path in PACKAGE.glob("*/__init__.pyi"))


def test_every_room_has_a_door() -> None:
    rooms = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert rooms - set(DOORS) == {"cli", "scaffold"}


@pytest.mark.parametrize("name", DOORS)
def test_a_door_gives_every_name_of_its_stub(name: str) -> None:
    given = importlib.import_module(f"evalkit.{name}")
    assert given.__all__ == sorted(door(name)) and all(hasattr(given, one) for one in given.__all__)


def test_a_name_that_a_door_gives_is_taken_through_it() -> None:
    assert [
        f"{importer}:{node.lineno}: {alias.name}: import it from evalkit.{room(node.module)}"
        for importer, path in modules().items()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.count(".") > 1
        for alias in node.names
        if room(node.module) != room(importer) and alias.name in door(room(node.module))
    ] == []
