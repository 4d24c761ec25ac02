"""Files of people's labels: each layout, several people, and what is refused."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import datasets
import pytest

from evalkit.errors import EvalkitError, InputError, UnknownName
from evalkit.formats import HumanFile, LabelledComparison, Rows, instruction_key, read_human
from evalkit.formats.human.physicians import STATEMENTS
from tests.conftest import REAL_DATA

Fields = dict[str, Any]
ROW: Fields = {"instruction": "Name a colour.", "output_1": "Red.", "output_2": "Blue, and **why**."}


def written(path: Path, *rows: Fields) -> Path:
    """Rows as a file of the kind that its suffix names."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".parquet":
        datasets.Dataset.from_list(list(rows)).to_parquet(path)
    elif path.suffix == ".csv":
        quoted = (",".join(f'"{"" if v is None else v}"' for v in row.values()) for row in rows)
        path.write_text("\n".join([",".join(rows[0]), *quoted]) + "\n")
    elif path.suffix == ".json":
        path.write_text(json.dumps(list(rows)))
    else:
        datasets.Dataset.from_list(list(rows)).save_to_disk(str(path))
    return path


def read(*rows: Fields, **told: Any) -> HumanFile:
    return read_human(Rows.of(list(rows), "labels"), **told)


def said(one: LabelledComparison) -> list[tuple[str, float]]:
    return [(opinion.person, opinion.preference) for opinion in one.opinions]


def labels(file: HumanFile) -> list[list[float]]:
    return [[opinion.preference for opinion in one.opinions] for one in file.comparisons]


@pytest.mark.parametrize("name", ["l.json", "l.jsonl", "l.csv", "l.parquet", "saved"])
def test_every_kind_of_file_gives_the_same_labels(tmp_path: Path, name: str) -> None:
    rows = [{**ROW, "preference": code, "instruction": f"{n}?", "datasplit": "x"} for n, code in enumerate((1, 2, 0))]
    rows.append({**ROW, "preference": 1.5, "datasplit": "y"})
    file = read_human(written(tmp_path / name, *rows))
    assert (file.layout, file.named_people, file.texts) == ("alpaca_farm", False, True)
    assert labels(file) == [[0.0], [1.0], [0.5], [0.5]]
    assert [dict(one.fields) for one in file.comparisons] == [{"datasplit": s} for s in "xxxy"]
    first = file.comparisons[0].comparison
    assert (first.example.turns, first.baseline.text, first.candidate.text) == (("0?",), "Red.", ROW["output_2"])
    assert (first.baseline.model, first.candidate.model) == ("output_1", "output_2")
    assert first.candidate.measures["bold"] == 1.0
    assert first.example.cluster == instruction_key("0?")


def test_keys_are_digests_of_the_texts_in_their_order_and_clusters_are_instructions() -> None:
    turned = {**ROW, "output_1": ROW["output_2"], "output_2": ROW["output_1"]}
    one, two = read({**ROW, "label": "A"}, {**turned, "label": "A"}).comparisons
    assert one.key != two.key and one.comparison.example.cluster == two.comparison.example.cluster
    assert read({**ROW, "label": 2, "more": "x"}).comparisons[0].key == one.key
    # the end of one text is not the beginning of the next
    assert read({**ROW, "output_1": "a", "output_2": "bc", "label": 1}).comparisons[0].key != (
        read({**ROW, "output_1": "ab", "output_2": "c", "label": 1}).comparisons[0].key
    )


def test_the_input_of_an_instruction_belongs_to_it_where_there_is_one() -> None:
    rows = ({**ROW, "input": added, "preference": 1} for added in ("Of these: red, blue.", "", None, float("nan")))
    asked = [one.comparison.example.instruction for one in read(*rows).comparisons]
    assert asked == ["Name a colour.\n\nOf these: red, blue.", "Name a colour."]


# a layout's row, its layout, the labels, and a further column
LAYOUTS: list[tuple[Fields, str, list[float], Fields]] = [
    ({"scenario": "poem", **ROW, "label": 0}, "auto_j", [0.5], {"scenario": "poem"}),
    ({"subset": "Natural", **ROW, "label": 2}, "llmbar", [1.0], {"subset": "Natural"}),
    ({"input": "Why?", "output_1": "a", "output_2": "b", "label": 1}, "llmbar", [0.0], {}),
    ({**ROW, "annotators": [0, 1, 2]}, "panda_lm", [0.5, 0.0, 1.0], {}),
    ({"question": "Why?", "response_A": "a", "response_B": "b", "label": "B>A", "source": "law", "judgments": []},
     "judge_bench", [1.0], {"source": "law"}),
    ({**ROW, "winner": "tie (bothbad)", "lang": "en"}, "plain", [0.5], {"lang": "en"}),
]  # fmt: skip


@pytest.mark.parametrize(("row", "layout", "preferences", "fields"), LAYOUTS)
def test_a_layout_is_told_by_its_fields(row: Fields, layout: str, preferences: list[float], fields: Fields) -> None:
    file = read(row)
    assert (file.layout, labels(file), dict(file.comparisons[0].fields)) == (layout, [preferences], fields)


def test_panda_lm_with_a_column_for_each_person_names_the_people_and_the_models() -> None:
    row = {"cmp_key": "llama_opt", "instruction": "Why?", "response1": "a", "response2": True,
           "annotator1": 1, "annotator2": 2, "annotator3": None}  # fmt: skip
    file = read(row)
    assert file.named_people and said(file.comparisons[0]) == [("annotator1", 0.0), ("annotator2", 1.0)]
    assert [file.comparisons[0].comparison.baseline.model, file.comparisons[0].comparison.candidate.text] == [
        "llama",
        "true",
    ]


def test_a_table_of_texts_spells_its_lists(tmp_path: Path) -> None:
    path = written(tmp_path / "l.csv", {**ROW, "annotators": "[1, 2, 0]"}, {**ROW, "annotators": "[2]"})
    assert labels(read_human(path)) == [[0.0, 1.0, 0.5], [1.0]]
    row = mt_bench_row()
    spelled = {name: repr(row[name]) for name in ("conversation_a", "conversation_b")}
    (one,) = read({**row, "turn": "2", **spelled}).comparisons
    assert one.comparison == read(row).comparisons[0].comparison


def conversation(*texts: Any) -> list[Fields]:
    return [{"role": ("user", "assistant")[n % 2], "content": text} for n, text in enumerate(texts)]


def mt_bench_row(**changed: Any) -> Fields:
    return {
        "question_id": 81, "model_a": "alpha", "model_b": "beta", "winner": "model_b", "judge": "expert_1", "turn": 2,
        "conversation_a": conversation("Q1", "a1", "Q2", "a2"), "conversation_b": conversation("Q1", "b1", "Q2", "b2"),
        **changed,
    }  # fmt: skip


def test_mt_bench_compares_a_turn_and_both_turns_are_one_cluster() -> None:
    file = read(mt_bench_row(), mt_bench_row(turn=1, winner="tie"), mt_bench_row(judge="author_2", winner="alpha"))
    assert file.layout == "mt_bench" and file.named_people
    second, first = file.comparisons
    assert said(second) == [("expert_1", 1.0), ("author_2", 0.0)] and said(first) == [("expert_1", 0.5)]
    assert (second.comparison.example.turns, second.comparison.candidate.texts) == (("Q1", "Q2"), ("b1", "b2"))
    assert (first.comparison.example.turns, first.comparison.candidate.texts) == (("Q1",), ("b1",))
    assert {one.comparison.example.cluster for one in file.comparisons} == {instruction_key("Q1")}
    assert (second.comparison.baseline.model, second.fields["turn"]) == ("alpha", "2")


def test_named_people_are_joined_over_the_order_of_the_answers() -> None:
    turned = mt_bench_row(judge="author_2", model_a="beta", model_b="alpha", winner="beta",
                          conversation_a=mt_bench_row()["conversation_b"],
                          conversation_b=mt_bench_row()["conversation_a"])  # fmt: skip
    file = read(mt_bench_row(), turned)
    assert [said(one) for one in file.comparisons] == [[("expert_1", 1.0), ("author_2", 1.0)]]
    assert "1 row(s), the first in row 2, hold the answers of an earlier row in the other order, and" in file.notes[0]


def test_without_names_the_other_order_is_a_comparison_of_its_own() -> None:
    turned = {**ROW, "output_1": ROW["output_2"], "output_2": ROW["output_1"]}
    file = read({**ROW, "preference": 1}, {**ROW, "preference": 2}, {**turned, "preference": 1})
    assert [said(one) for one in file.comparisons] == [[("1", 0.0), ("2", 1.0)], [("1", 0.0)]]
    assert [note.partition(", ")[2].partition(", ")[2] for note in file.notes] == [
        "repeat the texts of an earlier row and are read as the label of another person",
        "hold the answers of an earlier row in the other order and are comparisons of their own",
    ]


def test_rows_that_list_their_people_and_rows_of_sets_with_one_label_are_comparisons_of_their_own() -> None:
    listed = read(*[{**ROW, "annotators": [1, 2]}] * 3)
    assert labels(listed) == [[0.0, 1.0]] * 3
    keys = [one.key for one in listed.comparisons]
    assert len(set(keys)) == 3 and keys[1:] == [f"{keys[0]}-2", f"{keys[0]}-3"]
    file = read(*({"scenario": "poem", **ROW, "label": label} for label in (0, 0, 2)))
    assert labels(file) == [[0.5], [0.5], [1.0]]
    assert [note.partition(": ")[2] for note in file.notes] == [
        "2 row(s), the first in row 2, repeat the texts of an earlier row and are comparisons of their own",
        "1 row(s), the first in row 3, repeat the texts of an earlier row with another label",
    ]
    # a column that names people makes them one comparison all the same
    rows = ({"scenario": "poem", **ROW, "label": label, "annotator": str(label)} for label in (0, 1))
    assert [said(one) for one in read(*rows).comparisons] == [[("0", 0.5), ("1", 0.0)]]


def test_a_person_says_one_thing_of_a_comparison() -> None:
    rows = [{**ROW, "preference": code, "annotator": 7} for code in (1, 1, 2)]
    file = read(*rows[:2])
    assert [said(one) for one in file.comparisons] == [[("7", 0.0)]] and "counts once" in file.notes[0]
    with pytest.raises(InputError, match=r"labels: row 3: '7' says something else of the same two answers in row 1\."):
        read(*rows)
    repeats = read(*rows, repeats_of_people=True)
    assert [said(one) for one in repeats.comparisons] == [[("7", 0.0), ("7", 0.0), ("7", 1.0)]]
    with pytest.raises(InputError, match="row 2: a label has no person"):
        read(rows[0], {**ROW, "preference": 1, "annotator": None})


def test_reward_bench_compares_every_chosen_answer_with_every_rejected_one_in_a_drawn_order() -> None:
    rows = [
        {"prompt": f"Prompt {n}", "chosen": [f"good {n}", f"fine {n}"], "rejected": [f"bad {n}", f"poor {n}", "no"],
         "subset": "Math", "id": n}
        for n in range(40)
    ]  # fmt: skip
    file = read(*rows)
    assert file.layout == "reward_bench" and len(file.comparisons) == 40 * 6
    first = Counter(opinion.preference for one in file.comparisons for opinion in one.opinions)
    assert 80 < first[0.0] < 160
    assert labels(read(*rows)) == labels(file)
    for one in file.comparisons:
        better = (one.comparison.baseline, one.comparison.candidate)[int(one.opinions[0].preference)]
        assert better.text.startswith(("good", "fine"))
    assert len({one.comparison.example.cluster for one in file.comparisons}) == 40
    assert any("drawn" in note for note in file.notes) and any("every chosen" in note for note in file.notes)


def test_the_first_reward_bench_names_models_and_both_prompts_of_a_tie_are_one_cluster() -> None:
    row = {"prompt": "P", "chosen": "good", "rejected": "bad", "chosen_model": "m", "rejected_model": "n"}
    (one,) = read({**row, "subset": "safety"}).comparisons
    named = {one.comparison.baseline.text: one.comparison.baseline.model,
             one.comparison.candidate.text: one.comparison.candidate.model}  # fmt: skip
    assert named == {"good": "m", "bad": "n"} and dict(one.fields) == {"subset": "safety"}
    ties = read(*({"prompt": f"{kind}?", "chosen": ["a", "b"], "rejected": ["c"], "id": f"{kind}:5"}
                  for kind in ("ref", "tied")))  # fmt: skip
    assert {one.comparison.example.cluster for one in ties.comparisons} == {"ties:5"}
    chat = [{"role": "user", "content": "P"}, {"role": "assistant", "content": "good"}]
    (one,) = read({"prompt": "P", "chosen": chat, "rejected": conversation("P", "bad")}).comparisons
    assert {one.comparison.baseline.text, one.comparison.candidate.text} == {"good", "bad"}


def test_physicians_compare_the_statements_that_an_answer_meets_a_criterion_and_does_not() -> None:
    rows = [
        {"prompt": conversation("My knee hurts."), "completion": f"Rest {n}.", "rubric": "Says {rest}.",
         "binary_labels": [True, True, False], "category": "cluster:x", "anonymized_physician_ids": ["p1", "p2", "p3"]}
        for n in range(30)
    ]  # fmt: skip
    file = read(*rows)
    assert file.layout == "health_bench" and file.named_people
    meets = Counter(one.comparison.baseline.text for one in file.comparisons)
    assert set(meets) == set(STATEMENTS) and min(meets.values()) > 5
    for one in file.comparisons:
        place = 0.0 if one.comparison.baseline.text == STATEMENTS[0] else 1.0
        assert said(one) == [("p1", place), ("p2", place), ("p3", 1.0 - place)]
    asked = file.comparisons[0].comparison.example
    assert asked.instruction.endswith("Conversation:\nMy knee hurts.\n\nAnswer:\nRest 0.\n\nCriterion:\nSays {rest}.")
    assert {one.comparison.example.cluster for one in file.comparisons} == {instruction_key("My knee hurts.")}
    assert asked.category == "cluster:x" and "two statements" in file.notes[0]


ITEMS = {
    "ann": {"81__alpha__beta__1": "model_a", "81__alpha__beta__2": "tie"},
    "bob": {"81__alpha__beta__2": "model_b"},
}


def test_labels_by_item_have_keys_and_labels_alone_until_prompts_are_given(tmp_path: Path) -> None:
    path = tmp_path / "people.json"
    path.write_text(json.dumps(ITEMS))
    for source in (path, Rows.of(ITEMS, "people")):
        bare = read_human(source)
        assert (bare.layout, bare.texts, bare.named_people) == ("alt_test", False, True)
        assert [(one.key, said(one)) for one in bare.comparisons] == [
            ("81__alpha__beta__1", [("ann", 0.0)]),
            ("81__alpha__beta__2", [("ann", 0.5), ("bob", 1.0)]),
        ]
        example = bare.comparisons[0].comparison.example
        assert (example.cluster, example.turns, dict(bare.comparisons[0].fields)) == ("81", (), {"turn": "1"})
    prompts = tmp_path / "prompts.json"
    row = mt_bench_row()
    both = {name: repr(row[name]) for name in ("conversation_a", "conversation_b")}
    prompts.write_text(json.dumps({item: {"text_id": item, **both} for item in ITEMS["ann"]}))
    file = read_human(path, prompts=prompts)
    assert file.texts and [said(one) for one in file.comparisons] == [said(one) for one in bare.comparisons]
    same = read(mt_bench_row(turn=1, winner="model_a"), mt_bench_row())
    assert [one.comparison for one in file.comparisons] == [one.comparison for one in same.comparisons]
    assert file.comparisons[0].fields["item"] == "81__alpha__beta__1"
    prompts.write_text(json.dumps({"81__alpha__beta__1": both}))
    with pytest.raises(InputError, match='item "81__alpha__beta__2": has no prompt in'):
        read_human(path, prompts=prompts)
    prompts.write_text(json.dumps({item: {**both, "conversation_b": "[{'a\\d': open('x')}"} for item in ITEMS["ann"]}))
    # Python warns of its escape, and warnings are errors here
    with pytest.raises(InputError, match="as JSON or Python writes it"):
        read_human(path, prompts=prompts)
    path.write_text(json.dumps({"q1": "model_a", "q2": "tie"}))
    assert [said(one) for one in read_human(path).comparisons] == [[("1", 0.0)], [("1", 0.5)]]


def test_columns_of_a_plain_table_may_be_named(tmp_path: Path) -> None:
    rows = ({"prompt": f"{n}?", "left": "a", "right": "b", "choice": winner, "who": "me", "topic": "sky"}
            for n, winner in enumerate(("left", "right", "a", "B", "tie", "1", "2.0", "First", "model_b", "[[A>B]]",
                                        "output_2", "0", "1.5")))  # fmt: skip
    columns = {"instruction": "prompt", "output_1": "left", "output_2": "right", "label": "choice",
               "annotator": "who", "category": "topic"}  # fmt: skip
    file = read_human(written(tmp_path / "l.csv", *rows), columns=columns, name="mine")
    assert (file.layout, file.name, file.named_people) == ("plain", "mine", True)
    assert labels(file) == [[p] for p in (0.0, 1.0, 0.0, 1.0, 0.5, 0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 0.5, 0.5)]
    assert dict(file.comparisons[0].fields) == {"topic": "sky", "category": "sky"}
    assert file.comparisons[0].comparison.example.category == "sky"
    auto_j = read({"scenario": "poem", **ROW, "label": 0}, columns={"category": "scenario"})
    assert auto_j.layout == "auto_j"
    named = read({**ROW, "label": "m", "model_1": "n", "model_2": "m"})
    assert labels(named) == [[1.0]]
    with pytest.raises(UnknownName, match="unknown column 'lable'. Did you mean 'label'?"):
        read(ROW, columns={"lable": "x"})
    with pytest.raises(InputError, match=r"labels: row 1: no column 'x' to read as label\. Found: \"instruction\""):
        read(ROW, columns={"label": "x"})


def test_a_truth_value_or_a_number_in_a_texts_place_is_read_as_json_writes_it(tmp_path: Path) -> None:
    rows = [{**ROW, "annotators": [1]}, {**ROW, "output_1": True, "output_2": 1.0, "annotators": [2]},
            {**ROW, "instruction": 12, "output_1": False, "annotators": [2]}]  # fmt: skip
    file = read_human(written(tmp_path / "l.jsonl", *rows))
    texts = [(one.comparison.baseline.text, one.comparison.candidate.text) for one in file.comparisons[1:]]
    assert texts == [("true", "1.0"), ("false", ROW["output_2"])]
    assert file.comparisons[2].comparison.example.instruction == "12"
    assert [note.removeprefix(f"{tmp_path}/") for note in file.notes] == [
        "l.jsonl: 2 row(s), the first in row 2, hold a truth value or a number where a text belongs, which is read as "
        "JSON writes it"
    ]


WRONG: list[tuple[Fields, str]] = [
    ({**ROW, "output_1": None, "label": 1}, 'row 1: field "output_1": expected text, found null. Give'),
    ({**ROW, "output_1": ["a"], "label": 1}, 'row 1: field "output_1": expected text, found a list. Give'),
    ({**ROW, "output_2": {"a": 1}, "label": 1}, 'row 1: field "output_2": expected text, found a mapping. Give'),
    ({**ROW, "instruction": None, "label": 1}, 'row 1: field "instruction": expected text, found null. Give'),
    ({**ROW, "label": 3}, 'row 1: field "label": expected 1 or A for the first answer, 2 or B for the second, '
     "0, 1.5 or tie, found 3"),
    ({**ROW, "label": True}, 'row 1: field "label": expected 1 or A .*, found true'),
    ({**ROW, "label": 10**400}, 'row 1: field "label": expected 1 or A .*, found a number'),
    ({**ROW, "label": 'x"\n\x1b[31m' + "y" * 100},
     r'row 1: field "label": expected .*, found "x\\"\\n\\u001b\[31my{32}"$'),
    ({**ROW, "label": None}, "row 1: expected a label, found none. Leave the row out"),
    ({**ROW, "annotators": []}, 'row 1: field "annotators": expected a label of at least one person'),
    ({**ROW, "annotators": [1, 5]}, r'row 1: field "annotators\[1\]": expected 1 or A'),
    ({**ROW, "annotators": 1}, 'row 1: field "annotators": expected a list of labels, found a number'),
    ({**ROW, "instruction": "x" * 1_000_001, "label": 1}, 'row 1: field "instruction": 1000001 characters'),
    ({**ROW, "label": 1, "annotator": {"a": 1}}, 'row 1: field "annotator": expected the name of a person'),
    (mt_bench_row(turn=3), 'row 1: field "conversation_a": holds 2 answer'),
    (mt_bench_row(conversation_b=conversation("Other", "b1", "Q2", "b2")), "ask different questions"),
    (mt_bench_row(conversation_b=conversation("Q1", None, "Q2", "b2")),
     r'field "conversation_b\[1\].content": expected text, found null'),
    (mt_bench_row(conversation_b="Hello"), 'field "conversation_b": expected the messages of a conversation'),
    ({"prompt": "p", "chosen": [], "rejected": ["a"]}, 'field "chosen": expected an answer, found an empty list'),
    ({"prompt": "p", "completion": "c", "rubric": "r", "binary_labels": [1]}, "expected true or false, found a number"),
    ({"a\x1b": 1}, r'labels: holds no labels in a known layout\. Found: "a\\u001b"\. Known: mt_bench \(model_a, .*'
     r"plain \(instruction, output_1, output_2, label\|winner\).*name the columns, as in instruction=prompt"),
]  # fmt: skip


@pytest.mark.parametrize(("row", "message"), WRONG)
def test_what_is_wrong_is_one_line_with_row_and_field(row: Fields, message: str) -> None:
    with pytest.raises(EvalkitError, match=message) as caught:
        read(row)
    assert str(caught.value).isprintable() and caught.value.exit_code == 2


def test_a_missing_field_and_files_without_rows_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match='row 2: field "output_2": missing'):
        read({**ROW, "label": 1}, {"instruction": "a", "output_1": "b", "label": 1})
    path = tmp_path / "empty.jsonl"
    path.write_text("\n")
    with pytest.raises(InputError, match=r"empty\.jsonl: the file is empty"):
        read_human(path)
    with pytest.raises(InputError, match="no such file"):
        read_human(tmp_path / "none.csv")
    with pytest.raises(InputError, match="prompts belong to labels by item"):
        read({**ROW, "label": 1}, prompts=path)
    path = tmp_path / "people.json"
    path.write_text(json.dumps({"ann": {"q": "model_c"}}))
    with pytest.raises(InputError, match='item "q": "ann": expected 1 or A for the first answer.*found "model_c"'):
        read_human(path)


def test_a_note_says_that_no_label_prefers_the_second_answer() -> None:
    rows = [{**ROW, "instruction": f"{n}?", "label": n % 2} for n in range(10)]
    assert "0 is read as a tie" in read(*rows).notes[0]
    assert read(*rows[:9]).notes == ()


def test_the_digest_of_labels_is_that_of_texts_and_opinions_in_any_order() -> None:
    rows = [{**ROW, "instruction": f"{n}?", "label": 1} for n in range(3)]
    assert read(*rows).digest == read(*reversed(rows)).digest != read(*rows[:2], {**rows[2], "label": 2}).digest


def real(name: str) -> Path:
    path = REAL_DATA / name
    if not path.is_file():
        pytest.skip(f"{name} is not beside this checkout")
    return path


def test_real_labels_have_the_published_counts() -> None:
    auto_j = read_human(real("human/autoj_pairwise.jsonl"))
    assert len(auto_j.comparisons) == 1392
    assert Counter(p for (p,) in labels(auto_j)) == {0.0: 520, 0.5: 373, 1.0: 499}
    assert len({one.fields["scenario"] for one in auto_j.comparisons}) == 58
    llmbar = read_human(real("human/llmbar_natural.jsonl"))
    assert (llmbar.layout, Counter(p for (p,) in labels(llmbar))) == ("llmbar", {0.0: 42, 1.0: 58})


def test_the_alternative_annotator_tests_people_are_read_with_their_conversations() -> None:
    path = real("judges/mtbench_human_annotations.json")
    file = read_human(path, prompts=real("judges/mtbench_prompts.json"))
    people = [len(one.opinions) for one in file.comparisons]
    assert Counter(people) == {2: 114, 3: 6} and sum(n * (n - 1) // 2 for n in people) == 132
    assert Counter(len(one.comparison.example.turns) for one in file.comparisons) == {1: 60, 2: 60}
    assert len({one.key for one in file.comparisons}) == 120
    assert [said(one) for one in read_human(path).comparisons] == [said(one) for one in file.comparisons]
