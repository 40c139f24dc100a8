
# The settings of the audit policy as numbers: words of auditpol are in the language of the server, this column is not.
function Get-Subcategory {
    param([string] $Guid)
    $file = Join-Path ([System.IO.Path]::GetTempPath()) ([System.IO.Path]::GetRandomFileName())
    & auditpol.exe /backup ('/file:' + $file) | Out-Null
    $lines = @(Get-Content -LiteralPath $file)
    Remove-Item -LiteralPath $file -WhatIf:$false -Confirm:$false
    foreach ($line in $lines) {
        $cells = $line.Split(',')
        if (($cells.Count -ge 7) -and ($cells[3] -eq $Guid)) {
            return [int] $cells[6]
        }
    }
    return 0
}

function Enable-Subcategory {
    param([string] $Check, [string] $Question, [string] $Guid, [string] $Name)
    $held = Get-Subcategory $Guid
    if ($held -band 1) {
        return
    }
    if (-not (Test-Step $Check $Question ('audit success of {0} {1}' -f $Name, $Guid))) {
        return
    }
    Save-Before ('audit {0}' -f $Guid) @{ Kind = 'audit'; Guid = $Guid; Before = $held }
    & auditpol.exe /set ('/subcategory:' + $Guid) /success:enable | Out-Null
    if ($LASTEXITCODE -ne 0) {
        throw ('auditpol gave {0}' -f $LASTEXITCODE)
    }
}

# Only ever switched on and made larger.
function Enable-Channel {
    param([string] $Check, [string] $Question, [string] $Name, [long] $Size = 0)
    $log = New-Object System.Diagnostics.Eventing.Reader.EventLogConfiguration $Name
    $options = @()
    if (-not $log.IsEnabled) {
        $options += '/e:true'
    }
    if ($Size -gt $log.MaximumSizeInBytes) {
        $options += ('/ms:' + $Size)
    }
    if ($options.Count -eq 0) {
        return
    }
    if (-not (Test-Step $Check $Question ('log {0}: {1}' -f $Name, ($options -join ' ')))) {
        return
    }
    Save-Before ('channel {0}' -f $Name) @{
        Kind = 'channel'; Name = $Name; Enabled = $log.IsEnabled; Size = $log.MaximumSizeInBytes
    }
    & wevtutil.exe sl $Name $options
    if ($LASTEXITCODE -ne 0) {
        throw ('wevtutil gave {0}' -f $LASTEXITCODE)
    }
}

# Writing, deleting and changing rights, by anybody, with success. Entries that are there stay.
function Add-AuditRule {
    param([string] $Check, [string] $Question, [string] $Path, [string] $Kind)
    $where = $Path -replace '^HKLM\\', 'HKLM:\'
    if (-not (Test-Path -LiteralPath $where)) {
        Write-Warning ('{0}: {1} is not there' -f $Check, $Path)
        return
    }
    $everyone = New-Object System.Security.Principal.SecurityIdentifier 'S-1-1-0'
    if ($Kind -eq 'key') {
        $rights = 'SetValue, CreateSubKey, Delete, ChangePermissions, TakeOwnership'
        $given = @($everyone, $rights, 'ContainerInherit', 'None', 'Success')
        $rule = New-Object System.Security.AccessControl.RegistryAuditRule $given
    } else {
        $rights = 'WriteData, AppendData, DeleteSubdirectoriesAndFiles, Delete, ChangePermissions, TakeOwnership'
        $inherits = 'None'
        if ($Kind -eq 'folder') {
            $inherits = 'ContainerInherit, ObjectInherit'
        }
        $given = @($everyone, $rights, $inherits, 'None', 'Success')
        $rule = New-Object System.Security.AccessControl.FileSystemAuditRule $given
    }
    $list = Get-Acl -LiteralPath $where -Audit
    $before = $list.GetSecurityDescriptorSddlForm('Audit')
    $list.AddAuditRule($rule)
    if ($list.GetSecurityDescriptorSddlForm('Audit') -ceq $before) {
        return
    }
    if (-not (Test-Step $Check $Question ('audit changes of {0}' -f $Path))) {
        return
    }
    Save-Before ('sacl {0}' -f $Path) @{ Kind = 'sacl'; Path = $where; Before = $before }
    Set-Acl -LiteralPath $where -AclObject $list
}
