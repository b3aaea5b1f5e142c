"""Settings of the portal and of the lab. Neither has a field for the vault or for a key."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deid.configuration import Setting, read_settings

PORTAL_PREFIX = "CARECOMMONS_PORTAL_"
LAB_PREFIX = "CARECOMMONS_LAB_"


def yes_or_no(text: str) -> bool:
    """``yes`` or ``no``.

    Raises:
        ValueError: for anything else.
    """
    if text not in ("yes", "no"):
        raise ValueError("yes or no")
    return text == "yes"


def dois(text: str) -> tuple[tuple[str, str], ...]:
    """``RELEASE=10.1234/suffix`` pairs with spaces between them.

    Raises:
        ValueError: if one is not of that form.
    """
    pairs = [word.partition("=") for word in text.split()]
    for name, _, doi in pairs:
        if not name or not re.fullmatch(r"10\.\d{4,9}/[-._;()/:A-Za-z0-9]+", doi):
            raise ValueError(f"{name}={doi} is not RELEASE=DOI, with a DOI such as 10.1234/abc")
    return tuple((name, doi) for name, _, doi in pairs)


def data_use(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """``RELEASE=DUO:0000042+DUO:0000018`` pairs with spaces between them; ``*`` is any release.

    Raises:
        ValueError: if one is not of that form.
    """
    pairs = [word.partition("=") for word in text.split()]
    for name, _, codes in pairs:
        if not name or not re.fullmatch(r"DUO:\d{7}(\+DUO:\d{7})*", codes):
            raise ValueError(f"{name}={codes} is not RELEASE=DUO:0000000, more joined by +")
    return tuple((name, tuple(codes.split("+"))) for name, _, codes in pairs)


PORTAL_SETTINGS = (
    Setting(
        "database_url",
        str,
        lambda home: f"sqlite:///{home / 'portal' / 'portal.db'}",
        "SQLAlchemy URL of the portal's database",
    ),
    Setting(
        "release_root", Path, lambda home: home / "releases", "folder of the published releases"
    ),
    Setting("project_root", Path, lambda home: home / "projects", "folder of project extracts"),
    Setting(
        "secret_file",
        Path,
        lambda home: home / "portal" / "secret",
        "file with the key that signs sessions; made at first start, mode 0600",
    ),
    Setting("host", str, "127.0.0.1", "address to serve on"),
    Setting("port", int, 8000, "port to serve on"),
    Setting("minimum_cell", int, 11, "counts of people below this are not shown"),
    Setting("output_approvals", int, 1, "how many stewards have to agree before results leave"),
    Setting(
        "request_approvals",
        int,
        1,
        "how many stewards have to agree before data are delivered, 1 or 2; the terms of a release "
        "can ask for 2",
    ),
    Setting("review_days", int, 10, "days within which a request is to be decided"),
    Setting(
        "lab_address",
        str,
        "",
        "where the installation runs labs, as an address with {project} in it; empty if people "
        "start them with `carecommons lab`",
    ),
    Setting(
        "public_address",
        str,
        "",
        "address that people reach the portal under, such as https://cases.place.org, where a "
        "server with TLS stands in front; learning platforms are told it, and mail links to it",
    ),
    Setting(
        "trusted_proxy",
        str,
        "",
        "address of the server with TLS that stands in front, whose X-Forwarded headers are "
        "believed, such as 127.0.0.1; empty if there is none",
    ),
    Setting(
        "metrics_token_file",
        Path,
        lambda home: home / "portal" / "metrics-token",
        "file with the token that lets other machines read /metrics, mode 0600; without it only "
        "this machine may",
    ),
    Setting(
        "second_factor",
        str,
        "",
        "who has to sign in with a second factor: everybody, privileged (stewards, auditors and "
        "administrators) or nobody; empty is privileged, or nobody where only this machine is "
        "served",
    ),
    Setting(
        "oidc_issuer",
        str,
        "",
        "identity provider for single sign-on by OpenID Connect, such as https://login.place.org; "
        "empty if there is none",
    ),
    Setting("oidc_client_id", str, "", "what the identity provider calls this portal"),
    Setting(
        "oidc_client_secret_file",
        Path,
        lambda home: home / "portal" / "oidc-secret",
        "file with the secret that the identity provider gave this portal, mode 0600; without it "
        "the portal is a public client, which PKCE alone protects",
    ),
    Setting("oidc_title", str, "your institution", "how people call the identity provider"),
    Setting(
        "oidc_link_by_mail",
        yes_or_no,
        False,
        "yes if an identity is tied to the account with the same address where the identity "
        "provider says that it has verified it; otherwise people tie theirs after signing in",
    ),
    Setting(
        "oidc_new_accounts",
        yes_or_no,
        False,
        "yes if whom the identity provider vouches for gets an account, which has no role until an "
        "administrator gives it one",
    ),
    Setting(
        "mail_server",
        str,
        "",
        "SMTP server: smtp+starttls://USER@HOST:587, smtps://USER@HOST, or smtp://localhost; "
        "empty if mail is written to files",
    ),
    Setting("mail_from", str, "", "sender's address of all mail"),
    Setting(
        "mail_folder",
        Path,
        lambda home: home / "portal" / "mail",
        "folder that mail is written to while no server is set",
    ),
    Setting(
        "mail_password_file",
        Path,
        lambda home: home / "portal" / "mail-password",
        "file with the password of USER at the mail server, mode 0600",
    ),
    Setting(
        "public_catalogue",
        yes_or_no,
        False,
        "yes if people without an account may read the public part of the catalogue",
    ),
    Setting("publisher", str, "Care Commons", "whom citations of releases name"),
    Setting("dois", dois, (), "DOIs of releases, as RELEASE=10.1234/suffix with spaces between"),
    Setting(
        "data_use",
        data_use,
        (),
        "what releases may be used for, by terms of the Data Use Ontology, as "
        "RELEASE=DUO:0000042+DUO:0000018 with spaces between; * is any other release",
    ),
)

LAB_SETTINGS = (
    Setting("project_root", Path, lambda home: home / "projects", "folder of project extracts"),
    Setting("host", str, "127.0.0.1", "address JupyterLab serves on"),
    Setting("port", int, 8888, "port JupyterLab serves on"),
)


@dataclass(frozen=True)
class PortalSettings:
    """What the portal may know."""

    database_url: str
    release_root: Path
    project_root: Path
    secret_file: Path
    host: str
    port: int
    minimum_cell: int
    output_approvals: int = 1
    request_approvals: int = 1
    review_days: int = 10
    lab_address: str = ""
    public_address: str = ""
    trusted_proxy: str = ""
    metrics_token_file: Path | None = None
    second_factor: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret_file: Path | None = None
    oidc_title: str = "your institution"
    oidc_link_by_mail: bool = False
    oidc_new_accounts: bool = False
    mail_server: str = ""
    mail_from: str = ""
    mail_folder: Path | None = None
    mail_password_file: Path | None = None
    public_catalogue: bool = False
    publisher: str = "Care Commons"
    dois: tuple[tuple[str, str], ...] = ()
    data_use: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> PortalSettings:
        """Read ``CARECOMMONS_PORTAL_*``.

        Raises:
            ConfigurationError: for unknown or malformed settings.
        """
        return cls(**read_settings(PORTAL_PREFIX, PORTAL_SETTINGS, environ))


@dataclass(frozen=True)
class LabSettings:
    """What the lab may know: its projects' extracts."""

    project_root: Path
    host: str
    port: int

    @classmethod
    def from_environ(cls, environ: Mapping[str, str]) -> LabSettings:
        """Read ``CARECOMMONS_LAB_*``.

        Raises:
            ConfigurationError: for unknown or malformed settings.
        """
        return cls(**read_settings(LAB_PREFIX, LAB_SETTINGS, environ))
