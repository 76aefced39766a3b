"""Scores of predicted spans against gold spans: read both, count, report."""

from deid_spark.evaluate.readers import GoldNote, read_gold, read_predictions
from deid_spark.evaluate.scores import Evaluation, evaluate

__all__ = ["Evaluation", "GoldNote", "evaluate", "read_gold", "read_predictions"]
