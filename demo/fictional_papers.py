"""Evidence of the demo: one-page PDF papers that say in large letters that they are none."""

from pathlib import Path

FOLDER = "材料"


def name_of(case: str, slot: str) -> str:
    """The file's name inside the folder of papers."""
    return f"{case}-{slot}.pdf"


def write(folder: Path, case: str, slot: str, title: str) -> Path:
    """A paper of a case for a slot."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name_of(case, slot)
    path.write_bytes(page((28, "DEMO 演示材料"), (16, f"{title}（{slot}）"), (12, f"{case}：虚构内容，不作任何凭证")))
    return path


def page(*lines: tuple[int, str]) -> bytes:
    """A PDF of one A4 page; readers bring the Chinese font, so the file stays small and always the same."""
    drawn, top = [], 720
    for size, text in lines:
        drawn.append(f"BT /F1 {size} Tf 72 {top} Td <{text.encode('utf-16-be').hex()}> Tj ET")
        top -= 2 * size
    content = "\n".join(drawn).encode()
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /FontDescriptor 7 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0"
        b" /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    ]
    made, places = bytearray(b"%PDF-1.4\n"), []
    for number, body in enumerate(objects, 1):
        places.append(len(made))
        made += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(made)
    made += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    made += b"".join(b"%010d 00000 n \n" % place for place in places)
    made += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(made)
