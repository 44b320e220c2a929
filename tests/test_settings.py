"""Settings: one table, the environment, and clear refusals."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from chadchat.errors import StartupError
from chadchat.settings import SETTINGS, Settings, variable


def test_the_table_is_what_settings_are() -> None:
    assert {setting.name: setting.default for setting in SETTINGS} == asdict(Settings())


def test_the_environment_wins_over_the_default_and_an_option_over_both() -> None:
    environment = {"CHADCHAT_PORT": "9000", "CHADCHAT_HOST": "::1", "CHADCHAT_HEARTBEAT": "2.5"}

    settings = Settings.load(environment, port=9001, host=None)

    assert (settings.port, settings.host, settings.heartbeat) == (9001, "::1", 2.5)


@pytest.mark.parametrize("value", ["many", "1.5", "", "-1"])
def test_a_value_of_the_wrong_kind_stops_the_start_with_a_sentence(value: str) -> None:
    with pytest.raises(StartupError, match="CHADCHAT_PORT must"):
        Settings.load({"CHADCHAT_PORT": value})


def test_every_setting_is_in_the_readme() -> None:
    readme = (Path(__file__).parent.parent / "README.md").read_text()

    missing = [setting.name for setting in SETTINGS if f"`{variable(setting.name)}`" not in readme]
    assert missing == []
