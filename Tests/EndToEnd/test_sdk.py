"""The official OpenAI SDK, pointed at the proxy, works unchanged and sees errors as its own exceptions."""

import threading
from datetime import UTC, datetime, timedelta

import openai
import pytest
from support import answers, settings
from support.proxy import eventually

HELLO = [{"role": "user", "content": "hi"}]


def sdk(proxy, token, **options):
    return openai.OpenAI(base_url=f"{proxy.base_url}/v1", api_key=token, max_retries=0, timeout=20, **options)


def chat(proxy, token, **changes):
    return sdk(proxy, token).chat.completions.create(**({"model": "gpt-4o", "messages": HELLO} | changes))


# What works


def test_a_unary_chat_returns_the_providers_completion(proxy, provider, token):
    provider.answers(answers.whole(answers.completion("Good day")))
    completion = chat(proxy, token)
    assert completion.choices[0].message.content == "Good day"
    assert completion.usage.total_tokens == 12
    assert provider.requests[0].target == "/v1/chat/completions"


def test_the_sdk_reads_our_request_id(proxy, provider, token):
    assert chat(proxy, token)._request_id


def test_a_streamed_chat_arrives_event_by_event(proxy, provider, token):
    gate = threading.Event()
    provider.answers(answers.stream_until(gate, answers.delta("one"), answers.delta("two")))
    stream = chat(proxy, token, stream=True)
    # The provider has not ended the answer yet: these two came through on their own.
    texts = [next(stream).choices[0].delta.content, next(stream).choices[0].delta.content]
    gate.set()
    assert texts == ["one", "two"]
    assert list(stream) == []


def test_include_usage_brings_one_last_chunk_without_choices(proxy, provider, token):
    provider.answers(answers.stream(answers.delta("Hi"), answers.USAGE_CHUNK))
    chunks = list(chat(proxy, token, stream=True, stream_options={"include_usage": True}))
    assert chunks[-1].choices == [] and chunks[-1].usage.total_tokens == 11
    assert provider.requests[0].json()["stream_options"] == {"include_usage": True}


def test_a_client_that_did_not_ask_for_usage_does_not_see_any(proxy, provider, token):
    provider.answers(answers.stream(answers.delta("Hi")))
    chunks = list(chat(proxy, token, stream=True))
    assert [chunk.usage for chunk in chunks] == [None]


def test_embeddings_come_back(proxy, provider, token):
    provider.answers(answers.whole({
        "object": "list", "model": "text-embedding-3-small", "usage": {"prompt_tokens": 2, "total_tokens": 2},
        "data": [{"object": "embedding", "index": 0, "embedding": [0.25, -0.5]}]}))
    answer = sdk(proxy, token).embeddings.create(model="text-embedding-3-small", input="hi", encoding_format="float")
    assert answer.data[0].embedding == [0.25, -0.5]


def test_models_are_listed(proxy, provider, token):
    provider.answers(answers.whole({
        "object": "list", "data": [{"id": "gpt-4o", "object": "model", "created": 1, "owned_by": "tests"}]}))
    assert [model.id for model in sdk(proxy, token).models.list()] == ["gpt-4o"]


def test_a_file_goes_up_as_multipart(proxy, provider, token):
    provider.answers(answers.whole({
        "id": "file-1", "object": "file", "bytes": 5, "created_at": 1, "filename": "a.jsonl", "purpose": "batch",
        "status": "processed"}))
    assert sdk(proxy, token).files.create(file=("a.jsonl", b"hello"), purpose="batch").id == "file-1"
    assert b"hello" in provider.requests[0].body
    assert provider.requests[0].headers.get("content-type").startswith("multipart/form-data; boundary=")


def test_binary_answers_pass_unharmed(proxy, provider, token):
    sound = bytes(range(256)) * 64
    provider.answers(answers.whole(sound, headers={"Content-Type": "audio/mpeg"}))
    assert sdk(proxy, token).audio.speech.create(model="gpt-4o", voice="alloy", input="hi").content == sound


@pytest.mark.parametrize("wanted", ["chat", "stream", "usage", "embeddings", "models"])
def test_the_mock_adapter_serves_the_sdk_without_a_provider(mock_proxy, wanted):
    client = sdk(mock_proxy, mock_proxy.management.access_token())
    if wanted == "chat":
        completion = client.chat.completions.create(model="gpt-4o", messages=HELLO)
        assert completion.choices[0].message.content and completion.usage.total_tokens > 0
    elif wanted == "stream":
        chunks = list(client.chat.completions.create(model="gpt-4o", messages=HELLO, stream=True))
        assert "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
        assert all(chunk.usage is None for chunk in chunks)
    elif wanted == "usage":
        chunks = list(client.chat.completions.create(
            model="gpt-4o", messages=HELLO, stream=True, stream_options={"include_usage": True}))
        assert chunks[-1].usage.total_tokens > 0 and chunks[-1].choices == []
    elif wanted == "embeddings":
        answer = client.embeddings.create(model="text-embedding-3-small", input=["a", "b"], encoding_format="float")
        assert len(answer.data) == 2 and answer.data[0].embedding != answer.data[1].embedding
    else:
        assert [model.id for model in client.models.list()]


def test_the_mock_adapter_says_the_same_thing_twice(mock_proxy):
    client = sdk(mock_proxy, mock_proxy.management.access_token())
    said = [client.chat.completions.create(model="gpt-4o", messages=HELLO).choices[0].message for _ in range(2)]
    assert said[0] == said[1]


# What is refused


def refusal(kind, proxy, token, **changes):
    with pytest.raises(kind) as caught:
        chat(proxy, token, **changes)
    return caught.value


def test_an_unknown_token_is_an_authentication_error(proxy):
    error = refusal(openai.AuthenticationError, proxy, "sk-AAAAAAAAAAAAAAAAAAAAAA")
    assert error.code == "token_not_found"
    assert error.response.headers["x-should-retry"] == "false"
    assert error.response.headers["x-llm-proxy-error-source"] == "gateway"


def test_a_malformed_token_is_an_authentication_error(proxy):
    assert refusal(openai.AuthenticationError, proxy, "nonsense").code == "invalid_token"


def test_a_revoked_token_is_an_authentication_error(proxy):
    token = proxy.management.create_token()
    proxy.management.revoke(token["id"])
    assert refusal(openai.AuthenticationError, proxy, token["token"]).code == "token_inactive"


def test_an_expired_token_is_an_authentication_error(proxy):
    soon = datetime.now(UTC) + timedelta(seconds=1)
    token = proxy.management.create_token(expires_at=soon.isoformat())["token"]
    assert proxy.chat(token).status == 200
    eventually(lambda: proxy.chat(token).status == 401, "the token to expire")
    error = refusal(openai.AuthenticationError, proxy, token)
    assert error.code == "token_expired"
    assert error.response.headers["x-should-retry"] == "false"


def test_a_deactivated_project_is_a_permission_error(proxy):
    project = proxy.management.create_project()
    token = proxy.management.create_token(project)["token"]
    proxy.management.change_project(project["id"], is_active=False)
    assert refusal(openai.PermissionDeniedError, proxy, token).code == "project_inactive"


def test_a_foreign_origin_is_a_permission_error(start, provider):
    proxy = start(settings.configuration(provider.origin, allowed_origins=["https://app.example"]))
    headers = {"Origin": "https://evil.example"}
    error = refusal(openai.PermissionDeniedError, proxy, proxy.management.access_token(), extra_headers=headers)
    assert error.code == "origin_not_allowed"
    assert provider.requests == []


def test_an_endpoint_that_is_not_allowed_is_not_found(proxy, provider, token):
    with pytest.raises(openai.NotFoundError) as caught:
        sdk(proxy, token).moderations.create(input="hi")
    assert caught.value.code == "endpoint_not_found"
    assert provider.requests == []


def test_a_model_that_is_not_allowed_is_a_bad_request(proxy, provider, token):
    error = refusal(openai.BadRequestError, proxy, token, model="gpt-3.5-turbo")
    assert error.code == "param_not_allowed" and "gpt-3.5-turbo" in error.message
    assert provider.requests == []


def test_a_used_up_token_is_a_rate_limit_error_that_is_not_retried(proxy, provider):
    token = proxy.management.access_token(max_requests=1)
    chat(proxy, token)
    error = refusal(openai.RateLimitError, proxy, token)
    assert error.code == "rate_limit_exceeded"
    assert error.response.headers["x-should-retry"] == "false"
    assert len(provider.requests) == 1


def test_a_rate_limit_is_a_rate_limit_error_that_says_when_to_retry(start, provider):
    chain = settings.pipeline(settings.stage("rate-limit", config={"requests_per_minute": 1}))
    proxy = start(settings.configuration(provider.origin, chain))
    token = proxy.management.access_token()
    chat(proxy, token)
    error = refusal(openai.RateLimitError, proxy, token)
    assert error.code == "rate_limit_exceeded"
    assert 0 < int(error.response.headers["retry-after"]) <= 60
    assert 0 < int(error.response.headers["retry-after-ms"]) <= 60_000
    assert error.response.headers.get("x-should-retry") != "false"


def test_a_provider_that_breaks_is_a_server_error_of_the_gateway(proxy, provider, token):
    provider.answers(answers.raw(b"HTTP/1.1 2", "reset"))
    error = refusal(openai.InternalServerError, proxy, token)
    assert (error.status_code, error.code) == (502, "upstream_error")
    assert error.response.headers["x-llm-proxy-error-source"] == "gateway"


def test_a_provider_that_is_silent_is_a_timeout_of_the_gateway(proxy, provider, token):
    provider.answers(answers.silent)
    error = refusal(openai.InternalServerError, proxy, token)
    assert (error.status_code, error.code) == (504, "timeout")


def test_an_error_of_the_provider_arrives_as_it_was(proxy, provider, token):
    theirs = {"error": {"message": "overloaded", "type": "server_error", "param": None, "code": "busy"}}
    provider.answers(answers.whole(theirs, status=503, reason="Unavailable"))
    error = refusal(openai.InternalServerError, proxy, token)
    assert (error.status_code, error.code, error.body) == (503, "busy", theirs["error"])
    assert error.response.headers["x-llm-proxy-error-source"] == "upstream"
    assert len(provider.requests) == 1


@pytest.mark.parametrize("end", ["reset", "close", "hold"])
def test_a_stream_that_breaks_ends_in_an_error_event(proxy, provider, token, end):
    def script(exchange):
        exchange.head(200, answers.SSE)
        exchange.chunk(answers.event(answers.delta("one")))
        getattr(exchange, end)()

    provider.answers(script)
    stream = chat(proxy, token, stream=True)
    assert next(stream).choices[0].delta.content == "one"
    with pytest.raises(openai.APIError) as caught:
        next(stream)
    assert not isinstance(caught.value, openai.APIConnectionError), caught.value
    assert caught.value.code == ("timeout" if end == "hold" else "upstream_error")


def test_an_error_event_of_the_provider_reaches_the_client(proxy, provider, token):
    theirs = {"error": {"message": "too long", "type": "server_error", "param": None, "code": "context"}}
    provider.answers(answers.stream(answers.delta("one"), theirs))
    stream = chat(proxy, token, stream=True)
    next(stream)
    with pytest.raises(openai.APIError) as caught:
        next(stream)
    assert caught.value.code == "context"
