"""One scorer over posts that were read long ago, shard by shard. It does not know who runs the shards, nor where.

Other scorers' scores, mentions and texts stay as they are.
"""

from lib.db.scoring.rescoring.plan import Rescoring, Shard, Survey, next_shard, survey
from lib.db.scoring.rescoring.shard import ShardResult, rescore_shard

__all__ = ["Rescoring", "Shard", "ShardResult", "Survey", "next_shard", "rescore_shard", "survey"]
