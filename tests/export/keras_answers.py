"""keras_answers.py BIN PHOTOS WORK KIND... - heads to Keras and back.

Each KIND.keras, KIND.weights.h5 and KIND.h5 in WORK is loaded by Keras and asked about the exported features; each KIND.csv has to be
what Keras's CSVLogger writes for that history. Then Keras trains heads on the features, saves them in its three formats, and
tl-train imports them: tl-classify has to answer as Keras does. Exits 1 where a probability differs by more than 1e-5.
"""
import csv
import json
import os
import pathlib
import subprocess
import sys

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras
import numpy

TOLERANCE = 1e-5
bin_folder, folder, work, kinds = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4:]
store = str(work / "s.tl")
features = numpy.load(work / "features.npy", mmap_mode="r")
labels = numpy.load(work / "features.labels.npy")
rows = list(csv.DictReader(open(work / "features.csv", newline="")))
photos = [str(folder / row["path"]) for row in rows]
names = [name for _, name in sorted({(int(row["label"]), row["class"]) for row in rows})]
inputs = {"flat": numpy.asarray(features), "pooled": numpy.asarray(features).reshape(len(features), 49, 512).mean(axis=1)}
failed = False


def run(tool, *words):
    return subprocess.run([str(bin_folder / tool), *words], check=True, capture_output=True, text=True).stdout


def ask(name):
    lines = [json.loads(line) for line in run("tl-classify", store, *photos, "--json", "--run", name).splitlines()]
    answers = {line["photo"]: line["classes"] for line in lines}
    return numpy.array([[answers[photo][c] for c in names] for photo in photos])


def compare(what, got, wanted):
    global failed
    difference = abs(got - wanted).max()
    failed |= not difference <= TOLERANCE
    print(f"{what:32s} {len(photos)} photos, largest difference {difference:.1e}{'' if difference <= TOLERANCE else '  TOO LARGE'}")


def build(width, hidden):
    layers = [keras.Input((width,))]
    if hidden:
        layers += [keras.layers.Dense(hidden, "relu")]
    return keras.Sequential(layers + [keras.layers.Dense(len(names), "softmax")])


def check_history(kind):
    """CSVLogger, told the same numbers, has to write the same bytes."""
    ours = work / (kind + ".csv")
    logger = keras.callbacks.CSVLogger(str(work / "keras.csv"))
    logger.on_train_begin()
    for row in csv.DictReader(open(ours, newline="")):
        epoch = int(row.pop("epoch"))
        logger.on_epoch_end(epoch, {key: float(value) for key, value in row.items() if value != "NA"})
    logger.on_train_end()
    global failed
    is_equal = ours.read_bytes() == (work / "keras.csv").read_bytes()
    failed |= not is_equal
    print(f"{kind + '.csv':32s} {'equal to' if is_equal else 'NOT'} what CSVLogger writes")


for kind in kinds:
    wanted = ask(kind)
    fed = inputs["pooled" if "avg" in kind else "flat"]
    for ending in ("keras", "h5"):
        model = keras.models.load_model(work / f"{kind}.{ending}", compile=False)
        compare(f"{kind}.{ending}", model.predict(fed, verbose=0), wanted)
    model = build(fed.shape[1], 24 if "hidden" in kind else 0)
    model.load_weights(work / f"{kind}.weights.h5")
    compare(f"{kind}.weights.h5", model.predict(fed, verbose=0), wanted)
    check_history(kind)

keras.utils.set_random_seed(1)
for form, hidden in (("flat", 0), ("pooled", 0), ("pooled", 16)):
    fed = inputs[form]
    model = build(fed.shape[1], hidden)
    model.compile(keras.optimizers.Adam(1e-4), "sparse_categorical_crossentropy")
    model.fit(fed, labels, epochs=1, verbose=0)
    wanted = model.predict(fed, verbose=0)
    for ending in ("keras", "weights.h5", "h5"):
        path, name = str(work / f"mine.{ending}"), f"{form}-{hidden}-{ending}"
        (model.save_weights if ending == "weights.h5" else model.save)(path)
        run("tl-train", store, "--import", path, "--name", name, "--classes", ",".join(names))
        compare(f"imported {name}", ask(name), wanted)
sys.exit(1 if failed else 0)
