-- 001-tables.sql - every table of a store, schema version 1.
-- Integer ids are local to one file; what is UNIQUE beside them is identity. README.md has each column's unit and writer.

PRAGMA application_id = 1953261155; -- 0x746c6663, "tlfc"

-- ---- photos and what they are called ----

CREATE TABLE source (
    source_id  INTEGER PRIMARY KEY,
    name       TEXT NOT NULL UNIQUE CHECK (name <> ''),
    root       TEXT NOT NULL CHECK (root <> ''),
    root_bytes BLOB
) STRICT;

CREATE TABLE content (
    content_id       INTEGER PRIMARY KEY,
    sha256           BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
    width_px         INTEGER NOT NULL CHECK (width_px > 0),
    height_px        INTEGER NOT NULL CHECK (height_px > 0),
    format           TEXT NOT NULL CHECK (format <> ''),
    exif_orientation INTEGER NOT NULL CHECK (exif_orientation BETWEEN 1 AND 8),
    captured_at      TEXT,
    camera           TEXT,
    thumbnail        BLOB NOT NULL CHECK (length(thumbnail) = 576)
) STRICT;

CREATE TABLE photo (
    photo_id         INTEGER PRIMARY KEY,
    source_id        INTEGER NOT NULL REFERENCES source,
    path             TEXT NOT NULL CHECK (path <> ''),
    path_bytes       BLOB,
    content_id       INTEGER REFERENCES content,
    size_bytes       INTEGER NOT NULL CHECK (size_bytes >= 0),
    mtime_ns         INTEGER NOT NULL,
    missing_since_ms INTEGER,
    UNIQUE (source_id, path)
) STRICT;
CREATE INDEX photo_by_content ON photo (content_id);

CREATE TABLE label (
    label_id  INTEGER PRIMARY KEY,
    label_set TEXT NOT NULL DEFAULT 'default' CHECK (label_set <> ''),
    photo_id  INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE,
    class     TEXT NOT NULL CHECK (class <> ''),
    split     TEXT CHECK (split IN ('train', 'val', 'test')),
    origin    TEXT NOT NULL CHECK (origin IN ('folder', 'csv', 'hand')),
    UNIQUE (label_set, photo_id, class)
) STRICT;
CREATE INDEX label_by_photo ON label (photo_id);

CREATE TABLE failure (
    failure_id     INTEGER PRIMARY KEY,
    photo_id       INTEGER NOT NULL REFERENCES photo ON DELETE CASCADE,
    stage          TEXT NOT NULL CHECK (stage IN ('scan', 'read', 'augment', 'network', 'verify')),
    feature_set_id INTEGER REFERENCES feature_set ON DELETE CASCADE,
    cause          TEXT NOT NULL CHECK (cause <> ''),
    message        TEXT NOT NULL,
    first_ms       INTEGER NOT NULL,
    last_ms        INTEGER NOT NULL,
    tries          INTEGER NOT NULL CHECK (tries > 0),
    CHECK ((stage = 'verify') = (feature_set_id IS NOT NULL))
) STRICT;
-- What UNIQUE would say elsewhere; there NULLs would differ from each other.
CREATE UNIQUE INDEX failure_identity ON failure (photo_id, stage, cause, coalesce(feature_set_id, 0));
CREATE INDEX failure_by_feature_set ON failure (feature_set_id) WHERE feature_set_id IS NOT NULL;

-- ---- what was computed from them ----

CREATE TABLE input (
    input_id    INTEGER PRIMARY KEY,
    digest      BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    json        TEXT NOT NULL CHECK (json_valid(json)),
    exif        TEXT NOT NULL GENERATED ALWAYS AS (json ->> 'exif'),
    alpha       TEXT NOT NULL GENERATED ALWAYS AS (json ->> 'alpha'),
    sixteen_bit TEXT NOT NULL GENERATED ALWAYS AS (json ->> 'sixteen_bit'),
    resize      TEXT NOT NULL GENERATED ALWAYS AS (json ->> 'resize'),
    crop        INTEGER NOT NULL GENERATED ALWAYS AS (json ->> 'crop'),
    size_px     INTEGER NOT NULL GENERATED ALWAYS AS (json ->> 'size'),
    preprocess  TEXT NOT NULL GENERATED ALWAYS AS (json ->> 'preprocess'),
    compat      INTEGER NOT NULL GENERATED ALWAYS AS (json ->> 'compat')
) STRICT;

CREATE TABLE augmentation (
    augmentation_id INTEGER PRIMARY KEY,
    digest          BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    name            TEXT NOT NULL CHECK (name <> ''),
    json            TEXT NOT NULL CHECK (json_valid(json)),
    seed            INTEGER GENERATED ALWAYS AS (json ->> 'seed'),
    shear_degrees   REAL GENERATED ALWAYS AS (json ->> 'shear_degrees'),
    zoom            REAL GENERATED ALWAYS AS (json ->> 'zoom'),
    zoom_both_min   REAL GENERATED ALWAYS AS (json ->> '$.zoom_both[0]'),
    zoom_both_max   REAL GENERATED ALWAYS AS (json ->> '$.zoom_both[1]'),
    flip_horizontal INTEGER GENERATED ALWAYS AS (json ->> 'flip_horizontal'),
    flip_vertical   INTEGER GENERATED ALWAYS AS (json ->> 'flip_vertical'),
    fill            TEXT GENERATED ALWAYS AS (json ->> 'fill'),
    draw            INTEGER GENERATED ALWAYS AS (json ->> 'draw')
) STRICT;
-- Row 0 is the plain photo. Its digest is zero, so that the plain photo comes first in every order.
INSERT INTO augmentation (augmentation_id, digest, name, json) VALUES (0, zeroblob(32), 'none', '{}');

CREATE TABLE variant (
    variant_id      INTEGER PRIMARY KEY,
    content_id      INTEGER NOT NULL REFERENCES content,
    augmentation_id INTEGER NOT NULL REFERENCES augmentation,
    variant_index   INTEGER NOT NULL CHECK (variant_index >= 0),
    shear_degrees   REAL NOT NULL,
    zoom_x          REAL NOT NULL CHECK (zoom_x > 0),
    zoom_y          REAL NOT NULL CHECK (zoom_y > 0),
    shift_x_px      REAL NOT NULL,
    shift_y_px      REAL NOT NULL,
    flip_horizontal INTEGER NOT NULL CHECK (flip_horizontal IN (0, 1)),
    flip_vertical   INTEGER NOT NULL CHECK (flip_vertical IN (0, 1)),
    UNIQUE (content_id, augmentation_id, variant_index),
    CHECK ((variant_index = 0) = (augmentation_id = 0))
) STRICT;

CREATE TABLE backbone (
    backbone_id    INTEGER PRIMARY KEY,
    network        TEXT NOT NULL CHECK (network <> ''),
    tensors_sha256 BLOB NOT NULL CHECK (length(tensors_sha256) = 32),
    UNIQUE (network, tensors_sha256)
) STRICT;

CREATE TABLE feature_set (
    feature_set_id INTEGER PRIMARY KEY,
    digest         BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    input_id       INTEGER NOT NULL REFERENCES input,
    backbone_id    INTEGER NOT NULL REFERENCES backbone,
    layer          TEXT NOT NULL CHECK (layer <> ''),
    arithmetic     TEXT NOT NULL CHECK (arithmetic <> ''),
    stored_type    TEXT NOT NULL CHECK (stored_type IN ('float32', 'float16')),
    height         INTEGER NOT NULL CHECK (height > 0),
    width          INTEGER NOT NULL CHECK (width > 0),
    channels       INTEGER NOT NULL CHECK (channels > 0),
    UNIQUE (input_id, backbone_id, layer, arithmetic, stored_type)
) STRICT;

CREATE TABLE feature (
    feature_id     INTEGER PRIMARY KEY,
    feature_set_id INTEGER NOT NULL REFERENCES feature_set,
    variant_id     INTEGER NOT NULL REFERENCES variant,
    nonzero_count  INTEGER NOT NULL CHECK (nonzero_count >= 0),
    stored_bytes   INTEGER NOT NULL CHECK (stored_bytes > 0),
    pixels_digest  BLOB NOT NULL CHECK (length(pixels_digest) = 32),
    values_digest  BLOB NOT NULL CHECK (length(values_digest) = 32),
    UNIQUE (feature_set_id, variant_id)
) STRICT;
CREATE INDEX feature_by_variant ON feature (variant_id);

CREATE TABLE feature_blob (
    feature_id INTEGER PRIMARY KEY REFERENCES feature ON DELETE CASCADE,
    blob       BLOB NOT NULL
) STRICT;

-- ---- what was learnt from that ----

CREATE TABLE dataset (
    dataset_id        INTEGER PRIMARY KEY,
    digest            BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    label_set         TEXT NOT NULL,
    validation_photos INTEGER NOT NULL CHECK (validation_photos >= 0),
    validation_digest BLOB NOT NULL CHECK (length(validation_digest) = 32)
) STRICT;

CREATE TABLE dataset_class (
    dataset_id  INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
    class_index INTEGER NOT NULL CHECK (class_index >= 0),
    class       TEXT NOT NULL CHECK (class <> ''),
    PRIMARY KEY (dataset_id, class_index),
    UNIQUE (dataset_id, class)
) STRICT, WITHOUT ROWID;

CREATE TABLE dataset_sample (
    dataset_id  INTEGER NOT NULL REFERENCES dataset ON DELETE CASCADE,
    content_id  INTEGER NOT NULL REFERENCES content,
    class_index INTEGER NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('train', 'validation', 'test')),
    PRIMARY KEY (dataset_id, content_id),
    FOREIGN KEY (dataset_id, class_index) REFERENCES dataset_class
) STRICT, WITHOUT ROWID;
CREATE INDEX dataset_sample_by_content ON dataset_sample (content_id);

CREATE TABLE run (
    run_id          INTEGER PRIMARY KEY,
    uuid            TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
    name            TEXT CHECK (name <> ''),
    dataset_id      INTEGER NOT NULL REFERENCES dataset,
    feature_set_id  INTEGER NOT NULL REFERENCES feature_set,
    augmentation_id INTEGER NOT NULL REFERENCES augmentation,
    variants        TEXT NOT NULL CHECK (variants IN ('plain', 'all', 'cycle')),
    transform       TEXT NOT NULL CHECK (transform IN ('none', 'sqrt')),
    scale           REAL NOT NULL CHECK (scale > 0),
    initial         TEXT NOT NULL CHECK (initial IN ('zero', 'glorot')),
    epochs          INTEGER NOT NULL CHECK (epochs > 0),
    batch_size      INTEGER NOT NULL CHECK (batch_size > 0),
    learning_rate   REAL NOT NULL CHECK (learning_rate > 0),
    l2              REAL NOT NULL CHECK (l2 >= 0),
    seed            INTEGER NOT NULL,
    started_ms      INTEGER NOT NULL,
    train_ms        INTEGER NOT NULL CHECK (train_ms >= 0),
    train_samples   INTEGER NOT NULL CHECK (train_samples > 0),
    is_refitted     INTEGER NOT NULL CHECK (is_refitted IN (0, 1)),
    val_loss        REAL,
    val_accuracy    REAL,
    test_loss       REAL,
    test_accuracy   REAL
) STRICT;
CREATE UNIQUE INDEX run_by_name ON run (name) WHERE name IS NOT NULL;
CREATE INDEX run_by_dataset ON run (dataset_id);

CREATE TABLE epoch (
    run_id       INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    epoch        INTEGER NOT NULL CHECK (epoch > 0),
    loss         REAL NOT NULL,
    accuracy     REAL NOT NULL,
    val_loss     REAL,
    val_accuracy REAL,
    PRIMARY KEY (run_id, epoch)
) STRICT, WITHOUT ROWID;

CREATE TABLE confusion (
    run_id          INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    role            TEXT NOT NULL CHECK (role IN ('validation', 'test')),
    class           TEXT NOT NULL,
    predicted_class TEXT NOT NULL,
    photos          INTEGER NOT NULL CHECK (photos >= 0),
    PRIMARY KEY (run_id, role, class, predicted_class)
) STRICT, WITHOUT ROWID;

CREATE TABLE head (
    head_id        INTEGER PRIMARY KEY,
    run_id         INTEGER UNIQUE REFERENCES run ON DELETE CASCADE,
    name           TEXT UNIQUE CHECK (name <> ''),
    feature_set_id INTEGER NOT NULL REFERENCES feature_set,
    class_names    TEXT NOT NULL CHECK (json_valid(class_names)),
    transform      TEXT NOT NULL CHECK (transform IN ('none', 'sqrt')),
    scale          REAL NOT NULL CHECK (scale > 0),
    is_pinned      INTEGER NOT NULL DEFAULT 0 CHECK (is_pinned IN (0, 1)),
    CHECK ((run_id IS NULL) <> (name IS NULL))
) STRICT;
CREATE UNIQUE INDEX head_pinned ON head (is_pinned) WHERE is_pinned = 1;

CREATE TABLE head_tensor (
    head_id       INTEGER NOT NULL REFERENCES head ON DELETE CASCADE,
    name          TEXT NOT NULL CHECK (name IN ('kernel', 'bias')),
    shape         TEXT NOT NULL CHECK (json_valid(shape)),
    tensor_values BLOB NOT NULL,
    PRIMARY KEY (head_id, name)
) STRICT;

CREATE TABLE prediction (
    prediction_id INTEGER PRIMARY KEY,
    head_id       INTEGER NOT NULL REFERENCES head ON DELETE CASCADE,
    content_id    INTEGER NOT NULL REFERENCES content,
    origin        TEXT NOT NULL CHECK (origin IN ('validation', 'test', 'fold', 'classify')),
    photo         TEXT,
    class         TEXT NOT NULL,
    probability   REAL NOT NULL CHECK (probability BETWEEN 0 AND 1),
    probabilities TEXT NOT NULL CHECK (json_valid(probabilities)),
    made_ms       INTEGER NOT NULL,
    UNIQUE (head_id, content_id, origin)
) STRICT;
CREATE INDEX prediction_by_content ON prediction (content_id);
