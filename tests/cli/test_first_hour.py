"""Two commands as they are typed in an empty folder: what they choose where nothing is named, and what they say."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.cli.running import Done, evalkit
from tests.rig import REPOSITORY, MockJudge, mock_judge, write_outputs

EXAMPLE = REPOSITORY / "examples" / "outputs"
N = 12
HUB_FILE = "/datasets/tatsu-lab/alpaca_eval/resolve/main/alpaca_eval_gpt4_baseline.json"


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockJudge]:
    with mock_judge(tmp_path_factory.mktemp("judge")) as running:
        yield running


def keys(judge: MockJudge) -> dict[str, str]:
    return {"OPENAI_API_KEY": "k", "OPENAI_BASE_URL": judge.url}


def placed(folder: Path, model: str, name: str) -> Path:
    """A model's outputs under a name that people give such a file."""
    return write_outputs(folder, model, N).rename(folder / name)


def first_line(done: Done) -> str:
    return done.stderr.splitlines()[0]


def test_with_a_key_the_judge_that_reads_is_asked_and_says_what_it_takes(tmp_path: Path, judge: MockJudge) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    before = len(judge.ledger())
    done = evalkit("annotate", "outputs.json", cwd=tmp_path, **keys(judge))
    assert done.returncode == 0, done.stderr
    assert first_line(done).startswith(
        "note: judge alpaca_eval_2: as OPENAI_API_KEY is set. The offline one is --judge"
    )
    assert f"note: mine, alpaca_eval_2: {N} requests, 0 stored; about " in done.stderr and "about $0.0" in done.stderr
    assert "note: benchmark outputs: a set of your own" in done.stderr
    assert "note: baseline baseline.json: beside the outputs" in done.stderr
    assert len(judge.ledger()) - before == N
    board = evalkit("leaderboard", cwd=tmp_path)
    assert board.returncode == 0 and board.stdout.startswith("alpaca_eval_2, against base, ranked by"), board.stderr
    # nothing is paid for twice, and a gate takes the judge that has judged the model, also without its key at hand
    gate = evalkit("gate", "outputs.json", "--min", "1", "--min-n", "2", cwd=tmp_path, **keys(judge))
    assert first_line(gate).startswith("note: judge alpaca_eval_2: it has judged mine before.")
    assert "nothing to ask" in gate.stderr and len(judge.ledger()) - before == N


def test_a_base_url_alone_chooses_the_judge_too(tmp_path: Path, judge: MockJudge) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    done = evalkit("annotate", "outputs.json", cwd=tmp_path, OPENAI_BASE_URL=judge.url)
    assert done.returncode == 0 and first_line(done).startswith("note: judge alpaca_eval_2: as OPENAI_BASE_URL is set.")


def test_without_a_key_the_offline_judge_says_how_to_get_the_other(tmp_path: Path) -> None:
    placed(tmp_path, "mine", "outputs.json")
    alone = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert (alone.returncode, alone.stdout, alone.stderr.count("\n")) == (2, "", 1)
    assert "outputs.json: nothing to compare with" in alone.stderr and "Give --baseline FILE" in alone.stderr
    placed(tmp_path, "base", "baseline.json")
    done = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert first_line(done).startswith("note: judge surface: offline, it looks at style only, as OPENAI_API_KEY is not")
    assert "--judge alpaca_eval_2" in first_line(done)
    assert evalkit("leaderboard", cwd=tmp_path).returncode == 0


def test_a_named_judge_is_taken_whatever_the_environment_says(tmp_path: Path, judge: MockJudge) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    before = len(judge.ledger())
    for more, settings in ((["--judge", "surface"], ""), ([], '[annotate]\njudge = ["surface"]\n')):
        (tmp_path / "evalkit.toml").write_text(settings)
        done = evalkit("annotate", "outputs.json", *more, cwd=tmp_path, **keys(judge))
        assert done.returncode == 0 and "mine against base, judge surface" in done.stdout
    assert first_line(done).startswith("note: judge surface: as evalkit.toml says.")
    assert len(judge.ledger()) == before


def test_the_example_is_told_from_its_instructions_and_brings_its_baseline(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_bytes((EXAMPLE / "careful.json").read_bytes())
    done = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert done.returncode == 0 and "note: benchmark example: told from the instructions" in done.stderr
    assert json.loads((tmp_path / "results/careful/surface/run.json").read_text())["benchmark"] == "example"
    assert "careful" in evalkit("leaderboard", cwd=tmp_path).stdout


def test_a_second_model_joins_the_set_and_the_baseline_of_the_first(tmp_path: Path) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    assert evalkit("annotate", "outputs.json", cwd=tmp_path).returncode == 0
    (tmp_path / "baseline.json").unlink()
    placed(tmp_path, "second", "other.json")
    done = evalkit("annotate", "other.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "note: benchmark outputs: as before" in done.stderr and "second against base, judge surface" in done.stdout
    board = json.loads(evalkit("leaderboard", "--json", cwd=tmp_path).stdout)["boards"]
    assert [sorted(row["model"] for row in one["rows"]) for one in board] == [["mine", "second"]]
    # a model of the store is a baseline by its name
    named = evalkit("annotate", "other.json", "--baseline", "mine", cwd=tmp_path)
    assert named.returncode == 0 and "second against mine, judge surface" in named.stdout


def test_several_benchmarks_are_listed_and_none_is_guessed(tmp_path: Path) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    assert evalkit("annotate", "outputs.json", cwd=tmp_path).returncode == 0
    assert evalkit("annotate", "outputs.json", "--benchmark", "round-2", cwd=tmp_path).returncode == 0
    for command in (
        ["leaderboard"],
        ["compare", "mine", "base"],
        ["report"],
        ["ratings"],
        ["gate", "mine", "--min", "1"],
    ):
        done = evalkit(*command, cwd=tmp_path)
        assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1), done.stderr
        assert "outputs (1 model), round-2 (1 model). Choose one: --benchmark outputs" in done.stderr
    assert evalkit("leaderboard", "--benchmark", "round-2", cwd=tmp_path).returncode == 0
    again = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert again.returncode == 2 and "are of outputs and of round-2" in again.stderr


@pytest.mark.parametrize("name", ["alpaca_evl", "alpaca", "alpaca-eval", "mt_bnch", "exmaple"])
def test_a_mistyped_benchmark_is_not_taken_for_a_new_one(tmp_path: Path, name: str) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    done = evalkit("annotate", "outputs.json", "--benchmark", name, cwd=tmp_path)
    assert done.returncode == 2 and f"unknown benchmark '{name}'. Did you mean '" in done.stderr


def test_instructions_of_a_benchmark_beside_others_are_not_guessed_at(tmp_path: Path) -> None:
    rows = json.loads((EXAMPLE / "careful.json").read_text())
    mixed = [*rows[:20], *({**row, "instruction": f"Own {number}?"} for number, row in enumerate(rows[:20]))]
    (tmp_path / "outputs.json").write_text(json.dumps(mixed))
    done = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert done.returncode == 2 and "20 of 40 instructions are of example. Say which is meant" in done.stderr


def test_a_benchmark_in_a_file_is_known_by_its_name_afterwards(tmp_path: Path) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    (tmp_path / "sets").mkdir()
    (tmp_path / "sets" / "ours.yaml").write_text("description: Ours.\nstyle: arena_hard\njudge: surface\n")
    done = evalkit("annotate", "outputs.json", "--benchmark", "sets/ours.yaml", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    boards = [evalkit("leaderboard", *more, cwd=tmp_path).stdout
              for more in ([], ["--benchmark", "ours"], ["--benchmark", "sets/ours.yaml"])]  # fmt: skip
    assert boards[0] == boards[1] == boards[2] and "style win rate" in boards[0]
    assert evalkit("report", "--benchmark", "sets/ours.yaml", "--out", "r.html", cwd=tmp_path).returncode == 0
    page = (tmp_path / "r.html").read_text()
    assert "<title>ours</title>" in page and "ours.yaml" not in page


def test_a_missing_file_of_a_gate_is_said_to_be_missing(tmp_path: Path) -> None:
    for name in ("missing.json", "missing.jsonl.gz", "results/m/surface/row.json"):
        done = evalkit("gate", name, "--min", "50", cwd=tmp_path)
        assert (done.returncode, done.stderr) == (2, f"evalkit: error: {name}: no such file\n")


class Hub(BaseHTTPRequestHandler):
    rows = b""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == HUB_FILE else 404)
        self.end_headers()
        self.wfile.write(self.rows if self.path == HUB_FILE else b"")

    def log_message(self, *_: object) -> None:
        pass


def test_alpaca_evals_outputs_without_a_network_and_after_an_import_of_the_baseline(
    tmp_path: Path, real_outputs: Path
) -> None:
    (tmp_path / "outputs.json").write_bytes((real_outputs / "outputs" / "alpaca-7b.json").read_bytes())
    before = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert (before.returncode, before.stderr.count("\n")) == (2, 1)
    assert "benchmark 'alpaca_eval': the answers of its baseline gpt4_1106_preview are not on this" in before.stderr
    baseline = real_outputs / "outputs" / "gpt4_1106_preview.json"
    assert evalkit("import", "alpaca_eval", baseline, cwd=tmp_path).returncode == 0
    done = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "note: benchmark alpaca_eval: told from the instructions" in done.stderr
    assert "alpaca-7b against gpt4_1106_preview, judge surface" in done.stdout
    assert "805 of 805 instructions" in done.stdout
    assert evalkit("leaderboard", cwd=tmp_path).returncode == 0


def test_the_hub_is_asked_once_and_its_answer_is_kept(tmp_path: Path, real_outputs: Path) -> None:
    (tmp_path / "outputs.json").write_bytes((real_outputs / "outputs" / "alpaca-7b.json").read_bytes())
    handler = type("Serving", (Hub,), {"rows": (real_outputs / "outputs" / "gpt4_1106_preview.json").read_bytes()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        address = {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "HF_HUB_OFFLINE": ""}
        kept = {"EVALKIT_CACHE": str(tmp_path / "cache")}
        done = evalkit("annotate", "outputs.json", cwd=tmp_path, **address, **kept)
        assert done.returncode == 0, done.stderr
        assert "note: baseline gpt4_1106_preview: loaded hf:tatsu-lab/alpaca_eval" in done.stderr
    finally:
        server.shutdown()
        server.server_close()
    again = evalkit("annotate", "outputs.json", "--results", "other", cwd=tmp_path, **kept)
    assert again.returncode == 0 and "alpaca-7b against gpt4_1106_preview" in again.stdout


def test_verdicts_that_earlier_versions_filed_under_alpaca_eval_are_shown_with_the_way_out(tmp_path: Path) -> None:
    placed(tmp_path, "mine", "outputs.json")
    placed(tmp_path, "base", "baseline.json")
    old = evalkit("annotate", "outputs.json", "--benchmark", "alpaca_eval", cwd=tmp_path)
    assert "note: none of these instructions is of alpaca_eval." in old.stderr
    board = evalkit("leaderboard", cwd=tmp_path)
    assert board.returncode == 0 and "mine" in board.stdout
    assert "note: none of these instructions is of alpaca_eval, where earlier versions filed" in board.stderr
    assert "with --benchmark NAME" in board.stderr
    done = evalkit("annotate", "outputs.json", cwd=tmp_path)
    assert "note: the store has verdicts on these instructions under alpaca_eval" in done.stderr
    assert "--benchmark outputs: no stored reply is paid for twice" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["annotate", "o.json", "--judge", "weighted_alpaca_eval_gpt4_turbo"], "evalkit calls it 'alpaca_eval_2'"),
        (["annotate", "o.json", "--judge", "alpaca_eval_gpt4"], "evalkit calls it 'pairwise_label'"),
        (["annotate", "o.json", "--judge", "pair-v2"], "evalkit calls it 'mt_bench_pair'"),
        (["judges", "show", "arena-hard-auto"], "evalkit calls it 'arena_hard'"),
        (["leaderboard", "--metric", "length_controlled_winrate"], "evalkit calls it 'lc_win_rate'"),
        (["annotate", "o.json", "--benchmark", "mt-bench"], "evalkit calls it 'mt_bench'"),
    ],
)
def test_names_of_other_tools_lead_to_ours(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "o.json").write_text('[{"instruction": "a", "output": "b"}]')
    done = evalkit(*arguments, cwd=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1) and said in done.stderr


def test_an_import_says_which_command_shows_what_it_brought(tmp_path: Path) -> None:
    (tmp_path / "board.csv").write_text(
        ",win_rate,standard_error,avg_length,length_controlled_winrate\nfirst,40,1,900,45\nsecond,30,1,800,20\n"
    )
    done = evalkit("import", "alpaca_eval", "board.csv", cwd=tmp_path)
    assert "see the published rows: evalkit store published" in done.stdout
    shown = evalkit("store", "published", cwd=tmp_path)
    assert shown.returncode == 0 and shown.stdout.splitlines()[0] == "board.csv, as imported"
    assert [line.split()[:3] for line in shown.stdout.splitlines()[2:]] == [
        ["1", "first", "45.00"],
        ["2", "second", "20.00"],
    ]
    assert evalkit("store", "published", "--results", "none", cwd=tmp_path).returncode == 2
