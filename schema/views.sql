-- views.sql - the questions people ask, as views. Dropped and made again by every migration.

-- Which photos are there, of which class and split, and what was read of them? A row for each label; one where there is none.
CREATE VIEW photos AS
SELECT p.photo_id, s.name AS source, p.path, l.label_set, l.class, l.split, c.format, c.width_px, c.height_px,
       c.exif_orientation, c.captured_at, c.camera, p.size_bytes, iif(c.content_id IS NULL, NULL, lower(hex(c.sha256))) AS sha256,
       p.content_id IS NULL AS is_unreadable, p.missing_since_ms IS NOT NULL AS is_missing
FROM photo p
JOIN source s USING (source_id)
LEFT JOIN content c USING (content_id)
LEFT JOIN label l USING (photo_id);

-- Which variants were computed, with what parameters, and how large are their features? A row for each feature; a photo that
-- lies in several places is named by the first.
CREATE VIEW variants AS
SELECT f.feature_id, f.feature_set_id, s.name AS source, p.path,
       (SELECT count(*) FROM photo q WHERE q.content_id = v.content_id) AS places,
       a.name AS augmentation, v.augmentation_id, v.variant_index,
       v.shear_degrees, v.zoom_x, v.zoom_y, v.shift_x_px, v.shift_y_px, v.flip_horizontal, v.flip_vertical,
       f.nonzero_count, f.stored_bytes
FROM feature f
JOIN variant v USING (variant_id)
JOIN augmentation a USING (augmentation_id)
LEFT JOIN photo p ON p.photo_id = (SELECT q.photo_id FROM photo q JOIN source t USING (source_id)
                                   WHERE q.content_id = v.content_id
                                   ORDER BY q.missing_since_ms IS NOT NULL, t.name, q.path LIMIT 1)
LEFT JOIN source s USING (source_id);

-- What can be trained on?
CREATE VIEW feature_sets AS
SELECT fs.feature_set_id, lower(hex(fs.digest)) AS digest, b.network, fs.layer, fs.arithmetic, fs.stored_type,
       i.resize, i.crop, i.exif, i.preprocess, fs.height, fs.width, fs.channels,
       (SELECT count(*) FROM feature f WHERE f.feature_set_id = fs.feature_set_id) AS features
FROM feature_set fs
JOIN input i USING (input_id)
JOIN backbone b USING (backbone_id);

-- Which run is best by validation? Losses compare where they were measured on the same photos of the same classes: a place is
-- one within such a group. Group 1 has the most validation photos (of equal ones the group with the newest run). Runs without
-- validation stand last and have neither. Of a sweep most runs keep no head; the one that `answers` is the pinned one, else the
-- first one here that has a head.
CREATE VIEW leaderboard AS
WITH validated AS (
    SELECT r.run_id, d.validation_photos, d.validation_digest,
           max(r.started_ms) OVER (PARTITION BY d.validation_digest) AS newest_ms
    FROM run r
    JOIN dataset d USING (dataset_id)
    WHERE r.val_loss IS NOT NULL),
grouped AS (
    SELECT run_id, validation_photos, dense_rank() OVER (ORDER BY validation_photos DESC, newest_ms DESC, validation_digest) AS val_group
    FROM validated)
SELECT iif(g.run_id IS NULL, NULL, rank() OVER (PARTITION BY g.val_group ORDER BY r.val_loss)) AS place, r.run_id, r.name,
       r.val_loss, r.val_accuracy, g.validation_photos AS val_photos, g.val_group,
       r.test_loss, r.test_accuracy, a.name AS augmentation, r.variants,
       r.pool, r.transform, r.initial, r.solver, r.epochs, r.batch_size, r.learning_rate, r.l2, r.hidden, r.dropout, r.weighting,
       r.monitor, r.best_epoch, r.temperature, r.fold_count, r.group_by, r.seed, r.train_samples, r.is_refitted, r.train_ms,
       r.dataset_id, r.feature_set_id, r.sweep_id, h.head_id IS NOT NULL AS has_head, coalesce(h.is_pinned, 0) AS is_pinned,
       h.head_id IS NOT NULL AND (SELECT count(*) FROM head WHERE is_pinned = 1) <= h.is_pinned
           AND row_number() OVER (ORDER BY coalesce(h.is_pinned, 0) DESC, h.head_id IS NULL, g.val_group IS NULL, g.val_group,
                                           r.val_loss, r.started_ms, r.run_id) = 1
           AND (h.is_pinned = 1 OR g.run_id IS NOT NULL OR (SELECT count(*) FROM head) = 1) AS answers,
       datetime(r.started_ms / 1000, 'unixepoch') AS started_at
FROM run r
JOIN augmentation a USING (augmentation_id)
LEFT JOIN grouped g USING (run_id)
LEFT JOIN head h USING (run_id)
ORDER BY g.val_group IS NULL, g.val_group, place, r.started_ms, r.run_id;

-- What did each sweep try, and what came out best? Of runs without a validation loss none is best.
CREATE VIEW sweeps AS
WITH ranked AS (
    SELECT r.sweep_id, r.run_id, r.val_loss, r.val_accuracy, r.options,
           row_number() OVER (PARTITION BY r.sweep_id ORDER BY r.val_loss IS NULL, r.val_loss, r.run_id) AS place,
           count(*) OVER (PARTITION BY r.sweep_id) AS runs
    FROM run r
    WHERE r.sweep_id IS NOT NULL)
SELECT s.sweep_id, s.kind, s.planned_runs, coalesce(b.runs, 0) AS runs,
       iif(b.val_loss IS NULL, NULL, b.run_id) AS best_run_id, b.val_loss AS best_val_loss, b.val_accuracy AS best_val_accuracy,
       iif(b.val_loss IS NULL, NULL, b.options) AS best_options, s.command, s.program_version,
       datetime(s.started_ms / 1000, 'unixepoch') AS started_at, (s.ended_ms - s.started_ms) / 1000.0 AS seconds
FROM sweep s
LEFT JOIN ranked b ON b.sweep_id = s.sweep_id AND b.place = 1
ORDER BY s.started_ms, s.sweep_id;

-- What was measured of each run, overall (class '') and for each class?
CREATE VIEW metrics AS
SELECT m.run_id, r.name AS run, m.role, m.name, m.class, m.value
FROM metric m
JOIN run r USING (run_id)
ORDER BY m.run_id, m.role, m.name, m.class;

-- Which data sets were trained on, how were they made, and how many of their photos that measure have a copy in training? What a
-- recipe does not say is NULL.
CREATE VIEW data_sets AS
SELECT d.dataset_id, lower(hex(d.digest)) AS digest, d.label_set, d.recipe ->> 'split' AS split,
       d.recipe ->> 'group-by' AS group_by, d.recipe ->> 'classes' AS classes, d.recipe ->> 'merge' AS merged,
       d.recipe ->> 'exclude-where' AS exclude_where,
       (SELECT count(*) FROM dataset_class c WHERE c.dataset_id = d.dataset_id) AS class_count,
       sum(ds.role = 'train') AS train_photos, sum(ds.role = 'validation') AS val_photos, sum(ds.role = 'test') AS test_photos,
       count(DISTINCT ds.fold) AS folds, count(DISTINCT ds.photo_group) AS photo_groups,
       sum(ds.has_copy) FILTER (WHERE ds.role = 'validation') AS val_copies,
       sum(ds.has_copy) FILTER (WHERE ds.role = 'test') AS test_copies,
       (SELECT count(*) FROM run r WHERE r.dataset_id = d.dataset_id) AS runs
FROM dataset d
JOIN dataset_sample ds USING (dataset_id)
GROUP BY d.dataset_id
ORDER BY d.dataset_id;

-- Which photos of a data set belong together, by what it was grouped by? A row for each photo of a group of several.
CREATE VIEW photo_groups AS
SELECT ds.dataset_id, ds.photo_group, ds.role, dc.class,
       (SELECT p.path FROM photo p JOIN source s USING (source_id) WHERE p.content_id = ds.content_id ORDER BY s.name, p.path LIMIT 1)
           AS photo, ds.content_id
FROM dataset_sample ds
JOIN dataset_class dc USING (dataset_id, class_index)
WHERE ds.photo_group IS NOT NULL
ORDER BY ds.dataset_id, ds.photo_group, photo;

-- Which photos that measured a run were no strangers to its head? A row for each copy: a photo of the same group that trained it.
CREATE VIEW leaks AS
SELECT r.run_id, r.name, e.role, e.photo, e.class, t.photo AS copy, t.class AS copy_class, t.role AS copy_role, r.dataset_id,
       e.content_id
FROM run r
JOIN photo_groups e ON e.dataset_id = r.dataset_id AND e.role IN ('validation', 'test')
JOIN photo_groups t ON t.dataset_id = e.dataset_id AND t.photo_group = e.photo_group
                   AND (t.role = 'train' OR (t.role = 'validation' AND e.role = 'test' AND r.is_refitted))
ORDER BY r.run_id, e.role, e.photo, copy;

-- How did the folds of each cross-validation differ?
CREATE VIEW folds AS
SELECT f.run_id, r.name, f.fold, f.photos, f.loss, f.accuracy, avg(f.loss) OVER (PARTITION BY f.run_id) AS mean_loss,
       avg(f.accuracy) OVER (PARTITION BY f.run_id) AS mean_accuracy,
       max(f.accuracy) OVER (PARTITION BY f.run_id) - min(f.accuracy) OVER (PARTITION BY f.run_id) AS accuracy_range
FROM fold f
JOIN run r USING (run_id)
ORDER BY f.run_id, f.fold;

-- How did each run go, epoch by epoch?
CREATE VIEW history AS
SELECT e.run_id, r.name, e.epoch, e.loss, e.accuracy, e.val_loss, e.val_accuracy
FROM epoch e
JOIN run r USING (run_id)
ORDER BY e.run_id, e.epoch;

-- What did each head say of each photo, and what was it called? The true class is the one of the run's data set; it is NULL
-- for photos outside it.
CREATE VIEW predictions AS
SELECT pr.prediction_id, h.run_id, coalesce(r.name, h.name) AS name, pr.origin, pr.fold,
       coalesce(pr.photo, (SELECT p.path FROM photo p JOIN source s USING (source_id)
                           WHERE p.content_id = pr.content_id ORDER BY s.name, p.path LIMIT 1)) AS photo,
       dc.class AS true_class, pr.class AS predicted_class, pr.probability,
       (SELECT j.value FROM json_each(pr.probabilities) j WHERE j.key = dc.class) AS true_class_probability, pr.probabilities,
       datetime(pr.made_ms / 1000, 'unixepoch') AS made_at, pr.head_id, pr.content_id
FROM prediction pr
JOIN head h USING (head_id)
LEFT JOIN run r USING (run_id)
LEFT JOIN dataset_sample ds ON ds.dataset_id = r.dataset_id AND ds.content_id = pr.content_id
LEFT JOIN dataset_class dc ON dc.dataset_id = ds.dataset_id AND dc.class_index = ds.class_index;

-- Which photos did each run get wrong, the surest mistakes first? Only what a head says of photos that it was not trained on:
-- those of validation, of test, and of the fold that it was fitted without.
CREATE VIEW misclassified AS
SELECT run_id, name, origin, fold, photo, true_class, predicted_class, probability, true_class_probability
FROM predictions
WHERE predicted_class <> true_class AND origin IN ('validation', 'test', 'fold')
ORDER BY probability DESC, run_id, origin, photo;

-- What went wrong with which photo, and how often was it tried?
CREATE VIEW failures AS
SELECT s.name AS source, p.path, f.stage, f.feature_set_id, f.cause, f.message, f.tries,
       datetime(f.first_ms / 1000, 'unixepoch') AS first_at, datetime(f.last_ms / 1000, 'unixepoch') AS last_at
FROM failure f
JOIN photo p USING (photo_id)
JOIN source s USING (source_id)
WHERE p.missing_since_ms IS NULL
ORDER BY s.name, p.path, f.stage, f.feature_set_id, f.cause;

-- How many photos has each class in each split, how many distinct ones, how many that no training can use as they are? A photo
-- with two labels counts in both classes. contested: the same bytes are also of another class of the label set.
CREATE VIEW class_balance AS
SELECT l.label_set, coalesce(l.split, 'none') AS split, l.class, count(*) AS photos,
       count(DISTINCT p.content_id) AS distinct_photos,
       count(*) FILTER (WHERE c.exif_orientation > 1) AS with_turning_exif,
       count(*) FILTER (WHERE p.content_id IS NULL) AS unreadable,
       count(*) FILTER (WHERE EXISTS (SELECT 1 FROM photo q JOIN label m USING (photo_id)
                                      WHERE q.content_id = p.content_id AND q.missing_since_ms IS NULL
                                        AND m.label_set = l.label_set AND m.class <> l.class)) AS contested
FROM label l
JOIN photo p USING (photo_id)
LEFT JOIN content c USING (content_id)
WHERE p.missing_since_ms IS NULL
GROUP BY l.label_set, l.split, l.class
ORDER BY l.label_set, coalesce(l.split, 'none'), l.class;

-- Which versions of our own code do recipes and draws of today have? What was computed by an older one is stale.
CREATE VIEW current_versions AS
SELECT 1 AS compat, 1 AS draw;

-- Which features does nothing use any more, and why? `missing`: the photo is at no place any more; `changed`: its place has other
-- bytes now; `recipe`: the recipe's pixels come out otherwise in today's program; `draw`: the variant's parameters do. Training and
-- exports leave them out; they stay until tl-store prune.
CREATE VIEW stale AS
WITH reasons AS (
    SELECT f.feature_id, iif(EXISTS (SELECT 1 FROM photo p WHERE p.content_id = c.content_id), 'missing', 'changed') AS reason
    FROM content c
    CROSS JOIN variant v ON v.content_id = c.content_id
    CROSS JOIN feature f ON f.variant_id = v.variant_id
    WHERE NOT EXISTS (SELECT 1 FROM photo p WHERE p.content_id = c.content_id AND p.missing_since_ms IS NULL)
    UNION ALL
    SELECT f.feature_id, 'recipe'
    FROM input i
    CROSS JOIN feature_set fs ON fs.input_id = i.input_id
    CROSS JOIN feature f ON f.feature_set_id = fs.feature_set_id
    CROSS JOIN variant v ON v.variant_id = f.variant_id
    WHERE i.compat < (SELECT compat FROM current_versions)
      AND EXISTS (SELECT 1 FROM photo p WHERE p.content_id = v.content_id AND p.missing_since_ms IS NULL)
    UNION ALL
    SELECT f.feature_id, 'draw'
    FROM augmentation a
    CROSS JOIN variant v ON v.augmentation_id = a.augmentation_id
    CROSS JOIN feature f ON f.variant_id = v.variant_id
    CROSS JOIN feature_set fs ON fs.feature_set_id = f.feature_set_id
    CROSS JOIN input i ON i.input_id = fs.input_id
    WHERE a.draw < (SELECT draw FROM current_versions) AND i.compat >= (SELECT compat FROM current_versions)
      AND EXISTS (SELECT 1 FROM photo p WHERE p.content_id = v.content_id AND p.missing_since_ms IS NULL))
SELECT r.feature_id, f.feature_set_id, v.content_id, s.name AS source, p.path, a.name AS augmentation, v.augmentation_id,
       v.variant_index, f.stored_bytes, r.reason
FROM reasons r
JOIN feature f USING (feature_id)
JOIN variant v USING (variant_id)
JOIN augmentation a USING (augmentation_id)
LEFT JOIN photo p ON p.photo_id = (SELECT q.photo_id FROM photo q JOIN source t USING (source_id)
                                   WHERE q.content_id = v.content_id
                                   ORDER BY q.missing_since_ms IS NOT NULL, t.name, q.path LIMIT 1)
LEFT JOIN source s USING (source_id);
