"""train_peers.py - fitting a head in other programs and in tl, in turn, on the same made-up features: `make bench-train`.

    train_peers.py TL_WORKER TL_BIN [--rounds N] [--only NAME,...]

A contender is a process that answers lines: a verb in, seconds (and what else it says) out. They take turns, so that a busy machine
troubles all alike; medians are told. A row compares one verb of tl with one of a peer; the ratio is the peer's time over tl's.
Other rows are of whole processes, from start to end, files in the page cache: tl-train on a store, a peer on an .npy.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

BATCH, EPOCHS = 32, 5
THREADS = len(os.sched_getaffinity(0))


# ---- peers: each maker takes x (N, F) and classes (N), and gives verbs ----

def make_keras(x, classes):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import numpy

    y = keras.utils.to_categorical(classes)

    def fit():
        model = keras.Sequential([keras.layers.Input((x.shape[1],)), keras.layers.Dense(y.shape[1], activation="softmax")])
        model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
        start = time.perf_counter()
        history = model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, verbose=0)
        return time.perf_counter() - start, history.history["loss"][-1]

    assert x.dtype == numpy.float32
    return {"adam": fit}


def make_sklearn(x, classes):
    import numpy
    from sklearn.linear_model import LogisticRegression

    # tl's problem in scikit-learn's words: the mean's penalty L2 is C = 1 / (2 L2 N), on the features divided by the scale.
    scaled = (x / numpy.sqrt((x.astype(numpy.float64) ** 2).sum() / len(x)) * SCALED_NORM).astype(numpy.float32)

    def measure(model):
        logits = scaled.astype(numpy.float64) @ model.coef_.T.astype(numpy.float64) + model.intercept_
        largest = logits.max(1)
        losses = largest + numpy.log(numpy.exp(logits - largest[:, None]).sum(1)) - logits[numpy.arange(len(x)), classes]
        return losses.mean() + L2 * (model.coef_.astype(numpy.float64) ** 2).sum()

    def fit():
        model = LogisticRegression(C=1 / (2 * L2 * len(x)), tol=1e-6, max_iter=1000)
        start = time.perf_counter()
        model.fit(scaled, classes)
        return time.perf_counter() - start, measure(model), model.n_iter_[0]

    return {"lbfgs": fit}


MAKERS = {"keras": make_keras, "sklearn": make_sklearn}
L2, SCALED_NORM = 1e-3, 28

# (row, tl's verb, peer, its verb)
ROWS = [
    ("5 epochs of Adam, the fit alone, 1 thread", "adam 1", "keras", "adam"),
    ("5 epochs of Adam, the fit alone, all threads", f"adam {THREADS}", "keras", "adam"),
    ("L-BFGS, Gram matrix built, 1 thread", "lbfgs 1", "sklearn", "lbfgs"),
    ("L-BFGS, Gram matrix built, all threads", f"lbfgs {THREADS}", "sklearn", "lbfgs"),
    ("L-BFGS, Gram matrix at hand, 1 thread", "lbfgs-at-hand 1", "sklearn", "lbfgs"),
    ("L-BFGS, Gram matrix at hand, all threads", f"lbfgs-at-hand {THREADS}", "sklearn", "lbfgs"),
    ("L-BFGS without a Gram matrix, all threads", f"lbfgs-primal {THREADS}", "sklearn", "lbfgs"),
    ("5 folds of L-BFGS with their Gram matrix, against 1 fit", f"folds {THREADS}", "sklearn", "lbfgs"),
]

# (row, tl-train's options, peer)
SWEEP = ["--sweep", "learning-rate=1e-4,3e-4,1e-3,3e-3,1e-2", "--sweep", "l2=0,1e-5,1e-4,1e-3,1e-2", "--sweep", "seed=0,1,2,3"]
PROCESSES = [
    ("a whole process, 5 epochs of Adam", ["--keras", "--split", "none", "--no-refit"], "keras"),
    ("100 runs in one process, against 1 run", ["--keras", "--split", "none", "--no-refit"] + SWEEP, "keras"),
]


def run_keras(path):
    """What a script does: load, fit with a fifth for validation, save."""
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import numpy

    x = numpy.load(path)
    y = keras.utils.to_categorical(numpy.arange(len(x)) % 4)
    model = keras.Sequential([keras.layers.Input((x.shape[1],)), keras.layers.Dense(y.shape[1], activation="softmax")])
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    model.fit(x, y, epochs=EPOCHS, batch_size=BATCH, validation_split=0.2, verbose=0)
    model.save_weights(os.path.splitext(path)[0] + ".weights.h5")


def work(name, features):
    """A peer's process: verbs on standard input, answers on standard output."""
    import numpy

    count, width, class_count = (int(n) for n in os.path.basename(features).split("x"))
    verbs = MAKERS[name](numpy.fromfile(features, numpy.float32).reshape(count, width), numpy.arange(count) % class_count)
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    print("ready", file=answers)
    for line in sys.stdin:
        print(*verbs[line.strip()](), file=answers)


class Contender:
    def __init__(self, name, command):
        self.name, self.times, self.said = name, {}, {}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{name} does not start")

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline().split()
        if not answer:
            raise RuntimeError(f"{self.name} ended at '{line}'")
        return [float(number) for number in answer]

    def time(self, verb):
        seconds, *self.said[verb] = self.ask(verb)
        self.times.setdefault(verb, []).append(seconds)


def time_process(command):
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"{os.path.basename(command[0])}: {done.stderr.strip()}")
    return time.perf_counter() - start


def prepare_processes(given, tl, folder, features):
    """Pairs of commands, tl's and the peer's, for each row that tl-train's options allow."""
    import numpy

    store, array = os.path.join(folder, "store.tl"), os.path.join(folder, "features.npy")
    tl.ask("store " + store)
    count, width = (int(n) for n in os.path.basename(features).split("x")[:2])
    numpy.save(array, numpy.fromfile(features, numpy.float32).reshape(count, width))
    program = os.path.join(given.bin, "tl-train")
    told = subprocess.run([program, "--help"], capture_output=True, text=True).stdout
    return [(row, [program, store] + options, [sys.executable, __file__, "--process", array], peer)
            for row, options, peer in PROCESSES if all(o in told for o in options if o.startswith("--"))]


def print_row(name, mine, other):
    print(f"{name:52} {1000 * mine:8.1f} ms {1000 * other:8.1f} ms {other / mine:7.1f}")


def print_objectives(mine, other):
    """Both solve the same problem, so they have to agree on its answer."""
    apart = abs(mine[0] - other[0]) / other[0]
    print(f"L-BFGS's objective: tl {mine[0]:.9f} after {mine[1]:.0f} iterations, scikit-learn {other[0]:.9f} after {other[1]:.0f}; "
          f"apart by {apart:.1e}")
    if apart > 1e-5:
        sys.exit("the objectives do not agree to 1e-5")


def cpu_name():
    with open("/proc/cpuinfo") as info:
        return next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), "unknown CPU")


def start_contenders(given, folder, wanted):
    tl = Contender("tl", [given.worker, "--worker"])
    features = os.path.join(folder, "features")
    shape = [str(int(n)) for n in tl.ask("write " + features)[1:]]
    named = os.path.join(folder, "x".join(shape))
    os.rename(features, named)
    tl.features = named
    contenders = {"tl": tl}
    for name in sorted({row[2] for row in ROWS if not wanted or row[2] in wanted}):
        try:
            contenders[name] = Contender(name, [sys.executable, __file__, "--worker", name, named])
        except RuntimeError as fault:
            print(f"skipped: {fault}")
    return contenders


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("worker")
    parser.add_argument("bin")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="", help="names of peers")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        contenders = start_contenders(given, folder, [n for n in given.only.split(",") if n])
        rows = [row for row in ROWS if row[2] in contenders]
        verbs = dict.fromkeys((who, verb) for _, ours, peer, theirs in rows for who, verb in (("tl", ours), (peer, theirs)))
        for who, verb in verbs:  # what is only slow the first time
            contenders[who].ask(verb)
        processes = [p for p in prepare_processes(given, contenders["tl"], folder, contenders["tl"].features) if p[3] in contenders]
        seconds = {tuple(command): [] for _, ours, theirs, _ in processes for command in (ours, theirs)}
        for _ in range(given.rounds):
            for who, verb in verbs:
                contenders[who].time(verb)
            for command, times in seconds.items():
                times.append(time_process(command))
    print(f"{cpu_name()}; {THREADS} threads; commit {os.environ.get('TL_COMMIT', 'unknown')}; medians of {given.rounds} interleaved rounds")
    print(f"{'':52} {'tl':>10} {'peer':>10} {'ratio':>7}")
    for row, ours, peer, theirs in rows:
        mine, other = statistics.median(contenders["tl"].times[ours]), statistics.median(contenders[peer].times[theirs])
        print_row(row + ", " + peer, mine, other)
    if "sklearn" in contenders:
        print_objectives(contenders["tl"].said["lbfgs 1"], contenders["sklearn"].said["lbfgs"])
    for row, ours, theirs, peer in processes:
        print_row(row + ", " + peer, statistics.median(seconds[tuple(ours)]), statistics.median(seconds[tuple(theirs)]))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(sys.argv[2], sys.argv[3])
    elif sys.argv[1:2] == ["--process"]:
        run_keras(sys.argv[2])
    else:
        main()
