"""What a step or a flow did: the cases it moved, who the others wait for, what was refused, what failed and why."""

from dataclasses import dataclass, field


@dataclass(kw_only=True)
class RunSummary:
    """Case numbers, each with where it went or why it did not."""

    moved: list[tuple[str, str]] = field(default_factory=list)
    waiting: list[tuple[str, str]] = field(default_factory=list)
    refused: list[tuple[str, str]] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)

    def add(self, other: "RunSummary") -> "RunSummary":
        """Both together."""
        self.moved += other.moved
        self.waiting += other.waiting
        self.refused += other.refused
        self.failed += other.failed
        return self

    @property
    def idle(self) -> bool:
        """Nothing happened."""
        return not (self.moved or self.refused or self.failed)

    def __str__(self) -> str:
        return (
            f"推进 {len(self.moved)}，等待 {len(self.waiting)}，不予支持 {len(self.refused)}，失败 {len(self.failed)}"
        )
