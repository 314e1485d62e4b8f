DROP TABLE events;
DROP TABLE attempts;
DROP TABLE incidents;
DROP TABLE instances;
DROP TABLE hosts;
