-- What was computed over a dataset's images, to be looked at, and the images that a person looked over and keeps.

CREATE TABLE exploration (
    dataset_id VARCHAR NOT NULL,
    what VARCHAR NOT NULL,           -- which map, or 'outliers'
    made_of VARCHAR NOT NULL,        -- hash of what it was computed from: it is fresh while it is today's
    value BLOB NOT NULL,             -- see core.pipeline.maps and core.pipeline.outliers
    PRIMARY KEY (dataset_id, what)
);

CREATE TABLE kept_item (             -- looked unlike the others, and belongs here all the same
    dataset_id VARCHAR NOT NULL,
    item_id VARCHAR NOT NULL,
    PRIMARY KEY (dataset_id, item_id)
);
