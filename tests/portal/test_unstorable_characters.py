"""A NUL character, which no text of PostgreSQL can hold, is refused once at the door, wherever it stands."""

import pytest

from models import Duty
from support.portal import Portal
from support.stage import officer

NUL = "\x00"


@pytest.fixture
def backend() -> str:
    """PostgreSQL: SQLite stores the character without a word."""
    return "postgresql"


def test_a_nul_in_an_address_is_refused(portal: Portal) -> None:
    visitor = portal.visitor()
    for address in ("/paid?unit=%00", "/paid?%00=1", "/notices/%00", "/register/%00", "/items/XZ2023/M%00"):
        assert visitor.client.get(address).status_code == 400, address
    assert visitor.get("/paid?unit=%2500").status == 200  # three plain characters


@pytest.mark.slow
def test_a_nul_in_a_form_is_refused_and_the_reader_told(portal: Portal) -> None:
    visitor = portal.visitor()
    page = visitor.submit(visitor.get("/track"), action="/track", number=f"XZ2023-M16{NUL}", digits="1234")
    assert page.status == 400 and "无法读取" in page.words() and "找不到页面" not in page.words()
    sign_in = visitor.get("/sign-in")
    assert visitor.submit(sign_in, action="/sign-in", login=f"acceptor-0{NUL}", password="x" * 12).status == 400
    assert (
        visitor.submit(sign_in, action="/sign-in", login="acceptor-0", password="y", **{f"more{NUL}": "1"}).status
        == 400
    )


def test_a_nul_in_the_name_of_a_file_is_refused(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.RECONCILER))
    token = visitor.get("/pay/import").tree.xpath("//main//input[@name='_token']")[0].get("value")
    parts = [f'name="_token"\r\n\r\n{token}', f'name="file"; filename="results{NUL}.csv"\r\n\r\na,b']
    body = "".join(f"--x\r\ncontent-disposition: form-data; {part}\r\n" for part in parts) + "--x--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert visitor.client.post("/pay/import", content=body.encode(), headers=headers).status_code == 400


def test_a_nul_in_the_list_that_a_case_was_opened_from_is_left_out(portal: Portal) -> None:
    visitor = portal.as_(officer(Duty.ACCEPTOR, 1))
    assert visitor.get("/desk/next?number=XZ2023-M09-000004&list=unit%3D%2500").status == 200
