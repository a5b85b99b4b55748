"""A provider on loopback that does to each request exactly what the test's script says.

A script is a function of one `Exchange`. It runs on the connection's own thread and may wait for the test's
events, send any bytes, stop in the middle, reset. When it returns, the connection waits for the next request.
"""

import collections
import json
import select
import socket
import threading
from dataclasses import dataclass

from .wire import SAFETY_NET_SECONDS, Closed, Headers, Reader, as_chunk, chunk_of, reset, serialize


class Hangup(Exception):
    """Raised inside a script to end its connection."""


@dataclass
class Received:
    """One request as it arrived."""

    method: str
    target: str
    headers: Headers
    head: bytes
    connection: "Connection"
    body: bytes = b""

    def json(self):
        return json.loads(self.body)


class Connection:
    """What the provider saw of one connection."""

    def __init__(self, index):
        self.index = index
        self.requests = 0
        self.reader = None
        self.server_name = None
        self.failure = None
        self.closed = threading.Event()

    @property
    def bytes_received(self):
        """Bytes read so far, after TLS."""
        return self.reader.total if self.reader else 0


class Exchange:
    """One request, in the hands of a script."""

    def __init__(self, provider, sock, reader, request):
        self.sock, self.reader, self.request = sock, reader, request
        self.over = provider.over

    def send(self, data):
        try:
            self.sock.sendall(data)
        except (ConnectionError, BrokenPipeError):
            raise Hangup from None

    def head(self, status=200, headers=(), reason="OK"):
        self.send(serialize(f"HTTP/1.1 {status} {reason}", headers))

    def chunk(self, data):
        self.send(as_chunk(data))

    def end(self):
        self.send(b"0\r\n\r\n")

    def read_body(self):
        """Takes the rest of the request. Done before the script runs unless the script has `early = True`."""
        headers = self.request.headers
        if "100-continue" in (headers.get("expect") or "").lower():
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in (headers.get("transfer-encoding") or "").lower():
            while data := chunk_of(self.reader):
                self.request.body += data
        else:
            self.request.body = self.reader.exactly(int(headers.get("content-length") or 0))

    def wait(self, event):
        """Waits for the test, and ends the connection if the test ends first."""
        while not event.wait(0.02):
            if self.over.is_set():
                raise Hangup

    def hold(self):
        """Does nothing until the peer closes or the test ends."""
        while not self.over.is_set():
            if select.select([self.sock], [], [], 0.05)[0]:
                try:
                    self.reader.fill()
                except Closed:
                    break
        raise Hangup

    def stuff(self, data, stalled):
        """Sends `data` again and again until the peer takes no more for a second, then sets `stalled`.

        Returns the number of bytes that were taken.
        """
        taken = 0
        while select.select([], [self.sock], [], 1.0)[1]:
            try:
                taken += self.sock.send(data, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
            except (ConnectionError, BrokenPipeError):
                raise Hangup from None
        stalled.set()
        return taken

    def close(self):
        raise Hangup

    def reset(self):
        reset(self.sock)
        raise Hangup


class Provider:
    """Listens on a free loopback port from construction until `stop()`."""

    def __init__(self, tls=None):
        self.tls = tls
        self.port = 0
        self.over = threading.Event()
        self.requests, self.connections, self.failures = [], [], []
        self._news = threading.Condition()
        self._script, self._sockets = collections.deque(), set()
        self.listen()

    @property
    def origin(self):
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def listen(self):
        """Accepts again, on the same port, after `refuse()`."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def refuse(self):
        """Refuses connections until `listen()`; those that are open stay."""
        # Closing alone would leave the port to the thread that is waiting in `accept`.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def answers(self, *scripts):
        """One script for each request to come, in order; the last one stays."""
        with self._news:
            self._script = collections.deque(scripts)

    def reset(self, default):
        """Forgets what was recorded; scripts and connections of the test before end."""
        self.over.set()
        with self._news:
            sockets, self._sockets = self._sockets, set()
        for sock in sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # already closed by its own thread
        self.over = threading.Event()
        self.requests, self.connections, self.failures = [], [], []
        self.answers(default)

    def stop(self):
        self.over.set()
        self.refuse()

    def wait_for_requests(self, count=1):
        """Returns once `count` requests have arrived."""
        self._wait(lambda: len(self.requests) >= count, lambda: f"{count} requests, saw {len(self.requests)}")
        return self.requests[count - 1]

    def wait_for_connections(self, count=1):
        self._wait(
            lambda: len(self.connections) >= count, lambda: f"{count} connections, saw {len(self.connections)}")
        return self.connections[count - 1]

    def _wait(self, condition, what):
        with self._news:
            if not self._news.wait_for(condition, SAFETY_NET_SECONDS):
                raise AssertionError(f"the provider waited for {what()}")

    def _accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            with self._news:
                connection = Connection(len(self.connections))
                self.connections.append(connection)
                self._sockets.add(sock)
                self._news.notify_all()
            threading.Thread(target=self._serve, args=(sock, connection), daemon=True).start()

    def _serve(self, sock, connection):
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self.tls:
                sock = self.tls.accept(sock, connection)
                with self._news:
                    self._sockets.add(sock)
            reader = connection.reader = Reader(sock)
            while self._one(sock, reader, connection):
                pass
        except (Hangup, Closed):
            pass
        except (OSError, ValueError, AssertionError) as error:
            connection.failure = error
            if not self.tls and not self.over.is_set():
                self.failures.append(error)
        finally:
            with self._news:
                self._sockets.discard(sock)
            sock.close()
            connection.closed.set()

    def _one(self, sock, reader, connection):
        over = self.over
        head = reader.until(b"\r\n\r\n")
        lines = head.split(b"\r\n")
        method, target, _ = lines[0].decode("latin-1").split(" ")
        request = Received(method, target, Headers.parse(lines[1:]), head, connection)
        exchange = Exchange(self, sock, reader, request)
        with self._news:
            script = self._script.popleft() if len(self._script) > 1 else self._script[0]
        if not getattr(script, "early", False):
            exchange.read_body()
        with self._news:
            connection.requests += 1
            self.requests.append(request)
            self._news.notify_all()
        script(exchange)
        return not over.is_set()
