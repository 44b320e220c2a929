"""Settings are declared once, with bounds, and read from the environment and from options; a wrong one is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest

from chadchat.refusal import StartupError
from chadchat.setting import MOST, Rate, Setting
from chadchat.settings import RATES, SETTINGS, Settings, variable

from .settings_page import PAGE, default, page
from .starting import attempt, refused

ROOT = Path(__file__).parent.parent
NUMBERS = [setting for setting in SETTINGS if isinstance(setting.default, int | float)]
BY_NAME = {setting.name: setting for setting in SETTINGS}


def load(name: str, value: str) -> object:
    return cast(object, getattr(Settings.load({variable(name): value}), name))


def named(setting: Setting) -> str:
    return setting.name


def test_the_environment_wins_over_the_default_and_an_option_over_both() -> None:
    environment = {"CHADCHAT_PORT": "9000", "CHADCHAT_HOST": "::1", "CHADCHAT_HEARTBEAT": "2.5"}

    settings = Settings.load(environment, port=9001, host=None)

    assert (settings.port, settings.host, settings.heartbeat) == (9001, "::1", 2.5)


@pytest.mark.parametrize("setting", SETTINGS, ids=named)
def test_an_empty_value_is_the_default(setting: Setting) -> None:
    for empty in ("", " ", "\t\n"):
        assert load(setting.name, empty) == setting.default
        assert Settings.load({}, **{setting.name: empty}) == Settings()


@pytest.mark.parametrize("setting", SETTINGS, ids=named)
def test_spaces_around_a_value_are_dropped(setting: Setting) -> None:
    wanted = "https://chat.example" if setting.default == "" else setting.default

    assert load(setting.name, f" {wanted}\n") == wanted


@pytest.mark.parametrize("setting", NUMBERS, ids=named)
def test_a_number_has_bounds_and_its_default_lies_within(setting: Setting) -> None:
    assert isinstance(setting.default, int | float)
    assert setting.least <= setting.default <= setting.most < 2**31
    for bound in (setting.least, setting.most):
        assert load(setting.name, f"{bound:.10g}") == bound


WRONG = ["many", "nan", "inf", "-inf", "1e400", "-1", "9" * 20, "9" * 5000, "1_000", "0x10", "1,5", "--1", "١", "5 5"]


@pytest.mark.parametrize("setting", NUMBERS, ids=named)
def test_what_is_no_number_within_the_bounds_is_refused_in_a_sentence(setting: Setting) -> None:
    assert isinstance(setting.default, int | float)
    whole = isinstance(setting.default, int)
    kind = "a whole number" if whole else "a number"
    for value in [
        *WRONG,
        f"{setting.most + 1:.10g}",
        f"{setting.least - 0.001:.10g}",
        *(["1.5", "1e1", "1.0"] * whole),
    ]:
        with pytest.raises(StartupError) as caught:
            load(setting.name, value)

        said = str(caught.value)
        allowed = f"{kind} from {setting.least:.10g} to {setting.most:.10g}"
        assert said.startswith(f"{variable(setting.name)} must be {allowed}, not '{value[:20]}")
        assert len(said) < 200


def test_no_limit_is_zero_as_that_would_lock_out_everyone() -> None:
    limits = [setting for setting in SETTINGS if setting.name.startswith("limit_")]

    assert len(limits) >= 10
    assert [setting.name for setting in limits if setting in NUMBERS and setting.least <= 0] == []
    assert {setting.name for setting in limits if setting not in NUMBERS} == set(RATES)


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("10, then 1/s", Rate(10, 1.0)),
        ("1000, then 50/s", Rate(1000, 0.02)),
        ("30, then 2/min", Rate(30, 30.0)),
        ("1, then 5/h", Rate(1, 720.0)),
        (f"{MOST}, then {MOST}/s", Rate(MOST, 1 / MOST)),
    ],
)
def test_a_rate_is_one_setting(written: str, rate: Rate) -> None:
    assert load("limit_posts", written) == rate
    assert str(rate) == written


@pytest.mark.parametrize("name", RATES)
@pytest.mark.parametrize(
    "value",
    [
        *WRONG,
        "10",
        "0, then 1/s",
        "10, then 0/s",
        "10, then 1/d",
        "10, then 1",
        "10 then 1/s",
        "10, then 1.5/s",
        "-1, then 1/s",
        "١, then 1/s",
        f"{MOST + 1}, then 1/s",
        f"1, then {MOST + 1}/s",
    ],
)
def test_what_is_no_rate_is_refused_with_one_that_is(name: str, value: str) -> None:
    with pytest.raises(StartupError) as caught:
        load(name, value)

    said = str(caught.value)
    assert said.startswith(f'{variable(name)} must be a rate like "10, then 1/s" or "30, then 2/min"')
    assert (said.isprintable(), len(said) < 250) == (True, True)


def test_a_setting_that_is_gone_is_refused_with_what_takes_its_place() -> None:
    with pytest.raises(StartupError) as caught:
        Settings.load({"CHADCHAT_LIMIT_CONNECTIONS": "80"})

    said = "CHADCHAT_LIMIT_CONNECTIONS is no setting any more: CHADCHAT_LIMIT_STREAMS counts for connections, too."
    assert str(caught.value) == said


@pytest.mark.parametrize("name", RATES)
def test_the_old_name_of_a_rate_is_refused_with_the_new_spelling(name: str) -> None:
    with pytest.raises(StartupError) as caught:
        Settings.load({f"{variable(name)}_EVERY": "1"})

    new = f'{variable(name)}="{RATES[name]}"'
    assert str(caught.value) == f"{variable(name)}_EVERY is no setting any more: write {new}."


def test_a_page_can_wait_for_two_and_a_half_heartbeats() -> None:
    assert "heartbeat * 2500" in (ROOT / "static" / "js" / "stream.js").read_text()
    assert BY_NAME["heartbeat"].most * 2500 < 2**31
    assert BY_NAME["heartbeat"].least > 0


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("limits", "OFF", "on or off"),
        ("metrics", "yes", "local, on or off"),
        ("host", "two words", "an address or a name without spaces, of at most 253 bytes"),
        ("host", "x" * 254, "an address or a name without spaces, of at most 253 bytes"),
        ("data", "x" * 401, "a path of at most 400 bytes"),
        ("data", "é" * 201, "a path of at most 400 bytes"),
        ("data", "two\nlines", "a path of at most 400 bytes"),
        *(
            ("security_contact", value, "mailto:... or https://... in visible ASCII of at most 200 bytes")
            for value in (
                "grace@chat.example",
                "http://chat.example",
                "javascript:alert(1)",
                "mailto:",
                "mailto:grace",
                "https://",
                "https://chat.example/\nContact: mailto:mallory@chat.example",
                "https://chat.example/\r\nSet-Cookie: a=b",
                "https://chat.example/\u2028x",
                "https://chat.éxample",
                "https://" + "x" * 193,
            )
        ),
    ],
)
def test_a_text_that_a_setting_does_not_take_is_refused_in_a_sentence(name: str, value: str, allowed: str) -> None:
    with pytest.raises(StartupError) as caught:
        load(name, value)

    said = str(caught.value)
    assert said.startswith(f"{variable(name)} must be {allowed}, not ")
    assert (said.isprintable(), len(said) < 250) == (True, True)


@pytest.mark.parametrize("value", ["mailto:grace@chat.example", "https://chat.example/hole?a=b#c"])
def test_a_security_contact_is_an_address_of_mail_or_the_web(value: str) -> None:
    assert load("security_contact", value) == value


@pytest.mark.parametrize(
    ("unknown", "nearest"),
    [
        ("CHADCHAT_HEARTBEET", "CHADCHAT_HEARTBEAT"),
        ("CHADCHAT_TRUSTED_HOP", "CHADCHAT_TRUSTED_HOPS"),
        ("CHADCHAT_trusted_hops", "CHADCHAT_TRUSTED_HOPS"),
        ("CHADCHAT_LIMIT_REQUEST", "CHADCHAT_LIMIT_REQUESTS"),
        ("CHADCHAT_DATA_", "CHADCHAT_DATA"),
        ("CHADCHAT_", "CHADCHAT_"),
        ("CHADCHAT_" + "X" * 10_000, "CHADCHAT_"),
    ],
)
def test_a_variable_that_is_no_setting_is_refused_with_the_nearest_one(unknown: str, nearest: str) -> None:
    with pytest.raises(StartupError) as caught:
        Settings.load({unknown: ""})

    assert str(caught.value).startswith(f"{unknown[:60]} is no setting; did you mean {nearest}")
    assert len(str(caught.value)) < 200


def test_variables_of_others_are_no_concern() -> None:
    assert Settings.load({"LISTEN_FDS": "1", "CHADCHATTER": "x", "PORT": "y"}) == Settings()


def test_the_real_command_ends_with_the_sentence_and_opens_nothing(tmp_path: Path) -> None:
    data = tmp_path / "data"

    assert refused(data, heartbeat="0") == "CHADCHAT_HEARTBEAT must be a number from 0.1 to 300, not '0'."
    assert refused(data, heartbeet="5").startswith("CHADCHAT_HEARTBEET is no setting; did you mean CHADCHAT_HEARTBEAT?")
    said = attempt("--port", "99999", "--data", data)
    assert said == (1, "", "Error: --port must be a whole number from 0 to 65535, not '99999'.\n")
    assert attempt("serve", "--check", keep_events="1" + "0" * 20).status == 1
    assert not data.exists()


def test_other_commands_look_at_the_folder_only(tmp_path: Path) -> None:
    said = attempt("rooms", data=str(tmp_path), heartbeat="0", heartbeet="5", keep_events="many")

    assert said.err == f"Error: There is no database {tmp_path / 'chadchat.sqlite3'}. Name its folder with --data.\n"


def test_the_page_of_settings_is_in_step() -> None:
    assert PAGE.read_text() == page(), "make docs"


def test_the_readme_has_the_settings_that_people_need_as_they_are() -> None:
    readme = (ROOT / "README.md").read_text()
    rows = re.findall(r"^\| `CHADCHAT_(\w+)`.*$", readme, re.MULTILINE)

    assert [name.lower() for name in rows] == ["host", "port", "data", "trusted_hops", "keep_days", "limits"]
    for name in map(str.lower, rows):
        setting = BY_NAME[name]
        [row] = re.findall(rf"^\| `{variable(name)}`.*$", readme, re.MULTILINE)
        assert row.endswith(f"| {setting.sentence} |")
        assert f"| {default(setting) or 'the user'}" in row
    assert "docs/settings.md" in readme


def test_every_setting_that_a_document_names_is_one() -> None:
    known = {variable(setting.name) for setting in SETTINGS} | {"CHADCHAT_TORTURE"}
    documents = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "docs" / "deploy").iterdir()]
    named = {name for path in documents for name in re.findall(r"CHADCHAT_[A-Z_]*[A-Z]", path.read_text())}

    assert named - known == set()
