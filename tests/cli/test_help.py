"""Help shows examples that run and options under titles, and a slip is told what was meant."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from evalkit.catalog import read_reference
from evalkit.cli.help import ONLY_TITLE, CommandGroup, Helpful, Title
from evalkit.cli.main import COMMANDS, TITLED_COMMANDS, group
from tests.cli.running import evalkit

REPOSITORY = Path(__file__).parents[2]
OUTPUTS = [f"examples/outputs/{name}.json" for name in ("careful", "wordy", "terse")]
MODEL = "client: openai\nmodel: small\nbase_url: http://127.0.0.1:9/v1\n"
FEWEST_TO_LEARN_FROM = 20
# a command of more options needs titles
FEW = 8


def contexts(command: click.Command, name: str, above: click.Context | None) -> Iterator[click.Context]:
    context = click.Context(command, info_name=name, parent=above, **command.context_settings)
    yield context
    if isinstance(command, CommandGroup):
        for below, found in command.below(context):
            yield from contexts(found, below, context)


CONTEXTS = {one.command_path: one for one in contexts(group, "evalkit", None)}
# what loads from a hub has no example that runs without a network
# these need a hub, a file of another tool, or a key
BARE = ("evalkit benchmarks fetch", "evalkit store published", "evalkit store seal")
OFFLINE = [path for path in CONTEXTS if path not in BARE]


def helpful(path: str) -> Helpful:
    command = CONTEXTS[path].command
    assert isinstance(command, Helpful)
    return command


def shown(title: str, help_text: str) -> str:
    """What stands below a title of a help text."""
    return help_text.partition(f"\n{title}:\n")[2].partition("\n\n")[0]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples, judged, and the files of their own that examples name."""
    folder = tmp_path_factory.mktemp("judged")
    (folder / "examples").symlink_to(REPOSITORY / "examples")
    assert evalkit("annotate", *OUTPUTS, "--benchmark", "example", cwd=folder).returncode == 0
    assert evalkit("store", "export", "store.jsonl.gz", cwd=folder).returncode == 0
    (folder / "model.yaml").write_text(MODEL)
    scores = list(read_reference("arena_elo_20240418").scores.items())
    for board in ("board", "a", "b"):
        (folder / f"{board}.csv").write_text("model,score\n" + "".join(f"{model},{score}\n" for model, score in scores))
    return folder


@pytest.fixture
def folder(judged: Path, tmp_path: Path) -> Path:
    """A copy to write into."""
    return shutil.copytree(judged, tmp_path / "copy", symlinks=True)


def judge_more(folder: Path) -> None:
    """Put verdicts on further models of the example into the store: of the three with other names."""
    texts = {path.stem: path.read_text() for path in map(folder.joinpath, OUTPUTS)}
    for model, text in texts.items():
        for number in range(FEWEST_TO_LEARN_FROM // len(texts) + 1):
            (folder / f"{model}-{number}.json").write_text(text.replace(f'"{model}"', f'"{model}-{number}"'))
    done = evalkit("annotate", *folder.glob("*-*.json"), "--benchmark", "example", "--audit", "off", cwd=folder)
    assert done.returncode == 0


def words(line: str) -> list[str]:
    """The words that a shell makes of a line."""
    done = subprocess.run(["bash", "-c", f"printf '%s\\n' {line}"], capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


@pytest.mark.parametrize("path", OFFLINE)
def test_the_examples_of_a_command_run(path: str, folder: Path) -> None:
    if path == "evalkit benchmarks learn":
        judge_more(folder)
    examples = helpful(path).examples
    assert len(examples) == 2
    for does, line in examples.items():
        assert does.endswith(".")
        program, *arguments = words(line)
        assert program == "evalkit"
        done = evalkit(*arguments, cwd=folder, COLUMNS="80")
        assert done.returncode == 0, f"{line}\n{done.stderr}"
        assert done.stdout or "--out" in arguments, line


def test_an_example_of_a_command_calls_it() -> None:
    for path in OFFLINE:
        assert any(f"{line} ".startswith(f"{path} ") for line in helpful(path).examples.values()), path


@pytest.mark.parametrize("path", [path for path in CONTEXTS if path != "evalkit"])
def test_a_command_with_many_options_has_five_that_stand_first_and_titles_for_the_others(path: str) -> None:
    titled = helpful(path).titled(CONTEXTS[path])
    options = [one for some in titled.values() for one in some]
    assert len(options) == len(set(options))
    if len(options) <= FEW:
        assert list(titled) == [ONLY_TITLE]
    else:
        first, *others = titled
        assert first == Title.USED_MOST.value
        assert [one.opts[0] for one in titled[first]] == list(helpful(path).used_most)
        assert len(titled[first]) == 5
        assert others[-1] == Title.HELP.value
        assert ["--help" in one.opts for one in titled[others[-1]]] == [True]


def test_the_help_of_every_option_is_one_sentence_that_says_what_to_do() -> None:
    options = {(path, *one.opts): one for path in CONTEXTS for one in helpful(path).params}
    for named, one in options.items():
        if isinstance(one, click.Option):
            said = (one.help or "").partition(" [default:")[0]
            assert said.endswith("."), named
            assert ". " not in said, named
            assert said.split()[0] not in {"And", "How", "Of", "So", "What", "Where", "Which", "Who", "Whose"}, named


def test_a_command_begins_with_what_it_does_in_one_line() -> None:
    firsts = {path: (helpful(path).help or "").partition("\n")[0] for path in CONTEXTS}
    assert [path for path, first in firsts.items() if not first.endswith(".")] == []


def test_examples_stand_before_options_and_those_used_most_before_the_others(tmp_path: Path) -> None:
    said = evalkit("gate", "--help", cwd=tmp_path, COLUMNS="80").stdout
    titles = ["Examples", "Used most", "The threshold", "What is judged", "Limits", "Files and output", "Help"]
    places = [said.index(f"\n{title}:\n") for title in titles]
    assert places == sorted(places)
    assert "  --min PERCENT" in shown("Used most", said)
    assert "  --margin POINTS" in shown("The threshold", said)
    # descriptions begin in one column, whatever they stand under
    assert len({len(line) - len(line[25:].lstrip()) for line in said.splitlines() if "Stop " in line}) == 1


@pytest.mark.parametrize("path", CONTEXTS)
def test_help_fits_an_ordinary_terminal_and_its_examples_are_still_what_a_shell_takes(path: str) -> None:
    context = click.Context(helpful(path), info_name=path, terminal_width=80)
    said = helpful(path).get_help(context)
    assert max(map(len, said.splitlines())) <= 80
    lines = shown("Examples", said).replace("\\\n", " ").splitlines()
    assert [" ".join(one.split()) for one in lines if "#" not in one] == list(helpful(path).examples.values())


def test_a_wide_terminal_is_used(tmp_path: Path) -> None:
    widest = [
        max(map(len, evalkit("gate", "--help", cwd=tmp_path, COLUMNS=str(columns)).stdout.splitlines()))
        for columns in (80, 120, 300)
    ]
    assert widest[0] <= 80 < widest[1] <= 110
    assert widest[1] == widest[2]


def test_the_commands_stand_under_titles_in_the_help(tmp_path: Path) -> None:
    said = evalkit("--help", cwd=tmp_path, COLUMNS="80").stdout
    for title, commands in TITLED_COMMANDS.items():
        rows = shown(title, said).splitlines()
        assert [row.split()[0] for row in rows] == list(commands), "a line of its own for each"
    assert sum(map(len, TITLED_COMMANDS.values())) == len(COMMANDS)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("anotate", "evalkit has no command 'anotate'. Did you mean: evalkit annotate"),
        ("anotate x.json --limit 3", "Did you mean: evalkit annotate x.json --limit 3"),
        ("leaderbord results", "Did you mean: evalkit leaderboard results"),
        ("judge surface", "Did you mean: evalkit judges surface"),
        ("nonsense", "evalkit has no command 'nonsense'. evalkit --help lists its commands"),
        ("annotate x --benchmrk y", "unknown option '--benchmrk' of evalkit annotate. Did you mean --benchmark?"),
        ("annotate x --zzz", "unknown option '--zzz' of evalkit annotate. evalkit annotate --help lists its options"),
        ("annotate x --no-shortcat", "Did you mean --no-shortcut?"),
        # a former name is not suggested, and who comes near it is told the name that it has now
        ("leaderboard --bord x", "unknown option '--bord' of evalkit leaderboard. Did you mean --benchmark?"),
        ("store", "evalkit store needs one of its commands: evalkit store check|export|gc|import|published|seal|stats"),
        (
            "store x.db",
            "evalkit store has no command 'x.db'. It has evalkit store check|export|gc|import|published|seal|stats",
        ),
        ("store cehck --json", "evalkit store has no command 'cehck'. Did you mean: evalkit store check --json"),
        ("audit", "evalkit audit needs its command: evalkit audit outputs [OPTIONS] OUTPUTS..."),
        ("audit x.jsonl", "evalkit audit has no command 'x.jsonl'. Did you mean: evalkit audit outputs x.jsonl"),
        ("audit output.json", "Did you mean: evalkit audit outputs output.json"),
        ("audit 'two words.json'", "Did you mean: evalkit audit outputs 'two words.json'"),
        ("audit --key id x.json", "Did you mean: evalkit audit outputs --key id x.json"),
        ("audit --kye id x.json", "unknown option '--kye' of evalkit audit. evalkit audit --help lists its options"),
        ("judges surface", "evalkit judges has no command 'surface'. Did you mean: evalkit judges show surface"),
        ("judges shwo surface", "Did you mean: evalkit judges show surface"),
        ("gate", "evalkit gate needs CANDIDATE: evalkit gate [OPTIONS] CANDIDATE"),
        ("annotate", "evalkit annotate needs OUTPUTS: evalkit annotate [OPTIONS] OUTPUTS..."),
        (
            "correlate x.csv",
            "evalkit correlate needs --reference NAME|FILE. evalkit correlate --help says what it is for",
        ),
        ("demo more", "evalkit demo has no place for more: evalkit demo [OPTIONS]"),
        ("annotate x --limit", "--limit needs a value"),
        ("annotate x --limit 0", "--limit: 0 is not in the range x>=1"),
        ("annotate x --limit few", "--limit: 'few' is not a whole number"),
        ("annotate x --orders three", "--orders: 'three' is not one of 'one', 'both'"),
        ("verify nowhere", "nowhere: no such file or folder"),
        ("benchmarks example", "Did you mean: evalkit benchmarks show example"),
    ],
)
def test_a_slip_is_told_what_was_meant_in_one_line(line: str, meant: str, tmp_path: Path) -> None:
    done = evalkit(*words(line), cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("evalkit: error: ")
    assert done.stderr.removesuffix("\n").endswith(meant)
    assert done.stderr.count("\n") == 1


def test_what_was_mistyped_is_printed_harmlessly(tmp_path: Path) -> None:
    said = evalkit("audit", "\x1b[2J\u202e.json", cwd=tmp_path).stderr
    assert not {"\x1b", "\u202e"} & set(said)


@pytest.mark.parametrize("name", ["benchmarks", "judges", "prompts", "references"])
def test_what_lists_without_a_command_still_lists(name: str, tmp_path: Path) -> None:
    done = evalkit(name, cwd=tmp_path)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 3


def test_without_anything_the_help_is_shown(tmp_path: Path) -> None:
    done = evalkit(cwd=tmp_path)
    assert done.returncode == 2
    assert "Start here:" in done.stderr
