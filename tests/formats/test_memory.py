"""Reading holds what is kept and not the file."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

N_ROWS = 300
MOST_MEGABYTES = 250
# more than MAX_OUTPUT_CHARS each, and more than the limit above in all
LONG = "An answer, of {many} words; " * 40_000

# the high-water mark of this very program: ru_maxrss would begin with what its parent held
READER = """
import sys
from evalkit.formats.outputs import read_one
outputs = read_one([sys.argv[1]]).outputs
assert [one.oversize_chars for one in outputs] == [int(sys.argv[2])] * int(sys.argv[3])
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def lines() -> Iterator[bytes]:
    text = json.dumps(LONG)
    return (f'{{"instruction": "{number}", "generator": "m", "output": {text}}}'.encode() for number in range(N_ROWS))


def write_lines(file: IO[bytes]) -> None:
    file.writelines(line + b"\n" for line in lines())


def write_array(file: IO[bytes]) -> None:
    file.writelines((b",\n" if number else b"[") + line for number, line in enumerate(lines()))
    file.write(b"]")


def write_table(file: IO[bytes]) -> None:
    few = pa.table({"instruction": list("abcdefghij"), "generator": ["m"] * 10, "output": [LONG] * 10})
    # a single group of rows, as most writers make it
    pq.write_table(pa.concat_tables([few] * (N_ROWS // 10)), file, use_dictionary=False, compression="none")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="this system does not say how much was held")
@pytest.mark.parametrize("name", ["long.json", "long.jsonl.gz", "long.parquet"])
def test_reading_three_hundred_answers_of_a_megabyte_holds_only_a_few_of_them(tmp_path: Path, name: str) -> None:
    write = {"json": write_array, "jsonl": write_lines, "parquet": write_table}[name.split(".")[1]]
    path = tmp_path / name
    with gzip.open(path, "wb", 1) if name.endswith(".gz") else path.open("wb") as file:
        write(file)  # type: ignore[arg-type]
    done = subprocess.run(
        [sys.executable, "-c", READER, str(path), str(len(LONG)), str(N_ROWS)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    path.unlink()
    assert int(done.stdout) / 1024 < MOST_MEGABYTES
