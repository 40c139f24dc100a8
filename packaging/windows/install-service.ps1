<#
.SYNOPSIS
Installs iisight watch as a service of Windows with few rights, or removes it with all that the installation changed.

.DESCRIPTION
The service runs as the virtual account NT SERVICE\iisight, which nobody can log on as. It may read the configuration of IIS, the
content of the sites and the event logs; it may write its state folder and nothing else. It listens on no port.
What was changed is written to install.json in the state folder; -Uninstall takes back exactly that.

.PARAMETER Python
python.exe of an installation for all users. Not that of a virtual environment, which starts another process: the service manager
would wait for the wrong one.

.PARAMETER Content
Folders of site content that the service may read. Without it: %SystemDrive%\inetpub.

.PARAMETER Arguments
What follows `iisight watch` on the command line.

.PARAMETER ReadAnyFile
Keeps SeBackupPrivilege, by which the service reads content whatever its ACL says. Without it, what the ACL keeps from it is reported as not read.

.EXAMPLE
.\install-service.ps1 -Python 'C:\Program Files\Python313\python.exe' -Content D:\sites

.EXAMPLE
.\install-service.ps1 -Uninstall
#>
#Requires -Version 5.1
#Requires -RunAsAdministrator
[CmdletBinding(SupportsShouldProcess, DefaultParameterSetName = 'Install')]
param(
    [Parameter(Mandatory, ParameterSetName = 'Install')][string] $Python,
    [Parameter(ParameterSetName = 'Install')][string[]] $Content = @("$env:SystemDrive\inetpub"),
    [Parameter(ParameterSetName = 'Install')][string] $Arguments = '',
    [Parameter(ParameterSetName = 'Install')][switch] $ReadAnyFile,
    [Parameter(Mandatory, ParameterSetName = 'Uninstall')][switch] $Uninstall,
    [Parameter(ParameterSetName = 'Uninstall')][switch] $KeepState,
    [string] $State = "$env:ProgramData\iisight"
)
Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'

$Name = 'iisight'
$Account = "NT SERVICE\$Name"
$Record = Join-Path $State 'install.json'

function Invoke-Tool([string] $Tool, [string[]] $Words) {
    $said = & $Tool @Words 2>&1
    if ($LASTEXITCODE -ne 0) { throw "$Tool $($Words -join ' '): $said" }
}

function Find-ReadFolder {
    # What ordinary accounts may not read. The rest of inetsrv and Microsoft.NET is open to Users, and so to a service.
    $found = @("$env:windir\System32\inetsrv\config", "$env:windir\System32\inetsrv\backup", "$env:SystemDrive\inetpub\history") + $Content
    $found | Where-Object { Test-Path -LiteralPath $_ -PathType Container } | ForEach-Object { (Resolve-Path -LiteralPath $_).Path }
}

function Grant-Read([string] $Folder) {
    # A rule of its own for the account, inherited by all below; nothing that stands there is replaced.
    Invoke-Tool icacls.exe @($Folder, '/grant', "${Account}:(OI)(CI)RX", '/q')
}

function Protect-State {
    New-Item -ItemType Directory -Path $State -Force | Out-Null
    # By SID, as names depend on the language: SYSTEM, Administrators. Nobody else sees what is watched.
    Invoke-Tool icacls.exe @($State, '/inheritance:r', '/grant:r', '*S-1-5-18:(OI)(CI)F', '*S-1-5-32-544:(OI)(CI)F', "${Account}:(OI)(CI)M", '/q')
}

function Install-Watch {
    if (Get-Service -Name $Name -ErrorAction SilentlyContinue) { throw "the service $Name is there already; remove it first with -Uninstall" }
    $interpreter = (Resolve-Path -LiteralPath $Python).Path
    $prefix = & $interpreter -I -c 'import sys; print(int(sys.prefix != sys.base_prefix))'
    if ($prefix -ne '0') { throw "$interpreter belongs to a virtual environment; give the python.exe that it was made from" }
    Invoke-Tool $interpreter @('-I', '-c', 'import iisight')

    $command = "`"$interpreter`" -I -m iisight watch --service --state `"$State`" $Arguments".TrimEnd()
    $changed = [ordered]@{ granted = @(); eventSource = $false; readers = $false }
    try {
        Invoke-Tool sc.exe @('create', $Name, 'binPath=', $command, 'start=', 'delayed-auto', 'obj=', $Account, 'DisplayName=', 'iisight watch')
        Invoke-Tool sc.exe @('description', $Name, 'Tells what changes in the code that IIS loads. Reads only; listens on no port.')
        Invoke-Tool sc.exe @('sidtype', $Name, 'unrestricted')
        # All other privileges are taken out of the token when the service starts.
        $privileges = 'SeChangeNotifyPrivilege'
        if ($ReadAnyFile) { $privileges += '/SeBackupPrivilege' }
        Invoke-Tool sc.exe @('privs', $Name, $privileges)
        # Started again after 5 s, 30 s and 5 min; also when it ends by itself with an error. A day without failure starts the count anew.
        Invoke-Tool sc.exe @('failure', $Name, 'reset=', '86400', 'actions=', 'restart/5000/restart/30000/restart/300000')
        Invoke-Tool sc.exe @('failureflag', $Name, '1')

        Protect-State
        foreach ($folder in Find-ReadFolder) {
            try {
                Grant-Read $folder
                $changed.granted += $folder
            }
            catch { Write-Warning "no right to read could be given; what cannot be read there will be told by the watch: $_" }
        }
        if (-not [System.Diagnostics.EventLog]::SourceExists($Name)) {
            New-EventLog -LogName Application -Source $Name
            $changed.eventSource = $true
        }
        if (-not (Get-LocalGroupMember -SID 'S-1-5-32-573' | Where-Object Name -EQ $Account)) {
            Add-LocalGroupMember -SID 'S-1-5-32-573' -Member $Account   # Event Log Readers: the Security log too
            $changed.readers = $true
        }
    }
    catch {
        $changed | ConvertTo-Json | Set-Content -LiteralPath $Record -Encoding utf8 -ErrorAction SilentlyContinue
        Write-Warning "the installation failed and is taken back: $_"
        Undo-Change ([pscustomobject] $changed)
        throw
    }
    $changed | ConvertTo-Json | Set-Content -LiteralPath $Record -Encoding utf8
    Start-Service -Name $Name
    Get-Service -Name $Name
}

function Undo-Change([pscustomobject] $Changed) {
    # The rules are named by the account, which is known as long as the service is there.
    foreach ($folder in @($Changed.granted)) {
        if (Test-Path -LiteralPath $folder) { Invoke-Tool icacls.exe @($folder, '/remove:g', $Account, '/q') }
    }
    if ($Changed.readers) { Remove-LocalGroupMember -SID 'S-1-5-32-573' -Member $Account }
    if ($Changed.eventSource) { Remove-EventLog -Source $Name }
    if (Get-Service -Name $Name -ErrorAction SilentlyContinue) {
        Stop-Service -Name $Name -Force -ErrorAction SilentlyContinue
        Invoke-Tool sc.exe @('delete', $Name)
    }
}

function Uninstall-Watch {
    if (-not (Test-Path -LiteralPath $Record)) { throw "$Record is not there: this script did not install the service" }
    Stop-Service -Name $Name -Force -ErrorAction SilentlyContinue
    Undo-Change (Get-Content -LiteralPath $Record -Raw | ConvertFrom-Json)
    if ($KeepState) { Remove-Item -LiteralPath $Record }
    else { Remove-Item -LiteralPath $State -Recurse -Force }
}

if ($Uninstall) {
    if ($PSCmdlet.ShouldProcess($Name, 'remove the service')) { Uninstall-Watch }
}
elseif ($PSCmdlet.ShouldProcess($Name, 'install the service')) { Install-Watch }
