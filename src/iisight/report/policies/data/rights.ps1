
function ConvertTo-Sid {
    param([string] $Account)
    if ($Account -match '^S-1-[0-9-]+$') {
        return $Account
    }
    $named = New-Object System.Security.Principal.NTAccount $Account
    try {
        return $named.Translate([System.Security.Principal.SecurityIdentifier]).Value
    } catch {
        Write-Warning ('{0} is left out: {1}' -f $Account, $_.Exception.Message)
    }
}

# What is left to these accounts is to read and to execute (0x1200A9). Entries that came from the folder above become
# the object's own, so that it keeps them, and it inherits no longer. Nothing is given to anybody.
function Remove-WriteAccess {
    param([string] $Check, [string] $Question, [string] $Path, [string[]] $Account = @(), [switch] $Owner)
    if (-not (Test-Path -LiteralPath $Path)) {
        Write-Warning ('{0}: {1} is not there' -f $Check, $Path)
        return
    }
    $sids = @($Account | ForEach-Object { ConvertTo-Sid $_ })
    $list = Get-Acl -LiteralPath $Path
    $before = $list.GetSecurityDescriptorSddlForm('Owner, Access')
    $raw = New-Object System.Security.AccessControl.RawSecurityDescriptor $before
    $changed = $false
    for ($index = $raw.DiscretionaryAcl.Count - 1; $index -ge 0; $index--) {
        $entry = $raw.DiscretionaryAcl[$index]
        if (($entry.AceQualifier -ne 'AccessAllowed') -or ($sids -notcontains $entry.SecurityIdentifier.Value)) {
            continue
        }
        $left = $entry.AccessMask -band 0x1200A9
        if ($entry.AccessMask -band 0xF0000000) {
            $left = 0x1200A9
        }
        if ($left -ne $entry.AccessMask) {
            $changed = $true
            $entry.AccessMask = $left
            if ($left -eq 0) {
                $raw.DiscretionaryAcl.RemoveAce($index)
            }
        }
    }
    $sections = 'Access'
    if ($Owner -and ($raw.Owner.Value -notmatch '^S-1-5-(18|32-544|80-.+)$')) {
        $raw.Owner = New-Object System.Security.Principal.SecurityIdentifier 'S-1-5-32-544'
        $sections = 'Owner, Access'
        $changed = $true
    }
    if (-not $changed) {
        return
    }
    if (-not (Test-Step $Check $Question ('take write access to {0} from {1}' -f $Path, ($Account -join ', ')))) {
        return
    }
    foreach ($entry in $raw.DiscretionaryAcl) {
        $entry.AceFlags = [System.Security.AccessControl.AceFlags] ([int] $entry.AceFlags -band 0xEF)
    }
    $raw.SetFlags([System.Security.AccessControl.ControlFlags] ([int] $raw.ControlFlags -bor 0x1000))
    Save-Before ('rights {0}' -f $Path) @{ Kind = 'rights'; Path = $Path; Before = $before }
    $list.SetSecurityDescriptorSddlForm($raw.GetSddlForm($sections), $sections)
    Set-Acl -LiteralPath $Path -AclObject $list
}
