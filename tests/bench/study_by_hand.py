"""The study of study.yaml as one would write it by hand with scikit-learn and PyTorch: seven ways to learn
Fashion-MNIST at several sizes with several seeds; candidates by the validation part, errors by the test part.

One process a core takes (contender, size, candidate, seed) one after the other, each on one thread: faster for
models of this size than threads within one. Prints a line for each contender and size, and the seconds at the end.

  python3 study_by_hand.py --data FOLDER --sizes 100 300 1000 --seeds 5 --processes 2
"""
import argparse
import gzip
import json
import math
import multiprocessing
import os
import sys
import time
import warnings

import numpy as np

TRADITIONAL = {
    "logistic-regression": [0.001, 0.03],
    "linear-svm": [0.0001, 0.001],
    "kernel-svm": [1, 10],
    "random-forest": [None],
}
NETWORKS = {"mlp-small": [0.001, 0.003], "mlp-large": [0.0003, 0.001], "cnn": [0.002, 0.005]}
EPOCHS = {"mlp-small": 12, "mlp-large": 12, "cnn": 8}
LEAST_STEPS = 1000
BATCH = 128
VALIDATION = 0.1


def read(folder, part):
    with gzip.open(os.path.join(folder, part + "-images-idx3-ubyte.gz")) as file:
        images = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 784)
    with gzip.open(os.path.join(folder, part + "-labels-idx1-ubyte.gz")) as file:
        labels = np.frombuffer(file.read(), np.uint8, offset=8)
    return images.astype(np.float32) / 255, labels.astype(np.int64)


def load(folder):
    from sklearn.model_selection import train_test_split
    x, y = read(folder, "train")
    test = read(folder, "t10k")
    train_x, held_x, train_y, held_y = train_test_split(
        x, y, test_size=VALIDATION, stratify=y, random_state=0)
    return {"train": (train_x, train_y), "validation": (held_x, held_y), "test": test}


def subset(parts, size, seed):
    """Stratified; nested, since every class keeps its own order."""
    x, y = parts["train"]
    generator = np.random.default_rng(seed)
    order = np.concatenate([generator.permutation(np.flatnonzero(y == c))[: math.ceil(size / 10)]
                            for c in range(10)])
    chosen = generator.permutation(order)[:size]
    return x[chosen], y[chosen]


def standardised(train_x, *others):
    mean, deviation = train_x.mean(axis=0), train_x.std(axis=0)
    deviation[deviation == 0] = 1
    return [(part - mean) / deviation for part in (train_x, *others)]


def traditional(name, candidate, train, validation, test, seed):
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.svm import SVC, LinearSVC
    x, held_x, test_x = train[0], validation[0], test[0]
    if name in ("logistic-regression", "linear-svm"):
        x, held_x, test_x = standardised(x, held_x, test_x)
    if name == "logistic-regression":
        model = LogisticRegression(C=candidate, max_iter=1000)
    elif name == "linear-svm":
        model = LinearSVC(C=candidate, dual=len(x) < 784)
    elif name == "kernel-svm":
        model = SVC(C=candidate, gamma="scale", cache_size=2000)
    else:
        model = RandomForestClassifier(100, random_state=seed)
    model.fit(x, train[1])
    return (1 - model.score(held_x, validation[1]), 1 - model.score(test_x, test[1]))


def network(name, rate, train, validation, test, seed):
    import torch
    from torch import nn
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    if name == "mlp-small":
        model = nn.Sequential(nn.Linear(784, 32), nn.ReLU(), nn.Linear(32, 10))
    elif name == "mlp-large":
        model = nn.Sequential(nn.Linear(784, 1024), nn.ReLU(), nn.Dropout(0.3), nn.Linear(1024, 512),
                              nn.ReLU(), nn.Linear(512, 10))
    else:
        def block(inputs, outputs):
            return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
        model = nn.Sequential(nn.Unflatten(1, (1, 28, 28)), *block(1, 16), nn.MaxPool2d(2), *block(16, 32),
                              nn.MaxPool2d(2), *block(32, 64), nn.Flatten(), nn.Linear(64 * 49, 10))
    x, held_x, test_x = [torch.from_numpy(part) for part in standardised(train[0], validation[0], test[0])]
    y, held_y, test_y = [torch.from_numpy(part[1]) for part in (train, validation, test)]
    batch = min(BATCH, len(x))
    steps = math.ceil(len(x) / batch)
    epochs = max(EPOCHS[name], math.ceil(LEAST_STEPS / steps))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate)
    if name == "cnn":
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, rate, total_steps=epochs * steps, pct_start=0.25,
                                                       cycle_momentum=False)
    else:
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs * steps, eta_min=0.01 * rate)
    loss = nn.CrossEntropyLoss()
    model.train()
    for _ in range(epochs):
        order = torch.randperm(len(x))
        for first in range(0, len(x), batch):
            places = order[first:first + batch]
            optimizer.zero_grad()
            loss(model(x[places]), y[places]).backward()
            optimizer.step()
            schedule.step()
    model.eval()

    def error(features, labels):
        with torch.no_grad():
            right = sum((model(part).argmax(1) == told).sum().item()
                        for part, told in zip(features.split(1000), labels.split(1000)))
        return 1 - right / len(labels)
    return error(held_x, held_y), error(test_x, test_y)


PARTS = {}


def begin(folder):
    warnings.filterwarnings("ignore")
    PARTS.update(load(folder))


def run(task):
    name, size, candidate, seed = task
    learn = traditional if name in TRADITIONAL else network
    start = time.time()
    held, test = learn(name, candidate, subset(PARTS, size, seed), PARTS["validation"], PARTS["test"], seed)
    return task, held, test, time.time() - start


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--data", default="/usr/share/datasets/fashion-mnist")
    arguments.add_argument("--sizes", type=int, nargs="+", required=True)
    arguments.add_argument("--seeds", type=int, default=5)
    arguments.add_argument("--processes", type=int, default=os.cpu_count())
    options = arguments.parse_args()
    start = time.time()
    contenders = {**TRADITIONAL, **NETWORKS}
    # The longest first, so that no core waits at the end.
    tasks = [(name, size, candidate, seed) for size in sorted(options.sizes, reverse=True) for name in contenders
             for candidate in contenders[name] for seed in range(1, options.seeds + 1)]
    found, spent = {}, {}
    # The script may come by standard input, which only fork can do without.
    context = multiprocessing.get_context("fork")
    with context.Pool(options.processes, begin, [options.data]) as pool:
        for (name, size, candidate, _), held, test, seconds in pool.imap_unordered(run, tasks):
            found.setdefault((name, size), {}).setdefault(candidate, []).append((held, test))
            spent[name, size] = spent.get((name, size), 0) + seconds
    for (name, size), candidates in sorted(found.items()):
        best = min(candidates, key=lambda candidate: np.mean([held for held, _ in candidates[candidate]]))
        errors = [test for _, test in candidates[best]]
        print(json.dumps({"contender": name, "size": size, "candidate": best, "error": float(np.mean(errors)),
                          "deviation": float(np.std(errors, ddof=1)), "core_seconds": spent[name, size]}))
    print(json.dumps({"seconds": time.time() - start}))
    return 0


if __name__ == "__main__":
    os.environ["OMP_NUM_THREADS"] = "1"
    sys.exit(main())
