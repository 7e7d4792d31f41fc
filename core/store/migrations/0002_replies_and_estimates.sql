-- What models said word for word, what kind of failure a failure is, and what a run was expected to cost.

CREATE TABLE reply (                 -- one row a distinct text; a call about many items has one for all
    id VARCHAR PRIMARY KEY,          -- SHA-256 of the text
    text VARCHAR NOT NULL
);

CREATE TABLE replied (               -- the newest call that was made for a key, also one whose answer could not be used
    call_key VARCHAR PRIMARY KEY,
    reply_id VARCHAR NOT NULL
);

ALTER TABLE result ADD COLUMN kind VARCHAR DEFAULT '';   -- core.domain.FailureKind where there is a failure

ALTER TABLE run ADD COLUMN estimate VARCHAR DEFAULT '';  -- JSON of core.pipeline.estimate.Estimate, made before it began
