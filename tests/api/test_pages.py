"""Pages as a browser gets them: in both languages, loading nothing from elsewhere, and nothing inline."""

import re

import pytest
from litestar import Litestar
from litestar.testing import AsyncTestClient

from api.app import create_app
from lib.db.pool import Pool
from lib.settings import Settings
from tests.support import seed

Client = AsyncTestClient[Litestar]

PAGES = ("/", "/stocks/005930.KS", "/compare", "/analyze", "/status", "/me")


@pytest.fixture
async def listed(pool: Pool) -> None:
    await seed.add_symbol(pool, "005930.KS", name="Samsung Electronics", name_ko="삼성전자")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ko"])
async def test_a_page_is_in_the_readers_language_and_loads_only_what_is_ours(
    client: Client, listed: None, path: str, language: str
) -> None:
    answer = await client.get(path, headers={"Accept-Language": language})
    assert answer.status_code == 200
    assert f'<html lang="{language}"' in answer.text
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "Accept-Language" in answer.headers["vary"]
    loaded = re.findall(r'(?:src|href)="(/assets/[^"]+)"', answer.text)
    assert len(loaded) >= 4
    for address in loaded:
        asset = await client.get(address)
        assert asset.status_code == 200, address
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert not re.search(r"<(?:script|link|img)[^>]+(?:src|href)=\"(?:https?:)?//", answer.text)
    assert not re.search(r"<style|style=|\son\w+=", answer.text)
    assert re.findall(r"<script(?![^>]*(?:src=|application/json))", answer.text) == []


async def test_every_module_that_a_script_imports_is_there(reader: Client) -> None:
    from api.page.assets import assets, version

    scripts = [path for path in assets() if path.startswith("js/")]
    for path in scripts:
        text = (await reader.get(f"/assets/{version()}/{path}")).text
        for name in re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', text):
            target = re.sub(r"^\./", "js/", name) if name.startswith("./") else name.removeprefix("../")
            assert target in assets(), (path, name)


async def test_the_style_sheets_of_a_page_come_as_one_in_their_order(reader: Client) -> None:
    one, other = [(await reader.get(f"/assets/0000/css/{name}.css")).text for name in ("colours", "base")]
    assert (await reader.get("/assets/0000/css/colours+base.css")).text == one + other
    for path in ("colours+none", "colours+colours", "colours+", "+", "+".join(f"a{n}" for n in range(9))):
        assert (await reader.get(f"/assets/0000/css/{path}.css")).status_code == 404, path


async def test_what_changed_since_is_not_kept_for_good(reader: Client) -> None:
    old = await reader.get("/assets/0000/js/core.js")
    assert (old.status_code, old.headers["cache-control"]) == (200, "no-cache")
    for path in ("/assets/0000/js/none.js", "/assets/0000/../app.py", "/assets/0000/%2e%2e/app.py"):
        assert (await reader.get(path)).status_code in (400, 404)


async def test_the_korean_name_comes_first_in_korean(client: Client, listed: None) -> None:
    page = await client.get("/stocks/005930.KS", headers={"Accept-Language": "ko"})
    assert "<title>삼성전자 (005930.KS)" in page.text


@pytest.mark.parametrize("symbol", ["NOPE", "<script>alert(1)<%2Fscript>", "%22onload=x"])
async def test_an_unknown_stock_is_said_without_repeating_markup(reader: Client, symbol: str) -> None:
    page = await reader.get(f"/stocks/{symbol}")
    assert page.status_code in (400, 404)
    assert page.headers["content-type"].startswith("application/problem+json") or "<script>alert" not in page.text


async def test_the_switch_is_kept_and_leads_back_to_us_alone(reader: Client) -> None:
    for to, leads in [
        ("/status", "/status"), ("//elsewhere.example", "/"), ("https://elsewhere.example", "/"), ("/\\elsewhere", "/"),
    ]:  # fmt: skip
        answer = await reader.get("/language/ko", params={"to": to}, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, leads)
        assert "language=ko" in answer.headers["set-cookie"]
    assert '<html lang="ko"' in (await reader.get("/status", headers={"Accept-Language": "en"})).text
    assert (await reader.get("/language/xx", follow_redirects=False)).status_code == 404


async def test_where_reads_are_closed_a_page_tells_nothing_of_a_stock(database_url: str, listed: None) -> None:
    app = create_app(Settings(database_url=database_url, public_reads=False))
    async with AsyncTestClient(app) as closed:
        page = await closed.get("/stocks/005930.KS")
        other = await closed.get("/stocks/NOPE")
    assert (page.status_code, other.status_code) == (200, 200)
    assert "Samsung" not in page.text
    assert "삼성" not in page.text
