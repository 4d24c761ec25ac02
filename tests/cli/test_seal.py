"""With a key for seals, the gate, verify and store check refuse an edited store, and nothing is judged."""

from pathlib import Path

import pytest

from tests.attacks.forging import turn_around
from tests.cli.gating import EXAMPLES, run
from tests.cli.running import evalkit
from tests.zygote import Zygote

KEY = {"EVALKIT_SEAL_KEY": "5a" * 32}
ASK = (EXAMPLES / "terse.json", "--benchmark", "example", "--judge", "surface")
GATE = ("gate", "terse", "--benchmark", "example", "--min", "60", "--metric", "win_rate")


@pytest.mark.parametrize("keyed", [False, True], ids=["without a key", "with a key"])
def test_rewritten_replies_with_fitting_checksums_win_no_sealed_gate(
    keyed: bool, zygote: Zygote, tmp_path: Path
) -> None:
    key = KEY if keyed else {}
    assert run(zygote, "annotate", *ASK, cwd=tmp_path, **key).status == 0
    honest = run(zygote, *GATE, cwd=tmp_path, **key)
    assert honest.status == 1 and honest.out.startswith("FAILED"), honest.err
    assert turn_around(tmp_path / "results" / "evalkit.db", "terse") > 20
    forged = run(zygote, *GATE, "--summary", "gate.md", cwd=tmp_path, **key)
    check = evalkit("store", "check", cwd=tmp_path, **key)
    if not keyed:
        # what no checksum can see: the number of the gate is the forger's
        assert (forged.out.split(":")[0], check.returncode) == ("PASSED", 0), forged.err
        return
    said = "sealed rows were changed without the key: replies "
    assert (forged.status, forged.out) == (2, "") and said in forged.error
    assert (tmp_path / "gate.md").read_text().startswith("### evalkit gate: refused\n")
    assert check.returncode == 2 and said in check.stderr
    verified = evalkit("verify", "results", cwd=tmp_path, **key)
    assert verified.returncode == 2 and said in verified.stderr
    # before anything is judged
    outputs = run(zygote, "gate", *ASK, "--min", "50", cwd=tmp_path, **key)
    assert outputs.status == 2 and said in outputs.error and "replies, " not in outputs.err
    assert "5a5a5a" not in forged.err + check.stderr + verified.stderr


def test_without_the_key_no_gate_decides_on_a_sealed_store_and_nothing_calls_it_checked(
    zygote: Zygote, tmp_path: Path
) -> None:
    assert run(zygote, "annotate", *ASK, cwd=tmp_path, **KEY).status == 0
    turn_around(tmp_path / "results" / "evalkit.db", "terse")
    said = "evalkit.db: is sealed, and EVALKIT_SEAL_KEY is not set: whether its rows fit the seal was not checked"
    refused = run(zygote, *GATE, cwd=tmp_path)
    assert (refused.status, refused.out) == (2, "") and said in refused.error
    # whoever has no key may look all the same
    for words, status in ((("store", "check"), 0), (("verify", "results"), 5)):
        looked = run(zygote, *words, cwd=tmp_path)
        assert looked.status == status and f"note: results/{said}" in looked.err
        assert said not in run(zygote, *words, cwd=tmp_path, **KEY).err


def test_a_gate_with_a_key_refuses_a_store_without_a_seal_until_its_owner_seals_it(
    zygote: Zygote, tmp_path: Path
) -> None:
    assert run(zygote, "annotate", *ASK, cwd=tmp_path).status == 0
    refused = run(zygote, *GATE, cwd=tmp_path, **KEY)
    assert refused.status == 2 and "rows have no seal" in refused.error
    assert "seal it as it is with evalkit store seal" in refused.error
    assert evalkit("store", "check", "--json", cwd=tmp_path, **KEY).returncode == 2
    assert evalkit("store", "seal", cwd=tmp_path).returncode == 2
    sealed = evalkit("store", "seal", cwd=tmp_path, **KEY)
    assert sealed.returncode == 0 and "is sealed:" in sealed.stdout
    assert run(zygote, *GATE, cwd=tmp_path, **KEY).status == 1
    check = evalkit("store", "check", cwd=tmp_path, **KEY)
    assert check.returncode == 0 and "is sound, and every row fits its seal" in check.stdout
    assert "sealed already" in evalkit("store", "seal", cwd=tmp_path, **KEY).stdout


def test_a_gate_that_judges_seals_what_it_writes_and_a_killed_one_too(zygote: Zygote, tmp_path: Path) -> None:
    killed = zygote.start(["gate", *ASK, "--min", "50"], cwd=tmp_path,
                          environment={**KEY, "EVALKIT_FAULT": "after_commit:1:kill9"})  # fmt: skip
    assert killed.wait() == -9
    assert evalkit("store", "check", cwd=tmp_path, **KEY).returncode == 0
    assert run(zygote, "gate", *ASK, "--min", "50", cwd=tmp_path, **KEY).status == 4
    assert evalkit("store", "check", cwd=tmp_path, **KEY).returncode == 0
