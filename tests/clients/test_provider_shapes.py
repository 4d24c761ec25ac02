"""Shapes of answers that providers and proxies are known to give: each is read or refused in one clear line, once.

A question that always gets such an answer costs one request, and as many more as `reasks` allows; the others get their
verdicts.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from evalkit.clients.address import Address
from evalkit.clients.outcomes import read_answer
from evalkit.engine.limits import Limits
from evalkit.engine.runner import run_all
from evalkit.errors import ClientError, EndpointRefused, RateLimited, RejectedRequest
from evalkit.formats import Concern, complaint_of
from evalkit.store import Store
from evalkit.types import ChatReply, ChatRequest, Tls
from tests.builders import question_of
from tests.engine.runs import JUDGE, work
from tests.engine.simulated_loop import SimulatedLoop
from tests.scripted import ScriptedClient, first_wins

NOWHERE = Address("http://localhost/v1", {}, (), Tls())
SAID = "Reasons.\n[[K]]"


@dataclass(frozen=True)
class Shape:
    """A provider's answer, and what becomes of it: `reply` is its text, or `words` are said of the row, the wait or
    the end of the run.
    """

    body: Any
    status: int = 200
    headers: tuple[tuple[str, str], ...] = field(default=())
    reply: str | None = None
    finish: str | None = "stop"
    words: str = ""
    stops: bool = False
    waits: float | None = None

    @property
    def content(self) -> bytes:
        return self.body.encode() if isinstance(self.body, str) else json.dumps(self.body).encode()


def chat(content: Any = SAID, finish: Any = "stop", choice: Mapping[str, Any] | None = None, **message: Any) -> Any:
    said = {"role": "assistant", "content": content, **message}
    return {
        "id": "c",
        "object": "chat.completion",
        "model": "m",
        "choices": [{"index": 0, "message": said, "finish_reason": finish, **(choice or {})}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 5},
    }


def error(message: str, **more: Any) -> Any:
    return {"error": {"message": message, **more}}


def events(*chunks: Any) -> str:
    return "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks)


def delta(content: str, finish: str | None = None) -> Any:
    return {
        "object": "chat.completion.chunk",
        "choices": [{"index": 0, "delta": {"content": content}, "finish_reason": finish}],
    }


MODERATED = 'openai/gpt-4.1 requires moderation. Your input was flagged for "violence". No credits were charged.'
FILTERED = "The response was filtered due to the prompt triggering Azure OpenAI's content management policy."

SHAPES: dict[str, Shape] = {
    # OpenRouter
    "a moderated prompt by status": Shape(error(MODERATED, code=403), 403, words=f"403: {MODERATED}"),
    "a moderated prompt in a success": Shape(
        error(MODERATED, code=403, metadata={"reasons": ["violence"], "flagged_input": "..."}),
        words=f"403: the reply is an error: {MODERATED}",
    ),
    "a provider's words behind those of the router": Shape(
        error("Provider returned error", code=400, metadata={"raw": '{"error":{"message":"image too large"}}'}),
        400,
        words="400: Provider returned error: image too large",
    ),
    "an upstream failure within a choice": Shape(
        chat("I prefer\n[[K]]", "error", {"error": {"code": 502, "message": "Upstream error"}}),
        words="502: the provider broke the reply off: Upstream error",
    ),
    "an upstream failure within an empty choice": Shape(
        chat("", "error", {"error": {"code": 502, "message": "Upstream idle timeout exceeded"}}),
        words="502: the provider broke the reply off: Upstream idle timeout exceeded",
    ),
    "a rate limit within an empty choice": Shape(
        chat("", "error", {"error": {"code": 429, "message": "busy upstream"}}), words="busy upstream", waits=0.0
    ),
    "a rate limit within a choice that has said something": Shape(
        chat("[[K]]", "error", {"error": {"code": 429, "message": "busy upstream"}}), words="busy upstream"
    ),
    "an end by error without a word": Shape(chat("[[K]]", "error"), words="the provider broke the reply off: error"),
    "a key at its limit": Shape(
        error("Key limit exceeded (total limit)", code=403), 403, words="Key limit", stops=True
    ),
    # Azure
    "a filtered prompt": Shape(
        error(FILTERED, code="content_filter", param="prompt", innererror={"code": "ResponsibleAIPolicyViolation"}),
        400,
        words=f"400: {FILTERED}",
    ),
    "a filtered reply": Shape(
        {"choices": [{"index": 0, "finish_reason": "content_filter", "content_filter_results": {}}]},
        words="the endpoint's content filter cut the reply off",
    ),
    "notes on a filtered prompt and no choice": Shape(
        {"choices": [], "prompt_filter_results": [{"content_filter_results": {"hate": {"filtered": True}}}]},
        words="the prompt was filtered",
    ),
    # LiteLLM
    "a filtered prompt behind a server error": Shape(
        error("litellm.ContentPolicyViolationError: AzureException - Invalid prompt", type=None, code="500"),
        500,
        words="ContentPolicyViolationError",
    ),
    "a guardrail": Shape(
        {"detail": {"error": "Violated guardrail policy", "guardrail_name": "aporia"}},
        400,
        words="400: Violated guardrail policy",
    ),
    "an invalid request by word within a success": Shape(
        error("context window exceeded", type="invalid_request_error", code=None), words="context window exceeded"
    ),
    # Gemini and its gateways
    "a blocked prompt": Shape({"promptFeedback": {"blockReason": "SAFETY"}}, words="the prompt was blocked: SAFETY"),
    "a list around an error": Shape(
        [error("Logprobs is not enabled", code=400, status="INVALID_ARGUMENT")],
        400,
        words="400: Logprobs is not enabled",
    ),
    "an end for safety": Shape(chat("[[K]]", "FinishReason.SAFETY"), words="content filter cut the reply off: safety"),
    "an end by name": Shape(chat(SAID, "FinishReason.STOP"), reply=SAID, finish="FinishReason.STOP"),
    "a limit of tokens by name": Shape(chat("I think", "MAX_TOKENS"), reply="I think", finish="length"),
    "an invalid key as a bad request": Shape(
        [error("API key not valid. Please pass a valid API key.", code=400, details=[{"reason": "API_KEY_INVALID"}])],
        400,
        words="API key not valid",
        stops=True,
    ),
    "a delay in the details": Shape(
        [error("Resource has been exhausted", code=429, details=[{"@type": "RetryInfo", "retryDelay": "2.5s"}])],
        429,
        words="429: Resource has been exhausted",
        waits=2.5,
    ),
    # Mistral
    "text in parts": Shape(
        chat([{"type": "text", "text": "Reasons.\n"}, {"type": "text", "text": "[[K]]"}]), reply=SAID
    ),
    "thoughts beside text": Shape(
        chat([{"type": "thinking", "thinking": [{"type": "text", "text": "[[M]]?"}]}, {"type": "text", "text": SAID}]),
        reply=SAID,
    ),
    "a picture among the parts": Shape(
        chat([{"type": "image_url", "image_url": {"url": "x"}}]),
        words="the reply's content holds a part of type 'image_url', not text",
    ),
    # Anthropic and its gateways
    "one part that is no list": Shape(chat({"type": "text", "text": SAID}), reply=SAID),
    "a refusal by its end": Shape(chat("I will not.", "refusal"), words="the model refused: I will not."),
    "a refusal among the parts": Shape(
        chat([{"type": "refusal", "refusal": "I cannot."}]), words="the model refused: I cannot."
    ),
    "the messages API": Shape(
        {
            "type": "message",
            "role": "assistant",
            "content": [{"type": "text", "text": SAID}],
            "stop_reason": "end_turn",
        },
        words="the reply has no choices. It has content, role, stop_reason, type",
    ),
    "an overloaded server within a success": Shape(
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, words="Overloaded", waits=0.0
    ),
    # vLLM, SGLang, text-generation-inference
    "a flat error within a success": Shape(
        {"object": "error", "message": "max_tokens is too large", "type": "BadRequestError", "code": 400},
        words="400: the reply is an error: max_tokens is too large",
    ),
    "a place and a reason": Shape(
        {"detail": [{"loc": ["body", "top_logprobs"], "msg": "must be at most 5", "type": "value_error"}]},
        422,
        words="422: body.top_logprobs: must be at most 5",
    ),
    "an aborted reply": Shape(chat("[[K]]", "abort"), words="the provider broke the reply off: abort"),
    "an end that is an object": Shape(
        chat("[[K]]", {"type": "abort", "message": "The request timed out."}),
        words="broke the reply off: The request timed",
    ),
    "a stop that is an object": Shape(chat(SAID, {"type": "stop", "matched": 2}), reply=SAID),
    "an error that is a text": Shape(
        {"error": "Input validation error: `inputs` must have less than 1024 tokens", "error_type": "validation"},
        422,
        words="422: Input validation error",
    ),
    # Ollama
    "arguments that are an object": Shape(
        chat("", "tool_calls", tool_calls=[{"function": {"name": "verdict", "arguments": {"winner": "K"}}}]),
        reply='{"winner": "K"}',
        finish="tool_calls",
    ),
    "its own form, line by line": Shape(
        '{"message": {"content": "[["}, "done": false}\n{"message": {"content": "K]]"}, "done": true}\n',
        words="the reply: not valid JSON at line 2 column 1: Extra data",
    ),
    # Bedrock, DeepSeek, Zhipu, DashScope, MiniMax
    "a guardrail by its end": Shape(
        chat("Sorry.", "guardrail_intervened"), words="cut the reply off: guardrail_intervened"
    ),
    "no resources": Shape(chat("[[K]]", "insufficient_system_resource"), words="insufficient_system_resource"),
    "sensitive content": Shape(chat("", "sensitive"), words="content filter cut the reply off: sensitive"),
    "an inspection of data": Shape(
        error("Input data may contain inappropriate content.", code="data_inspection_failed"),
        403,
        words="403: Input data may contain inappropriate content.",
    ),
    "a status beside null choices": Shape(
        {"choices": None, "base_resp": {"status_code": 1026, "status_msg": "input new_sensitive"}},
        words="the reply is an error: input new_sensitive",
    ),
    # proxies and gateways
    "a firewall's page": Shape(
        "<!DOCTYPE html><html><head><title>Attention Required! | Cloudflare</title></head><body>x</body></html>",
        403,
        words="403: Attention Required! | Cloudflare",
    ),
    "a body that is too large for nginx": Shape(
        "<html><head><title>413 Request Entity Too Large</title></head></html>", 413, words="Request Entity Too Large"
    ),
    "a list of errors": Shape(
        {"success": False, "errors": [{"code": 2016, "message": "Prompt blocked due to security configurations"}]},
        424,
        words="424: Prompt blocked due to security configurations",
    ),
    "a page where one signs in": Shape(
        "<html><body><h1>Sign in</h1></body></html>", words="the reply is a page, not JSON: Sign in"
    ),
    "a bare sentence": Shape("upstream connect error", words="It begins: upstream connect error"),
    "a text in quotes": Shape('"no healthy upstream"', words="the reply is text, not an object: no healthy upstream"),
    "no body": Shape("", words="the reply is empty: the answer has no body"),
    "null choices": Shape({"id": None, "choices": None, "usage": None}, words="the reply has no choices"),
    "a stream": Shape(
        ": PROCESSING\n\n" + events(delta("Reasons.\n"), delta("[[K]]", "stop")) + "data: [DONE]\n\n", reply=SAID
    ),
    "a stream that breaks off": Shape(events(delta("Reasons.\n")), words="the stream of the reply breaks off"),
    "a stream that ends in an error": Shape(
        events(delta("[[K]]"), error("Upstream error", code=502)), words="broke the reply off: Upstream error"
    ),
    "the old form": Shape({"choices": [{"text": SAID, "finish_reason": "stop"}]}, reply=SAID),
    "an account that is suspended": Shape(
        error("Your account has been suspended for violating our content policy."), 403, words="suspended", stops=True
    ),
    "a country": Shape(
        error("Country, region, or territory not supported", code="unsupported_country_region_territory"),
        403,
        words="Country",
        stops=True,
    ),
    "a wait in words": Shape(
        error("Rate limit reached for requests per day (RPD). Please try again in 7m12s.", type="requests"),
        429,
        words="Please try again in 7m12s",
        waits=432.0,
    ),
}


def given(shape: Shape) -> ChatReply:
    return read_answer(shape.status, shape.headers, shape.content, NOWHERE)


@pytest.mark.parametrize("name", SHAPES)
def test_a_shape_is_read_or_refused_in_one_clear_line(name: str) -> None:
    shape = SHAPES[name]
    if shape.reply is not None:
        found = given(shape)
        assert (found.text, found.finish_reason) == (shape.reply, shape.finish)
        return
    with pytest.raises(ClientError) as refused:
        given(shape)
    said = str(refused.value)
    assert said.count(shape.words) == 1 and "\n" not in said
    if shape.waits is not None:
        assert isinstance(refused.value, RateLimited) and (refused.value.retry_after or 0.0) == shape.waits


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.waits is None])
def test_a_shape_costs_its_own_question_only_and_no_more_requests_than_reasks_allows(
    store: Store, client: ScriptedClient, name: str
) -> None:
    shape = SHAPES[name]
    asked = work(store, 30)
    met = asked.rows[7].key
    n_asked = 0

    def one_is_met(request: ChatRequest) -> ChatReply:
        nonlocal n_asked
        question = question_of(request)
        if question.subject.key != met:
            return first_wins(request)
        n_asked += 1
        found = given(shape)
        return ChatReply(found.text.replace("[[K]]", f"[[{question.labels.first}]]"), finish_reason=found.finish_reason)

    client.script, client.delay = one_is_met, 0.1
    limits = Limits(concurrency=4)
    if shape.stops:
        with pytest.raises(EndpointRefused, match=shape.words):
            run_all([asked], store, limits=limits, loop_factory=SimulatedLoop)
        return
    done = run_all([asked], store, limits=limits, loop_factory=SimulatedLoop).total
    assert (done.done, done.stopped) == (30, None)
    assert 1 <= n_asked <= 1 + JUDGE.reasks
    if shape.reply is None:
        assert (done.failed, done.replied) == (1, 29)
        (_, _, failure), *_ = [place for place in store.answered_of(asked.group) if place[0].key == met]
        assert failure is not None and failure.count(shape.words) == 1
    elif shape.reply == SAID:
        assert (done.replied, n_asked) == (30, 1)


@pytest.mark.parametrize("name", [name for name, shape in SHAPES.items() if shape.status == 403 and not shape.stops])
def test_what_forbids_one_prompt_gives_the_same_outcome_when_only_that_prompt_is_left(
    store: Store, client: ScriptedClient, name: str
) -> None:
    asked = work(store, 30)
    met = {row.key for row in asked.rows[::2]}

    def some_are_met(request: ChatRequest) -> ChatReply:
        return given(SHAPES[name]) if question_of(request).subject.key in met else first_wins(request)

    client.script, client.delay = some_are_met, 0.1
    for expected in (30, 15):
        n_before = len(client.asked)
        done = run_all([asked], store, limits=Limits(), loop_factory=SimulatedLoop).total
        assert (done.failed, done.done, len(client.asked) - n_before) == (15, 30, expected)


def test_rejections_end_no_run_whose_judge_has_replies_in_the_store(store: Store, client: ScriptedClient) -> None:
    run_all([work(store, 3)], store, limits=Limits(), loop_factory=SimulatedLoop)

    def rejects(_: ChatRequest) -> ChatReply:
        raise RejectedRequest("filtered")

    client.script = rejects
    done = run_all([work(store, 40, model="other")], store, limits=Limits(), loop_factory=SimulatedLoop).total
    assert (done.failed, done.done) == (40, 40)


@pytest.mark.parametrize(
    ("said", "concern"),
    [
        ("Your request was blocked by our content moderation system.", Concern.PROMPT),
        ("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", Concern.PROMPT),
        ("This request has been flagged for possible cybersecurity risk", Concern.PROMPT),
        ("Blocked by Llama Guard: S1", Concern.PROMPT),
        ("Content not allowed", Concern.PROMPT),
        ("Prompt injection detected", Concern.PROMPT),
        ("The prompt was rejected", Concern.PROMPT),
        ("The prompt violates your organization's policy and was blocked", Concern.PROMPT),
        ("No credits were charged. Your input was flagged", Concern.PROMPT),
        ("You do not have access to this model", Concern.OWNER),
        ("You are not allowed to request logprobs from this model", Concern.OWNER),
        ("Your account has been flagged for policy violations", Concern.OWNER),
        ("The API key used is blocked for content generation", Concern.OWNER),
        ("Virtual key usage limit exceeded for content completions", Concern.OWNER),
        ("Budget has been exceeded! Current cost: 10, Max budget: 5", Concern.OWNER),
        ("Insufficient credits. Add more", Concern.OWNER),
        ("Your IP is not allowed", Concern.OWNER),
        ("This model is not available in your region", Concern.OWNER),
        ("Access denied", Concern.OWNER),
        ("Your request was blocked.", Concern.UNSAID),
        ("Forbidden", Concern.UNSAID),
        ("", Concern.UNSAID),
    ],
)
def test_the_words_of_a_complaint_tell_whom_it_concerns(said: str, concern: Concern) -> None:
    assert complaint_of({"error": {"message": said, "code": 403}}).concern == concern


FILTERS = [
    "Output blocked by content filtering policy",
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    "The generated text has been blocked by our content filters.",
    "Guardrail intervened",
    "Request blocked by guardrail pii-strict",
    "Blocked by our safety policy",
    "The request was rejected by the safety system",
    "Content violates usage guidelines. Failed check: SAFETY_CHECK_TYPE_BIO",
    "Response blocked due to SAFETY",
    "This prompt contains sensitive words that violate Google's Responsible AI practices.",
    "The candidate was blocked for its category: RECITATION",
    "blocked output: please rephrase",
    "Prompt blocked due to security configurations",
    "Your chosen model requires moderation",
    "Input data may contain inappropriate content.",
    "Content Exists Risk",
    "The request was rejected because it was considered high risk",
    "Violated moderation policy",
    "The message was blocked by your organization's content policy",
]
BARRED = [
    "Your account is not allowed to access this model",
    "User: arn:aws:iam::1:user/u is not authorized to perform: bedrock:ApplyGuardrail on resource: guardrail/x",
    "You do not have permission to use content filters of this kind",
    "Your account was blocked by our safety policy",
    "This key has been revoked for violations of the usage policy",
    "Access denied",
    "The caller does not have permission",
]


@pytest.mark.parametrize("kind", ["permission_error", "AccessDeniedException", "PERMISSION_DENIED", None])
@pytest.mark.parametrize("status", [403, 400])
def test_the_words_of_a_content_filter_fail_one_row_whatever_the_type_says(status: int, kind: str | None) -> None:
    for said in FILTERS:
        shape = Shape({"type": "error", "error": {"type": kind, "message": said}}, status)
        with pytest.raises(RejectedRequest) as failed:
            given(shape)
        assert failed.value.of_this_request, said
    for said in BARRED:
        shape = Shape({"type": "error", "error": {"type": kind, "message": said}}, 403)
        with pytest.raises(EndpointRefused) as refused:
            given(shape)
        assert type(refused.value) is EndpointRefused, said


@pytest.mark.parametrize(
    ("status", "body", "cure"),
    [
        (401, error("Incorrect API key provided."), "Check the key"),
        (402, error("Insufficient Balance"), "Add credit to the account"),
        (403, error("Your account may not use it", type="permission_error"), "Use a key that may use this model"),
        (404, error("The model `gpt-x` does not exist"), "Check the model's name"),
        (429, error("You exceeded your current quota.", code="insufficient_quota"), "Add credit to the account"),
        (400, error("API key not valid. Please pass a valid one.", status="INVALID_ARGUMENT"), "Check the key"),
        (301, "", "Check the endpoint's address"),
    ],
)
def test_a_refusal_of_every_request_names_the_endpoint_and_the_cure(
    store: Store, client: ScriptedClient, status: int, body: Any, cure: str
) -> None:
    client.script = lambda _: given(Shape(body, status))
    with pytest.raises(EndpointRefused) as stopped:
        run_all([work(store, 3)], store, limits=Limits(), loop_factory=SimulatedLoop)
    said = str(stopped.value)
    assert re.match(rf"\S+: (status )?{status}", said) and f". {cure}" in said and ".." not in said


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("Please try again in 7m12s.", 432.0),
        ("Please try again in 20ms.", 0.02),
        ("Please retry after 26 seconds.", 26.0),
        ("Try again in 1h 2 min", 3720.0),
        ("Try again in 1.5s. Visit", 1.5),
        ("Try again in a minute", None),
        ("Try again in 3 steps", None),
        ("It took 7m12s", None),
    ],
)
def test_a_wait_is_read_from_words_that_name_one(said: str, seconds: float | None) -> None:
    assert complaint_of(said).wait == seconds


def test_a_benchmark_that_begins_with_many_filtered_prompts_is_judged_to_its_end_once_the_judge_has_answered(
    store: Store, client: ScriptedClient
) -> None:
    asked = work(store, 100)
    met = {row.key for row in asked.rows[1:60]}

    def first_are_met(request: ChatRequest) -> ChatReply:
        filtered = question_of(request).subject.key in met
        return given(SHAPES["a filtered prompt"]) if filtered else first_wins(request)

    client.script = first_are_met
    limits = Limits(concurrency=1)
    done = run_all([asked], store, limits=limits, loop_factory=SimulatedLoop).total
    assert (done.failed, done.replied) == (59, 41)


def test_a_filter_that_stops_every_first_prompt_stops_the_judge(store: Store, client: ScriptedClient) -> None:
    client.script = lambda _: given(SHAPES["a filtered prompt"])
    stopped = run_all([work(store, 300)], store, limits=Limits(), loop_factory=SimulatedLoop).total.stopped
    assert stopped is not None and "The last answer: 400: The response was filtered" in stopped
    assert len(client.asked) == 12
