"""Files that a browser keeps and does not show."""

from urllib.parse import quote


def attached(name: str) -> dict[str, str]:
    """The header of a file to be kept under a name; in browsers that read ASCII alone, under what is left of it."""
    plain = "".join(sign for sign in name if sign.isascii() and (sign.isalnum() or sign in "._-")) or "file"
    more = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return {"content-disposition": f'attachment; filename="{plain}"{more}'}
