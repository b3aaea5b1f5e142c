"""Benchmarks: each module has ``main()``; ``python -m tests.bench`` runs them all."""
