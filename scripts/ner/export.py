"""Turns a trained model into the folder that ships: ONNX with fused layers, int8 weights, tags, hash, pooling weights.

    python scripts/ner/export.py TRAINED_DIR deid_spark/data/ner/NAME [--float]

Needs torch, transformers, onnx and onnxruntime. `--float` leaves the weights as they are, to measure what int8 costs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.transformers.optimizer import optimize_model
from transformers import BertForTokenClassification

OPSET = 17  # the newest that Spark NLP's onnxruntime reads too


class _Logits(torch.nn.Module):
    """Positional inputs in, logits out: what the exporter traces."""

    def __init__(self, model: BertForTokenClassification):
        super().__init__()
        self.model = model

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, token_type_ids: torch.Tensor
    ) -> torch.Tensor:
        return self.model(input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids).logits


def export(trained: Path, out: Path, quantize: bool = True) -> None:
    model = BertForTokenClassification.from_pretrained(trained, attn_implementation="eager").eval()
    config = model.config
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        plain, fused = Path(folder, "plain.onnx"), Path(folder, "fused.onnx")
        example = torch.ones((2, 16), dtype=torch.long)
        names = ["input_ids", "attention_mask", "token_type_ids"]
        axes = {name: {0: "batch", 1: "length"} for name in [*names, "logits"]}
        torch.onnx.export(
            _Logits(model),
            (example, example, example * 0),
            str(plain),
            input_names=names,
            output_names=["logits"],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        optimized = optimize_model(
            str(plain), "bert", num_heads=config.num_attention_heads, hidden_size=config.hidden_size
        )
        optimized.save_model_to_file(str(fused))
        if quantize:
            quantize_dynamic(
                str(fused),
                str(out / "model.onnx"),
                weight_type=QuantType.QInt8,
                per_channel=True,
                # The fused layers are not of ONNX's own operators, so their types cannot be inferred.
                extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
            )
        else:
            shutil.copy(fused, out / "model.onnx")
    shutil.copy(trained / "vocab.txt", out / "vocab.txt")
    tags = [config.id2label[i] for i in range(config.num_labels)]
    digest = hashlib.sha256((out / "model.onnx").read_bytes()).hexdigest()
    said = {"tags": tags, "layers": config.num_hidden_layers, "sha256": digest, "int8": quantize}
    (out / "model.json").write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
    print(f"{out}: {(out / 'model.onnx').stat().st_size / 1e6:.1f} MB, {digest[:16]}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trained", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--float", action="store_true")
    args = parser.parse_args()
    export(args.trained, args.out, quantize=not args.float)
