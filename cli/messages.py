"""`messages`: what is told to people: how it reads, and what became of it."""

from __future__ import annotations

from cli import preview
from cli.house import group

app = group("消息", "Messages")
preview.mount(app)
