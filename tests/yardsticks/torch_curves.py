#!/usr/bin/env python3
"""PyTorch's losses of the yardsticks in client/specs/bench, from the weights and samples of yardstick.cc's formula.

  torch_curves.py FOLDER [--steps N] [--double] NAME[:BATCH[:RATE]] ...

reads FOLDER/NAME.yaml, builds its model, and prints a line "NAME BATCH RATE STEP LOSS" a step and one with the step
"held-out": the loss of the next batch in evaluation mode. Makes torch_curves.txt, which curves_test.cc reads:

  torch_curves.py client/specs/bench --double mlp_small:64 mlp_large:32:0.0005 cnn_small:64:0.005 cnn_medium:16:0.003 \\
    resnet18_cifar:8:0.00005 gpt_mini:1

The learning rates are those at which 50 steps do not magnify rounding: at 0.01 and a batch of 8, PyTorch's own
losses of resnet18_cifar in float32 and float64 differ by 1e-2 after six steps; at 0.01, our cnn_medium passes 1e-3 at
step 48, by the rounding of its 3x3 convolutions.
"""
import argparse
import os

import numpy
import torch
import torch.nn as nn
import torch.nn.functional as F
import yaml

PATTERNS, LABELS, SAMPLES = 1 << 20, (1 << 20) + (1 << 16), 1 << 21
PATTERN_SHARE, PATTERN_RUN, UNIT_DEVIATION, BRANCHES = 0.5, 16, 1.7320508, 4


def hashed(numbers, indices):
    x = ((indices.astype(numpy.uint64) + 1) * 0x9E3779B1 + numbers.astype(numpy.uint64) * 0x85EBCA6B) & 0xFFFFFFFF
    x ^= x >> 16
    x = (x * 0x7FEB352D) & 0xFFFFFFFF
    x ^= x >> 15
    x = (x * 0x846CA68B) & 0xFFFFFFFF
    x ^= x >> 16
    return (x >> 8).astype(numpy.int64)


def uniform(numbers, indices):
    return 2 * (hashed(numbers, indices) / 2.0**24) - 1


def classes_batch(samples, shape, classes):
    elements = numpy.arange(int(numpy.prod(shape)))[None, :]
    labels = hashed(numpy.full(1, LABELS), samples) % classes
    values = UNIT_DEVIATION * (uniform(SAMPLES + samples[:, None], elements) +
                               PATTERN_SHARE * uniform(PATTERNS + labels[:, None], elements // PATTERN_RUN))
    return torch.from_numpy(values.astype(numpy.float32)).view(-1, *shape), torch.from_numpy(labels)


def sequence_batch(samples, context, vocabulary):
    symbols = [hashed(SAMPLES + samples, numpy.zeros(1)) % vocabulary]
    for i in range(context):
        symbols.append((5 * symbols[-1] + hashed(SAMPLES + samples, numpy.full(1, i + 1)) % BRANCHES) % vocabulary)
    symbols = torch.from_numpy(numpy.stack(symbols, 1))
    return symbols[:, :-1].contiguous(), symbols[:, 1:].reshape(-1)


class PositionalEmbedding(nn.Module):
    def __init__(self, positions, features):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(positions, features))

    def forward(self, x):
        return x + self.weight


class SelfAttention(nn.Module):
    def __init__(self, features, heads):
        super().__init__()
        self.heads = heads
        self.inward, self.outward = nn.Linear(features, 3 * features), nn.Linear(features, features)

    def forward(self, x):
        batch, positions, features = x.shape
        q, k, v = (z.view(batch, positions, self.heads, -1).transpose(1, 2)
                   for z in self.inward(x).split(features, dim=2))
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.outward(y.transpose(1, 2).reshape(batch, positions, features))


class GlobalAveragePool(nn.Module):
    def forward(self, x):
        return x.mean((2, 3))


class Add(nn.Module):
    def forward(self, *terms):
        return sum(terms)


def convolution(layer, x):
    kernel, padding = layer["kernel"], layer.get("padding", 0)
    if padding == "same":
        padding = kernel // 2
    return nn.Conv2d(x.shape[1], layer["filters"], kernel, layer.get("stride", 1), padding, bias=layer.get("bias", True))


# A module of PyTorch for a layer and (one of) its inputs.
MODULES = {
    "conv2d": convolution,
    "batch_norm": lambda layer, x: nn.BatchNorm2d(x.shape[1]),
    "relu": lambda layer, x: nn.ReLU(),
    "gelu": lambda layer, x: nn.GELU(),
    "max_pool": lambda layer, x: nn.MaxPool2d(layer["size"]),
    "global_avg_pool": lambda layer, x: GlobalAveragePool(),
    "flatten": lambda layer, x: nn.Flatten(),
    "dense": lambda layer, x: nn.Linear(x.shape[-1], layer["units"], bias=layer.get("bias", True)),
    "add": lambda layer, x: Add(),
    "embedding": lambda layer, x: nn.Embedding(layer["vocabulary"], layer["features"]),
    "positional_embedding": lambda layer, x: PositionalEmbedding(*x.shape[1:]),
    "layer_norm": lambda layer, x: nn.LayerNorm(x.shape[-1]),
    "self_attention": lambda layer, x: SelfAttention(x.shape[-1], layer["heads"]),
}


class Network(nn.Module):
    """The layers of a specification; `example` is a batch of its samples, for the shapes."""

    def __init__(self, layers, example):
        super().__init__()
        self.steps, self.layers = [], nn.ModuleList()
        values, last = {"input": example}, "input"
        for index, layer in enumerate(layers):
            layer = {"type": layer} if isinstance(layer, str) else layer
            inputs = layer.get("inputs", [last])
            last = layer.get("name", f"{layer['type']}_{index}")
            module = MODULES[layer["type"]](layer, values[inputs[0]])
            self.steps.append((inputs, last))
            self.layers.append(module)
            with torch.no_grad():
                values[last] = module.eval()(*(values[name] for name in inputs))

    def forward(self, x):
        values = {"input": x}
        for (inputs, name), module in zip(self.steps, self.layers):
            values[name] = module(*(values[other] for other in inputs))
        return values[name].flatten(0, -2)


def fill_parameters(model):
    number, bound = 0, 0.0
    for module in model.modules():
        for parameter in module.parameters(recurse=False):
            if parameter.dim() > 1:
                bound = numpy.sqrt(6 / parameter[0].numel())
            scale = parameter is module.weight and isinstance(module, (nn.BatchNorm2d, nn.LayerNorm))
            values = (1 if scale else 0) + bound * uniform(numpy.full(1, number), numpy.arange(parameter.numel()))
            with torch.no_grad():
                parameter.copy_(torch.from_numpy(values.astype(numpy.float32)).view_as(parameter))
            number += 1


def make_optimizer(wanted, parameters):
    if wanted["type"] == "adamw":
        return torch.optim.AdamW(parameters, lr=wanted["learning_rate"], weight_decay=wanted.get("weight_decay", 0.01))
    assert wanted["type"] == "momentum"
    return torch.optim.SGD(parameters, lr=wanted["learning_rate"], momentum=wanted.get("momentum", 0.9))


def train(name, specification, steps, double):
    batch = specification["batch_size"]
    label = f"{name} {batch} {specification['optimizer']['learning_rate']:g}"
    source = specification["data"]["source"]

    def make(step):
        samples = numpy.arange(step * batch, (step + 1) * batch)
        if source["type"] == "synthetic_text":
            return sequence_batch(samples, source["context"], source["vocabulary"])
        shape = (source["features"],) if "features" in source else [source[key] for key in ("channels", "height", "width")]
        x, y = classes_batch(samples, shape, source["classes"])
        return (x.double() if double and model else x), y

    model = None
    model = Network(specification["model"]["layers"], make(0)[0]).train()
    fill_parameters(model)
    if double:
        model = model.double()
    optimizer = make_optimizer(specification["optimizer"], model.parameters())
    for step in range(steps):
        x, y = make(step)
        optimizer.zero_grad()
        loss = F.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        print(label, step, f"{loss.item():.9g}", flush=True)
    x, y = make(steps)
    with torch.no_grad():
        print(label, "held-out", f"{F.cross_entropy(model.eval()(x), y).item():.9g}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("names", nargs="+", metavar="NAME[:BATCH[:RATE]]")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--double", action="store_true", help="float64 in place of float32, from the same float32 values")
    arguments = parser.parse_args()
    print(f"# torch {torch.__version__}, {'float64' if arguments.double else 'float32'}; torch_curves.py")
    for name in arguments.names:
        name, batch, rate = (name.split(":") + ["", ""])[:3]
        with open(os.path.join(arguments.folder, name + ".yaml"), encoding="utf-8") as file:
            specification = yaml.safe_load(file)
        specification["batch_size"] = int(batch or specification["batch_size"])
        optimizer = specification["optimizer"]
        optimizer["learning_rate"] = float(rate or optimizer["learning_rate"])
        train(name, specification, arguments.steps, arguments.double)


if __name__ == "__main__":
    main()
