"""What the tests of the response cache have in common."""

from . import answers

PUBLIC = {"Content-Type": "application/json", "Cache-Control": "public, max-age=60"}
WANTED = {"Cache-Control": "public, max-age=60"}
CHAT = {"model": "gpt-4o", "messages": [{"role": "user", "content": "hi"}]}


def counted(headers=PUBLIC, status=200, body=b'{"n":%d}'):
    """Answers whose body says which one it is."""
    count = 0

    def script(exchange):
        nonlocal count
        count += 1
        answers.whole(body % count, status, headers)(exchange)

    return script


def chunked(*pieces, headers=PUBLIC, end=True):
    """An answer in these pieces, which may lack its end."""
    def script(exchange):
        exchange.head(200, headers | {"Transfer-Encoding": "chunked"})
        for piece in pieces:
            exchange.chunk(piece)
        exchange.end() if end else exchange.close()

    return script


def not_modified(*lines):
    """A 304 with these header lines."""
    return answers.raw("".join(line + "\r\n" for line in ("HTTP/1.1 304 Not Modified", *lines, "")).encode(), then="keep")


def get(proxy, token, path="/v1/models", method="GET", **headers):
    return proxy.call(method, path, {name.replace("_", "-"): value for name, value in headers.items()}, token=token)


def post(proxy, token, body=CHAT, headers=WANTED):
    return proxy.call("POST", "/v1/chat/completions", headers, body, token)


def word(answer):
    """What the cache says it did; None when it says nothing."""
    return answer.headers.get("x-proxy-cache")
