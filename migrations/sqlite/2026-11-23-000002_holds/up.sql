-- Several may hold an instance at once; an instance that went down with its host says so; a host's incident
-- names its instances.
--
-- SQLite drops no column that a check speaks of, so the table is made anew.

CREATE TABLE instances_new (
    id                 TEXT    NOT NULL PRIMARY KEY,
    name               TEXT    NOT NULL,
    host               TEXT    NOT NULL,
    policy             TEXT    NOT NULL,
    priority           INTEGER NOT NULL,
    added_at           INTEGER NOT NULL,
    desired_state      TEXT    NOT NULL,
    desired_generation INTEGER NOT NULL,
    desired_since      INTEGER NOT NULL,
    desired_by         TEXT    NOT NULL,
    settled            INTEGER NOT NULL CHECK (settled IN (0, 1)),
    in_sync_since      INTEGER,
    observed           TEXT,
    observed_since     INTEGER,
    observed_source    TEXT,
    down_with          TEXT,
    last_active_host   TEXT,
    last_active_at     INTEGER,
    budget_since       INTEGER NOT NULL,
    -- A JSON list of {by, reason, since, until}; NULL where nobody holds it.
    holds              TEXT    CHECK (holds IS NULL OR json_valid(holds)),
    configured_desired  TEXT,
    configured_policy   TEXT,
    configured_priority INTEGER,
    CHECK ((observed IS NULL) = (observed_since IS NULL)),
    CHECK ((observed IS NULL) = (observed_source IS NULL)),
    CHECK ((last_active_host IS NULL) = (last_active_at IS NULL)),
    CHECK ((configured_desired IS NULL) = (configured_policy IS NULL)),
    CHECK ((configured_desired IS NULL) = (configured_priority IS NULL))
) STRICT, WITHOUT ROWID;

-- No earlier version offered a hold.
INSERT INTO instances_new
SELECT id, name, host, policy, priority, added_at,
       desired_state, desired_generation, desired_since, desired_by,
       settled, in_sync_since, observed, observed_since, observed_source, NULL,
       last_active_host, last_active_at, budget_since, NULL,
       configured_desired, configured_policy, configured_priority
FROM instances;

DROP TABLE instances;
ALTER TABLE instances_new RENAME TO instances;

-- A JSON list of UUIDs, for a host's incident; NULL for an instance's own.
ALTER TABLE incidents ADD COLUMN instances TEXT CHECK (instances IS NULL OR json_valid(instances));

-- When it last answered, as far as that was worth writing down.
ALTER TABLE hosts ADD COLUMN seen_at INTEGER;
