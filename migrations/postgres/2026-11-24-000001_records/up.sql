-- What the service keeps: what migrations/sqlite has made of its tables by its fourth migration, in one step, as no
-- earlier version knew PostgreSQL. Times are microseconds since 1970-01-01T00:00:00Z; words are the text forms of the
-- types in src/model; identities of instances are UUIDs as text; lists are JSON as text.
--
-- COLLATE "C": texts are ordered by their bytes, as SQLite orders them, whatever the database's own collation.

-- Who has the database: how often it has changed hands. One row.
CREATE TABLE ownership (
    one  BOOLEAN NOT NULL PRIMARY KEY DEFAULT true CHECK (one),
    term BIGINT  NOT NULL
);
INSERT INTO ownership (term) VALUES (0);

CREATE TABLE hosts (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    uri                TEXT COLLATE "C" NOT NULL,
    added_at           BIGINT NOT NULL,
    maintenance_by     TEXT COLLATE "C",
    maintenance_reason TEXT COLLATE "C",
    maintenance_since  BIGINT,
    -- When it last answered, as far as that was worth writing down.
    seen_at            BIGINT,
    CHECK ((maintenance_by IS NULL) = (maintenance_reason IS NULL)),
    CHECK ((maintenance_by IS NULL) = (maintenance_since IS NULL))
);

CREATE TABLE instances (
    id                 TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name               TEXT COLLATE "C" NOT NULL,
    host               TEXT COLLATE "C" NOT NULL,
    policy             TEXT COLLATE "C" NOT NULL,
    priority           INTEGER NOT NULL,
    added_at           BIGINT NOT NULL,
    desired_state      TEXT COLLATE "C" NOT NULL,
    desired_generation BIGINT NOT NULL,
    desired_since      BIGINT NOT NULL,
    desired_by         TEXT COLLATE "C" NOT NULL,
    settled            BOOLEAN NOT NULL,
    in_sync_since      BIGINT,
    observed           TEXT COLLATE "C",
    observed_since     BIGINT,
    observed_source    TEXT COLLATE "C",
    down_with          TEXT COLLATE "C",
    last_active_host   TEXT COLLATE "C",
    last_active_at     BIGINT,
    budget_since       BIGINT NOT NULL,
    -- A JSON list of {by, reason, since, until}; NULL where nobody holds it. A cast fails where it is none.
    holds              TEXT COLLATE "C" CHECK (holds::json IS NOT NULL OR holds IS NULL),
    configured_desired  TEXT COLLATE "C",
    configured_policy   TEXT COLLATE "C",
    configured_priority INTEGER,
    CHECK ((observed IS NULL) = (observed_since IS NULL)),
    CHECK ((observed IS NULL) = (observed_source IS NULL)),
    CHECK ((last_active_host IS NULL) = (last_active_at IS NULL)),
    CHECK ((configured_desired IS NULL) = (configured_policy IS NULL)),
    CHECK ((configured_desired IS NULL) = (configured_priority IS NULL))
);

-- The story of an instance outlives it: nothing below refers to `instances` or `hosts` by a foreign key.

CREATE TABLE incidents (
    id         BIGINT NOT NULL PRIMARY KEY,
    instance   TEXT COLLATE "C",
    host       TEXT COLLATE "C" NOT NULL,
    severity   TEXT COLLATE "C" NOT NULL,
    opened_at  BIGINT NOT NULL,
    closed_at  BIGINT,
    desired    TEXT COLLATE "C",
    observed   TEXT COLLATE "C",
    resolution TEXT COLLATE "C",
    attempts   BIGINT NOT NULL CHECK (attempts >= 0),
    summary    TEXT COLLATE "C" NOT NULL,
    -- A JSON list of UUIDs, for a host's incident; NULL for an instance's own.
    instances  TEXT COLLATE "C" CHECK (instances::json IS NOT NULL OR instances IS NULL)
);

CREATE INDEX incidents_open ON incidents (id) WHERE closed_at IS NULL;
CREATE INDEX incidents_by_opened_at ON incidents (opened_at);
CREATE INDEX incidents_by_host ON incidents (host, id);
CREATE INDEX incidents_by_instance ON incidents (instance, id) WHERE instance IS NOT NULL;

CREATE TABLE attempts (
    id             BIGINT NOT NULL PRIMARY KEY,
    instance       TEXT COLLATE "C" NOT NULL,
    host           TEXT COLLATE "C" NOT NULL,
    incident       BIGINT REFERENCES incidents (id),
    generation     BIGINT NOT NULL,
    command        TEXT COLLATE "C" NOT NULL,
    at             BIGINT NOT NULL,
    outcome        TEXT COLLATE "C",
    outcome_at     BIGINT,
    outcome_detail TEXT COLLATE "C",
    CHECK ((outcome IS NULL) = (outcome_at IS NULL)),
    CHECK (outcome IS NOT NULL OR outcome_detail IS NULL)
);

CREATE INDEX attempts_unfinished ON attempts (id) WHERE outcome IS NULL;
CREATE INDEX attempts_by_instance ON attempts (instance, at);
CREATE INDEX attempts_by_incident ON attempts (incident, id) WHERE incident IS NOT NULL;

-- `incident` is no foreign key here: the audit log is never refused.
CREATE TABLE events (
    id       BIGINT NOT NULL PRIMARY KEY,
    at       BIGINT NOT NULL,
    kind     TEXT COLLATE "C" NOT NULL,
    host     TEXT COLLATE "C",
    instance TEXT COLLATE "C",
    incident BIGINT,
    author   TEXT COLLATE "C",
    text     TEXT COLLATE "C" NOT NULL,
    detail   TEXT COLLATE "C"
);

CREATE INDEX events_by_host ON events (host, id) WHERE host IS NOT NULL;
CREATE INDEX events_by_instance ON events (instance, id) WHERE instance IS NOT NULL;
CREATE INDEX events_by_incident ON events (incident, id) WHERE incident IS NOT NULL;

-- The definition of each instance's domain, without secrets. `hash` is that of the whole definition
-- (model::Definition::hash): at a start only it and the flags are read, not the XML of every instance.
CREATE TABLE definitions (
    instance   TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    host       TEXT COLLATE "C" NOT NULL,
    taken_at   BIGINT NOT NULL,
    persistent BOOLEAN NOT NULL,
    autostart  BOOLEAN NOT NULL,
    on_crash   TEXT COLLATE "C" NOT NULL,
    hash       BIGINT NOT NULL,
    xml        TEXT COLLATE "C" NOT NULL
);

-- The outbox, and what came of it. A row is one step of one incident for one receiver; rows with the same `message`
-- go out as one message. Kept when it was delivered: it says which receivers know of an incident.
CREATE TABLE deliveries (
    id           BIGINT NOT NULL PRIMARY KEY,
    message      BIGINT NOT NULL,
    receiver     TEXT COLLATE "C" NOT NULL,
    host         TEXT COLLATE "C" NOT NULL,
    incident     BIGINT NOT NULL REFERENCES incidents (id),
    phase        TEXT COLLATE "C" NOT NULL,
    severity     TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL,
    next_at      BIGINT NOT NULL,
    attempts     BIGINT NOT NULL CHECK (attempts >= 0),
    delivered_at BIGINT,
    error        TEXT COLLATE "C"
);

CREATE INDEX deliveries_pending ON deliveries (receiver, host, message) WHERE delivered_at IS NULL;
CREATE INDEX deliveries_by_incident ON deliveries (incident);
