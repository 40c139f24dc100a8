"""An activity in one sentence."""

import pytest

from iisight.engine.telling import sentence
from iisight.model.activity import Act, Action, Activity, Actor
from tests.builders import gathered as logs

PHP = r"C:\Program Files\PHP\php-cgi.exe"


@pytest.mark.parametrize(
    ("action", "told"),
    [
        (
            Action(Act.REGISTER, "IIS configuration API", section="fastCgi", name=PHP, new=PHP, code=PHP),
            f"registered {PHP} in fastCgi",
        ),
        (
            Action(Act.REGISTER, "IIS configuration API", section="fastCgi", name="a", old="30", new="600", note="@b"),
            "changed 'a' in fastCgi (30 → 600) [@b]",
        ),
        (
            Action(
                Act.INSTALL, "Exchange cmdlet", "transport agent", name="a", note="Install-TransportAgent", failed=True
            ),
            "Exchange cmdlet: tried and failed: installed 'a' in transport agent [Install-TransportAgent]",
        ),
    ],
)
def test_a_deed_is_told_as_what_it_was(action: Action, told: str) -> None:
    assert sentence(Activity(logs.appcmd("list site"), Actor(), (action,))) == told
