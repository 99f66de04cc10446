"""An interactive terminal chat with language models. Importing the package costs nothing."""

__version__ = "0.1.0"
