"""Build the wheel, install it in a fresh environment, and use it from another folder."""

import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

REPOSITORY = Path(__file__).parents[1]
CARRIED = {
    "judges": (
        *("alpaca_eval_2", "pairwise_json", "pairwise_label", "surface", "longest", "shortest", "random"),
        *("azure_openai", "anthropic", "gemini", "openrouter", "vllm", "sglang", "llama_cpp", "ollama", "local_gguf"),
    ),
    "prompts": ("pairwise_token", "pairwise_json", "pairwise_label"),
    "references": ("chatbot_arena_20240329", "arena_elo_20240202", "arena_elo_20240418"),
    "benchmarks": ("alpaca_eval", "example"),
}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, REPOSITORY, cwd=folder)
        (wheel,) = folder.glob("evalkit_lc-*.whl")
        # the dependencies of this environment are lent: what is tested is what the wheel itself carries
        venv.create(folder / "env", with_pip=True)
        python = folder / "env" / "bin" / "python"
        run(python, "-m", "pip", "install", "--quiet", "--no-deps", wheel, cwd=folder)
        lent = ":".join(path for path in sys.path if path.endswith("site-packages"))
        evalkit = folder / "env" / "bin" / "evalkit"
        where = run(python, "-c", "import evalkit; print(evalkit.__file__)", cwd=folder, PYTHONPATH=lent)
        check(str(folder) in where, f"the installed package is not the one imported: {where}")
        for command, names in CARRIED.items():
            listed = run(evalkit, command, cwd=folder, PYTHONPATH=lent)
            for one in names:
                check(one in listed, f"evalkit {command} does not list {one}")
        check("careful" in run(evalkit, "demo", cwd=folder, PYTHONPATH=lent), "the demo did not run")
        for ci, file in (("github", ".github/workflows/evalkit.yml"), ("gitlab", ".gitlab-ci.yml")):
            run(evalkit, "init", "--ci", ci, "--dir", f"project-{ci}", cwd=folder, PYTHONPATH=lent)
            for one in (file, "evalkit.toml", "judges/my_judge.yaml", "judges/my_judge.jinja"):
                check((folder / f"project-{ci}" / one).is_file(), f"evalkit init --ci {ci} did not write {one}")
    print(f"wheel: {wheel.name} installs elsewhere and carries {', '.join(CARRIED)} and the example")  # noqa: T201


def run(*command: object, cwd: Path, **environment: str) -> str:
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    check(done.returncode == 0, f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def check(condition: bool, complaint: str) -> None:
    if not condition:
        raise SystemExit(complaint)


if __name__ == "__main__":
    main()
