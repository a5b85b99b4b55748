"""A client that sends exactly the bytes it is told to, and reads answers strictly."""

import json
import socket

from .wire import SAFETY_NET_SECONDS, Closed, Headers, Reader, chunk_of, reset, serialize


class Answer:
    """One answer; `is_whole` is False when the connection ended before its framing said so."""

    def __init__(self, status, version, headers):
        self.status, self.version, self.headers = status, version, headers
        self.body = b""
        self.is_whole = False

    def json(self):
        return json.loads(self.body)

    @property
    def code(self):
        """The code of an error of ours, checked to be in both places where clients look for it."""
        document = self.json()
        assert set(document["error"]) >= {"message", "type", "param", "code"}, document
        assert document["error"]["code"] == document["code"], document
        return document["code"]

    @property
    def source(self):
        return self.headers.get("x-llm-proxy-error-source")

    def __repr__(self):
        return f"<{self.status} {dict(self.headers)} {self.body[:300]!r}{'' if self.is_whole else ' CUT SHORT'}>"


class Client:
    """One connection."""

    def __init__(self, port, tls=None, receive_buffer=None):
        self.sock = socket.socket()
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(SAFETY_NET_SECONDS)
        try:
            self.sock.connect(("127.0.0.1", port))
        except OSError:
            self.sock.close()
            raise
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = tls.wrap_socket(self.sock, server_hostname="localhost")
        self.reader = Reader(self.sock)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, data):
        """Sends; a peer that has already answered and closed is no error here."""
        try:
            self.sock.sendall(data)
        except (ConnectionError, BrokenPipeError):
            pass

    def send_until_stuck(self, data, limit):
        """Sends `data` again and again until the peer takes no more for a second; returns how many bytes it took."""
        sent = 0
        self.sock.settimeout(1.0)
        try:
            while sent < limit:
                at = sent % len(data)
                sent += self.sock.send(data[at:at + limit - sent])
        except (TimeoutError, ConnectionError):
            pass
        self.sock.settimeout(SAFETY_NET_SECONDS)
        return sent

    def ask(self, method, path, headers=None, body=None, token=None, version="HTTP/1.1"):
        """Sends a request. A dict body goes as JSON; Host, User-Agent and Content-Length are added unless given."""
        fields = {name: value for name, value in (headers or {}).items() if value is not None}
        names = {name.lower() for name in headers or {}}
        if isinstance(body, (dict, list)):
            body = json.dumps(body).encode()
            if "content-type" not in names:
                fields["Content-Type"] = "application/json"
        if token is not None:
            fields["Authorization"] = f"Bearer {token}"
        if "user-agent" not in names:
            fields = {"User-Agent": "tests", **fields}
        if "host" not in names:
            fields = {"Host": "proxy.test", **fields}
        if body is not None and not names & {"content-length", "transfer-encoding"}:
            fields["Content-Length"] = len(body)
        self.send(serialize(f"{method} {path} {version}", fields, body or b""))

    def head(self):
        """The head of the next answer; interim answers count as answers."""
        lines = self.reader.until(b"\r\n\r\n").split(b"\r\n")
        version, status = lines[0].decode("latin-1").split(" ", 2)[:2]
        headers = Headers.parse(lines[1:])
        assert not (headers.all("content-length") and headers.all("transfer-encoding")), headers
        assert len(headers.all("content-length")) <= 1 and len(headers.all("transfer-encoding")) <= 1, headers
        return Answer(int(status), version, headers)

    def answer(self, to="GET"):
        """The next final answer with as much of its body as comes."""
        answer = self.head()
        while 100 <= answer.status < 200 and answer.status != 101:
            answer = self.head()
        try:
            self._read_body(answer, to)
            answer.is_whole = True
        except Closed:
            pass
        return answer

    def _read_body(self, answer, method):
        length, coding = answer.headers.get("content-length"), answer.headers.get("transfer-encoding")
        if method == "HEAD" or answer.status in (204, 304):
            return
        if coding is not None:
            assert coding.lower() == "chunked", coding
            while data := chunk_of(self.reader):
                answer.body += data
        elif length is not None:
            missing = int(length)
            while missing > 0:
                data = self.reader.some()
                answer.body += data[:missing]
                self.reader.buffered = data[missing:]
                missing = int(length) - len(answer.body)
        else:
            try:
                while True:
                    answer.body += self.reader.some()
            except Closed:
                pass

    def chunk(self):
        """The next chunk of an answer whose head was read with `head()`; empty at the end."""
        return chunk_of(self.reader)

    def event(self):
        """The next server-sent event of a chunked answer, without its blank line; None at the end of the answer."""
        self._events = getattr(self, "_events", b"")
        while b"\n\n" not in self._events:
            data = self.chunk()
            if not data:
                return None
            self._events += data
        one, self._events = self._events.split(b"\n\n", 1)
        return one

    def is_closed_by_peer(self):
        """Waits until the peer ends the connection; False when it sends something instead."""
        try:
            self.reader.fill()
            return False
        except Closed:
            return True

    def reset(self):
        reset(self.sock)


def call(port, method, path, headers=None, body=None, token=None, tls=None):
    """One request on a connection of its own."""
    with Client(port, tls) as client:
        client.ask(method, path, headers, body, token)
        return client.answer(to=method)
