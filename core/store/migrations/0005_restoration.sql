-- What became of a database that was damaged or missing, until the person has read it.

CREATE TABLE restoration (
    restored_at TIMESTAMP PRIMARY KEY,  -- when it was put together again, UTC
    report VARCHAR NOT NULL,         -- JSON of core.store.recovery.report.Restoration
    seen BOOLEAN NOT NULL
);
