-- 002-extractions.sql - schema version 2: extractions, the part of a larger job that a store is, and indexes that spare reading rows.

-- A run of tl-extract. While it works, updated_ms moves with every commit; one without an end whose hold on the file is gone died.
CREATE TABLE extraction (
    extraction_id   INTEGER PRIMARY KEY,
    uuid            TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
    program_version TEXT NOT NULL,
    command         TEXT NOT NULL CHECK (json_valid(command)),
    host            TEXT NOT NULL,
    pid             INTEGER NOT NULL CHECK (pid > 0),
    feature_set_id  INTEGER REFERENCES feature_set ON DELETE SET NULL,
    augmentation_id INTEGER REFERENCES augmentation ON DELETE SET NULL,
    started_ms      INTEGER NOT NULL,
    updated_ms      INTEGER NOT NULL,
    ended_ms        INTEGER,
    outcome         TEXT CHECK (outcome IN ('finished', 'stopped', 'failed')),
    message         TEXT,
    photos_to_do    INTEGER NOT NULL CHECK (photos_to_do >= 0),
    photos_done     INTEGER NOT NULL CHECK (photos_done >= 0),
    photos_failed   INTEGER NOT NULL CHECK (photos_failed >= 0),
    features_made   INTEGER NOT NULL CHECK (features_made >= 0),
    CHECK ((ended_ms IS NULL) = (outcome IS NULL))
) STRICT;

-- The store holds part shard_index of shard_count of its sources; without a row, all of them.
CREATE TABLE shard (
    shard_id    INTEGER PRIMARY KEY CHECK (shard_id = 1),
    shard_index INTEGER NOT NULL CHECK (shard_index BETWEEN 1 AND shard_count),
    shard_count INTEGER NOT NULL
) STRICT;

-- Whether some present place has a content is asked of each content: the index answers without the photo's row.
DROP INDEX photo_by_content;
CREATE INDEX photo_by_content ON photo (content_id, missing_since_ms);

-- Which blobs are there, and how long? Answered without reading them: they are most of the file.
CREATE INDEX feature_blob_bytes ON feature_blob (feature_id, length(blob));
