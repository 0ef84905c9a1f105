#!/usr/bin/env python3
"""Proves an exported audit chain without the product: standard library only, small enough to read before trusting it.

    python3 verify_audit.py audit.jsonl [--anchor audit-head.json]

独立核验导出的审计链：不用本系统程序，仅用 Python 标准库。--anchor 为早先另存的链头（duixian audit head 的输出，可加 --json）。
结果：0 完整，1 已断裂（指出第一条有问题的记录），2 用法有误。

Each line is a row; its hash is SHA-256 over the hash before it and its own fields, joined by line feeds. So a row that
was edited, removed or moved breaks the chain at its place, and an anchor (what `duixian audit head` printed on an
earlier day, kept elsewhere) shows a chain that was cut short or written anew. Exit code: 0 unbroken, 1 broken (the first bad row is
named), 2 wrong use.
"""

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NoReturn

GENESIS = "0" * 64
HASHED = ("seq", "at", "actor", "action", "subject", "version", "content")


class BrokenChain(Exception):
    """The chain does not hold; says where."""


def rows(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """The rows of a file, one a line."""
    for number, line in enumerate(lines, start=1):
        try:
            row = json.loads(line)
            missing = {*HASHED, "previous", "hash"} - row.keys()
        except (ValueError, AttributeError) as error:
            raise BrokenChain(f"line {number}: not a row") from error
        if missing:
            raise BrokenChain(f"line {number}: lacks {', '.join(sorted(missing))}")
        yield row


def prove(chain: Iterable[dict[str, Any]], anchor: dict[str, Any] | None = None) -> tuple[int, str]:
    """The place and hash of the last row of an unbroken chain; Broken names the first bad row otherwise."""
    seq, previous = 0, GENESIS
    for row in chain:
        if row["seq"] != seq + 1:
            raise BrokenChain(f"seq {seq + 1}: missing, {row['seq']} follows {seq}")
        seq += 1
        if row["previous"] != previous:
            raise BrokenChain(f"seq {seq}: does not follow the row before it")
        words = "\n".join((previous, *(str(row[name]) for name in HASHED)))
        if hashlib.sha256(words.encode()).hexdigest() != row["hash"]:
            raise BrokenChain(f"seq {seq}: content differs from its hash")
        previous = row["hash"]
        if anchor and anchor["seq"] == seq and anchor["hash"] != previous:
            raise BrokenChain(f"seq {seq}: hash differs from the anchor")
    if anchor and anchor["seq"] > seq:
        raise BrokenChain(f"seq {seq + 1}: missing, the anchor says that the chain reached {anchor['seq']}")
    return seq, previous


def anchor_of(text: str) -> dict[str, Any]:
    """A kept head: `{"seq": …, "hash": "…"}`, or the line of the two."""
    line = re.match(r"\s*(\d{1,18})\s+([0-9a-f]{64})\s*$", text, re.MULTILINE | re.ASCII)
    try:
        found = {"seq": int(line[1]), "hash": line[2]} if line else json.loads(text)
        if type(found["seq"]) is int and isinstance(found["hash"], str):
            return dict(found)
    except (ValueError, TypeError, KeyError):
        pass
    raise ValueError(
        "锚点应为 duixian audit head（或加 --json）的输出 / the anchor must hold what duixian audit head [--json] prints"
    )


class Parser(argparse.ArgumentParser):
    """Says what is wrong in Chinese first."""

    def error(self, message: str) -> NoReturn:
        sys.stderr.write("用法：verify_audit.py 审计链文件 [--anchor 链头文件]\n")
        self.print_usage(sys.stderr)
        self.exit(2, f"用法有误 / error: {message}\n")


def main() -> int:
    """Reads the file, says what it found."""
    parser = Parser(description="独立核验导出的审计链 / Prove an exported audit chain.")
    parser.add_argument("export", type=Path, help="导出的审计链，每行一条 / the exported chain, JSON lines")
    parser.add_argument("--anchor", type=Path, help="早先另存的链头 / an earlier head of the chain, kept elsewhere")
    given = parser.parse_args()
    try:
        anchor = anchor_of(given.anchor.read_text(encoding="utf-8-sig")) if given.anchor else None
        with given.export.open(encoding="utf-8") as lines:
            seq, digest = prove(rows(lines), anchor)
    except BrokenChain as fault:
        sys.stdout.write(f"BROKEN 链已断裂: {fault}\n")
        return 1
    except OSError as error:
        parser.error(f"无法读取 / cannot read {error.filename}: {error.strerror}")
    except ValueError as error:
        parser.error(str(error))
    sys.stdout.write(f"OK 审计链完整: {seq} rows, head {digest}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
