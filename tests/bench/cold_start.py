"""cold_start.py - one photo, one process: tl-classify and onnxruntime in Python, in turn: `make bench-cold`.

    cold_start.py BIN WEIGHTS.h5 PHOTOS [--rounds N] [--kernels NAME,...]

A head is trained on a few photos of each class below PHOTOS and, with the network, put into one ONNX file. Then whole processes name
another photo, from their start to their end, files in the page cache. They take turns, so that a busy machine troubles all alike;
medians are told. All have to name the same class, with probabilities within 1e-3 of each other.
"""
import argparse
import json
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

import peers

PHOTOS_A_CLASS, TOLERANCE = 8, 1e-3
HERE = os.path.dirname(os.path.abspath(__file__))


def gather(source, folder):
    """PHOTOS_A_CLASS photos of each class, copied below `folder`; the first class's next one is to be named."""
    asked = None
    for name in sorted(entry.name for entry in os.scandir(source) if entry.is_dir()):
        photos = sorted(f for f in os.listdir(os.path.join(source, name)) if f.lower().endswith((".jpg", ".jpeg", ".png")))
        if len(photos) <= PHOTOS_A_CLASS:
            sys.exit(f"cold_start.py: {source}/{name} has {len(photos)} photos, {PHOTOS_A_CLASS + 1} are needed")
        os.makedirs(os.path.join(folder, name))
        for photo in photos[:PHOTOS_A_CLASS]:
            shutil.copy(os.path.join(source, name, photo), os.path.join(folder, name, photo))
        asked = asked or os.path.join(source, name, photos[PHOTOS_A_CLASS])
    if asked is None:
        sys.exit(f"cold_start.py: {source} has no folders of photos")
    return asked


def make_store(bin_folder, photos, store):
    for command in (["tl-extract", store, photos, "--quiet"], ["tl-train", store, "--name", "cold", "--quiet"]):
        subprocess.run([os.path.join(bin_folder, command[0])] + command[1:], check=True, stdout=subprocess.DEVNULL)


def read_head(store):
    """Class names, and the kernel and bias that need no scale any more."""
    import numpy

    with sqlite3.connect(store) as connection:
        names, transform, scale = connection.execute("SELECT class_names, transform, scale FROM head").fetchone()
        rows = connection.execute("SELECT name, shape, tensor_values FROM head_tensor").fetchall()
    assert transform == "none"
    tensors = {name: numpy.frombuffer(values, "<f4").reshape(json.loads(shape)) for name, shape, values in rows}
    return json.loads(names), (tensors["kernel"].astype(float) / scale).astype(numpy.float32), tensors["bias"]


def write_models(weights, head, folder):
    """The ONNX file as an exporter writes it, and as onnxruntime optimizes it for this machine."""
    import onnx
    import onnxruntime
    from onnx import helper, numpy_helper

    classes, kernel, bias = head
    model = onnx.load_from_string(peers.onnx_model(peers.read_weights(weights)))
    model.graph.initializer.extend([numpy_helper.from_array(kernel, "head_kernel"), numpy_helper.from_array(bias.copy(), "head_bias")])
    model.graph.node.extend([helper.make_node("Flatten", ["out"], ["features"], axis=1),
                             helper.make_node("Gemm", ["features", "head_kernel", "head_bias"], ["logits"]),
                             helper.make_node("Softmax", ["logits"], ["chances"], axis=1)])
    del model.graph.output[:]
    model.graph.output.append(helper.make_tensor_value_info("chances", onnx.TensorProto.FLOAT, ["n", len(classes)]))
    paths = {name: os.path.join(folder, name + ".onnx") for name in ("plain", "optimized")}
    onnx.save(model, paths["plain"])
    options = onnxruntime.SessionOptions()
    options.optimized_model_filepath = paths["optimized"]
    options.log_severity_level = 3
    onnxruntime.InferenceSession(paths["plain"], options, providers=["CPUExecutionProvider"])
    for name, path in paths.items():
        about = os.path.join(folder, name + ".json")
        with open(about, "w") as file:
            json.dump({"classes": classes, "is_optimized": name == "optimized"}, file)


def name_peers(weights, store, folder, photo):
    """Commands of both peers. The models are made by another process: what this one uses, its children seem to have used."""
    subprocess.run([sys.executable, __file__, "--models", weights, store, folder], check=True)
    paths = {"onnxruntime in Python": "plain", "the same, model optimized before": "optimized"}
    return {name: [sys.executable, os.path.join(HERE, "cold_peer.py")] + [os.path.join(folder, path + end) for end in (".onnx", ".json")]
            + [photo] for name, path in paths.items()}


class Contender:
    def __init__(self, name, command):
        self.name, self.command = name, command
        self.wall, self.cpu, self.peak_mib = [], [], 0
        self.answer = self.run()
        self.wall, self.cpu = [], []  # that was to warm the files

    def run(self):
        start = time.perf_counter()
        process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        out, complaint = process.stdout.read(), process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        self.wall.append(time.perf_counter() - start)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != 0:
            raise RuntimeError(complaint.decode().strip() or f"exit {process.returncode}")
        self.cpu.append(usage.ru_utime + usage.ru_stime)
        self.peak_mib = max(self.peak_mib, usage.ru_maxrss / 1024)
        return json.loads(out)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin")
    parser.add_argument("weights")
    parser.add_argument("photos")
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--kernels", default="", help="kernels of tl's default arithmetic to run besides")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = os.path.join(folder, "cold.tl")
        photo = gather(given.photos, os.path.join(folder, "photos"))
        make_store(given.bin, os.path.join(folder, "photos"), store)
        classify = [os.path.join(given.bin, "tl-classify"), store, photo, "--weights", given.weights, "--json", "--quiet"]
        commands = name_peers(given.weights, store, folder, photo)
        commands["tl-classify"] = classify
        commands.update({f"tl-classify --kernels {k}": classify + ["--kernels", k] for k in given.kernels.split(",") if k})
        contenders = []
        for name, command in commands.items():
            try:
                contenders.append(Contender(name, command))
            except RuntimeError as fault:
                print(f"skipped: {name}: {fault}")
        for _ in range(given.rounds):
            for contender in contenders:
                contender.run()
    if not any(c.name == "tl-classify" for c in contenders):
        sys.exit(2)
    print(f"{peers.cpu_name()}; {peers.THREADS} threads; commit {os.environ.get('TL_COMMIT', 'unknown')}; "
          f"medians of {given.rounds} interleaved rounds; whole processes")
    print(f"{'':34} {'wall ms':>8} {'ratio':>6} {'CPU ms':>8} {'peak MiB':>9}  answer")
    first = statistics.median(contenders[0].wall)
    for c in contenders:
        wall, cpu = statistics.median(c.wall), statistics.median(c.cpu)
        print(f"{c.name:34} {1e3 * wall:8.0f} {wall / first:6.2f} {1e3 * cpu:8.0f} {c.peak_mib:9.0f}  "
              f"{c.answer['class']} {c.answer['probability']:.6f}")
    print(f"ratio: to the wall time of {contenders[0].name}")
    chances = [c.answer["probability"] for c in contenders]
    if len({c.answer["class"] for c in contenders}) > 1 or max(chances) - min(chances) > TOLERANCE:
        sys.exit(f"cold_start.py: the answers differ, or their probabilities by more than {TOLERANCE}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--models"]:
        write_models(sys.argv[2], read_head(sys.argv[3]), sys.argv[4])
    else:
        main()
