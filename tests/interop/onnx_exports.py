"""Exports nets of other people's libraries (PyTorch, and torchvision, timm, transformers where they are installed) as .onnx and
compares what the reader makes of them with ONNX Runtime. Weights are random: names of architectures, no downloads.

    python3 tests/interop/onnx_exports.py PROGRAM [-k] [NAME...]

PROGRAM is tests/interop/onnx_cases.c. Each net is exported at several opsets, by both exporters, with an open batch where the
exporter manages that. One line each that is not "passed"; exit status 1 if any is wrong or fails while running.
-k: keep the files in /tmp/onnx_exports.
"""

import collections
import contextlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings

import numpy as np
import onnxruntime as ort
import torch
from torch import nn
from torch.nn import functional as F

warnings.filterwarnings("ignore")
logging.disable(logging.CRITICAL)


# ---- nets of PyTorch's own layers ----


class Words(nn.Module):
    """A text classifier: PyTorch's transformer encoder over embedded words."""

    def __init__(self):
        super().__init__()
        self.words, self.places = nn.Embedding(50, 16), nn.Parameter(torch.randn(1, 9, 16))
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, activation="gelu", norm_first=True)
        self.encoder, self.head = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False), nn.Linear(16, 5)

    def forward(self, x):
        return self.head(self.encoder(self.words(x) + self.places).mean(1))


class Decoder(nn.Module):
    """One layer of a language model: causal attention of PyTorch's own function."""

    def __init__(self):
        super().__init__()
        self.words, self.qkv, self.out = nn.Embedding(50, 16), nn.Linear(16, 48), nn.Linear(16, 50)

    def forward(self, x):
        e = self.words(x)
        q, k, v = self.qkv(e).view(x.shape[0], x.shape[1], 3, 4, 4).permute(2, 0, 3, 1, 4).unbind(0)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.out(y.transpose(1, 2).flatten(2) + e)


class UNet(nn.Module):
    """Down, up (transposed convolution or interpolation), skips."""

    def __init__(self, mode):
        super().__init__()
        block = lambda i, o: nn.Sequential(nn.Conv2d(i, o, 3, padding=1), nn.BatchNorm2d(o), nn.ReLU())
        self.mode, self.a, self.b, self.c, self.d = mode, block(3, 8), block(8, 16), block(16, 16), block(24, 8)
        self.up, self.out = nn.ConvTranspose2d(16, 16, 2, 2), nn.Conv2d(8, 2, 1)

    def forward(self, x):
        a = self.a(x)
        b = self.c(self.b(F.max_pool2d(a, 2)))
        if self.mode == "transposed":
            b = self.up(b)
        elif self.mode == "size":
            b = F.interpolate(b, size=a.shape[-2:], mode="bilinear", align_corners=True)
        else:
            b = F.interpolate(b, scale_factor=2, mode=self.mode)
        return self.out(self.d(torch.cat([a, b], 1)))


class Mixer(nn.Module):
    def __init__(self):
        super().__init__()
        self.patch = nn.Conv2d(3, 12, 4, 4)
        self.n1, self.n2 = nn.LayerNorm(12), nn.LayerNorm(12)
        self.tokens = nn.Sequential(nn.Linear(64, 24), nn.GELU(), nn.Linear(24, 64))
        self.channels = nn.Sequential(nn.Linear(12, 24), nn.GELU(), nn.Linear(24, 12))
        self.head = nn.Linear(12, 10)

    def forward(self, x):
        x = self.patch(x).flatten(2).transpose(1, 2)
        x = x + self.tokens(self.n1(x).transpose(1, 2)).transpose(1, 2)
        return self.head((x + self.channels(self.n2(x))).mean(1))


class Odds(nn.Module):
    """What people write by hand."""

    def forward(self, x):
        n, c, h, w = x.shape
        y = F.pad(x, (1, 1, 1, 1), mode="reflect").unfold(2, 3, 1)[..., 1]
        y = y[:, :, :, 1:-1] + torch.einsum("nchw,nchv->nchw", x, x)
        y = torch.cat([y[:, ::2], y[:, 1::2]], 1).reshape(n, c, -1)
        z = torch.cumsum(y, -1).std(-1, keepdim=True) + y.var(-1, keepdim=True) + torch.logsumexp(y, 1, keepdim=True)
        top = y.max(-1).values - y.min(-1).values
        mask = torch.tril(torch.ones(h, h, device=x.device)).bool()
        s = (x[:, 0] @ x[:, 1].transpose(1, 2)).masked_fill(~mask, float("-inf")).softmax(-1)
        return (F.normalize(y, dim=1) * z).sum(-1), top, s, F.pixel_shuffle(x[:, :4], 2), x.roll(1, 2), F.glu(y, 1), x.clamp(min=0).norm(dim=1)


class Recurrent(nn.Module):
    def __init__(self, kind):
        super().__init__()
        self.cell, self.head = getattr(nn, kind)(6, 8, batch_first=True), nn.Linear(8, 3)

    def forward(self, x):
        return self.head(self.cell(x)[0][:, -1])


def images(channels=3, size=32):
    return lambda b: [torch.randn(b, channels, size, size)]


def words(n, highest=50):
    return lambda b: [torch.randint(0, highest, (b, n))]


def own():
    yield "words", Words(), words(9)
    yield "decoder", Decoder(), words(9)
    for mode in ("transposed", "nearest", "bilinear", "bicubic", "size"):
        yield f"unet_{mode}", UNet(mode), images(size=16)
    yield "mixer", Mixer(), images()
    yield "odds", Odds(), images(8, 6)
    yield "vgg", nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
                               nn.Conv2d(8, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.AdaptiveAvgPool2d((4, 2)), nn.Flatten(),
                               nn.Linear(128, 32), nn.ReLU(), nn.Dropout(), nn.Linear(32, 10)), images()
    yield "lp", nn.Sequential(nn.Conv2d(3, 4, 3), nn.LPPool2d(2, 2), nn.LocalResponseNorm(3), nn.CELU(), nn.Softsign(), nn.UpsamplingBilinear2d(scale_factor=2)), images()
    for kind in ("LSTM", "GRU", "RNN"):
        yield kind.lower(), Recurrent(kind), lambda b: [torch.randn(b, 5, 6)]


def of_torchvision():
    from torchvision import models

    for name in ("resnet18", "resnext50_32x4d", "vgg11_bn", "mobilenet_v2", "mobilenet_v3_small", "squeezenet1_1", "densenet121",
                 "shufflenet_v2_x0_5", "efficientnet_b0", "mnasnet0_5", "regnet_y_400mf", "convnext_tiny", "alexnet", "googlenet"):
        more = {"aux_logits": False, "init_weights": True} if name == "googlenet" else {}
        yield f"tv_{name}", getattr(models, name)(**more), images(size=96 if name != "alexnet" else 80)
    yield "tv_vit", models.VisionTransformer(32, 8, 2, 4, 32, 64, num_classes=7), images()
    yield "tv_swin", models.SwinTransformer([2, 2], 24, [2, 2], [2, 4], [4, 4], num_classes=7), images(size=64)
    seg = models.segmentation
    yield "tv_fcn", Out(seg.fcn_resnet50(weights_backbone=None, num_classes=3)), images(size=64)
    yield "tv_lraspp", Out(seg.lraspp_mobilenet_v3_large(weights_backbone=None, num_classes=3)), images(size=64)


class Out(nn.Module):
    def __init__(self, net, name="out"):
        super().__init__()
        self.net, self.name = net, name

    def forward(self, *x):
        y = self.net(*x)
        return y[self.name] if self.name in y else y[0]


def of_timm():
    import timm

    for name in ("mobilevit_xxs", "convmixer_768_32", "edgenext_xx_small", "mixer_s32_224", "gmlp_ti16_224", "levit_128s", "deit_tiny_patch16_224",
                 "poolformer_s12", "ghostnet_100", "hardcorenas_a", "resmlp_12_224", "xcit_nano_12_p16_224", "repvgg_a0", "nfnet_l0"):
        if name in timm.list_models():
            yield f"timm_{name}", timm.create_model(name, num_classes=10), images(size=224 if "224" in name or name == "levit_128s" else 64)


def of_transformers():
    import transformers as t

    small = dict(hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=48, vocab_size=60)
    yield "hf_bert", Out(t.BertModel(t.BertConfig(**small)), "last_hidden_state"), words(9)
    yield "hf_roberta", Out(t.RobertaModel(t.RobertaConfig(**small)), "last_hidden_state"), words(9)
    yield "hf_distilbert", Out(t.DistilBertModel(t.DistilBertConfig(dim=32, n_layers=2, n_heads=4, hidden_dim=48, vocab_size=60)), "last_hidden_state"), words(9)
    yield "hf_gpt2", Out(t.GPT2LMHeadModel(t.GPT2Config(vocab_size=60, n_embd=32, n_layer=2, n_head=4, use_cache=False)), "logits"), words(9)
    yield "hf_llama", Out(t.LlamaForCausalLM(t.LlamaConfig(**small, num_key_value_heads=2, use_cache=False)), "logits"), words(9)
    yield "hf_t5_encoder", Out(t.T5EncoderModel(t.T5Config(vocab_size=60, d_model=32, d_kv=8, d_ff=48, num_layers=2, num_heads=4)), "last_hidden_state"), words(9)
    small.pop("vocab_size")
    yield "hf_vit", Out(t.ViTModel(t.ViTConfig(**small, image_size=32, patch_size=8)), "last_hidden_state"), images()


def nets():
    yield from own()
    for library in (of_torchvision, of_timm, of_transformers):
        try:
            yield from library()
        except ImportError as e:
            print(f"left out: {e}")


# ---- exporting ----

BIG = ("tv_", "timm_", "hf_")


def ways(name):
    """(opset, new exporter): all for small nets, one of each kind for large ones."""
    for opset in (13, 17) if name.startswith(BIG) else (11, 13, 17):
        yield opset, False
    for opset in (18,) if name.startswith(BIG) else (18, 20, 23):
        yield opset, True


@contextlib.contextmanager
def silence():
    """Of C++, too: the old exporter prints whole graphs."""
    sys.stdout.flush()
    saved = [os.dup(1), os.dup(2)]
    with open(os.devnull, "w", encoding="utf-8") as nothing:
        for fd in (1, 2):
            os.dup2(nothing.fileno(), fd)
        try:
            yield
        finally:
            sys.stdout.flush()
            for fd, old in zip((1, 2), saved):
                os.dup2(old, fd)
                os.close(old)


def export(net, inputs, path, opset, dynamo, dynamic):
    args = tuple(inputs(2))
    options = {"opset_version": opset, "dynamo": dynamo}
    if dynamo:
        if dynamic:
            options["dynamic_shapes"] = [{0: torch.export.Dim("batch")} for _ in args]
            if isinstance(net, Out):
                options["dynamic_shapes"] = {"x": options["dynamic_shapes"]}
        options.update(external_data=False, verbose=False)
    else:
        options["input_names"] = [f"x{i}" for i in range(len(args))]
        if dynamic:
            options["dynamic_axes"] = {n: {0: "batch"} for n in options["input_names"]}
    with silence():
        torch.onnx.export(net, args, path, **options)


def run_runtime(path, feeds):
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip([i.name for i in session.get_inputs()], feeds)))


def prepare(root, name, net, inputs, opset, dynamo):
    """The folders made; a text if it cannot be exported or run."""
    made = []
    for dynamic in (True, False):
        if made:
            break
        folder = os.path.join(root, f"{name}-{opset}{'-new' if dynamo else ''}{'' if dynamic else '-fixed'}")
        os.makedirs(folder)
        try:
            torch.manual_seed(1)
            export(net, inputs, os.path.join(folder, "model.onnx"), opset, dynamo, dynamic)
            for batch in (1, 3) if dynamic else (2,):
                feeds = [x.numpy() for x in inputs(batch)]
                results = run_runtime(os.path.join(folder, "model.onnx"), feeds)
                at = folder if batch != 3 else folder + "-3"
                if at != folder:
                    os.makedirs(at)
                    os.link(os.path.join(folder, "model.onnx"), os.path.join(at, "model.onnx"))
                for kind, arrays in (("in", feeds), ("out", results)):
                    for i, a in enumerate(arrays):
                        np.save(os.path.join(at, f"{kind}{i}.npy"), a, allow_pickle=False)
                made.append(at)
        except Exception as e:  # exporters and the runtime raise a great many types
            why = f"{type(e).__name__}: {' '.join(str(e).split())[:160]}"
            made.clear()
    return made or why


def main():
    arguments = [a for a in sys.argv[1:] if a != "-k"]
    program, names = arguments[0], arguments[1:]
    keep = "-k" in sys.argv
    root = "/tmp/onnx_exports" if keep else tempfile.mkdtemp()
    if keep:
        shutil.rmtree(root, ignore_errors=True)
        os.makedirs(root)
    count, bad = collections.Counter(), 0
    torch.manual_seed(1)
    for name, net, inputs in nets():
        if names and not any(n in name for n in names):
            continue
        net.eval()
        for m in net.modules():  # statistics that are no 0 and 1
            if isinstance(m, nn.BatchNorm2d):
                nn.init.uniform_(m.running_mean, -0.2, 0.2)
                nn.init.uniform_(m.running_var, 0.8, 1.2)
        for opset, dynamo in ways(name):
            folders = prepare(root, name, net, inputs, opset, dynamo)
            if isinstance(folders, str):
                count["not exported"] += 1
                print(f"not exported {name}-{opset}{'-new' if dynamo else ''}: {folders}")
                continue
            r = subprocess.run([program, "-l"], input="".join(f + "\n" for f in folders), capture_output=True, text=True, check=False)
            if r.returncode != 0:
                print(f"ended with status {r.returncode}: {folders} {r.stderr[-2000:]}")
                bad += 1
            for line in r.stdout.splitlines():
                kind = line.split()[0]
                count[kind] += 1
                bad += kind in ("wrong", "failed")
                if kind != "passed":
                    print(line.replace(root + "/", ""))
            sys.stdout.flush()
            if not keep:
                for f in folders:
                    shutil.rmtree(f)
    print(f"{sum(count.values())} runs: " + ", ".join(f"{n} {k}" for k, n in count.items()) +
          f"; torch {torch.__version__}, onnxruntime {ort.__version__}")
    if not keep:
        shutil.rmtree(root)
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
