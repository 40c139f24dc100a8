r"""Events written in a rule's page: `event <channel> <id>`, then `Field: value` lines.

A line that starts with blanks goes on with the value above. `@provider`, `@computer`, `@time`, `@user` and `@process`
stand for what is not data; times count on by ten seconds from block to block. The provider is that of the channel
unless it is given.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta

from iisight.model.event import Event
from iisight.model.locator import Locator
from iisight.workbench.pages import Block, PageError

START = datetime(2026, 3, 1, 10, 0, tzinfo=UTC)
STEP = timedelta(seconds=10)
COMPUTER = "WEB01.example.test"
LOG = r"C:\Windows\System32\winevt\Logs"

_PROVIDERS = {
    "Security": "Microsoft-Windows-Security-Auditing",
    "System": "Microsoft-Windows-Eventlog",
    "Application": "Microsoft-Windows-IIS-W3SVC-WP",
    "Windows PowerShell": "PowerShell",
    "MSExchange Management": "MSExchange CmdletLogs",
}


def events_of(blocks: Iterable[Block]) -> Iterator[Event]:
    """Yield the events of a case. Raises PageError for a block that cannot be read."""
    for number, block in enumerate(block for block in blocks if block.action == "event"):
        try:
            yield _event(block, number)
        except ValueError as error:
            raise PageError(f"event '{block.argument}': {error}") from error


def _event(block: Block, number: int) -> Event:
    channel, _, text = block.argument.strip().rpartition(" ")
    if not channel or not text.isdigit():
        raise ValueError("expected `<channel> <id>`")
    fields = dict(_lines(block.body))
    given = {name: fields.pop(name) for name in list(fields) if name.startswith("@")}
    time = datetime.fromisoformat(given["@time"]).astimezone(UTC) if "@time" in given else START + number * STEP
    return Event(
        provider=given.get("@provider") or provider_of(channel),
        channel=channel,
        id=int(text),
        time=time,
        computer=given.get("@computer", COMPUTER),
        record=number + 1,
        user=given.get("@user", ""),
        process=int(given["@process"]) if "@process" in given else None,
        fields=fields,
        locator=Locator(rf"{LOG}\{channel.replace('/', '%4')}.evtx", record=number + 1),
    )


def provider_of(channel: str) -> str:
    """Return the provider that writes to a channel, by its name where no table says otherwise."""
    return _PROVIDERS.get(channel) or channel.partition("/")[0].replace("Microsoft-IIS-", "Microsoft-Windows-IIS-")


def _lines(body: str) -> Iterator[tuple[str, str]]:
    name, value = "", ""
    for line in body.splitlines():
        if not line.strip():
            continue
        if line[0] in " \t":
            value += f"\n{line.strip()}"
            continue
        if name:
            yield name, value
        name, sign, rest = line.partition(":")
        if not sign:
            raise ValueError(f"'{line}': expected `Field: value`")
        name, value = name.strip(), rest.strip()
    if name:
        yield name, value
