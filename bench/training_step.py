"""The PyTorch side of training-step.ts: python3 training_step.py COUNT HEIGHT WIDTH THREADS, then a line for
each step."""

import sys
import time

import torch

from pytorch_superpoint import CELL, detector_loss, layers, training_forward

count, height, width, threads = map(int, sys.argv[1:5])
torch.set_num_threads(threads)
torch.manual_seed(0)
parameters = {}
for name, inputs, outputs, size, normalised in layers(descriptor=0):
    deviation = (2 / (inputs * size * size)) ** 0.5
    parameters[name + '.weight'] = torch.randn(outputs, inputs, size, size) * deviation
    if normalised:
        parameters[name + '.gamma'] = torch.ones(outputs)
        parameters[name + '.beta'] = torch.zeros(outputs)
    else:
        parameters[name + '.bias'] = torch.zeros(outputs)
for parameter in parameters.values():
    parameter.requires_grad_()
adam = torch.optim.Adam(parameters.values(), lr=1e-4)

images = torch.rand(count, 1, height, width)
targets = torch.zeros(count, 65, height // CELL, width // CELL)
targets[:, 64] = 1
masks = torch.ones(count, height // CELL, width // CELL)

print('PyTorch', torch.__version__, flush=True)
for _ in sys.stdin:
    start = time.perf_counter()
    adam.zero_grad()
    logits, _ = training_forward(images, parameters, False)
    detector_loss(logits, targets, masks).backward()
    adam.step()
    print(1000 * (time.perf_counter() - start), flush=True)
