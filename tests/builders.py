"""Values that many tests start from."""

from evalkit.types import ChatRequest, Example, Output, OutputSet, Question


def output_set(model: str, texts: list[str]) -> OutputSet:
    """An output set over numbered instructions, without files."""
    examples = tuple(Example(f"k{n:03d}", (f"Instruction number {n}.",)) for n in range(len(texts)))
    outputs = tuple(Output(example.key, model, (text,)) for example, text in zip(examples, texts, strict=True))
    return OutputSet(model, f"{model}.json", examples, outputs)


def question_of(request: ChatRequest) -> Question:
    """What a judge is asked by a request; one for an answer has none."""
    assert request.question is not None
    return request.question
