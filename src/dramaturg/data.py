"""Where the shipped personas and prompts are; its one rule: a wheel and a checkout answer alike."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _shipped(folder: str) -> Path:
    in_wheel = _PACKAGE / "_shipped" / folder
    return in_wheel if in_wheel.is_dir() else _PACKAGE.parents[1] / folder


def personas_root() -> Path:
    """Return the folder of the persona library that comes with the package."""
    return _shipped("personas")


def prompts_root() -> Path:
    """Return the folder whose subfolders are the prompt kernels, one for each `engine_version`."""
    return _shipped("prompts")
