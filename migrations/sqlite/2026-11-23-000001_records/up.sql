-- What the service keeps. Times are microseconds since 1970-01-01T00:00:00Z; words are the text forms of the
-- types in src/model; identities of instances are UUIDs as text.
--
-- `INTEGER PRIMARY KEY` (and not BIGINT) makes the number SQLite's own row number: no second index, and every
-- other index ends in it. STRICT: a value of another type is refused, not kept as it came.

CREATE TABLE hosts (
    id                 TEXT    NOT NULL PRIMARY KEY,
    uri                TEXT    NOT NULL,
    added_at           INTEGER NOT NULL,
    maintenance_by     TEXT,
    maintenance_reason TEXT,
    maintenance_since  INTEGER,
    CHECK ((maintenance_by IS NULL) = (maintenance_reason IS NULL)),
    CHECK ((maintenance_by IS NULL) = (maintenance_since IS NULL))
) STRICT, WITHOUT ROWID;

CREATE TABLE instances (
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

-- The story of an instance outlives it: nothing below refers to `instances` or `hosts` by a foreign key.

CREATE TABLE incidents (
    id         INTEGER NOT NULL PRIMARY KEY,
    instance   TEXT,
    host       TEXT    NOT NULL,
    severity   TEXT    NOT NULL,
    opened_at  INTEGER NOT NULL,
    closed_at  INTEGER,
    desired    TEXT,
    observed   TEXT,
    resolution TEXT,
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    summary    TEXT    NOT NULL
) STRICT;

CREATE INDEX incidents_open ON incidents (id) WHERE closed_at IS NULL;
CREATE INDEX incidents_by_opened_at ON incidents (opened_at);
CREATE INDEX incidents_by_host ON incidents (host);
CREATE INDEX incidents_by_instance ON incidents (instance) WHERE instance IS NOT NULL;

CREATE TABLE attempts (
    id             INTEGER NOT NULL PRIMARY KEY,
    instance       TEXT    NOT NULL,
    host           TEXT    NOT NULL,
    incident       INTEGER REFERENCES incidents (id),
    generation     INTEGER NOT NULL,
    command        TEXT    NOT NULL,
    at             INTEGER NOT NULL,
    outcome        TEXT,
    outcome_at     INTEGER,
    outcome_detail TEXT,
    CHECK ((outcome IS NULL) = (outcome_at IS NULL)),
    CHECK (outcome IS NOT NULL OR outcome_detail IS NULL)
) STRICT;

CREATE INDEX attempts_unfinished ON attempts (id) WHERE outcome IS NULL;
CREATE INDEX attempts_by_instance ON attempts (instance, at);
CREATE INDEX attempts_by_incident ON attempts (incident) WHERE incident IS NOT NULL;

-- `incident` is no foreign key here: the audit log is never refused.
CREATE TABLE events (
    id       INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    host     TEXT,
    instance TEXT,
    incident INTEGER,
    author   TEXT,
    text     TEXT    NOT NULL,
    detail   TEXT
) STRICT;

CREATE INDEX events_by_host ON events (host) WHERE host IS NOT NULL;
CREATE INDEX events_by_instance ON events (instance) WHERE instance IS NOT NULL;
CREATE INDEX events_by_incident ON events (incident) WHERE incident IS NOT NULL;
