#requires -Version 5.1
#requires -RunAsAdministrator

# Sets what a script changed back to what that script recorded before: undo.ps1 -State configuration.before.json
# -WhatIf tells what would be done. Changes that somebody made since to the same places are lost.

[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $State = ''
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

function Undo-Setting {
    param($Record)
    $manager = New-Object Microsoft.Web.Administration.ServerManager
    $configuration = $manager.GetApplicationHostConfiguration()
    if ($Record.Location) {
        $held = $configuration.GetSection($Record.Section, $Record.Location)
    } else {
        $held = $configuration.GetSection($Record.Section)
    }
    if ($Record.Kind -eq 'lock') {
        $held.OverrideMode = $Record.Before
        $manager.CommitChanges()
        return
    }
    if ($Record.Item) {
        $entries = @($held.GetCollection() | Where-Object { $_.GetAttributeValue('name') -eq $Record.Item })
        if ($entries.Count -ne 1) {
            Write-Warning ('{0} is not there any more' -f $Record.Item)
            return
        }
        $held = $entries[0]
    }
    foreach ($name in $Record.Element.Split('/')) {
        if ($name) {
            $held = $held.GetChildElement($name)
        }
    }
    $attribute = $held.GetAttribute($Record.Name)
    $type = [string] $attribute.Schema.Type
    if ($null -eq $Record.Before) {
        $attribute.Delete()
    } elseif ($type -eq 'bool') {
        $attribute.Value = [bool]::Parse($Record.Before)
    } elseif ($Record.Before -match '^[0-9]+$') {
        $attribute.Value = [long]::Parse($Record.Before)
    } else {
        $attribute.Value = $Record.Before
    }
    $manager.CommitChanges()
}

function Undo-File {
    param($Record)
    $document = New-Object System.Xml.XmlDocument
    $document.XmlResolver = $null
    $document.PreserveWhitespace = $true
    $document.Load($Record.Path)
    $held = $document.DocumentElement
    foreach ($step in $Record.Element.Split('/')) {
        $held = @($held.ChildNodes | Where-Object { $_.LocalName -ceq $step })[0]
    }
    if ($null -eq $Record.Before) {
        $held.RemoveAttribute($Record.Name)
    } else {
        $held.SetAttribute($Record.Name, $Record.Before)
    }
    $document.Save($Record.Path)
}

function Undo-Value {
    param($Record)
    if ($null -eq $Record.Before) {
        Remove-ItemProperty -LiteralPath $Record.Path -Name $Record.Name
    } else {
        [void] (New-ItemProperty -LiteralPath $Record.Path -Name $Record.Name -PropertyType $Record.Type -Value $Record.Before -Force)
    }
}

function Undo-Recording {
    param($Record)
    if ($Record.Kind -eq 'audit') {
        & auditpol.exe /set ('/subcategory:' + $Record.Guid) /success:disable | Out-Null
    } else {
        $options = @('/ms:' + $Record.Size)
        if (-not $Record.Enabled) {
            $options += '/e:false'
        }
        & wevtutil.exe sl $Record.Name $options
    }
    if ($LASTEXITCODE -ne 0) {
        throw ('the tool gave {0}' -f $LASTEXITCODE)
    }
}

function Undo-List {
    param($Record)
    $sections = 'Owner, Access'
    if ($Record.Kind -eq 'sacl') {
        $sections = 'Audit'
        $list = Get-Acl -LiteralPath $Record.Path -Audit
    } else {
        $list = Get-Acl -LiteralPath $Record.Path
    }
    $list.SetSecurityDescriptorSddlForm($Record.Before, $sections)
    Set-Acl -LiteralPath $Record.Path -AclObject $list
}

if (-not $State) {
    throw 'Say what to undo: -State configuration.before.json'
}
$records = @()
foreach ($record in (ConvertFrom-Json (Get-Content -LiteralPath $State -Raw -Encoding UTF8))) {
    $records = @($record) + $records
}
if (@($records | Where-Object { ($_.Kind -eq 'setting') -or ($_.Kind -eq 'lock') }).Count -gt 0) {
    Add-Type -Path (Join-Path $env:windir 'System32\inetsrv\Microsoft.Web.Administration.dll')
}
# What cannot be set back, as of a site that is gone, keeps nothing else from it.
$failed = 0
foreach ($record in $records) {
    if (-not $PSCmdlet.ShouldProcess($record.Key, 'set back')) {
        continue
    }
    try {
        switch ($record.Kind) {
            'setting' { Undo-Setting $record }
            'lock' { Undo-Setting $record }
            'file' { Undo-File $record }
            'value' { Undo-Value $record }
            'audit' { Undo-Recording $record }
            'channel' { Undo-Recording $record }
            'sacl' { Undo-List $record }
            'rights' { Undo-List $record }
        }
    } catch {
        $failed += 1
        Write-Warning ('{0} is not set back: {1}' -f $record.Key, $_.Exception.Message)
    }
}
if ($failed -gt 0) {
    throw ('{0} of {1} places are not set back' -f $failed, @($records).Count)
}
