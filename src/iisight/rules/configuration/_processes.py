"""What a command line starts: a shell, a debugger, a language runtime, or a program of its own."""

import re

from iisight.evidence import paths

MAX_COMMAND = 8_191  # characters; cmd.exe takes no more

_SHELLS = frozenset(
    {
        *("cmd", "powershell", "powershell_ise", "pwsh", "bash", "wsl", "wscript", "cscript", "mshta", "rundll32"),
        *("regsvr32", "regasm", "regsvcs", "installutil", "msbuild", "csc", "certutil", "bitsadmin", "wmic", "msiexec"),
        *("cmstp", "forfiles", "pcalua", "scriptrunner", "control", "hh", "odbcconf", "mavinject", "schtasks", "at"),
        *("curl", "ftp", "ssh", "net", "net1", "reg", "sc"),
    }
)
"""Programs of Windows that run what others hand them; no web server starts one to serve a site."""

_DEBUGGERS = frozenset(
    {
        *("procdump", "procdump64", "procdump64a", "adplus", "cdb", "ntsd", "windbg", "drwtsn32", "debugdiag"),
        *("dbgsvc", "dbghost", "werfault", "dotnet-dump", "vsjitdebugger", "tttracer", "logman", "wpr", "xperf"),
    }
)
_RUNTIMES = frozenset(
    {
        *("dotnet", "node", "python", "python3", "pythonw", "py", "java", "javaw", "php", "php-cgi", "php-win"),
        *("perl", "ruby", "rubyw", "iojs", "deno", "bun", "go", "rserve", "tclsh"),
    }
)
_PROGRAM = re.compile(
    r'(?:"([^"]*)"|([^\s\\/:"]+(?=\s|$)|.*?\.(?:exe|com|dll|bat|cmd|ps1|vbs|js|py|pl)(?=[\s"]|$)|\S+))(.*)',
    re.IGNORECASE | re.DOTALL,
)
_ENCODED = re.compile(
    r"(?:^|\s)[-/\u2013\u2014]e(?:c|n(?:c[a-z]{0,12})?)?[\s:]+[\"']?[A-Za-z0-9+/=]{24,}|frombase64string", re.IGNORECASE
)
_SCRIPT = re.compile(
    r"%s\b|\.(?:bat|cmd|ps1|vbs|wsf|js|py|sh)\b|\b(?:npm|yarn|npx|node|dotnet|java|python|ruby)\b", re.IGNORECASE
)


def split_program(command: str) -> tuple[str, str]:
    """Return (program, arguments) of a command line, quoted or not."""
    match = _PROGRAM.match(command[:MAX_COMMAND].strip())
    if match is None:
        return "", ""
    return (match[1] if match[1] is not None else match[2]).strip(), match[3].strip()


def is_shell(image: str) -> bool:
    """Tell whether a program is a shell or another program of Windows that runs what it is handed."""
    return _stem(image) in _SHELLS


def is_debugger(image: str) -> bool:
    """Tell whether a program is one that administrators let take dumps and traces."""
    return _stem(image) in _DEBUGGERS


def is_runtime(image: str) -> bool:
    """Tell whether a program is a language runtime that sites are hosted with."""
    return _stem(image) in _RUNTIMES


def is_encoded(arguments: str) -> bool:
    """Tell whether arguments hide a script in Base64."""
    return _ENCODED.search(arguments[:MAX_COMMAND]) is not None


def runs_script(arguments: str) -> bool:
    """Tell whether arguments name, in clear, a script or a runtime that the shell is to start."""
    return not is_encoded(arguments) and _SCRIPT.search(arguments[:MAX_COMMAND]) is not None


def _stem(image: str) -> str:
    name = paths.basename(split_program(image)[0]).lower()
    return name.removesuffix(".exe").removesuffix(".com")
