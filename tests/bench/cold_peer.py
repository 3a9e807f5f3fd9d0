"""cold_peer.py MODEL.onnx CLASSES.json PHOTO - one photo named by onnxruntime, as short as such a program is.

What cold_start.py times tl-classify against: from python's start to the answer. CLASSES.json also says whether the model was
optimized beforehand.
"""
import json
import os
import sys

import numpy
import onnxruntime
from PIL import Image

with open(sys.argv[2]) as file:
    about = json.load(file)
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = len(os.sched_getaffinity(0))
if about["is_optimized"]:
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
session = onnxruntime.InferenceSession(sys.argv[1], options, providers=["CPUExecutionProvider"])
photo = numpy.asarray(Image.open(sys.argv[3]).convert("RGB").resize((224, 224), Image.NEAREST), dtype=numpy.float32)
photo = photo[..., ::-1] - numpy.array([103.939, 116.779, 123.68], numpy.float32)
chances = session.run(None, {"photos": numpy.ascontiguousarray(photo[None])})[0][0]
print(json.dumps({"class": about["classes"][int(chances.argmax())], "probability": float(chances.max())}))
