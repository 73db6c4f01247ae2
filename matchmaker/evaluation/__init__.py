"""Measuring the production ranker on judged sets: ``scripts/evaluate``."""
