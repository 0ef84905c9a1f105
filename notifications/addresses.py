"""What an address is: one rule for the register that takes it and for the channel that sends to it."""

import re
import unicodedata

_USER = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W_](?:[\w-]{0,61}[^\W_])?")
_MOBILE = re.compile(r"(?:\+?86)?(1[3-9][0-9]{9})")
_PHONE = re.compile(r"\+?[0-9]{6,15}")
_LONGEST_USER, _LONGEST = 64, 254


def mail(text: str) -> str:
    """An e-mail address that can be sent to, in its one spelling, or "": plain letters before the @, any language after."""
    plain = _plain(text)
    user, at, domain = plain.rpartition("@")
    fits = at and len(user) <= _LONGEST_USER and _USER.fullmatch(user) and _DOMAIN.fullmatch(domain)
    return plain if fits and len(ascii_domain(domain)) + len(user) < _LONGEST else ""


def mobile(text: str) -> str:
    """A mobile number of the mainland, eleven digits, or ""."""
    found = _MOBILE.fullmatch(_digits(text))
    return found[1] if found else ""


def phone(text: str) -> str:
    """A telephone number of whatever kind, or ""."""
    plain = _digits(text)
    return plain if _PHONE.fullmatch(plain) else ""


def ascii_domain(domain: str) -> str:
    """A domain as it is looked up; one that has no such form stays as it is, and is too long for any address."""
    try:
        return domain.encode("idna").decode()
    except UnicodeError:
        return domain + " " * _LONGEST


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()


def _digits(text: str) -> str:
    return re.sub(r"[\s-]", "", _plain(text))
