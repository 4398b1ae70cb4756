"""Routes under /sentiment about reading a text, and about who reads. It does not know how a text is read."""

import asyncio
from collections.abc import Sequence

from litestar import Controller, get, post
from litestar.params import JSONBody

from api.catalogue import Catalogue
from api.deps import NamedDependency
from api.openapi import problems
from api.scorers import scorer_list
from api.sentiment.schemas import ScorerList
from api.sentiment.texts import Analysis, AnalyzeRequest
from api.sentiment.views import scored_mentions, terms
from lib.domain.sentiment import Mention, Score
from lib.scoring.mentions import values_of_mentions
from lib.scoring.reader import Resolver
from lib.scoring.registry import Scorer, get_scorer
from lib.settings import Settings

_BODY_LIMIT = 256 * 1024


class ReadingController(Controller):
    """The reading of a text that is sent, and the scorers there are."""

    path = "/sentiment"
    tags = ("sentiment",)

    @post(
        "/analyze",
        operation_id="analyzeText",
        summary="Read a text",
        status_code=200,
        request_max_body_size=_BODY_LIMIT,
        responses=problems(400, 413, 503),
    )
    async def analyze(
        self,
        data: JSONBody[AnalyzeRequest],
        catalogue: NamedDependency[Catalogue],
        settings: NamedDependency[Settings],
    ) -> Analysis:
        """The score of a text with its reasons, and the stocks it mentions. Nothing of it is kept."""
        scorer = get_scorer(data.scorer or settings.scorer)
        resolver = await catalogue.resolver()
        score, found, values = await asyncio.to_thread(_read, scorer, resolver, data)
        return Analysis(
            scorer=scorer.name,
            score=score.value,
            label=score.label,
            raw=score.raw,
            explanation=terms(score.explanation),
            mentions=scored_mentions(found, values),
        )

    @get("/scorers", operation_id="getScorers", summary="The scorers there are")
    async def scorers(self, settings: NamedDependency[Settings]) -> ScorerList:
        """Every scorer with its published accuracy."""
        return scorer_list(settings.scorer)


def _read(scorer: Scorer, resolver: Resolver, data: AnalyzeRequest) -> tuple[Score, Sequence[Mention], list[float]]:
    score = scorer.score(data.text, lang=data.lang)
    found = list(resolver.resolve(data.text, lang=data.lang))
    places = [(mention.start, mention.end) for mention in found]
    return score, found, values_of_mentions(scorer, data.text, places, lang=data.lang, whole=score.value)
