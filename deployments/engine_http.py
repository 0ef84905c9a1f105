"""What the engine's own client cannot do, over plain HTTP. Everything else goes through that client (`engine_client.py`).

- Ask as a stranger: its client always sends our password, and never another page's origin.
- Read the server's settings back: its client has no call for them.
- Ask whether a server lives, each second and from commands, with a bound of our own: its client costs 1.5 s and 80 MB to load,
  and tries again by itself.
"""

import base64
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any


class Away(OSError):
    """The engine does not answer, or says that it cannot."""


class Strange(RuntimeError):
    """The engine answers and refuses: a wrong secret, or a request that it does not understand."""


def alive(url: str, timeout: float) -> bool:
    """Whether the engine's API at `url` (…/api) says that it is well within `timeout` seconds."""
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=timeout) as answer:
            return bool(answer.status == 200)
    except (OSError, ValueError, HTTPException):
        return False


def as_stranger(url: str, *, origin: str = "", authorization: str = "") -> tuple[int, dict[str, str]]:
    """What a caller with this Authorization or a web page of this origin is told: status and headers (in small letters)."""
    given = {"Content-Type": "application/json", "Origin": origin, "Authorization": authorization}
    request = urllib.request.Request(f"{url}/flows/count", data=b"{}", method="POST")
    for name, value in given.items():
        if value:
            request.add_header(name, value)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}
    except urllib.error.HTTPError as refused:
        return refused.code, {name.lower(): value for name, value in refused.headers.items()}
    except (OSError, ValueError, HTTPException) as trouble:
        raise Away(str(trouble)) from trouble


def server_settings(url: str, secret: str) -> dict[str, Any]:
    """The settings that the server works with, as it says itself; Strange where it does not say them."""
    request = urllib.request.Request(f"{url}/admin/settings", headers={"Authorization": basic(secret)})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            said = json.loads(answer.read())
    except urllib.error.HTTPError as refused:
        raise (Away if refused.code >= 500 else Strange)(f"/admin/settings: {refused.code}") from refused
    except (OSError, HTTPException) as trouble:
        raise Away(str(trouble)) from trouble
    except ValueError as trouble:
        raise Strange(f"/admin/settings: {trouble}") from trouble
    if not isinstance(said, dict):
        raise Strange("/admin/settings")
    return said


def basic(secret: str) -> str:
    """The header's value for an authentication string NAME:PASSWORD."""
    return "Basic " + base64.b64encode(secret.encode()).decode()
