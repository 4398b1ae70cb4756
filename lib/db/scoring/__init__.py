"""From waiting posts to mentions, scores and buckets, one batch a transaction. It does not know how a text is read."""

from lib.db.scoring.batch import BatchResult, score_batch
from lib.db.scoring.buckets import Touched, recount_buckets
from lib.db.scoring.queue import waiting
from lib.db.scoring.readers import Readers

__all__ = ["BatchResult", "Readers", "Touched", "recount_buckets", "score_batch", "waiting"]
