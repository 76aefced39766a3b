"""The side-by-side page: original and released text, for synthetic samples only."""

from deid_spark.review.page import write_review

__all__ = ["write_review"]
