"""onnx_answers.py TL_CLASSIFY PHOTOS WORK MODEL[=RUN]... - do models that tl-train wrote say what tl-classify says?

WORK has MODEL.onnx, and MODEL.tl or s.tl. Photos are resized as Keras's load_img does it, to the nearest pixel. Exits 1 where the
checker finds fault or a probability differs by more than 1e-5 (float16: 1e-3, a rounding may go the other way).
"""
import json
import pathlib
import subprocess
import sys

import numpy
import onnx
import onnxruntime
from PIL import Image

PHOTOS_MAX = 24
TOLERANCE = {"half": 1e-3}


def load(path):
    image = Image.open(path)
    if image.mode != "RGB":
        image = image.convert("RGB")
    return numpy.asarray(image.resize((224, 224), Image.NEAREST))


def answer(tool, store, run, photos):
    command = [tool, store, *photos, "--json", "--run", run]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return {line["photo"]: line["classes"] for line in map(json.loads, lines)}


def main():
    tool, folder, work, models = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3]), sys.argv[4:]
    every = sorted(str(p) for p in folder.rglob("*") if p.suffix.lower() in (".jpg", ".jpeg", ".png"))
    photos = every[:: max(1, len(every) // PHOTOS_MAX)][:PHOTOS_MAX]
    pixels = numpy.stack([load(p) for p in photos])
    failed = False
    for word in models:
        model, _, run = word.partition("=")
        path = str(work / (model + ".onnx"))
        onnx.checker.check_model(path, full_check=True)
        session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
        names = json.loads(session.get_modelmeta().custom_metadata_map["class_names"])
        kind = session.get_inputs()[0].type
        fed = pixels if kind == "tensor(uint8)" else pixels.astype(numpy.float32)
        got = numpy.concatenate([session.run(None, {"photos": fed[i : i + 1]})[0] for i in range(len(fed))])
        store = work / (model + ".tl")
        ours = answer(tool, str(store if store.exists() else work / "s.tl"), run or model, photos)
        wanted = numpy.array([[ours[p][name] for name in names] for p in photos])
        difference = abs(got - wanted).max()
        is_good = difference <= TOLERANCE.get(model, 1e-5)
        failed |= not is_good
        print(f"{model:12s} {kind:14s} {len(photos)} photos, largest difference {difference:.1e}{'' if is_good else '  TOO LARGE'}")
    sys.exit(1 if failed else 0)


main()
