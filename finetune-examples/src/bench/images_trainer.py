#!/usr/bin/env python3
"""The peer of the command `images`: the same job with plain PyTorch and Pillow, on the same folders and settings.

    images_trainer.py --model WEIGHTS --arch cifar|squeezenet|resnet18-layer3 --train FOLDER --eval FOLDER
        [--epochs 3 --batch 32 --lr 1e-3 --seed 42 --head-only --random-weights]

AdamW (no decay), a rate that falls linearly with every step, gradients clipped to norm 1, batch norms of a frozen trunk
in evaluation mode. The head starts anew. A folder per class; pictures are prepared once and kept in memory. The last line is one JSON object.
"""
import argparse, json, pathlib, resource, time
start = time.perf_counter()
import numpy, torch
from PIL import Image, ImageOps
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
for name, kind, default in (("model", str, None), ("arch", str, "cifar"), ("train", str, None), ("eval", str, None),
                            ("epochs", int, 3), ("batch", int, 32), ("eval-batch", int, 64), ("lr", float, 1e-3),
                            ("seed", int, 42)):
    parser.add_argument("--" + name, type=kind, default=default)
for name in ("head-only", "random-weights"):
    parser.add_argument("--" + name, action="store_true")
args = parser.parse_args()
torch.manual_seed(args.seed)


def conv(inputs, outputs, kernel, stride=1):
    return nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)


class Block(nn.Module):
    """Two 3 x 3 convolutions. The shortcut has no parameters ("option A") where `padded`."""

    def __init__(self, inputs, outputs, stride, padded):
        super().__init__()
        self.conv1, self.bn1 = conv(inputs, outputs, 3, stride), nn.BatchNorm2d(outputs)
        self.conv2, self.bn2 = conv(outputs, outputs, 3), nn.BatchNorm2d(outputs)
        self.stride, self.more = stride, (outputs - inputs) // 2
        if not padded and (stride > 1 or inputs != outputs):
            self.downsample = nn.Sequential(conv(inputs, outputs, 1, stride), nn.BatchNorm2d(outputs))

    def forward(self, x):
        y = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        if hasattr(self, "downsample"):
            x = self.downsample(x)
        elif self.more:
            x = F.pad(x[:, :, ::self.stride, ::self.stride], (0, 0, 0, 0, self.more, self.more))
        return F.relu(x + y)


class ResNet(nn.Module):
    """Three stages; the stem is a 3 x 3 convolution (CIFAR) or a 7 x 7 one with a pool."""

    def __init__(self, widths, depth, small, head):
        super().__init__()
        self.conv1 = conv(3, widths[0], 3) if small else conv(3, widths[0], 7, 2)
        self.bn1, self.small, self.head, inputs = nn.BatchNorm2d(widths[0]), small, head, widths[0]
        for i, width in enumerate(widths):
            blocks = [Block(inputs if j == 0 else width, width, 2 if i and not j else 1, small) for j in range(depth)]
            self.add_module(f"layer{i + 1}", nn.Sequential(*blocks))
            inputs = width
        self.add_module(head, nn.Linear(inputs, classes))

    def forward(self, x):
        x = F.relu(self.bn1(self.conv1(x)))
        x = x if self.small else F.max_pool2d(x, 3, 2, 1)
        x = self.layer3(self.layer2(self.layer1(x)))
        return getattr(self, self.head)(x.mean((2, 3)))


class Fire(nn.Module):
    def __init__(self, inputs, squeezed, expanded):
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeezed, 1)
        self.expand1x1 = nn.Conv2d(squeezed, expanded, 1)
        self.expand3x3 = nn.Conv2d(squeezed, expanded, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """Version 1.1."""

    def __init__(self):
        super().__init__()
        pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
        self.features = nn.Sequential(nn.Conv2d(3, 64, 3, 2), nn.ReLU(), pool(), Fire(64, 16, 64), Fire(128, 16, 64),
                                      pool(), Fire(128, 32, 128), Fire(256, 32, 128), pool(), Fire(256, 48, 192),
                                      Fire(384, 48, 192), Fire(384, 64, 256), Fire(512, 64, 256))
        self.classifier = nn.Sequential(nn.Dropout(0.5), nn.Conv2d(512, classes, 1), nn.ReLU())

    def forward(self, x):
        return self.classifier(self.features(x)).mean((2, 3))


def pixels(path):
    """[3, height, width], prepared as the weights were trained."""
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    if args.arch == "cifar":
        picture = picture.resize((32, 32), Image.BILINEAR)
    else:
        shorter, size = min(picture.size), 227 if args.arch == "squeezenet" else 224
        picture = picture.resize([int(256 * side / shorter) for side in picture.size], Image.BILINEAR)
        left, top = round((picture.width - size) / 2), round((picture.height - size) / 2)
        picture = picture.crop((left, top, left + size, top + size))
    values = torch.from_numpy(numpy.array(picture)).permute(2, 0, 1).float()
    if args.arch == "squeezenet":
        return values - torch.tensor([123.0, 117.0, 104.0]).view(3, 1, 1)
    mean, deviation = (torch.tensor(x).view(3, 1, 1) for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))
    return (values / 255 - mean) / deviation


def folder(path):
    names = sorted(p.name for p in pathlib.Path(path).iterdir() if p.is_dir())
    files = [(f, i) for i, name in enumerate(names) for f in sorted((pathlib.Path(path) / name).rglob("*.*"))]
    return torch.stack([pixels(f) for f, _ in files]), torch.tensor([i for _, i in files]), len(names)


def stored():
    if args.model.endswith(".safetensors"):
        from safetensors.torch import load_file
        return load_file(args.model)
    found = torch.load(args.model, map_location="cpu", weights_only=False)
    return {name.removeprefix("module."): value for name, value in found.get("state_dict", found).items()}


imported = time.perf_counter()
x, y, classes = folder(args.train)
held_x, held_y, _ = folder(args.eval)
read = time.perf_counter()
weights = stored()
if args.arch == "squeezenet":
    model, head = SqueezeNet(), "classifier."
elif args.arch == "cifar":
    model = ResNet([16, 32, 64], sum(k.startswith("layer1.") and k.endswith("conv1.weight") for k in weights), True, "linear")
    head = "linear."
else:
    model, head = ResNet([64, 128, 256], 2, False, "fc"), "fc."
for name, module in model.named_modules():
    if isinstance(module, nn.Conv2d):
        if args.arch == "squeezenet":
            nn.init.normal_(module.weight, std=0.01) if name.startswith(head) else nn.init.kaiming_uniform_(module.weight)
            nn.init.zeros_(module.bias)
        else:
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
if not args.random_weights:
    wanted = model.state_dict()
    kept = {k: v.float() if v.is_floating_point() else v for k, v in weights.items() if k in wanted and not k.startswith(head)}
    lacking = [k for k in model.load_state_dict(kept, strict=False).missing_keys
               if not k.startswith(head) and not k.endswith("num_batches_tracked")]
    assert not lacking, lacking
if args.head_only:
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith(head)
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=args.lr, weight_decay=0, fused=True)
steps = args.epochs * -(-len(x) // args.batch)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
accuracies, began = [], time.perf_counter()
for epoch in range(args.epochs):
    model.train()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d) and not module.weight.requires_grad:
            module.eval()
    for rows in torch.randperm(len(x)).split(args.batch):
        F.cross_entropy(model(x[rows]), y[rows]).backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(part) for part in held_x.split(args.eval_batch)])
    accuracies.append((logits.argmax(1) == held_y).float().mean().item())
    print(f"epoch {epoch + 1}: accuracy {accuracies[-1]:.4f}", flush=True)
done = time.perf_counter()
evaluation = dict(accuracy=accuracies[-1], loss=F.cross_entropy(logits, held_y).item())
if classes > 5:
    evaluation["top5_accuracy"] = (logits.topk(5).indices == held_y[:, None]).any(1).float().mean().item()
print(json.dumps(dict(what="images_trainer", accuracy_per_epoch=accuracies, evaluation=evaluation,
                      import_s=round(imported - start, 2), tokenize_s=round(read - imported, 2),
                      train_s=round(done - began, 2), total_s=round(done - start, 2), train_samples=len(x),
                      samples_per_s=round(len(x) * args.epochs / (done - began), 2),
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, torch=torch.__version__)))
