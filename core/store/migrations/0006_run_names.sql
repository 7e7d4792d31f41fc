-- What a person calls a run, the run that it is a new version of, and the mark of one that was deleted.

ALTER TABLE run ADD COLUMN name VARCHAR DEFAULT '';      -- empty: named after what it groups by

ALTER TABLE run ADD COLUMN parent VARCHAR DEFAULT '';    -- id of the run that it is a new version of, or empty

ALTER TABLE run ADD COLUMN carried VARCHAR DEFAULT '';   -- JSON: what became of the moves by hand of that run

ALTER TABLE run ADD COLUMN deleted_at TIMESTAMP;         -- since then nobody sees it; the next start removes it
