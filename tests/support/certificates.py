"""A certificate for 127.0.0.1 that nobody trusts, and a moment in which it is trusted."""

import os
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from notifications.channels.connection import trust


def served(folder: Path) -> ssl.SSLContext:
    """A server's context with a fresh certificate that lies in the folder."""
    certificate, key = str(folder / "certificate.pem"), str(folder / "key.pem")
    made = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1".split()
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-out", certificate, "-keyout", key]
    subprocess.run(["openssl", *made, *names], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    return context


@contextmanager
def trusted(folder: Path) -> Iterator[None]:
    """Inside, the folder's certificate is an authority of this process."""
    before = os.environ.get("SSL_CERT_FILE")
    os.environ["SSL_CERT_FILE"] = str(folder / "certificate.pem")
    trust.cache_clear()
    try:
        yield
    finally:
        os.environ.pop("SSL_CERT_FILE")
        if before is not None:
            os.environ["SSL_CERT_FILE"] = before
        trust.cache_clear()
