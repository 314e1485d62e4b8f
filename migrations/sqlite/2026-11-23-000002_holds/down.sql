ALTER TABLE hosts DROP COLUMN seen_at;
ALTER TABLE incidents DROP COLUMN instances;

CREATE TABLE instances_old (
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
    last_active_host   TEXT,
    last_active_at     INTEGER,
    budget_since       INTEGER NOT NULL,
    hold_by            TEXT,
    hold_reason        TEXT,
    hold_until         INTEGER,
    configured_desired  TEXT,
    configured_policy   TEXT,
    configured_priority INTEGER,
    CHECK ((observed IS NULL) = (observed_since IS NULL)),
    CHECK ((observed IS NULL) = (observed_source IS NULL)),
    CHECK ((last_active_host IS NULL) = (last_active_at IS NULL)),
    CHECK ((hold_by IS NULL) = (hold_reason IS NULL)),
    CHECK ((hold_by IS NULL) = (hold_until IS NULL)),
    CHECK ((configured_desired IS NULL) = (configured_policy IS NULL)),
    CHECK ((configured_desired IS NULL) = (configured_priority IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO instances_old
SELECT id, name, host, policy, priority, added_at,
       desired_state, desired_generation, desired_since, desired_by,
       settled, in_sync_since, observed, observed_since, observed_source,
       last_active_host, last_active_at, budget_since, NULL, NULL, NULL,
       configured_desired, configured_policy, configured_priority
FROM instances;

DROP TABLE instances;
ALTER TABLE instances_old RENAME TO instances;
