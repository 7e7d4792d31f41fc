-- What was read in images.

CREATE TABLE reading (
    reader VARCHAR NOT NULL,         -- what read them
    item_id VARCHAR NOT NULL,
    words VARCHAR NOT NULL,          -- all lines, to be searched; '' where nothing is written
    lines VARCHAR NOT NULL,          -- JSON: texts, corners and scores from top to bottom
    PRIMARY KEY (reader, item_id)
);
