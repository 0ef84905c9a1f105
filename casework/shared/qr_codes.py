"""An address as a QR code, for whoever has it on paper."""

import segno


def qr_code(address: str) -> str:
    """The drawing as data, for an `img`."""
    return segno.make(address, error="m").svg_data_uri(scale=5, border=4)
