"""What is shipped is found from a wheel and from a checkout."""

import importlib.util
import shutil
from pathlib import Path

from dramaturg import data


def _as_installed(folder: Path) -> tuple[Path, Path]:
    """Return the roots that the module gives when it stands in this folder."""
    shutil.copy(data.__file__, folder / "data.py")
    spec = importlib.util.spec_from_file_location("installed_data", folder / "data.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.personas_root(), module.prompts_root()


def test_a_checkout_holds_the_shipped_folders_at_its_root() -> None:
    assert (data.personas_root() / "dpa-1.persona.md").is_file()
    assert (data.prompts_root() / "v1" / "system.md.j2").is_file()


def test_a_wheel_holds_them_inside_the_package(tmp_path: Path) -> None:
    package = tmp_path / "lib" / "dramaturg"
    for name in ("personas", "prompts"):
        (package / "_shipped" / name).mkdir(parents=True)
    assert _as_installed(package) == (package / "_shipped" / "personas", package / "_shipped" / "prompts")


def test_a_package_without_them_looks_beside_its_source_folder(tmp_path: Path) -> None:
    package = tmp_path / "src" / "dramaturg"
    package.mkdir(parents=True)
    assert _as_installed(package) == (tmp_path / "personas", tmp_path / "prompts")
