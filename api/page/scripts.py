"""Which modules a page loads, and which words they say: found in the templates and scripts themselves, so that a page
gets what it needs and nothing else. It does not know what they do.

A word is said by `t("part", "name")`, or one of two by `t("part", is ? "this" : "that")`; where the name is put
together, every word of the part that begins alike is meant, or the whole part.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import accumulate
from typing import Final

from jinja2 import Environment, meta

from api.page.assets import assets
from api.page.language import Language, Words, words_of

_LOADED: Final = re.compile(r"""<script type="module" src="\{\{ address\('([^']+)'\) \}\}">""")
_IMPORTED: Final = re.compile(r'\bfrom "(\.[^"]+)"|\bimport "(\.[^"]+)"')
_LATER: Final = re.compile(r'\bimport\("(\.[^"]+)"\)')
_SAID: Final = re.compile(
    r'\bt\(\s*"(\w+)",\s*(?:"(\w+)"\s*[,)]|`(\w*)\$\{|([^,`]*\?\s*"(\w+)"\s*:\s*"(\w+)"\s*[,)]))?'
)
_OURS: Final = "js/"


@cache
def modules_of(environment: Environment, template: str) -> tuple[str, ...]:
    """The modules that a page of `template` needs, by their paths below static/: first those without which it cannot
    begin, then those that it loads later."""
    scripts = _scripts(environment, template)
    return tuple(dict.fromkeys((*_closure(scripts, later=False), *_closure(scripts, later=True))))


@cache
def words_for(environment: Environment, template: str, language: Language) -> Words:
    """What the scripts of a page of `template` say, those included that they load later."""
    everything = words_of(language)
    found: dict[str, dict[str, str]] = {}
    for path in _closure(_scripts(environment, template), later=True):
        for part, name, beginning, choice, this, that in _SAID.findall(_text(path)):
            names = (name,) if name else (this, that) if choice and _is_one(choice[:-1]) else ()
            found.setdefault(part, {}).update(_meant(everything[part], names, beginning))
    return {part: dict(sorted(found[part].items())) for part in sorted(found)}


def _meant(words: Mapping[str, str], names: tuple[str, ...], beginning: str) -> dict[str, str]:
    return {key: text for key, text in words.items() if (key in names if names else key.startswith(beginning))}


def _is_one(argument: str) -> bool:
    """Whether no bracket in it closes what it did not open: then it reaches no further than its call."""
    depths = accumulate(1 if sign == "(" else -1 if sign == ")" else 0 for sign in argument)
    return all(depth >= 0 for depth in depths)


def _scripts(environment: Environment, template: str) -> tuple[str, ...]:
    """The scripts that `template` and those it is made of load."""
    assert environment.loader is not None
    text = environment.loader.get_source(environment, template)[0]
    others = [name for name in meta.find_referenced_templates(environment.parse(text)) if name]
    return (*_LOADED.findall(text), *(script for name in others for script in _scripts(environment, name)))


def _closure(scripts: tuple[str, ...], *, later: bool) -> tuple[str, ...]:
    found: dict[str, None] = {}
    waiting = list(scripts)
    while waiting:
        path = waiting.pop(0)
        if path not in found:
            found[path] = None
            waiting += _imports(path, later=later)
    return tuple(found)


def _imports(path: str, *, later: bool) -> Iterator[str]:
    if not path.startswith(_OURS):
        return
    text = _text(path)
    for match in (*_IMPORTED.finditer(text), *(_LATER.finditer(text) if later else ())):
        name = next(group for group in match.groups() if group)
        yield name.removeprefix("../") if name.startswith("../") else _OURS + name.removeprefix("./")


@cache
def _text(path: str) -> str:
    return assets()[path].plain.decode() if path.startswith(_OURS) else ""
