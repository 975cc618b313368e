"""The names the package exports."""

import pickle
from importlib.metadata import entry_points

import pytest

import dramaturg
from dramaturg.cli.main import main
from dramaturg.errors import CallerError


def test_the_exported_names_are_few_sorted_and_all_there() -> None:
    assert dramaturg.__all__ == sorted(dramaturg.__all__)
    assert len(set(dramaturg.__all__)) == len(dramaturg.__all__) <= 20
    assert set(dramaturg.__all__) == set(dramaturg._HOMES)


@pytest.mark.parametrize("name", dramaturg.__all__)
def test_an_exported_name_is_the_one_of_its_home(name: str) -> None:
    exported = getattr(dramaturg, name)
    assert exported.__module__ == dramaturg._HOMES[name]
    assert exported.__name__ == name
    assert exported.__doc__


def test_a_name_that_is_not_exported_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module `dramaturg` has no attribute `run_personas`"):
        dramaturg.run_personas  # noqa: B018 - the access is what is tested
    assert not hasattr(dramaturg, "engine_room")


def test_the_installed_command_is_the_one_the_module_runs() -> None:
    (command,) = entry_points(group="console_scripts", name="dramaturg")
    assert command.load() is main


def test_an_exported_error_is_the_one_that_is_raised() -> None:
    assert dramaturg.CallerError is CallerError
    assert pickle.loads(pickle.dumps(dramaturg.CallerError("x"))).message == "x"  # noqa: S301 - our own bytes
