#!/usr/bin/env python3
"""The peer of `images --head-only` in `bench all`: Transformers' ResNet, its trunk frozen, in a plain PyTorch loop.

    frozen_resnet_peer.py --model DIR --train FOLDER --eval FOLDER [--epochs 10 --batch 32 --lr 1e-3 --limit 0 --out DIR]

A folder per class. Pictures are read and prepared by Pillow once, and kept: what a loader that reads them in each epoch
would need comes on top. AdamW, a rate that falls linearly, gradients clipped to norm 1, an evaluation each epoch.
"""
import argparse, json, pathlib, resource, time
import numpy, torch
from PIL import Image, ImageOps
from torch.nn import functional as F
from transformers import ResNetForImageClassification

parser = argparse.ArgumentParser()
for name, kind, default in (("model", str, None), ("train", str, None), ("eval", str, None), ("epochs", int, 10),
                            ("batch", int, 32), ("lr", float, 1e-3), ("limit", int, 0), ("out", str, "")):
    parser.add_argument("--" + name, type=kind, default=default)
args = parser.parse_args()
torch.manual_seed(42)
MEAN, DEVIATION = (torch.tensor(x).view(3, 1, 1) for x in ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]))


def pixels(path):
    with Image.open(path) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGB")
    shorter = min(picture.size)
    picture = picture.resize([round(256 * side / shorter) for side in picture.size], Image.BICUBIC)
    left, top = (picture.width - 224) // 2, (picture.height - 224) // 2
    values = torch.from_numpy(numpy.array(picture.crop((left, top, left + 224, top + 224)))).permute(2, 0, 1).float()
    return (values / 255 - MEAN) / DEVIATION


def folder(path, limit=0):
    names = sorted(p.name for p in pathlib.Path(path).iterdir() if p.is_dir())
    files = [(f, i) for i, name in enumerate(names) for f in sorted((pathlib.Path(path) / name).iterdir())]
    files = [files[i * len(files) // limit] for i in range(limit)] if limit else files
    return torch.stack([pixels(f) for f, _ in files]), torch.tensor([i for _, i in files])


device = "cuda" if torch.cuda.is_available() else "cpu"
x, y = (part.to(device) for part in folder(args.train, args.limit))
held_x, held_y = (part.to(device) for part in folder(args.eval))
model = ResNetForImageClassification.from_pretrained(args.model, num_labels=int(y.max()) + 1,
                                                     ignore_mismatched_sizes=True).to(device)
model.resnet.requires_grad_(False)
trained = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trained, lr=args.lr, weight_decay=0, fused=True)
steps = args.epochs * -(-len(x) // args.batch)
schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)
accuracies, began = [], time.perf_counter()
for epoch in range(args.epochs):
    model.train()
    model.resnet.eval()
    for rows in torch.randperm(len(x)).split(args.batch):
        model(pixel_values=x[rows], labels=y[rows]).loss.backward()
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    model.eval()
    with torch.no_grad():
        logits = torch.cat([model(pixel_values=part).logits for part in held_x.split(64)])
    accuracies.append((logits.argmax(1) == held_y).float().mean().item())
seconds = time.perf_counter() - began
if args.out:
    model.save_pretrained(args.out)
print(json.dumps(dict(what="frozen_resnet", accuracy_per_epoch=accuracies, train_samples=len(x),
                      samples_per_s=round(len(x) * args.epochs / seconds, 2),
                      peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024, torch=torch.__version__)))
