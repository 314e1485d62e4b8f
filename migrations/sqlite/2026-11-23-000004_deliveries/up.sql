-- What people and programs are to be told: the outbox, and what came of it. A row is one step of one incident for
-- one receiver; rows with the same `message` go out as one message.
--
-- Kept when it was delivered: it says which receivers know of an incident.
CREATE TABLE deliveries (
    id           INTEGER NOT NULL PRIMARY KEY,
    message      INTEGER NOT NULL,
    receiver     TEXT    NOT NULL,
    host         TEXT    NOT NULL,
    incident     INTEGER NOT NULL REFERENCES incidents (id),
    phase        TEXT    NOT NULL,
    severity     TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    next_at      INTEGER NOT NULL,
    attempts     INTEGER NOT NULL CHECK (attempts >= 0),
    delivered_at INTEGER,
    error        TEXT
) STRICT;

CREATE INDEX deliveries_pending ON deliveries (receiver, host, message) WHERE delivered_at IS NULL;
CREATE INDEX deliveries_by_incident ON deliveries (incident);
