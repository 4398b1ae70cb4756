-- How the runs of each deployment stood when Prefect was last asked: operators are told of it, also while Prefect is away. It is written
-- anew with every look; only the last success outlives the runs that Prefect forgets.

CREATE TABLE flow_runs (
    flow            text NOT NULL,
    -- empty for runs that belong to none
    deployment      text NOT NULL,
    -- runs that ended within the hour before
    completed       integer NOT NULL,
    failed          integer NOT NULL,
    crashed         integer NOT NULL,
    cancelled       integer NOT NULL,
    under_way       integer NOT NULL,
    overlong        integer NOT NULL,
    late            integer NOT NULL,
    oldest_s        double precision NOT NULL,
    last_success_at timestamptz,
    seen_at         timestamptz NOT NULL,
    PRIMARY KEY (flow, deployment)
);
