-- The rule behind every as-of answer: what was known at a moment is decided by observed_at, and observed_at never lies about commits.
--
-- A writer calls begin_observation() once and stamps its rows with the moment returned. The shared advisory lock that it holds until it
-- commits is keyed by the second in which it began, so a reader can see whether any writer with an earlier stamp is still under way.

CREATE FUNCTION observation_second(moment timestamptz) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN least(greatest(floor(extract(epoch FROM moment)) - 1600000000, 0), 2147483647)::integer;

CREATE FUNCTION begin_observation() RETURNS timestamptz
LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(730010, observation_second(clock_timestamp()));
    RETURN clock_timestamp();
END
$$;

-- True when no present or future write can be stamped at or before this moment: an answer as of then is final.
CREATE FUNCTION is_settled(moment timestamptz) RETURNS boolean
LANGUAGE sql VOLATILE
RETURN moment < clock_timestamp() AND NOT EXISTS (
    SELECT FROM pg_locks
    WHERE locktype = 'advisory' AND classid = 730010 AND objsubid = 2
      AND objid::bigint <= observation_second(moment)
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
);
