"""peers.py - the same network, weights and photos in other programs and in tl, in turn: `make bench-peers`.

    peers.py TL_WORKER WEIGHTS.h5 PHOTOS [--rounds N] [--only NAME,...]

Each contender is a process that answers lines: `run N` times N photos in one batch, `features FILE` writes what it computes. They
take turns, so that a busy machine troubles all alike; medians are told, and ratios to the best f32 peer. The error is the largest
relative L2 distance of a photo's features from float64's, over 8 photos.
"""
import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time

CONVOLUTIONS = [(1, 2), (2, 2), (3, 3), (4, 3), (5, 3)]
THREADS = len(os.sched_getaffinity(0))
BATCH, SINGLES, ERROR_PHOTOS = 32, 6, 8
FEATURES = 25088


def read_weights(path):
    import h5py
    import numpy

    weights = []
    with h5py.File(path) as file:
        for block, count in CONVOLUTIONS:
            for layer in range(1, count + 1):
                group = file[f"block{block}_conv{layer}"]
                names = [n.decode() if isinstance(n, bytes) else n for n in group.attrs["weight_names"]]
                weights.append(tuple(numpy.asarray(group[n]) for n in names))
    return weights


def read_photos(folder):
    """BATCH photos as the network's input: load_img's nearest, caffe preprocessing; N, H, W, C."""
    import numpy
    from PIL import Image

    paths = sorted(os.path.join(d, f) for d, _, names in os.walk(folder) for f in names
                   if f.lower().endswith((".jpg", ".jpeg", ".png")))
    paths = paths[:: max(1, len(paths) // BATCH)][:BATCH]
    photos = [numpy.asarray(Image.open(p).convert("RGB").resize((224, 224), Image.NEAREST), dtype=numpy.float32) for p in paths]
    if len(photos) < BATCH:
        sys.exit(f"peers.py: {folder} has {len(photos)} photos, {BATCH} are needed")
    return numpy.ascontiguousarray(numpy.stack(photos)[..., ::-1] - numpy.array([103.939, 116.779, 123.68], numpy.float32))


def torch_network(weights, dtype):
    import torch

    layers, at = [], 0
    for _, count in CONVOLUTIONS:
        for _ in range(count):
            kernel, bias = weights[at]
            at += 1
            layer = torch.nn.Conv2d(kernel.shape[2], kernel.shape[3], 3, padding=1)
            layer.weight.data = torch.from_numpy(kernel.transpose(3, 2, 0, 1).copy())
            layer.bias.data = torch.from_numpy(bias.copy())
            layers += [layer, torch.nn.ReLU(inplace=True)]
        layers.append(torch.nn.MaxPool2d(2))
    return torch.nn.Sequential(*layers).to(dtype).eval()


def make_torch(weights):
    import torch

    torch.set_num_threads(THREADS)
    network = torch_network(weights, torch.float32).to(memory_format=torch.channels_last)

    def run(photos):
        with torch.inference_mode():
            x = torch.from_numpy(photos).permute(0, 3, 1, 2).contiguous(memory_format=torch.channels_last)
            return network(x).permute(0, 2, 3, 1).reshape(len(photos), -1).numpy()
    return run


def make_float64(weights):
    import torch

    network = torch_network(weights, torch.float64)

    def run(photos):
        with torch.inference_mode():
            x = torch.from_numpy(photos).double().permute(0, 3, 1, 2)
            return network(x).permute(0, 2, 3, 1).reshape(len(photos), -1).numpy()
    return run


def make_keras(weights):
    os.environ["KERAS_BACKEND"] = "tensorflow"
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(THREADS)
    network = keras.applications.VGG16(include_top=False, weights=None, input_shape=(224, 224, 3))
    network.set_weights([array for pair in weights for array in pair])
    call = tensorflow.function(lambda x: network(x, training=False))
    return lambda photos: call(tensorflow.constant(photos)).numpy().reshape(len(photos), -1)


def onnx_model(weights):
    import onnx
    from onnx import helper, numpy_helper

    nodes, constants, now, at = [], [], "in_chw", 0
    nodes.append(helper.make_node("Transpose", ["photos"], [now], perm=[0, 3, 1, 2]))
    for block, count in CONVOLUTIONS:
        for layer in range(1, count + 1):
            name = f"block{block}_conv{layer}"
            kernel, bias = weights[at]
            at += 1
            constants.append(numpy_helper.from_array(kernel.transpose(3, 2, 0, 1).copy(), name + "_w"))
            constants.append(numpy_helper.from_array(bias, name + "_b"))
            nodes.append(helper.make_node("Conv", [now, name + "_w", name + "_b"], [name], pads=[1, 1, 1, 1], kernel_shape=[3, 3]))
            nodes.append(helper.make_node("Relu", [name], [name + "_relu"]))
            now = name + "_relu"
        nodes.append(helper.make_node("MaxPool", [now], [f"pool{block}"], kernel_shape=[2, 2], strides=[2, 2]))
        now = f"pool{block}"
    nodes.append(helper.make_node("Transpose", [now], ["out"], perm=[0, 2, 3, 1]))
    graph = helper.make_graph(
        nodes, "vgg16", [helper.make_tensor_value_info("photos", onnx.TensorProto.FLOAT, ["n", 224, 224, 3])],
        [helper.make_tensor_value_info("out", onnx.TensorProto.FLOAT, ["n", 7, 7, 512])], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    return model.SerializeToString()


def make_onnxruntime(weights):
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    options.add_session_config_entry("session.intra_op.allow_spinning", "1")
    session = onnxruntime.InferenceSession(onnx_model(weights), options, providers=["CPUExecutionProvider"])
    return lambda photos: session.run(None, {"photos": photos})[0].reshape(len(photos), -1)


def make_openvino(weights, precision):
    import openvino

    core = openvino.Core()
    model = core.read_model(onnx_model(weights))
    compiled = core.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": THREADS,
                                                 "PERFORMANCE_HINT": "LATENCY"})
    request = compiled.create_infer_request()
    return lambda photos: request.infer({0: photos})[compiled.output(0)].reshape(len(photos), -1)


MAKERS = {
    "onnxruntime": make_onnxruntime,
    "openvino f32": lambda w: make_openvino(w, "f32"),
    "openvino bf16": lambda w: make_openvino(w, "bf16"),
    "torch": make_torch,
    "keras": make_keras,
    "float64": make_float64,
}


def work(name, weights_path, inputs_path):
    """One peer's process: commands on standard input, answers on standard output."""
    import numpy

    photos = numpy.fromfile(inputs_path, numpy.float32).reshape(-1, 224, 224, 3)
    run = MAKERS[name](read_weights(weights_path))
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    print("ready", file=answers)
    for line in sys.stdin:
        verb, _, argument = line.strip().partition(" ")
        if verb == "run":
            start = time.perf_counter()
            run(photos[: int(argument)])
            print(time.perf_counter() - start, file=answers)
        elif verb == "features":
            run(photos[:ERROR_PHOTOS]).astype(numpy.float64).tofile(argument)
            print("done", file=answers)
        elif verb == "memory":
            with open("/proc/self/status") as status:
                peak = next(line for line in status if line.startswith("VmHWM"))
            print(int(peak.split()[1]) / 1024, file=answers)


class Contender:
    def __init__(self, name, command):
        self.name = name
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise RuntimeError(f"{name} does not start")
        self.batch, self.single = [], []

    def ask(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def seconds(self, count):
        return float(self.ask(f"run {count}"))


def features_of(contender, folder):
    import numpy

    path = os.path.join(folder, "features")
    contender.ask("features " + path)
    return numpy.fromfile(path, numpy.float64).reshape(ERROR_PHOTOS, FEATURES)


def worst_error(features, truth):
    import numpy

    return max(numpy.linalg.norm(a - b) / numpy.linalg.norm(b) for a, b in zip(features, truth))


def cpu_name():
    with open("/proc/cpuinfo") as info:
        lines = dict(line.split(":", 1) for line in info if ":" in line)
    fields = {key.strip(): value.strip() for key, value in lines.items()}
    return f"{fields.get('model name', 'unknown CPU')}, family {fields.get('cpu family')} model {fields.get('model')}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("worker")
    parser.add_argument("weights")
    parser.add_argument("photos")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    given = parser.parse_args()
    wanted = [n for n in given.only.split(",") if n]
    with tempfile.TemporaryDirectory() as folder:
        inputs = os.path.join(folder, "inputs")
        read_photos(given.photos).tofile(inputs)
        commands = {name: [sys.executable, __file__, "--worker", name, given.weights, inputs] for name in MAKERS if name != "float64"}
        listed = subprocess.run([given.worker, "--list"], capture_output=True, text=True, check=True).stdout.split()
        commands.update({f"tl {kernel}": [given.worker, kernel, given.weights, inputs, str(THREADS)] for kernel in listed})
        truth_teller = Contender("float64", [sys.executable, __file__, "--worker", "float64", given.weights, inputs])
        truth = features_of(truth_teller, folder)
        truth_teller.process.kill()
        contenders, errors = [], {}
        for name, command in commands.items():
            if wanted and not any(name.startswith(w) for w in wanted):
                continue
            try:
                contender = Contender(name, command)
                errors[name] = worst_error(features_of(contender, folder), truth)
                contender.seconds(BATCH)
            except (RuntimeError, ValueError, OSError) as fault:
                print(f"skipped: {name}: {fault}")
                continue
            contenders.append(contender)
        for _ in range(given.rounds):
            for contender in contenders:
                contender.batch.append(BATCH / contender.seconds(BATCH))
                contender.single.append(SINGLES / sum(contender.seconds(1) for _ in range(SINGLES)))
        peaks = {c.name: float(c.ask("memory")) for c in contenders}
    batch = {c.name: statistics.median(c.batch) for c in contenders}
    single = {c.name: statistics.median(c.single) for c in contenders}
    peers = [n for n in ("onnxruntime", "openvino f32") if n in batch]
    best_batch = max((batch[n] for n in peers), default=float("nan"))
    best_single = max((single[n] for n in peers), default=float("nan"))
    print(f"{cpu_name()}; {THREADS} threads; medians of {given.rounds} interleaved rounds; photos a second")
    print(f"{'':24} {'batch 32':>9} {'ratio':>6} {'batch 1':>9} {'ratio':>6} {'error':>9} {'peak MiB':>9}")
    for name in batch:
        print(f"{name:24} {batch[name]:9.1f} {batch[name] / best_batch:6.2f} {single[name]:9.1f} {single[name] / best_single:6.2f} "
              f"{errors[name]:9.1e} {peaks[name]:9.0f}")
    print("ratio: to the better of onnxruntime and OpenVINO f32")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        work(*sys.argv[2:5])
    else:
        main()
