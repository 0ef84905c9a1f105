"""Evidence: papers kept under their SHA-256, examined before they are taken, never overwritten.

A paper is put on the disk first (whole, synced, create-only) and named in the database afterwards: a crash between the
two leaves a file without a row, which `Vault.check` lists, and never a row without its file.
"""

import hashlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from json import loads
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import col

from casework.applications.media_types import MediaType, media_type
from casework.lifecycle.case_changes import CaseView, load
from casework.lifecycle.resume import wake_for_conditions
from casework.privacy.personal_keys import seal_of
from casework.shared.applicant_ties import tied
from casework.shared.atomic_files import sync_folder
from casework.shared.error_translation import translated
from casework.shared.errors import Refused
from casework.shared.reference import Holding, PersonView, Reference, policy_of, reference
from models import Case, Duty, Evidence, PersonalKey, Snapshot, State, placing
from models.people import SEPARATED
from models.store import Store
from models.unit_of_work import UnitOfWork
from policies.measures import Item

FILE_BYTES = 50 * 1024**2
NAME_LENGTH = 200
PREFIX = 8  # characters of a hash, at least, that name a paper
_PIECE = 1024**2


@dataclass(frozen=True, kw_only=True)
class Paper:
    """An examined file: its name, hash, size, kind, and where it lies."""

    name: str
    sha256: str
    size: int
    media_type: MediaType
    path: Path


@dataclass(frozen=True, kw_only=True)
class Findings:
    """What does not agree between database and disk, by hash."""

    missing: list[str] = field(default_factory=list)  # a row without its file
    altered: list[str] = field(default_factory=list)  # a file that is not what its name says
    unnamed: list[str] = field(default_factory=list)  # a file without a row: harmless, left by a crash

    @property
    def sound(self) -> bool:
        """Whether every row has its true file."""
        return not self.missing and not self.altered


def inside(folder: Path, name: str) -> Path:
    """The file of a name given by a user, if it lies in the folder; absolute names, `..` and links are refused."""
    parts = Path(name.replace("\\", "/")).parts
    if not name.strip() or "\x00" in name or name.startswith(("/", "\\")) or ".." in parts or ":" in name:
        raise Refused(
            "path",
            f"材料文件名“{name[:60]!s}”不合法：只能是文件夹内的文件",
            f'"{name[:60]}" lies outside the folder of papers',
            field="file",
        )
    path = folder.joinpath(*parts)
    if any(step.is_symlink() for step in (path, *path.parents) if step != folder and folder in step.parents):
        raise Refused(
            "path",
            f"材料“{name[:60]}”是链接，请放入文件本身",
            f'"{name[:60]}" is a link: put the file itself there',
            field="file",
        )
    if not path.is_file():
        raise Refused("file", f"找不到材料文件“{name[:60]}”", f'there is no file "{name[:60]}"', field="file")
    return path


def examine(path: Path, name: str = "") -> Paper:
    """Reads a file once: size, hash, and what it really is; a file that is not what its name (`name`: not the path's) says is
    refused."""
    name = _plain_name(name or path.name)
    if not path.is_symlink() and not path.exists():
        zh, en = f"没有这个文件：“{name}”，请检查路径", f'there is no file "{name}": check the path'
        raise Refused("file", zh, en, field="file")
    if path.is_symlink() or not path.is_file():
        raise Refused("file", f"“{name}”不是普通文件", f'"{name}" is no plain file', field="file")
    with path.open("rb") as file:
        data = file.read(FILE_BYTES + 1)
    if not data:
        raise Refused("empty", f"材料“{name}”是空文件", f'"{name}" is empty', field="file")
    if len(data) > FILE_BYTES:
        limit = FILE_BYTES // 1024**2
        raise Refused(
            "size",
            f"材料“{name}”超过 {limit} MB，请压缩或拆分",
            f'"{name}" is larger than {limit} MB: compress or split it',
            field="file",
        )
    kind = media_type(name, data)
    return Paper(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data), media_type=kind, path=path)


class Vault:
    """The folder of papers: `ab/abcdef…`, one file a hash."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def place(self, sha256: str) -> Path:
        """Where the paper of a hash lies."""
        return self.folder / sha256[:2] / sha256

    def keep(self, paper: Paper) -> Path:
        """Copies a paper into the vault unless it is there; what is written is checked against the hash once more."""
        place = self.place(paper.sha256)
        if place.exists():
            return place
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = self.folder / f".{secrets.token_hex(8)}.part"
        try:
            if _copy(paper.path, part) != paper.sha256:
                raise Refused(
                    "changed",
                    f"材料“{paper.name}”在读取过程中被改动，请重试",
                    f'"{paper.name}" changed while it was read: try again',
                    field="file",
                )
            _create(part, place)
        finally:
            part.unlink(missing_ok=True)
        return place

    def remove(self, sha256: str) -> bool:
        """Takes a paper's bytes away for good (the end of retention); whether they were there."""
        place = self.place(sha256)
        if not place.exists():
            return False
        place.unlink()
        sync_folder(place.parent)
        return True

    def read(self, sha256: str) -> bytes:
        """A paper's bytes, checked."""
        data = self.place(sha256).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise Refused("altered", "材料文件与登记的摘要不符", "the file is not what was filed", field="file")
        return data

    def add(
        self,
        store: Store,
        path: Path,
        *,
        case: UUID,
        slot: str,
        by: UUID | None,
        name: str = "",
        claim: Mapping[str, Any] | None = None,
    ) -> Paper:
        """Keeps a paper and names it in a slot of a case; the same paper in the same slot again changes nothing.

        The applicant adds until the case is accepted, an officer where they hold a duty in a unit of the case; `by=None` is the
        operator's own import. `name`: the file's own, where the path has another; `claim`: as typed and not filed yet.
        """
        paper = examine(path, name)
        with store.read() as work:
            _refuse_wrong_slot(work, case, slot, claim)
            if by is not None:
                _refuse_stranger(work, reference(store, work), case, by)
        self.keep(paper)
        from casework.conditions.condition_rechecks import again

        with translated(), store.write() as work:
            work.arrives()
            if name_in(work, paper, case=case, slot=slot, by=by):
                wake_for_conditions(work, col(Case.id) == case)
                work.flush()
                again(work, reference(store, work), col(Case.id) == case)
        return paper

    def check(self, store: Store) -> Findings:
        """Compares database and disk both ways, every file read and hashed."""
        with store.read() as work:
            every = select(col(Evidence.sha256)).distinct()
            named = set(work.execute(every).scalars())
            kept = set(work.execute(kept_papers()).scalars())
        there = {path.name: path for path in self._files()}
        return Findings(
            missing=sorted(kept - there.keys()),
            altered=sorted(name for name, path in there.items() if _hash(path) != name),
            unnamed=sorted(there.keys() - named),
        )

    def _files(self) -> Iterator[Path]:
        if self.folder.is_dir():
            yield from (path for path in self.folder.glob("??/*") if path.is_file())


def kept_papers() -> Select[Any]:
    """The hashes of the papers that must be there."""
    return _not_anonymised(select(col(Evidence.sha256)).distinct())


def _not_anonymised(papers: Select[Any]) -> Select[Any]:
    """Those of applicants whose key is not destroyed: of the others the bytes are gone, and only the hash stays."""
    gone = select(col(PersonalKey.party_id)).where(col(PersonalKey.destroyed_at).is_not(None))
    return papers.join(Case, col(Case.id) == col(Evidence.case_id)).where(col(Case.party_id).not_in(gone))


def name_in(work: UnitOfWork, paper: Paper, *, case: UUID, slot: str, by: UUID | None) -> bool:
    """Queues the row of a kept paper, with its audit row; False where it is there already."""
    same = (col(Evidence.case_id) == case, col(Evidence.slot) == slot, col(Evidence.sha256) == paper.sha256)
    if work.execute(select(col(Evidence.id)).where(*same)).first() is not None:
        return False
    party = work.execute(select(col(Case.party_id)).where(col(Case.id) == case)).scalar_one()
    work.add(
        Evidence,
        case_id=case,
        slot=slot,
        name=seal_of(work, party)(paper.name),
        sha256=paper.sha256,
        size=paper.size,
        media_type=paper.media_type,
        added_by=by,
        added_at=work.now,
    )
    content = {"slot": slot, "sha256": paper.sha256, "size": paper.size}
    work.audit(actor=str(by) if by else "system", action="evidence.add", subject=str(case), content=content)
    return True


def checked_slot(item: Item, slot: str, claim: Mapping[str, Any] | None = None) -> str:
    """The slot's id, if the item has it and, under this claim, takes uploads there."""
    known = {paper_slot.id: paper_slot for paper_slot in item.slots(claim or {})}
    if slot not in known:
        among = "、".join(f"{paper_slot.id}（{paper_slot.title.zh}）" for paper_slot in item.evidence)
        raise Refused(
            "slot", f"{item.id} 没有材料项 {slot}；现有：{among}", f"no slot {slot} in {item.id}", field="slot"
        )
    asked = known[slot].off_line_where
    if asked and claim is not None and asked[0] not in claim:  # an unfinished draft
        from casework.forms.form_fields import plan

        title = next(field.label for field in plan(item.claim) if field.name == asked[0])
        zh = f"请先填写“{title.zh}（{asked[0]}）”：由它决定“{known[slot].title.zh}”能否上传"
        en = f"fill in {title.en} ({asked[0]}) first: it says whether {known[slot].title.en} may be uploaded"
        raise Refused("slot", zh, en, field="slot")
    if not known[slot].upload:
        raise Refused(
            "slot",
            f"“{known[slot].title.zh}”不得上传，只在线下核验并记录结果",
            f"{known[slot].title.en} is never uploaded: it is checked off line",
            field="slot",
        )
    return slot


def _refuse_wrong_slot(work: UnitOfWork, case: UUID, slot: str, typed: Mapping[str, Any] | None) -> None:
    from models.cases import TERMINAL

    stored = (col(Case.policy), col(Case.item), col(Case.state), col(Case.number), col(Case.rule_version))
    row = work.execute(select(*stored).where(col(Case.id) == case)).first()
    if row is None:
        raise Refused("case", "没有这个案件", "there is no such case", field="case")
    if row.state in TERMINAL:
        raise Refused("case", f"案件 {row.number} 已办结，不能再添加材料", "the case is closed", field="case")
    claim = select(col(Snapshot.content)).where(col(Snapshot.case_id) == case, col(Snapshot.kind) == "claim")
    stated = work.execute(claim.order_by(col(Snapshot.version).desc()).limit(1)).scalars().first()
    item = policy_of(row.policy).item_as(row.item, row.rule_version, work.today)
    checked_slot(item, slot, typed if typed is not None else loads(stated) if stated else {})


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A paper of a case as listed: its place in the list, its slot, what it is."""

    position: int
    slot: str
    name: str
    sha256: str
    size: int
    media_type: str


def papers_of(work: UnitOfWork, case: UUID) -> list[Listed]:
    """The papers of a case in the order in which they came."""
    columns = (Evidence.slot, Evidence.name, Evidence.sha256, Evidence.size, Evidence.media_type)
    query = select(*columns).where(col(Evidence.case_id) == case).order_by(col(Evidence.added_at), col(Evidence.id))  # type: ignore[call-overload]
    return [
        Listed(position=n, slot=r.slot, name=str(r.name), sha256=r.sha256, size=r.size, media_type=r.media_type)
        for n, r in enumerate(work.execute(query), start=1)
    ]


def open_paper(store: Store, vault: Vault, case: UUID, wanted: str, *, by: UUID) -> tuple[Listed, bytes]:
    """One paper with its bytes, compared with their hash, for somebody whom the case concerns; the reading is audited.

    `wanted`: its position, name, slot, or the first `PREFIX` or more characters of its hash.
    """
    with store.read() as work:
        refuse_reader(store, work, case, by)
        paper = _one(papers_of(work, case), wanted)
    if not vault.place(paper.sha256).exists():
        raise Refused("gone", f"材料“{paper.name}”的原文件不在材料库", f"the file of {paper.name} is not there")
    data = vault.read(
        paper.sha256
    )  # outside the write transaction: reading 50 MB would keep every other writer waiting
    with translated(), store.write() as work:
        content = {"slot": paper.slot, "sha256": paper.sha256}
        work.audit(actor=str(by), action="evidence.read", subject=str(case), content=content)
    return paper, data


def _one(listed: list[Listed], wanted: str) -> Listed:
    """The paper that is meant; a position is never taken for the beginning of a hash."""
    ways: tuple[Callable[[Listed], bool], ...] = (
        lambda paper: wanted == str(paper.position),
        lambda paper: wanted == paper.name or (len(wanted) >= PREFIX and paper.sha256.startswith(wanted)),
        lambda paper: wanted == paper.slot,
    )
    found = next((same for way in ways if (same := [paper for paper in listed if way(paper)])), [])
    if len(found) != 1:
        among = "；".join(f"{paper.position} {paper.slot} {paper.name}" for paper in listed) or "无"
        zh = f"没有材料“{wanted}”" if not found else f"“{wanted}”对应 {len(found)} 件材料，请用序号"
        raise Refused("paper", f"{zh}；现有：{among}", f"name one paper by its number: {among}", field="paper")
    return found[0]


def may_read(store: Store, work: UnitOfWork, case: UUID, by: UUID) -> bool:
    """Whether somebody may open a case's papers."""
    try:
        refuse_reader(store, work, case, by)
    except Refused:
        return False
    return True


def refuse_reader(store: Store, work: UnitOfWork, case: UUID, by: UUID) -> None:
    """A case's papers and persons are read by whom the case concerns, and by auditors; not by administrators."""
    from casework.lifecycle.read_access import refuse_case

    refuse_case(store, work, load(work, [case])[case], by, looking=(Duty.AUDITOR,))


def _duties(facts: Reference, case: CaseView, who: UUID, work: UnitOfWork) -> Iterator[tuple[Duty, Holding]]:
    """What somebody holds of duties on cases in the units of this one; as a clerk, who files on behalf of others, anywhere."""
    from casework.lifecycle.procedure import procedure_of

    procedure = procedure_of(facts, case, work.today)
    units = sorted(unit for unit in {procedure.lead, procedure.treasury, case.town, *procedure.joint} if unit)
    for duty in sorted(SEPARATED):
        for unit in units:
            if held := facts.holding(who, duty, unit, work.now):
                yield duty, held
    if held := facts.holding(who, Duty.CLERK, None, work.now):
        yield Duty.CLERK, held


def _refuse_stranger(work: UnitOfWork, facts: Reference, case: UUID, by: UUID) -> None:
    """Nobody puts papers into a case with which they have nothing to do, and no officer into one of a party of theirs."""
    from casework.shared.reference import person

    found, who = load(work, [case])[case], person(work, facts, by)
    if who.party_id == found.party_id:
        _refuse_late(found)
        return
    held = list(_duties(facts, found, who.id, work))
    refusals = [no for paper in held if (no := _barred(work, facts, found, who, *paper)) is not None]
    if held and len(refusals) == len(held):
        raise refusals[0]
    if not held:
        raise Refused(
            "no_duty",
            f"{who.name} 不是本案申报人，也不在办理本案的单位任职，不能添加材料",
            f"{who.name} neither applies in this case nor holds a duty in a unit that handles it",
            field="by",
        )


def _barred(
    work: UnitOfWork, facts: Reference, case: CaseView, who: PersonView, duty: Duty, held: Holding
) -> Refused | None:
    """Why a duty gives no right to add papers: who belongs to the applicant enters at the counter what the applicant may."""
    from casework.lifecycle.authorization import OF_THE_APPLICANT, stranger

    key = held.principal_key or who.natural_key
    try:
        if duty not in OF_THE_APPLICANT:
            stranger(work, facts, case, who, duty, key)
        elif tied(work, facts.ties, {who.natural_key, key}, [case.party_id]):
            _refuse_late(case)
    except Refused as no:
        return no
    return None


def _refuse_late(case: CaseView) -> None:
    """The applicant adds until the case is accepted, and while it is theirs to correct."""
    if case.next_duty != Duty.APPLICANT and case.state != State.FILED:
        raise Refused(
            "not_the_turn",
            f"案件 {case.number} 已受理，材料不再由申报人添加；如需补充，请联系办理单位",
            f"case {case.number} is under review: its papers are no longer the applicant's to add; ask the unit",
            field="by",
        )


def _plain_name(name: str) -> str:
    from casework.forms.form_fields import CONTROLS

    if len(name) > NAME_LENGTH or CONTROLS.search(name) or "/" in name or "\\" in name or name in ("", ".", ".."):
        raise Refused("name", f"文件名不合法或超过 {NAME_LENGTH} 字", "the file's name is not acceptable", field="file")
    return name


def _copy(source: Path, target: Path) -> str:
    """Copies and syncs a file; the hash of what was written."""
    digest = hashlib.sha256()
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with source.open("rb") as reader, os.fdopen(handle, "wb") as writer:
        while piece := reader.read(_PIECE):
            digest.update(piece)
            writer.write(piece)
        writer.flush()
        os.fsync(writer.fileno())
    return digest.hexdigest()


def _create(part: Path, place: Path) -> None:
    """Gives the file its name unless it has one already; nothing is ever overwritten."""
    try:
        placing.place(part, place)
    except FileExistsError:
        return
    place.chmod(0o400)
    sync_folder(place.parent)
    sync_folder(place.parent.parent)


def _hash(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
