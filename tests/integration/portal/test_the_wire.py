"""What passes between the portal and others: one request is one, and a stranger is not believed."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app.cli.serve import server_of
from app.mail import MailFailed, send
from app.services.lti_platforms import PatientSession
from tests.integration.portal.world import World, settings_of

SCRIPTS = Path(__file__).parents[3] / "app" / "portal" / "static"
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: portal\r\n\r\n"
AMBIGUOUS = {
    "two lengths": (b"Content-Length: 0\r\nContent-Length: %d\r\n", b""),
    "a length and chunks": (b"Content-Length: %d\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    "chunks by another name": (b"Content-Length: %d\r\nTransfer-Encoding: xchunked\r\n", b""),
    "a space before the colon": (b"Content-Length : 0\r\nContent-Length: %d\r\n", b""),
}
"""Heads that two servers may read differently, with what stands before the hidden request."""


@pytest.fixture(scope="module")
def listening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, list[str]]]:
    """The server that ``carecommons serve`` runs: its port, and the paths that reached it."""
    reached: list[str] = []

    def application(environ, start):  # type: ignore[no-untyped-def]
        reached.append(environ["PATH_INFO"])
        start("200 OK", [("Content-Length", "0")])
        return [b""]

    settings = replace(settings_of(tmp_path_factory.mktemp("wire")), port=0)
    server = server_of(application, settings, 1)
    threading.Thread(target=server.run, daemon=True).start()
    yield server.effective_port, reached
    server.close()


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_no_request_is_hidden_in_another(listening: tuple[int, list[str]], kind: str) -> None:
    port, reached = listening
    head, before = AMBIGUOUS[kind]
    body = before + HIDDEN
    reached.clear()
    lengths = head % len(body) if b"%d" in head else head
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(b"POST /open HTTP/1.1\r\nHost: portal\r\n" + lengths + b"\r\n" + body)
        connection.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answers.startswith(b"HTTP/1.")
    assert "/hidden" not in reached


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """A server whose certificate nobody vouches for; its port."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = tmp_path_factory.mktemp("stranger") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + secret)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_greet, args=(server, context), daemon=True).start()
        yield server.getsockname()[1]


def _greet(server: socket.socket, context: ssl.SSLContext) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


def test_a_server_without_a_trusted_certificate_gets_no_mail_and_no_question(
    tmp_path: Path, stranger: int
) -> None:
    settings = replace(settings_of(tmp_path), mail_server=f"smtps://localhost:{stranger}")
    with pytest.raises(MailFailed, match="SSLCertVerificationError"):
        send(settings, "ada@place.org", "News", "text")
    for session in (PatientSession(), requests.Session()):
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://localhost:{stranger}/keys", timeout=5)
    sources = [path.read_text() for path in SCRIPTS.parents[1].rglob("*.py")]
    assert not any("verify=False" in text or "_create_unverified" in text for text in sources)


def test_what_the_portal_signs_it_signs_with_sha_256(world: World) -> None:
    client = world.client("researcher")
    page = client.get("/account/tokens").get_data(as_text=True)
    cookie = client.get_cookie("care_commons")
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert cookie is not None
    assert token is not None
    for signed in (cookie.value, token.group(1)):
        signature = signed.rsplit(".", 1)[1]
        assert len(base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))) == 32


def test_no_script_of_the_portal_takes_names_of_properties_from_data() -> None:
    """What is parsed is read by names that stand in the script (ASVS 5, 15.3.6)."""
    written = re.compile(
        r"\[(?!\d|[\"'])[^\]\n]+\]\s*=(?!=)|__proto__|\.constructor\b|for\s*\(.+\sin\s"
    )
    merged = re.compile(r"Object\.assign\(\s*([^,{]+|\{[^}]+\}),\s*JSON")
    found = {
        path.name: [*written.findall(text), *merged.findall(text)]
        for path in SCRIPTS.glob("*.js")
        if (text := path.read_text(encoding="utf-8"))
    }
    assert len(found) >= 4
    assert {name: lines for name, lines in found.items() if lines} == {}
