"""When people post: the rhythm of a day in two languages, the crowd around an event. It does not know what they say."""

from typing import Literal, NamedTuple

from deployments.local.sample.dice import Dice
from deployments.local.sample.story import BY_SYMBOL, DAY, EVENTS, FIRST_POST, LAST_POST, Event

Lang = Literal["en", "ko"]
LANGS: tuple[Lang, ...] = ("en", "ko")

_STEP = 10  # minutes between two looks at the clock
_SILENCE = 150  # minutes after which somebody who speaks the language is awake after all,
_NEVER_SILENT = -8 * DAY  # from here on: what a first start may show as the last hours

# how awake each language is in each hour of the UTC day: before, during and after its own market's session
_AWAKE: dict[Lang, tuple[int, ...]] = {
    "en": (5, 4, 4, 3, 2, 1, 1, 1, 2, 3, 4, 6, 8, 10, 16, 14, 11, 10, 10, 12, 15, 11, 8, 6),
    "ko": (16, 13, 11, 9, 10, 11, 13, 8, 6, 6, 6, 7, 8, 9, 10, 6, 3, 2, 1, 1, 1, 3, 7, 12),
}
_WEEKEND = 0.45
_POSTS_A_DAY: dict[Lang, float] = {"en": 10.5, "ko": 10.5}
_FADES = 150.0  # minutes after which an event is half as loud, an hour and a half later a quarter, and so on


class Occasion(NamedTuple):
    """Somebody posts at `second` after the reference (or before it), in `lang`, perhaps because of `event`."""

    second: int
    lang: Lang
    event: Event | None


def _awake(lang: Lang, at: int) -> float:
    hours = _AWAKE[lang]
    return hours[at // 60 % 24] * 24 / sum(hours) * (_WEEKEND if at // DAY % 7 >= 5 else 1.0)


def _growth(at: int) -> float:
    """The sample's small community doubles in the two weeks before the reference."""
    return 1.0 + min(max((at + 14 * DAY) / (14 * DAY), 0.0), 1.0)


def _crowd(event: Event, lang: Lang, at: int) -> float:
    """Posts an hour that this event causes: loud at once, fading like 1/(1+x²), louder where its market is at home."""
    if at < event.at:
        return 0.0
    faded = (at - event.at) / _FADES
    home = (BY_SYMBOL[event.symbol].market == "KR") == (lang == "ko")
    return event.loudness * (0.52 if home else 0.2) * (0.3 + 0.7 * min(_awake(lang, at), 1.5)) / (1 + faded * faded)


def occasions() -> list[Occasion]:
    """Every post's moment, in order. Near the reference and after it no language is silent for three hours."""
    dice = Dice("clock")
    found: list[Occasion] = []
    spoke = dict.fromkeys(LANGS, FIRST_POST)
    for at in range(FIRST_POST, LAST_POST, _STEP):
        for lang in LANGS:
            causes: list[tuple[Event | None, float]] = [
                (None, _POSTS_A_DAY[lang] / 24 * _awake(lang, at) * _growth(at))
            ]
            causes += [(event, _crowd(event, lang, at)) for event in EVENTS if event.at <= at < event.at + 2 * DAY]
            for event, hourly in causes:
                expected = hourly * _STEP / 60
                if dice.chance(expected - int(expected)) or expected >= 1:
                    found.append(Occasion(_second(at, dice), lang, event))
                    spoke[lang] = at
            if at >= _NEVER_SILENT and at - spoke[lang] >= _SILENCE:
                found.append(Occasion(_second(at, dice), lang, None))
                spoke[lang] = at
    return sorted(found, key=lambda occasion: (occasion.second, occasion.lang))


def _second(at: int, dice: Dice) -> int:
    return at * 60 + dice.below(_STEP * 60)
