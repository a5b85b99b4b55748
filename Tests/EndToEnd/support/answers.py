"""Ready-made scripts for the provider, and the documents they answer with."""

import json

JSON = {"Content-Type": "application/json"}
SSE = {"Content-Type": "text/event-stream", "Cache-Control": "no-cache", "Transfer-Encoding": "chunked"}


def completion(text="Hello", model="gpt-4o"):
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1_700_000_000, "model": model,
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
    }


def delta(text, model="gpt-4o"):
    return {
        "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1_700_000_000, "model": model,
        "choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}],
    }


USAGE_CHUNK = {**delta(""), "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}}


def event(document):
    """One server-sent event."""
    return b"data: " + (document if isinstance(document, bytes) else json.dumps(document).encode()) + b"\n\n"


def whole(document=None, status=200, headers=JSON, reason="OK"):
    """A complete answer with a length."""
    body = document if isinstance(document, bytes) else json.dumps(completion() if document is None else document).encode()

    def script(exchange):
        exchange.head(status, {**headers, "Content-Length": len(body)}, reason)
        if exchange.request.method != "HEAD":
            exchange.send(body)

    return script


def stream(*documents):
    """A complete event stream, one chunk an event, [DONE] at the end."""

    def script(exchange):
        exchange.head(200, SSE)
        for document in documents or (delta("Hel"), delta("lo")):
            exchange.chunk(event(document))
        exchange.chunk(event(b"[DONE]"))
        exchange.end()

    return script


def stream_until(gate, *documents):
    """Sends the documents, then waits for `gate` before it ends the stream properly."""

    def script(exchange):
        exchange.head(200, SSE)
        for document in documents or (delta("Hel"),):
            exchange.chunk(event(document))
        exchange.wait(gate)
        exchange.chunk(event(b"[DONE]"))
        exchange.end()

    return script


def raw(data, then="hold"):
    """Exactly these bytes; then `hold` the connection, `close` it, `reset` it, or `keep` it for the next request."""

    def script(exchange):
        exchange.send(data)
        if then != "keep":
            getattr(exchange, then)()

    return script


def silent(exchange):
    """Takes the request and never answers."""
    exchange.hold()


def reset(exchange):
    """Takes the request and resets the connection."""
    exchange.reset()


def close(exchange):
    """Takes the request and closes the connection without a byte."""
    exchange.close()


def echo(exchange):
    """Answers with the request: method, target, headers, body length."""
    request = exchange.request
    document = {"method": request.method, "target": request.target, "headers": list(request.headers),
                "length": len(request.body), "body": request.body.decode("latin-1")}
    whole(document)(exchange)
