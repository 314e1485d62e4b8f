DROP TABLE deliveries;
DROP TABLE definitions;
DROP TABLE events;
DROP TABLE attempts;
DROP TABLE incidents;
DROP TABLE instances;
DROP TABLE hosts;
DROP TABLE ownership;
