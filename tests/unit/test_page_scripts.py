"""What a page sends of modules and words: all that its scripts need, and nothing of other pages."""

import json
import re
from importlib import resources
from pathlib import Path

import pytest

from api.page.language import LANGUAGES, Language, words_of
from api.page.rendering import environment
from api.page.scripts import modules_of, words_for

ROOM = Path(str(resources.files("api"))) / "page"
PAGES = {
    "home.html": "home", "stock.html": "stock", "compare.html": "compare", "analyze.html": "analyze",
    "status.html": "status", "me.html": "me", "account.html": "account",
}  # fmt: skip


@pytest.mark.parametrize(("template", "script"), PAGES.items())
def test_a_page_names_every_module_that_begins_with_it(template: str, script: str) -> None:
    modules = modules_of(environment(), template)
    assert {"js/page.js", f"js/{script}.js", "js/core.js", "js/session.js"} <= set(modules)
    assert len(modules) == len(set(modules))
    assert all((ROOM / "static" / path).is_file() for path in modules)


def test_the_library_is_fetched_at_once_where_something_is_drawn_but_after_all_that_begins() -> None:
    for template in ("home.html", "stock.html", "compare.html"):
        modules = modules_of(environment(), template)
        library = modules.index("vendor/lightweight-charts.js")
        assert all(modules.index(path) < library for path in ("js/page.js", f"js/{PAGES[template]}.js", "js/core.js"))
    assert not any("lightweight" in path for path in modules_of(environment(), "me.html"))


def test_what_a_module_imports_comes_with_it_over_several_lines_too() -> None:
    assert {"js/chart-data.js", "js/chart-say.js", "js/posts.js"} <= set(modules_of(environment(), "stock.html"))
    assert "js/me_alerts.js" not in modules_of(environment(), "stock.html")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", [*PAGES, "sorry.html"])
def test_words_are_those_that_the_scripts_say(template: str, language: Language) -> None:
    words = words_for(environment(), template, language)
    everything = words_of(language)
    assert all(everything[part][name] == text for part, said in words.items() for name, text in said.items())
    for path in modules_of(environment(), template):
        text = (ROOM / "static" / path).read_text(encoding="utf-8")
        for part, name in re.findall(r"""\bt\(\s*"(\w+)",\s*"(\w+)\"""", text):
            assert name in words[part], (path, part, name)


def test_a_name_that_is_put_together_brings_all_that_begin_so_and_a_name_that_is_computed_the_part() -> None:
    stock = words_for(environment(), "stock.html", "en")
    assert {"live_live", "live_old", "live_broken"} <= set(stock["stock"])
    # the name of a figure is an argument
    assert {"open", "close", "mark_news", "said_price"} <= set(stock["chart"])
    # spoken on other pages, and by templates
    assert set(stock) == {"chart", "common", "posts", "session", "status", "stock", "watchlist"}
    assert set(stock["session"]) == {"ended"}
    # one of two is both, and the rest of the part is left out
    assert {"offline", "failed", "retry"} <= set(stock["common"])
    assert "skip" not in stock["common"]


def test_no_page_sends_the_words_of_all() -> None:
    whole = len(json.dumps(words_of("ko"), ensure_ascii=False))
    for template in PAGES:
        assert len(json.dumps(words_for(environment(), template, "ko"), ensure_ascii=False)) < 0.7 * whole, template
