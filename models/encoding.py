"""How a text file is read, whoever wrote it: UTF-8 with or without its mark, UTF-16 with its mark, or GB 18030."""

import codecs

_MARKED = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decoded(data: bytes) -> str:
    """The text of a file; raises UnicodeDecodeError where it is none. A mark at its start is no part of it."""
    for mark, encoding in _MARKED:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("gb18030")
