-- 003-experiments.sql - schema version 3: sweeps, folds, metrics, and all that a run depended on.

-- One command that tried several courses. Its runs name it; ended_ms is NULL while it works, and for ever where it was killed.
CREATE TABLE sweep (
    sweep_id        INTEGER PRIMARY KEY,
    uuid            TEXT NOT NULL UNIQUE CHECK (length(uuid) = 36),
    kind            TEXT NOT NULL CHECK (kind IN ('grid', 'random', 'auto')),
    command         TEXT NOT NULL CHECK (json_valid(command)),
    program_version TEXT NOT NULL,
    seed            INTEGER NOT NULL,
    planned_runs    INTEGER NOT NULL CHECK (planned_runs >= 0),
    started_ms      INTEGER NOT NULL,
    ended_ms        INTEGER
) STRICT;

-- ---- what a run depended on ----

ALTER TABLE run ADD COLUMN sweep_id INTEGER REFERENCES sweep ON DELETE SET NULL;
ALTER TABLE run ADD COLUMN program_version TEXT;
ALTER TABLE run ADD COLUMN options TEXT CHECK (options IS NULL OR json_valid(options));
ALTER TABLE run ADD COLUMN store_digest BLOB CHECK (length(store_digest) = 32);
ALTER TABLE run ADD COLUMN variant_max INTEGER CHECK (variant_max >= 0);
ALTER TABLE run ADD COLUMN pool TEXT NOT NULL DEFAULT 'none' CHECK (pool IN ('none', 'avg'));
ALTER TABLE run ADD COLUMN solver TEXT NOT NULL DEFAULT 'adam' CHECK (solver IN ('adam', 'sgd', 'lbfgs'));
ALTER TABLE run ADD COLUMN momentum REAL CHECK (momentum >= 0);
ALTER TABLE run ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0 CHECK (hidden >= 0);
ALTER TABLE run ADD COLUMN dropout REAL NOT NULL DEFAULT 0 CHECK (dropout >= 0 AND dropout < 1);
ALTER TABLE run ADD COLUMN weighting TEXT NOT NULL DEFAULT 'equal' CHECK (weighting IN ('equal', 'balanced', 'given'));
ALTER TABLE run ADD COLUMN monitor TEXT NOT NULL DEFAULT 'none' CHECK (monitor IN ('none', 'val_loss', 'val_accuracy'));
ALTER TABLE run ADD COLUMN patience INTEGER NOT NULL DEFAULT 0 CHECK (patience >= 0);
ALTER TABLE run ADD COLUMN best_epoch INTEGER CHECK (best_epoch > 0);
ALTER TABLE run ADD COLUMN tolerance REAL CHECK (tolerance >= 0);
ALTER TABLE run ADD COLUMN gradient_norm REAL CHECK (gradient_norm >= 0);
ALTER TABLE run ADD COLUMN temperature REAL NOT NULL DEFAULT 1 CHECK (temperature > 0);
ALTER TABLE run ADD COLUMN fold_count INTEGER NOT NULL DEFAULT 0 CHECK (fold_count >= 0);
ALTER TABLE run ADD COLUMN group_by TEXT NOT NULL DEFAULT 'none' CHECK (group_by <> '');
CREATE INDEX run_by_sweep ON run (sweep_id) WHERE sweep_id IS NOT NULL;
-- What earlier programs could be told, in the words of today's.
UPDATE run
SET options = json_object('batch_size', batch_size, 'epochs', epochs, 'initial', initial, 'l2', l2, 'learning_rate', learning_rate,
                          'pool', 'none', 'seed', seed, 'solver', 'adam', 'transform', transform, 'variants', variants);

-- ---- what is measured ----

-- Cross-validation: what the head fitted without the photos of a fold says of them.
CREATE TABLE fold (
    run_id   INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    fold     INTEGER NOT NULL CHECK (fold > 0),
    photos   INTEGER NOT NULL CHECK (photos > 0),
    loss     REAL NOT NULL,
    accuracy REAL NOT NULL,
    PRIMARY KEY (run_id, fold)
) STRICT, WITHOUT ROWID;

-- Tall: a number of a run, of one class or (class '') of all.
CREATE TABLE metric (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    role   TEXT NOT NULL CHECK (role IN ('validation', 'test', 'fold')),
    name   TEXT NOT NULL CHECK (name <> ''),
    class  TEXT NOT NULL DEFAULT '',
    value  REAL NOT NULL,
    PRIMARY KEY (run_id, role, name, class)
) STRICT, WITHOUT ROWID;

-- Once more, for a further role: nothing refers to this table, so it can go and come again.
CREATE TABLE confusion_3 (
    run_id          INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    role            TEXT NOT NULL CHECK (role IN ('validation', 'test', 'fold')),
    class           TEXT NOT NULL,
    predicted_class TEXT NOT NULL,
    photos          INTEGER NOT NULL CHECK (photos >= 0),
    PRIMARY KEY (run_id, role, class, predicted_class)
) STRICT, WITHOUT ROWID;
INSERT INTO confusion_3 (run_id, role, class, predicted_class, photos)
SELECT run_id, role, class, predicted_class, photos FROM confusion;
DROP TABLE confusion;
ALTER TABLE confusion_3 RENAME TO confusion;

ALTER TABLE prediction ADD COLUMN fold INTEGER CHECK (fold > 0);

-- ---- the data set ----

ALTER TABLE dataset ADD COLUMN recipe TEXT CHECK (recipe IS NULL OR json_valid(recipe));
ALTER TABLE dataset_sample ADD COLUMN photo_group INTEGER CHECK (photo_group > 0);
ALTER TABLE dataset_sample ADD COLUMN fold INTEGER CHECK (fold > 0);
ALTER TABLE dataset_sample ADD COLUMN has_copy INTEGER CHECK (has_copy IN (0, 1));
CREATE INDEX dataset_sample_by_group ON dataset_sample (dataset_id, photo_group) WHERE photo_group IS NOT NULL;

-- ---- heads that pool, and heads with a hidden layer ----

ALTER TABLE head ADD COLUMN pool TEXT NOT NULL DEFAULT 'none' CHECK (pool IN ('none', 'avg'));

-- Once more, for further names.
CREATE TABLE head_tensor_3 (
    head_id       INTEGER NOT NULL REFERENCES head ON DELETE CASCADE,
    name          TEXT NOT NULL CHECK (name IN ('kernel', 'bias', 'hidden_kernel', 'hidden_bias')),
    shape         TEXT NOT NULL CHECK (json_valid(shape)),
    tensor_values BLOB NOT NULL,
    PRIMARY KEY (head_id, name)
) STRICT;
INSERT INTO head_tensor_3 (head_id, name, shape, tensor_values) SELECT head_id, name, shape, tensor_values FROM head_tensor;
DROP TABLE head_tensor;
ALTER TABLE head_tensor_3 RENAME TO head_tensor;

-- ---- products of feature vectors ----

-- The Gram matrix of the vectors that a training reads: computed once, good for every run over the same ones.
CREATE TABLE gram (
    gram_id         INTEGER PRIMARY KEY,
    digest          BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
    feature_set_id  INTEGER NOT NULL REFERENCES feature_set ON DELETE CASCADE,
    row_count       INTEGER NOT NULL CHECK (row_count > 0),
    made_ms         INTEGER NOT NULL,
    products_digest BLOB NOT NULL CHECK (length(products_digest) = 32),
    products        BLOB NOT NULL CHECK (length(products) = 2 * row_count * (row_count + 1))
) STRICT;
