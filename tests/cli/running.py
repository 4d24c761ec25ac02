"""Run the command line as a user does, in a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

Done = subprocess.CompletedProcess[str]


def evalkit(*arguments: object, cwd: Path, **environment: str) -> Done:
    """Run evalkit without the settings and keys of whoever runs the tests."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("EVALKIT_", "OPENAI_"))}
    command = [sys.executable, "-m", "evalkit", *map(str, arguments)]
    return subprocess.run(
        command, cwd=cwd, env={**clean, **environment}, capture_output=True, text=True, timeout=120, check=False
    )
