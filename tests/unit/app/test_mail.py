"""Mail leaves by a server or as files, quotes nobody in errors, and refuses what is unsafe."""

from __future__ import annotations

import socketserver
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from app.mail import MailFailed, mail_server, send
from app.settings import PortalSettings
from deid.errors import ConfigurationError


@pytest.fixture
def settings(tmp_path: Path) -> PortalSettings:
    environ = {"CARECOMMONS_HOME": str(tmp_path)}
    return PortalSettings.from_environ(environ)


class _Dialogue(socketserver.StreamRequestHandler):
    """A mail server of one connection: it takes messages, or refuses as its owner says."""

    def handle(self) -> None:
        self.say("220 ready")
        while line := self.rfile.readline().decode().strip():
            word = line.split(" ")[0].upper()
            if word == "DATA":
                self.say("354 go on")
                lines = []
                while (line_ := self.rfile.readline()) != b".\r\n":
                    lines.append(line_)
                self.server.taken.append(b"".join(lines))  # type: ignore[attr-defined]
                self.say("250 taken")
            elif word == "RCPT":
                self.say(self.server.answer)  # type: ignore[attr-defined]
            elif word == "QUIT":
                return self.say("221 bye")
            else:
                self.say("250 well")

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")


@pytest.fixture
def server() -> Iterator[socketserver.TCPServer]:
    with socketserver.TCPServer(("127.0.0.1", 0), _Dialogue) as listening:
        listening.taken, listening.answer = [], "250 well"  # type: ignore[attr-defined]
        threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True).start()
        yield listening
        listening.shutdown()


def with_server(settings: PortalSettings, server: socketserver.TCPServer) -> PortalSettings:
    return replace(settings, mail_server=f"smtp://127.0.0.1:{server.server_address[1]}")


def test_without_a_server_a_message_is_a_private_file(
    settings: PortalSettings, tmp_path: Path
) -> None:
    send(settings, "ada@place.org", "Ändern 改", "It was approved.\n中文")
    (path,) = (tmp_path / "portal" / "mail").iterdir()
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert (message["To"], message["Subject"]) == ("ada@place.org", "Ändern 改")
    assert "It was approved.\n中文" in message.get_content()  # type: ignore[attr-defined]


def test_a_server_takes_the_message(
    settings: PortalSettings, server: socketserver.TCPServer
) -> None:
    send(with_server(settings, server), "ada@place.org", "News", "It was approved.")
    (taken,) = server.taken  # type: ignore[attr-defined]
    assert b"It was approved." in taken


@pytest.mark.parametrize(("answer", "permanent"), [("550 nobody", True), ("451 later", False)])
def test_a_refusal_says_whether_to_try_again_and_quotes_nobody(
    settings: PortalSettings, server: socketserver.TCPServer, answer: str, permanent: bool
) -> None:
    server.answer = answer  # type: ignore[attr-defined]
    with pytest.raises(MailFailed) as failed:
        send(with_server(settings, server), "ada@place.org", "News", "text")
    assert failed.value.permanent is permanent
    assert "ada" not in str(failed.value)


def test_a_server_that_is_away_is_tried_again_later(settings: PortalSettings) -> None:
    with pytest.raises(MailFailed) as failed:
        send(replace(settings, mail_server="smtp://127.0.0.1:1"), "ada@place.org", "News", "text")
    assert not failed.value.permanent


def test_a_line_break_in_a_subject_begins_no_header(
    settings: PortalSettings, tmp_path: Path
) -> None:
    send(settings, "ada@place.org", "News\r\nBcc: eve@place.org", "text")
    (path,) = (tmp_path / "portal" / "mail").iterdir()
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    assert message["Bcc"] is None
    assert message["Subject"] == "News Bcc: eve@place.org"


@pytest.mark.parametrize("address", ["a@b.org\nBcc: e@f.org", "a@b.org, e@f.org", "", "nobody"])
def test_what_is_not_one_address_is_refused_for_good(
    settings: PortalSettings, address: str
) -> None:
    with pytest.raises(MailFailed) as failed:
        send(settings, address, "News", "text")
    assert failed.value.permanent


@pytest.mark.parametrize(
    ("server", "said"),
    [
        ("smtp://mail.place.org", "this machine only"),
        ("http://mail.place.org", "looks like"),
        ("smtps://ada:secret@mail.place.org", "looks like"),
        ("smtps://", "looks like"),
        ("smtps://mail.place.org:port", "looks like"),
        ("smtps://ada@mail.place.org", "mail-password"),
    ],
)
def test_an_unsafe_or_malformed_server_is_refused_with_what_to_write(
    settings: PortalSettings, server: str, said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        mail_server(replace(settings, mail_server=server))


def test_the_password_is_read_from_a_private_file_only(
    settings: PortalSettings, tmp_path: Path
) -> None:
    path = tmp_path / "portal" / "mail-password"
    path.parent.mkdir()
    path.write_text("secret\n")
    path.chmod(0o644)
    named = replace(settings, mail_server="smtps://ada@mail.place.org")
    with pytest.raises(ConfigurationError, match="chmod 600"):
        mail_server(named)
    path.chmod(0o600)
    found = mail_server(named)
    assert found is not None
    assert (found.password, found.port, found.security) == ("secret", 465, "tls")
    assert "secret" not in repr(found)
