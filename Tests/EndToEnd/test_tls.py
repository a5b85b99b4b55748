"""TLS on both sides: what is not trusted gets not one byte of a request."""

import socket
import ssl

import pytest
from support import answers, settings
from support.client import Client
from support.provider import Provider
from support.proxy import Proxy


@pytest.fixture
def secured(authority):
    """Starts a provider that speaks TLS with a certificate for these names."""
    providers = []

    def secured(*names, issuer=authority):
        provider = Provider(tls=issuer.server(*names))
        provider.reset(answers.whole({"n": 1}))
        providers.append(provider)
        return provider

    yield secured
    for provider in providers:
        provider.stop()


def chat_over_tls(start, provider, host, authority):
    proxy = start(settings.configuration(f"https://{host}:{provider.port}"),
                  environment={"SSL_CERT_FILE": str(authority.file)} if authority else None)
    return proxy.call("GET", "/v1/models", token=proxy.management.access_token())


def test_an_https_provider_is_reached_by_name(start, secured, authority):
    provider = secured("localhost")
    assert chat_over_tls(start, provider, "localhost", authority).json() == {"n": 1}
    assert provider.connections[0].server_name == "localhost"


def test_an_https_provider_is_reached_by_address(start, secured, authority):
    provider = secured("127.0.0.1")
    assert chat_over_tls(start, provider, "127.0.0.1", authority).json() == {"n": 1}


def test_https_connections_are_used_again(start, secured, authority):
    provider = secured("localhost")
    proxy = start(settings.configuration(f"https://localhost:{provider.port}"),
                  environment={"SSL_CERT_FILE": str(authority.file)})
    token = proxy.management.access_token()
    with proxy.client() as client:
        for _ in range(5):
            client.ask("GET", "/v1/models", token=token)
            assert client.answer().status == 200
    assert len(provider.connections) == 1


def is_distrusted(answer, provider):
    assert (answer.status, answer.code, answer.source) == (502, "upstream_error", "gateway"), answer
    assert provider.connections and all(one.closed.wait(10) for one in provider.connections)
    assert provider.requests == [] and all(one.bytes_received == 0 for one in provider.connections)
    return True


def test_another_name_in_the_certificate_is_502_and_sends_nothing(start, secured, authority):
    provider = secured("somebody-else.test")
    assert is_distrusted(chat_over_tls(start, provider, "localhost", authority), provider)


def test_an_unknown_authority_is_502_and_sends_nothing(start, secured):
    provider = secured("localhost")
    assert is_distrusted(chat_over_tls(start, provider, "localhost", None), provider)


def test_a_provider_that_speaks_no_tls_is_a_gateway_error(start, provider, authority):
    """It waits for the end of what it takes for a head, so the handshake must be given up."""
    proxy = start(settings.configuration(f"https://localhost:{provider.port}", timeouts={"tls_handshake": "300ms"}),
                  environment={"SSL_CERT_FILE": str(authority.file)})
    assert proxy.chat(proxy.management.access_token()).status in (502, 504)
    assert provider.requests == []


def test_a_handshake_that_never_ends_is_given_up(start, authority):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        proxy = start(settings.configuration(f"https://localhost:{mute.getsockname()[1]}",
                                             timeouts={"tls_handshake": "300ms"}),
                      environment={"SSL_CERT_FILE": str(authority.file)})
        answer = proxy.chat(proxy.management.access_token())
    assert (answer.status, answer.code) == (504, "timeout")


@pytest.fixture
def listening_with_tls(tmp_path, provider, authority):
    certificate, key = authority.issue("localhost", "127.0.0.1")
    proxy = Proxy(tmp_path / "proxy", settings.configuration(provider.origin),
                  {"TLS_CERT_FILE": str(certificate), "TLS_KEY_FILE": str(key)})
    proxy.tls = authority.client_context()
    with proxy.start():
        yield proxy


def test_the_listener_speaks_tls(listening_with_tls, provider):
    proxy = listening_with_tls
    token = proxy.management.access_token()
    assert proxy.chat(token).status == 200
    provider.answers(answers.stream(answers.delta("one")))
    assert b"one" in proxy.chat(token, stream=True).body


def test_plain_http_to_a_tls_port_gets_nothing(listening_with_tls):
    with Client(listening_with_tls.port) as client:
        client.ask("GET", "/live")
        assert client.is_closed_by_peer() or b"HTTP/1.1 200" not in client.reader.buffered


def test_old_protocol_versions_are_refused(listening_with_tls, authority):
    old = authority.client_context()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning):
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Client(listening_with_tls.port, tls=old)


def test_a_handshake_that_breaks_harms_nobody(listening_with_tls):
    for noise in (b"", b"\x16\x03\x01", b"\x16\x03\x01\x00\x05hello", b"GET / HTTP/1.1\r\n\r\n"):
        with Client(listening_with_tls.port) as client:
            client.send(noise)
            client.reset()
    assert listening_with_tls.call("GET", "/live").status == 200


def test_a_key_that_does_not_fit_its_certificate_is_refused(tmp_path, provider, authority):
    certificate, _ = authority.issue("one.test")
    _, key = authority.issue("two.test")
    code, said = Proxy(tmp_path / "proxy", settings.configuration(provider.origin),
                       {"TLS_CERT_FILE": str(certificate), "TLS_KEY_FILE": str(key)}).refusal()
    assert code > 0 and "TLS_" in said, said
