"""Clinical decision support over CDS Hooks, driven by declarative rules. Nothing clinical stands in this package."""

__version__ = "0.1.0"
