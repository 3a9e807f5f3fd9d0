"""keras_courses.py - writes keras_courses.h5: what Keras makes of other courses than keras_head.h5's, from the same vectors.

    keras_courses.py HEAD.h5 OUT.h5

Each group holds kernels and biases before and after, and the epochs' losses and accuracies; test_fit_courses.c has the same
courses. All go in order through the first 100 features of the first 50 vectors, 32 a batch; those from the 31st on validate, so
that some epoch is the best.
"""
import sys

import h5py
import keras
import numpy

FEATURES, TRAIN, VALIDATION_FROM, HIDDEN = 100, 50, 30, 12


def build(hidden):
    layers = [keras.layers.Input((FEATURES,))]
    if hidden:
        layers.append(keras.layers.Dense(hidden, activation="relu"))
    layers.append(keras.layers.Dense(4, activation="softmax"))
    return keras.Sequential(layers)


def write_weights(group, model, when):
    names = ["kernel", "bias"] if len(model.layers) == 1 else ["hidden_kernel", "hidden_bias", "kernel", "bias"]
    for name, values in zip(names, model.get_weights()):
        group[f"{name}_{when}"] = values


def run(file, name, x, y, optimizer, epochs=5, hidden=0, class_weight=None, monitor=None, patience=0):
    keras.utils.set_random_seed(7)
    model = build(hidden)
    model.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    group = file.create_group(name)
    write_weights(group, model, "before")
    callbacks = []
    if monitor:
        callbacks.append(keras.callbacks.EarlyStopping(monitor=monitor, patience=patience, restore_best_weights=True))
    history = model.fit(x[:TRAIN], y[:TRAIN], epochs=epochs, batch_size=32, shuffle=False, verbose=0, class_weight=class_weight,
                        validation_data=(x[VALIDATION_FROM:], y[VALIDATION_FROM:]), callbacks=callbacks)
    write_weights(group, model, "after")
    for key in ("loss", "accuracy", "val_loss", "val_accuracy"):
        group[key] = numpy.asarray(history.history[key])
    if callbacks:
        group.attrs["best_epoch"] = callbacks[0].best_epoch + 1
    print(name, len(history.history["loss"]), "epochs", dict(group.attrs), history.history["val_loss"])


def main():
    with h5py.File(sys.argv[1]) as head:
        x = numpy.asarray(head["X"])[:, :FEATURES]
        y = keras.utils.to_categorical(numpy.asarray(head["y"]), 4)
    with h5py.File(sys.argv[2], "w") as file:
        sgd, adam = keras.optimizers.SGD, keras.optimizers.Adam
        run(file, "sgd", x, y, sgd(learning_rate=0.002, momentum=0.9))
        run(file, "sgd_plain", x, y, sgd(learning_rate=0.002))
        run(file, "class_weights", x, y, adam(), class_weight={0: 0.5, 1: 2.0, 2: 1.0, 3: 3.5})
        run(file, "hidden", x, y, adam(), hidden=HIDDEN)
        run(file, "hidden_sgd", x, y, sgd(learning_rate=0.002, momentum=0.9), hidden=HIDDEN)
        run(file, "stops", x, y, adam(learning_rate=0.03), epochs=60, monitor="val_loss", patience=3)
        run(file, "stops_accuracy", x, y, adam(learning_rate=0.03), epochs=60, monitor="val_accuracy", patience=4)


if __name__ == "__main__":
    main()
