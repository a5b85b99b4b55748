"""HTTP/1.1 as bytes: a buffered reader and the few parsing steps that both ends of a test need."""

import socket

# No test waits this long: it only keeps a broken one from hanging for ever.
SAFETY_NET_SECONDS = 20.0


class Closed(Exception):
    """The peer closed or reset the connection before what was asked for had arrived."""


class Reader:
    """Reads from a socket through a buffer that callers may look at."""

    def __init__(self, sock):
        self.sock = sock
        self.buffered = b""
        self.total = 0

    def fill(self):
        """Waits for more bytes; raises Closed when there will be none."""
        try:
            data = self.sock.recv(65536)
        except (ConnectionError, BrokenPipeError) as error:
            raise Closed(str(error)) from None
        if not data:
            raise Closed("end of stream")
        self.total += len(data)
        self.buffered += data

    def until(self, mark):
        while mark not in self.buffered:
            self.fill()
        taken, self.buffered = self.buffered.split(mark, 1)
        return taken

    def exactly(self, count):
        while len(self.buffered) < count:
            self.fill()
        taken, self.buffered = self.buffered[:count], self.buffered[count:]
        return taken

    def some(self):
        if not self.buffered:
            self.fill()
        taken, self.buffered = self.buffered, b""
        return taken


class Headers(list):
    """Name and value pairs in the order in which they came; names compare without case."""

    @classmethod
    def parse(cls, lines):
        found = cls()
        for line in lines:
            name, _, value = line.partition(b":")
            found.append((name.decode("latin-1"), value.strip().decode("latin-1")))
        return found

    def all(self, name):
        return [value for key, value in self if key.lower() == name.lower()]

    def get(self, name, default=None):
        values = self.all(name)
        return values[0] if values else default


def chunk_of(reader):
    """The payload of the next chunk; empty for the last one, after its trailers."""
    size = int(reader.until(b"\r\n").split(b";")[0], 16)
    if size == 0:
        while reader.until(b"\r\n"):
            pass
        return b""
    data = reader.exactly(size)
    assert reader.exactly(2) == b"\r\n", "a chunk's data must end with CRLF"
    return data


def as_chunk(data):
    return b"%x\r\n%s\r\n" % (len(data), data)


def serialize(first_line, headers, body=b""):
    """A message's bytes; `headers` is a dict or a list of pairs, sent as given."""
    pairs = headers.items() if isinstance(headers, dict) else headers
    lines = [first_line] + [f"{name}: {value}" for name, value in pairs]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


def reset(sock):
    """Closes so that the peer sees a reset and not an orderly end."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    sock.close()


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]
