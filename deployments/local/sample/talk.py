"""Who says what: turns an occasion into a post whose tone follows its event, or the price. It does not know files."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from deployments.local.sample import phrases_en, phrases_ko
from deployments.local.sample.clock import Lang, Occasion
from deployments.local.sample.dice import Dice
from deployments.local.sample.grammar import Phrasebook, Tone, Word, expand
from deployments.local.sample.market import Prices
from deployments.local.sample.story import BY_SYMBOL, COMPANIES, Company

_BOOKS: dict[Lang, Phrasebook] = {"en": phrases_en.BOOK, "ko": phrases_ko.BOOK}
_NAMES: dict[Lang, str] = {"en": "reader", "ko": "독자"}
_PEOPLE = 170  # in each language
_TRIES = 12  # before a text may repeat an earlier one
_PASTED = 0.012  # share of posts that are another's words, pasted
_RECENT = 40  # posts among which they are found

# how much each language talks about each company on an ordinary day, in the order of COMPANIES
_INTEREST: dict[Lang, tuple[float, ...]] = {
    "en": (10, 8, 12, 8, 7, 7, 12, 3, 2.5, 1, 0.8, 1.7),
    "ko": (4, 2.5, 6, 2, 2.5, 2, 6, 13, 10, 6, 6, 6),
}


class Person(NamedTuple):
    """An invented author and the habits that show in the writing."""

    name: str
    since: datetime
    reach: int
    careless: bool  # lower case, no full stop
    loud: float  # how often a sign follows


class Said(NamedTuple):
    """What one post says, before it has an identity. `about` is the companies meant, none where the talk is general."""

    title: str | None
    text: str
    about: tuple[str, ...]
    tone: Tone


def people(lang: Lang) -> list[Person]:
    """The authors of one language; the first ones are read by many, the last ones by hardly anyone."""
    dice = Dice(f"people {lang}")
    born = datetime(2011, 1, 1, tzinfo=UTC)
    return [
        Person(
            f"{_NAMES[lang]}-{number}",
            born + timedelta(seconds=dice.below(14 * 365 * 86400)),
            int(28_000 / number * (0.5 + dice.roll())) + dice.below(40),
            dice.chance(0.45),
            0.1 + 0.5 * dice.roll(),
        )
        for number in range(1, _PEOPLE + 1)
    ]


class Speaker:
    """Finds the words in one language, and tries not to say the same thing twice."""

    def __init__(self, lang: Lang, prices: Prices) -> None:
        self._lang, self._prices = lang, prices
        self._book, self._dice = _BOOKS[lang], Dice(f"talk {lang}")
        self._people = people(lang)
        self._said: dict[str, Said] = {}

    def speak(self, occasion: Occasion) -> tuple[Person, Said]:
        """An author and what they say on this occasion."""
        dice = self._dice
        rank = dice.roll() * dice.roll()  # a few write much
        person = self._people[int(rank * len(self._people))]
        if self._said and dice.chance(_PASTED):
            return person, dice.pick(list(self._said.values())[-_RECENT:])
        for _ in range(_TRIES):
            said = self._compose(occasion, person)
            if said.text not in self._said:
                break
        self._said[said.text] = said
        return person, said

    def _compose(self, occasion: Occasion, person: Person) -> Said:
        book, dice = self._book, self._dice
        if occasion.event:
            company = BY_SYMBOL[occasion.event.symbol]
            tone: Tone = "up" if occasion.event.move > 0 else "down"
            if dice.chance(0.72):
                return self._say(dice.pick(book.events[occasion.event.kind]), (company,), tone, person)
            return self._everyday(company, occasion, tone, person)
        company = dice.weighted(COMPANIES, _INTEREST[self._lang])
        tone = self._mood(company, occasion)
        kind = dice.weighted(("one", "pair", "market", "trap", "essay"), (66, 9, 13, 8, 4))
        if kind == "pair":
            other = dice.weighted(COMPANIES, _INTEREST[self._lang])
            if other != company:
                return self._say(dice.pick(book.pairs), (company, other), "flat", person)
        if kind == "market":
            return self._say(dice.pick(book.market[tone]), (), tone, person)
        if kind == "trap":
            return self._say(dice.pick(book.traps), (), "flat", person)
        if kind == "essay":
            return self._essay(company, tone)
        return self._everyday(company, occasion, tone, person)

    def _mood(self, company: Company, occasion: Occasion) -> Tone:
        move = self._prices.move(company.symbol, occasion.second // 60) / company.deviation
        good = min(max(0.38 + 0.14 * move, 0.06), 0.76)
        return self._dice.weighted(("up", "down", "flat"), (good, 0.76 - good, 0.24))

    def _everyday(self, company: Company, occasion: Occasion, tone: Tone, person: Person) -> Said:
        move = self._prices.move(company.symbol, occasion.second // 60)
        traded = self._prices.traded(company.symbol, occasion.second // 60)
        told = traded and abs(move) >= 0.008 and (tone == "flat" or (move > 0) == (tone == "up"))
        bank = self._book.irony if tone == "down" and self._dice.chance(0.07) else self._book.about[tone]
        phrase = self._dice.pick([phrase for phrase in bank if told or "{pct}" not in phrase])
        return self._say(phrase, (company,), tone, person, pct=f"{abs(move) * 100:.1f}")

    def _said_as(self, company: Company) -> str:
        return self._dice.pick(company.said_en) if self._lang == "en" else Word(self._dice.pick(company.said_ko))

    def _fill(self, phrase: str, about: tuple[Company, ...], pct: str = "") -> str:
        names = dict(zip("nm", map(self._said_as, about), strict=False))
        return expand(phrase, self._dice).format(**names, pct=pct)

    def _say(self, phrase: str, about: tuple[Company, ...], tone: Tone, person: Person, pct: str = "") -> Said:
        book, dice = self._book, self._dice
        text = self._fill(phrase, about, pct)
        if dice.chance(0.22):
            text = f"{expand(dice.pick(book.openings), dice)} {text}"
        if self._lang == "en" and not person.careless:
            text = text[0].upper() + text[1:]
        closing = expand(dice.pick(book.closings[tone]), dice) if dice.chance(0.3) else ""
        if text[-1].isalnum() and (closing or not person.careless):
            text += "!" if tone == "up" and dice.chance(0.3) else "." if self._lang == "en" or closing else ""
        if closing:
            text += " " + (closing.lower() if person.careless else closing)
        if dice.chance(person.loud):
            text += " " + dice.pick(book.signs[tone]) * (1 + dice.below(2))
        if dice.chance(0.12):
            text += " " + dice.pick(book.hashtags)
        if about and dice.chance(0.12):
            mark = about[0]
            text += (
                f" ${mark.symbol}"
                if mark.market == "US"
                else f" #{(mark.said_en, mark.said_ko)[self._lang == 'ko'][0]}"
            )
        title = self._fill(dice.pick(book.titles), about) if about and dice.chance(0.06) else None
        return Said(title, text, tuple(company.symbol for company in about), tone)

    def _essay(self, company: Company, tone: Tone) -> Said:
        book, dice = self._book, self._dice
        mixed: dict[Tone, tuple[Tone, ...]] = {
            "up": ("up", "up", "flat", "up", "down", "up"),
            "down": ("down", "down", "flat", "down", "up", "down"),
            "flat": ("flat", "up", "down", "flat", "flat", "down", "up"),
        }
        body: list[str] = []
        settled: set[tuple[bool, int]] = (
            set()
        )  # what is praised is not blamed: both lists take up the same subjects in order
        for voice in mixed[tone][: 4 + dice.below(4)]:
            subjects = [(voice == "flat", number) for number in range(len(book.essay[voice]))]
            subject = dice.pick([subject for subject in subjects if subject not in settled])
            settled.add(subject)
            body.append(book.essay[voice][subject[1]])
        half = len(body) // 2
        parts = (self._fill(dice.pick(book.essay_first), (company,)), " ".join(body[:half]), " ".join(body[half:]))
        text = "\n\n".join((*parts, dice.pick(book.essay_last)))
        return Said(self._fill(dice.pick(book.titles), (company,)), text, (company.symbol,), tone)
