-- The definition of each instance's domain, so that one that is gone can be defined again. Without secrets:
-- libvirt is not asked for them.
--
-- `hash` is that of the whole definition (model::Definition::hash): at a start only it and the flags are read,
-- not the XML of every instance. The XML stands last: what is before it is read without it.
CREATE TABLE definitions (
    instance   TEXT    NOT NULL PRIMARY KEY,
    host       TEXT    NOT NULL,
    taken_at   INTEGER NOT NULL,
    persistent INTEGER NOT NULL CHECK (persistent IN (0, 1)),
    autostart  INTEGER NOT NULL CHECK (autostart IN (0, 1)),
    on_crash   TEXT    NOT NULL,
    hash       INTEGER NOT NULL,
    xml        TEXT    NOT NULL
) STRICT;
