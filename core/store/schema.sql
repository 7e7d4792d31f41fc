-- Version 1 of the workspace database. Later versions are numbered files in migrations/.
-- What models said (answer, evidence) is shared by all runs; what a run uses of it is in result;
-- what a person decided (edit) is kept apart and never overwritten by a run.

CREATE TABLE dataset (
    id VARCHAR PRIMARY KEY,          -- hash of where it came from
    name VARCHAR NOT NULL,
    source VARCHAR NOT NULL,         -- JSON: kind and address
    added VARCHAR NOT NULL,          -- JSON: where later images came from, a list of the like
    given INTEGER NOT NULL,          -- how many files or rows were given, whatever became of them
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE image (                 -- one row a distinct content, shared by datasets
    id VARCHAR PRIMARY KEY,          -- SHA-256 of the file's bytes
    format VARCHAR NOT NULL,
    width INTEGER NOT NULL,          -- of the original, upright
    height INTEGER NOT NULL,
    note VARCHAR NOT NULL,           -- what was done to show it ("first frame of 12"), or empty
    look UBIGINT NOT NULL,           -- perceptual hash: near copies share nearly all bits
    colour INTEGER NOT NULL          -- mean colour, 0xRRGGBB
);

CREATE TABLE dataset_item (          -- one row a given file or record
    dataset_id VARCHAR NOT NULL,
    position INTEGER NOT NULL,
    item_id VARCHAR NOT NULL,        -- image id, or hash of a record; empty when the file could not be read
    name VARCHAR NOT NULL,           -- relative path, shown to people, never given to a model
    status VARCHAR NOT NULL,         -- ready | duplicate | excluded (by a person) | skipped
    reason VARCHAR NOT NULL,         -- one sentence where status is not ready
    PRIMARY KEY (dataset_id, position)
);

CREATE TABLE truth (
    dataset_id VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    facet VARCHAR NOT NULL,          -- the column of a truth table, or "folder", "filename", "record"
    class VARCHAR NOT NULL,
    PRIMARY KEY (dataset_id, item_id, facet)
);

CREATE TABLE answer (                -- the cache: whatever a model was asked, once
    call_key VARCHAR PRIMARY KEY,    -- see core.engine.requests.call_key
    step VARCHAR NOT NULL,
    model VARCHAR NOT NULL,
    value VARCHAR NOT NULL,          -- JSON of the domain type
    created_at TIMESTAMP NOT NULL
);

CREATE TABLE evidence (              -- what a vision model measured, independent of any criterion
    model VARCHAR NOT NULL,          -- VisionModel.evidence_id
    item_id VARCHAR NOT NULL,
    space VARCHAR NOT NULL,
    vector BLOB NOT NULL,            -- float16
    PRIMARY KEY (model, item_id, space)
);

CREATE TABLE run (
    id VARCHAR PRIMARY KEY,
    dataset_id VARCHAR NOT NULL,
    settings VARCHAR NOT NULL,       -- JSON of core.domain.RunSettings
    status VARCHAR NOT NULL,         -- running | waiting | stopped | interrupted | failed | done
    message VARCHAR NOT NULL,        -- one sentence for the person, or empty
    stats VARCHAR NOT NULL,          -- JSON: step -> core.domain.StepStats
    created_at TIMESTAMP NOT NULL,
    changed_at TIMESTAMP NOT NULL
);

CREATE TABLE result (                -- what a run holds now: its freshness is call_key against today's key
    run_id VARCHAR NOT NULL,
    step VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,        -- "*" for the name step, which has one item
    call_key VARCHAR NOT NULL,
    failure VARCHAR NOT NULL,        -- the reason, or empty
    stale BOOLEAN NOT NULL,          -- an edit since made this assignment out of date
    PRIMARY KEY (run_id, step, item_id)
);

CREATE TABLE placement (             -- what pages and exports read of a run, a row an item: made from the tables above
    run_id VARCHAR NOT NULL,         -- and edit, and made anew when one of them has changed (placed); never backed up
    position INTEGER NOT NULL,
    item_id VARCHAR NOT NULL,
    name VARCHAR NOT NULL,
    state VARCHAR NOT NULL,          -- assigned | unassigned | failed | pending
    cluster_id VARCHAR NOT NULL,     -- empty unless assigned; after merges, deletions and moves by hand
    source VARCHAR NOT NULL,         -- model | person | propagated | none
    confidence DOUBLE,
    label VARCHAR NOT NULL,
    description VARCHAR NOT NULL,
    truth VARCHAR NOT NULL,
    reason VARCHAR NOT NULL,         -- why it failed, or what the model answered instead of a group
    earlier BOOLEAN NOT NULL,        -- an edit since made this assignment out of date
    words VARCHAR NOT NULL           -- description, label and name in lower case, to search in
);

CREATE TABLE placed (                -- what a run's placements were made from, as one hash
    run_id VARCHAR PRIMARY KEY,
    version VARCHAR NOT NULL
);

CREATE TABLE preference (            -- what a person chose for all new runs; never a key or another secret
    name VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL
);

CREATE TABLE edit (                  -- a person's decisions, in order; undo removes the last
    run_id VARCHAR NOT NULL,
    seq INTEGER NOT NULL,
    value VARCHAR NOT NULL,          -- JSON of a core.results.edits type
    stale VARCHAR NOT NULL,          -- JSON: item id -> call key of each assignment it made stale, for undo
    created_at TIMESTAMP NOT NULL,
    PRIMARY KEY (run_id, seq)
);
