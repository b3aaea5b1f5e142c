"""The portal for notebooks and programs: its API with a personal token.

``from cohorts import connect``. For use where the portal can be reached: the lab, where extracts
are analysed, is confined and has no network. Standard library only; pandas where a table is asked
for.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode, urlsplit

from cohorts.errors import CohortError

if TYPE_CHECKING:
    import pandas as pd

ADDRESS: Final = "CARECOMMONS_API"
TOKEN: Final = "CARECOMMONS_TOKEN"  # noqa: S105 - the name of a variable
SECONDS: Final = 60.0
_PER_PAGE: Final = 200
_LOCAL: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class PortalProblem(CohortError):
    """What the portal answered instead: `status`, and in its words what is wrong and what to do."""

    code = "cohort.portal_problem"

    def __init__(self, status: int, detail: str, to_do: str = "", wait: int | None = None) -> None:
        super().__init__(f"{detail} {to_do}".strip())
        self.status = status
        self.wait = wait


@dataclass(frozen=True)
class Draft:
    """A draft at one state; `mark` names the state to whoever changes it."""

    id: int
    name: str
    description: str
    expression: dict[str, Any]
    mark: str


def connect(address: str = "", token: str = "") -> Portal:
    """The portal at ``address``, such as ``https://portal.example``.

    By default both come from ``CARECOMMONS_API`` and ``CARECOMMONS_TOKEN``, so that a notebook
    holds no token.

    Raises:
        PortalProblem: without an address or a token, for an address in the open network without
            TLS, or if the portal does not know the token.
    """
    where = (address or os.environ.get(ADDRESS, "")).rstrip("/")
    secret = token or os.environ.get(TOKEN, "")
    if not where or not secret:
        raise PortalProblem(0, f"Set {ADDRESS} and {TOKEN}, or say both.")
    parts = urlsplit(where)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _LOCAL):
        raise PortalProblem(0, "The address begins with https://, so that nobody reads the token.")
    portal = Portal(where, secret)
    portal.me()
    return portal


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """The token goes to the address that was said, and nowhere else."""

    def redirect_request(self, *arguments: Any, **named: Any) -> None:
        return None


class Portal:
    """What the owner of a token may ask the portal; made by :func:`connect`.

    Every method raises :class:`PortalProblem` with the portal's words if it is refused.
    """

    def __init__(self, address: str, token: str) -> None:
        self._address = f"{address}/api/v1"
        self._token = token
        self._opener = urllib.request.build_opener(_NoRedirect)

    def __repr__(self) -> str:
        return f"Portal({self._address!r})"

    def me(self) -> dict[str, Any]:
        """The account that the token acts for."""
        return self._get("me")

    def releases(self) -> pd.DataFrame:
        """All releases, a row each; people as they may be shown (missing: too few)."""
        return _frame(self._all("releases"))

    def release(self, name: str) -> dict[str, Any]:
        """One release with its tables."""
        return self._get(f"releases/{_part(name)}")

    def dictionary(self, name: str, words: str = "", table: str = "") -> pd.DataFrame:
        """The data dictionary of a release, a row for each column that holds all words."""
        return _frame(self._all(f"releases/{_part(name)}/dictionary", q=words, table=table))

    def changes(self, name: str, since: str = "") -> pd.DataFrame:
        """What a release changes against an earlier version of its line."""
        query = {"since": since} if since else {}
        return _frame(self._get(f"releases/{_part(name)}/changes", **query)["differences"])

    def projects(self) -> pd.DataFrame:
        """Your projects."""
        return _frame(self._all("projects"))

    def cohorts(self) -> pd.DataFrame:
        """The cohorts that you may see."""
        return _frame(self._all("cohorts"))

    def definition(self, cohort_id: int, version: int | None = None) -> dict[str, Any]:
        """A version of a cohort (by default the newest): Circe JSON, words, remarks."""
        return self._get(f"cohorts/{cohort_id}/versions/{self._number(cohort_id, version)}")

    def count(self, cohort_id: int, release: str, version: int | None = None) -> dict[str, Any]:
        """A cohort counted over a release, by the rules of disclosure control."""
        number = self._number(cohort_id, version)
        address = f"cohorts/{cohort_id}/versions/{number}/counts/{_part(release)}"
        return self._call("POST", address)[0]

    def attrition(self, cohort_id: int, release: str, version: int | None = None) -> pd.DataFrame:
        """The steps of a count, a row each: who enters, and who remains after each rule."""
        found = self.count(cohort_id, release, version)
        rows = [{"rule": "enter the cohort", "meets": None, "remains": found["entered"]}]
        return _frame([*rows, *found["attrition"]])

    def drafts(self) -> pd.DataFrame:
        """Your drafts of definitions."""
        return _frame(self._all("drafts"))

    def draft(self, draft_id: int) -> Draft:
        """One of your drafts, in its present state."""
        return _draft(*self._call("GET", f"drafts/{draft_id}"))

    def begin_draft(
        self, project_id: int, name: str, expression: Mapping[str, Any], description: str = ""
    ) -> Draft:
        """A draft of a new definition, from Circe JSON."""
        body = {
            "project_id": project_id,
            "name": name,
            "description": description,
            "expression": expression,
        }
        return _draft(*self._call("POST", "drafts", body))

    def edit_cohort(self, cohort_id: int) -> Draft:
        """Your draft of a cohort; a new one if you have none."""
        return _draft(*self._call("POST", f"cohorts/{cohort_id}/draft"))

    def change_draft(self, draft: Draft, expression: Mapping[str, Any]) -> Draft:
        """The draft with another definition; refused (412) if it changed since it was read."""
        body = {"name": draft.name, "description": draft.description, "expression": expression}
        return _draft(*self._call("PUT", f"drafts/{draft.id}", body, draft.mark))

    def count_draft(self, draft: Draft, release: str) -> dict[str, Any]:
        """A draft counted over a release, in wide steps."""
        return self._call("POST", f"drafts/{draft.id}/counts/{_part(release)}")[0]

    def keep_draft(self, draft: Draft, note: str = "", seen: int | None = None) -> dict[str, Any]:
        """The draft kept as a version of its cohort, which is answered with all its versions."""
        body = {"note": note, "seen": seen}
        return self._call("POST", f"drafts/{draft.id}/version", body, draft.mark)[0]

    def discard_draft(self, draft: Draft) -> None:
        """Throw a draft away."""
        self._call("DELETE", f"drafts/{draft.id}")

    def requests(self, of: str = "mine") -> pd.DataFrame:
        """Requests of your projects, or (``queue``) those that wait for a steward."""
        return _frame(self._all("requests", of=of))

    def request(self, request_id: int) -> dict[str, Any]:
        """One request: what it says, what blocks it, its history."""
        return self._get(f"requests/{request_id}")

    def cases(self, words: str = "") -> pd.DataFrame:
        """Published cases."""
        return _frame(self._all("cases", q=words))

    def case(self, case_id: int) -> dict[str, Any]:
        """A case without a lesson; others are met in an attempt, in the portal."""
        return self._get(f"cases/{case_id}")

    def sets(self) -> pd.DataFrame:
        """Sets of cases."""
        return _frame(self._all("sets"))

    def set(self, set_id: int) -> dict[str, Any]:
        """One set with its cases."""
        return self._get(f"sets/{set_id}")

    def tokens(self) -> pd.DataFrame:
        """Your tokens."""
        return _frame(self._all("tokens"))

    def revoke_token(self, token_id: int) -> None:
        """End one of your tokens at once."""
        self._call("DELETE", f"tokens/{token_id}")

    def _number(self, cohort_id: int, version: int | None) -> int:
        if version is not None:
            return version
        return int(self._get(f"cohorts/{cohort_id}")["cohort"]["newest_version"])

    def _get(self, address: str, **query: Any) -> dict[str, Any]:
        return self._call("GET", f"{address}?{urlencode(query)}" if query else address)[0]

    def _all(self, address: str, **query: Any) -> Iterator[dict[str, Any]]:
        page, pages = 1, 1
        while page <= pages:
            found = self._get(address, page=page, per_page=_PER_PAGE, **query)
            yield from found["items"]
            page, pages = page + 1, found["pages"]

    def _call(
        self, method: str, address: str, body: Any = None, mark: str = ""
    ) -> tuple[dict[str, Any], str]:
        """The answer's document and the mark of its state."""
        headers = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        if mark:
            headers["If-Match"] = mark
        data = None
        if body is not None:
            data, headers["Content-Type"] = json.dumps(body).encode(), "application/json"
        asked = urllib.request.Request(  # noqa: S310 - the scheme was looked at by `connect`
            f"{self._address}/{address}", data=data, headers=headers, method=method
        )
        try:
            with self._opener.open(asked, timeout=SECONDS) as answer:
                text = answer.read()
                return (json.loads(text) if text else {}), answer.headers.get("ETag", "")
        except urllib.error.HTTPError as error:
            raise _problem(error) from None
        except (urllib.error.URLError, TimeoutError) as error:
            reason = getattr(error, "reason", error)
            raise PortalProblem(0, f"The portal cannot be reached: {reason}.") from None


def _problem(error: urllib.error.HTTPError) -> PortalProblem:
    wait = error.headers.get("Retry-After", "")
    try:
        said = json.loads(error.read())
        detail, to_do = str(said["detail"]), str(said["to_do"])
    except (ValueError, KeyError, TypeError):
        detail, to_do = f"The portal answered {error.code}.", ""
    return PortalProblem(error.code, detail, to_do, int(wait) if wait.isdigit() else None)


def _draft(document: dict[str, Any], mark: str) -> Draft:
    return Draft(
        document["id"],
        document["name"],
        document["description"],
        document["expression"],
        mark,
    )


def _part(name: str) -> str:
    return quote(name, safe="")


def _frame(rows: Any) -> pd.DataFrame:
    """Rows as a data frame; a count becomes the number that is shown, missing where it is not."""
    import pandas as pd

    found = pd.DataFrame([{name: _shown(value) for name, value in row.items()} for row in rows])
    for name in found.columns:
        if found[name].map(lambda value: isinstance(value, int) or value is None).all():
            found[name] = found[name].astype("Int64" if not _flags(found[name]) else "boolean")
    return found


def _flags(column: Any) -> bool:
    return bool(column.map(lambda value: isinstance(value, bool)).any())


def _shown(value: Any) -> Any:
    return value["shown"] if isinstance(value, dict) and "shown" in value else value
