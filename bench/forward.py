"""The PyTorch side of forward.ts: python3 forward.py HEIGHT WIDTH THREADS, then a line for each run."""

import sys
import time

import torch

from pytorch_superpoint import inference_forward, layers

height, width, threads = map(int, sys.argv[1:4])
torch.set_num_threads(threads)
torch.manual_seed(0)
weights = {}
for name, inputs, outputs, size, _ in layers():
    weights[name + '.weight'] = torch.randn(outputs, inputs, size, size) * (2 / (inputs * size * size)) ** 0.5
    weights[name + '.bias'] = torch.zeros(outputs)
image = torch.rand(1, 1, height, width)

print('PyTorch', torch.__version__, flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    with torch.inference_mode():
        inference_forward(image, weights)
    print(1000 * (time.perf_counter() - start), flush=True)
