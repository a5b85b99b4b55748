"""A certificate authority of the tests' own, made with the openssl command."""

import socket
import ssl
import subprocess


class Authority:
    """Issues certificates for server names into one folder."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.file = folder / "authority.pem"
        self._key = folder / "authority.key"
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                      "-subj", "/CN=tests", "-keyout", self._key, "-out", self.file,
                      "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")

    def issue(self, *names):
        """Certificate file and key file for these names; the first may be an IP address."""
        stem = self.folder / names[0].replace("*", "any")
        certificate, key, request = stem.with_suffix(".pem"), stem.with_suffix(".key"), stem.with_suffix(".csr")
        kinds = ",".join(f"{'IP' if name[0].isdigit() else 'DNS'}:{name}" for name in names)
        extensions = stem.with_suffix(".ext")
        extensions.write_text(f"subjectAltName={kinds}\nextendedKeyUsage=serverAuth\n")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                      "-subj", f"/CN={names[0]}", "-keyout", key, "-out", request)
        self._openssl("x509", "-req", "-in", request, "-CA", self.file, "-CAkey", self._key, "-CAcreateserial",
                      "-days", "2", "-extfile", extensions, "-out", certificate)
        return certificate, key

    def server(self, *names):
        return ServerTLS(*self.issue(*names))

    def client_context(self):
        return ssl.create_default_context(cafile=str(self.file))

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class ServerTLS:
    """Makes a provider speak TLS, and notes what the client asked for."""

    def __init__(self, certificate, key):
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(certificate, key)
        self._context.set_alpn_protocols(["http/1.1"])
        self._context.sni_callback = lambda sock, name, _: setattr(sock, "asked_name", name)

    def accept(self, sock, connection):
        sock.settimeout(10)
        secured = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        try:
            secured.do_handshake()
        finally:
            connection.server_name = getattr(secured, "asked_name", None)
        secured.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return secured
