-- Criteria that were suggested for a dataset.

CREATE TABLE suggestion (
    dataset_id VARCHAR NOT NULL,
    model VARCHAR NOT NULL,          -- who suggested them: the built-in engine, or a chat model's id
    made_of VARCHAR NOT NULL,        -- hash of what they were drawn from: they are fresh while it is today's
    value VARCHAR NOT NULL,          -- JSON of core.suggestions.suggestion.Found
    PRIMARY KEY (dataset_id, model)
);
