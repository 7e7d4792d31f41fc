-- Move what earlier versions kept as preferences. Also applied to copies of an earlier version, when they are loaded.

INSERT OR IGNORE INTO dataset_option
    SELECT substr(name, length('choices-') + 1), value FROM preference WHERE starts_with(name, 'choices-');

INSERT OR IGNORE INTO left_out
    SELECT substr(name, length('rows left out of ') + 1), value FROM preference
    WHERE starts_with(name, 'rows left out of ');

DELETE FROM preference WHERE starts_with(name, 'choices-') OR starts_with(name, 'rows left out of ');
