#!/usr/bin/env python3
"""Makes torch_reference.txt: the losses of 50 PyTorch steps that torch_reference_test.cc compares with ours.

Run where PyTorch is installed and Fashion-MNIST lies in FOLDER:

  torch_reference.py FOLDER > torch_reference.txt

Weights come from a formula that the test has too, batches are the first training images in the file's order,
and the optimizer is SGD with momentum 0.9 at learning rate 0.01. One thread, float32.
"""
import gzip
import os
import sys

import numpy
import torch
import torch.nn as nn

STEPS, BATCH = 50, 64


def fill(tensor, number, fan_in):
    """Uniform in +-1/sqrt(fan_in) by an integer hash of (tensor number, element)."""
    x = (numpy.arange(1, tensor.numel() + 1, dtype=numpy.uint64) * 0x9E3779B1 + number * 0x85EBCA6B) & 0xFFFFFFFF
    x ^= x >> 16
    x = (x * 0x7FEB352D) & 0xFFFFFFFF
    x ^= x >> 15
    x = (x * 0x846CA68B) & 0xFFFFFFFF
    x ^= x >> 16
    uniform = (x >> 8).astype(numpy.float64) / 2.0**24
    values = ((2 * uniform - 1) / numpy.sqrt(fan_in)).astype(numpy.float32)
    with torch.no_grad():
        tensor.copy_(torch.from_numpy(values).view_as(tensor))


def read(folder, name, offset):
    with gzip.open(os.path.join(folder, name), "rb") as file:
        return numpy.frombuffer(file.read(), dtype=numpy.uint8, offset=offset)


def models():
    yield "mlp", nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.ReLU(), nn.Linear(256, 128), nn.ReLU(),
                               nn.Linear(128, 10))
    yield "lenet", nn.Sequential(
        nn.Conv2d(1, 6, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(256, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10))


def main():
    torch.set_num_threads(1)
    folder = sys.argv[1]
    images = read(folder, "train-images-idx3-ubyte.gz", 16)[:STEPS * BATCH * 784].reshape(-1, 1, 28, 28)
    labels = torch.from_numpy(read(folder, "train-labels-idx1-ubyte.gz", 8)[:STEPS * BATCH].astype(numpy.int64))
    samples = (torch.from_numpy(images.astype(numpy.float32)) / 255 - 0.2860) / 0.3530
    print(f"# torch {torch.__version__}, float32; losses of {STEPS} steps of {BATCH} samples; torch_reference.py")
    for name, model in models():
        for number, parameter in enumerate(model.parameters()):
            if parameter.dim() > 1:
                fan_in = parameter[0].numel()
            fill(parameter, number, fan_in)
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01, momentum=0.9)
        for step in range(STEPS):
            batch = slice(step * BATCH, (step + 1) * BATCH)
            optimizer.zero_grad()
            loss = nn.functional.cross_entropy(model(samples[batch]), labels[batch])
            loss.backward()
            optimizer.step()
            print(name, step, f"{loss.item():.9g}")


if __name__ == "__main__":
    main()
