"""Where browsers find the portal, for whoever writes a link to it: pages, letters, codes."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from casework.shared.errors import Refused


def named_address(environment: Mapping[str, str] = os.environ) -> str:
    """DUIXIAN_WEB_ADDRESS alone; "" where nobody said where readers elsewhere find the portal. What is no address is refused."""
    address = environment.get("DUIXIAN_WEB_ADDRESS", "").strip().rstrip("/")
    return checked(address) if address else ""


def checked(address: str) -> str:
    """The address, if it is https://host (or http, for loopback and trials), without a path."""
    try:
        parts = urlsplit(address)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and not (parts.path or parts.query)
    except ValueError:  # brackets that are no address
        good = False
    if not good:
        zh = f"DUIXIAN_WEB_ADDRESS 应写成 https://主机名；现为 {address}"
        raise Refused("address", zh, f"DUIXIAN_WEB_ADDRESS is https://host, not {address}", field="DUIXIAN_WEB_ADDRESS")
    return address


def portal_address(environment: Mapping[str, str] = os.environ) -> str:
    """DUIXIAN_WEB_ADDRESS, else this machine's at the port of DUIXIAN_WEB_BIND; "" where no portal runs (`off`)."""
    named = environment.get("DUIXIAN_WEB_ADDRESS", "").strip().rstrip("/")
    bind = environment.get("DUIXIAN_WEB_BIND", "").strip()
    if named or bind == "off":
        return named
    return f"http://localhost:{bind.rpartition(':')[2] or '8023'}"


def letters_address(*, demo: bool, environment: Mapping[str, str] = os.environ) -> str:
    """What letters lead to. In earnest only an address that somebody named: this machine's own leads no reader anywhere."""
    return portal_address(environment) if demo else named_address(environment)
