"""Texts to vectors: a small local model on onnxruntime, or any OpenAI-compatible endpoint."""
