-- What belongs to one set of images or to one run has a table of its own; preference keeps what a person chose once.

CREATE TABLE dataset_option (        -- what a person chose for runs on these images
    dataset_id VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL           -- JSON: option -> value
);

CREATE TABLE left_out (              -- rows of results made elsewhere that are not in the run made of them
    run_id VARCHAR PRIMARY KEY,
    value VARCHAR NOT NULL           -- JSON: how many, and (row, reason) of the first
);
