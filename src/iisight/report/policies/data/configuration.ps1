
Add-Type -Path (Join-Path $env:windir 'System32\inetsrv\Microsoft.Web.Administration.dll')

# Entries are found by comparing their name: there is no query that a name could be part of.
function Get-Element {
    param($Manager, [string] $Location, [string] $Section, [string] $Item, [string] $Element)
    $configuration = $Manager.GetApplicationHostConfiguration()
    if ($Location) {
        $found = $configuration.GetSection($Section, $Location)
    } else {
        $found = $configuration.GetSection($Section)
    }
    if ($Item) {
        $entries = @($found.GetCollection() | Where-Object { $_.GetAttributeValue('name') -eq $Item })
        if ($entries.Count -ne 1) {
            return $null
        }
        $found = $entries[0]
    }
    foreach ($name in $Element.Split('/')) {
        if ($name) {
            $found = $found.GetChildElement($name)
        }
    }
    return $found
}

# Enumerations and flags are held as numbers.
function ConvertTo-Held {
    param($Attribute, [string] $Value)
    $type = [string] $Attribute.Schema.Type
    if (($type -ne 'enum') -and ($type -ne 'flags')) {
        return $Value
    }
    $sum = 0
    foreach ($name in $Value.Split(',')) {
        foreach ($known in $Attribute.Schema.GetEnumValues()) {
            if ($known.Name -eq $name.Trim()) {
                $sum = $sum -bor $known.Value
            }
        }
    }
    return [string] $sum
}

function ConvertTo-Typed {
    param($Attribute, [string] $Value)
    $type = [string] $Attribute.Schema.Type
    if ($type -eq 'bool') {
        return [bool]::Parse($Value)
    }
    if (($type -eq 'uint') -or ($type -eq 'int') -or ($type -eq 'int64')) {
        return [long]::Parse($Value)
    }
    return $Value
}

function Set-Setting {
    param([string] $Check, [string] $Question, [string] $Location, [string] $Section, [string] $Item,
        [string] $Element, [string] $Name, [string] $Value)
    $place = (@($Location, $Section, $Item, $Element) | Where-Object { $_ }) -join ', '
    $manager = New-Object Microsoft.Web.Administration.ServerManager
    $held = Get-Element $manager $Location $Section $Item $Element
    if ($null -eq $held) {
        Write-Warning ('{0}: {1} is not there any more' -f $Check, $place)
        return
    }
    $attribute = $held.GetAttribute($Name)
    if ([string] $attribute.Value -eq (ConvertTo-Held $attribute $Value)) {
        return
    }
    if (-not (Test-Step $Check $Question ('{0}: {1} = {2}' -f $place, $Name, $Value))) {
        return
    }
    $before = $null
    if (-not $attribute.IsInheritedFromDefaultValue) {
        $before = [string] $attribute.Value
    }
    Save-Before ('setting {0} {1}' -f $place, $Name) @{
        Kind = 'setting'; Location = $Location; Section = $Section; Item = $Item; Element = $Element
        Name = $Name; Before = $before
    }
    [void] $held.SetAttributeValue($Name, (ConvertTo-Typed $attribute $Value))
    $manager.CommitChanges()
}

function Lock-Section {
    param([string] $Check, [string] $Question, [string] $Location, [string] $Section)
    $manager = New-Object Microsoft.Web.Administration.ServerManager
    $held = Get-Element $manager $Location $Section '' ''
    if ([string] $held.OverrideMode -eq 'Deny') {
        return
    }
    if (-not (Test-Step $Check $Question ('lock {0} {1}' -f $Section, $Location))) {
        return
    }
    Save-Before ('lock {0} {1}' -f $Section, $Location) @{
        Kind = 'lock'; Location = $Location; Section = $Section; Before = [string] $held.OverrideMode
    }
    $held.OverrideMode = 'Deny'
    $manager.CommitChanges()
}

# A root web.config of .NET: nothing of it is read but the elements on the way.
function Set-FileSetting {
    param([string] $Check, [string] $Question, [string] $Path, [string] $Element, [string] $Name, [string] $Value)
    $document = New-Object System.Xml.XmlDocument
    $document.XmlResolver = $null
    $document.PreserveWhitespace = $true
    $document.Load($Path)
    $held = $document.DocumentElement
    foreach ($step in $Element.Split('/')) {
        $found = @($held.ChildNodes | Where-Object { $_.LocalName -ceq $step })
        if ($found.Count -gt 0) {
            $held = $found[0]
        } else {
            $held = $held.AppendChild($document.CreateElement($step))
        }
    }
    if ($held.GetAttribute($Name) -ceq $Value) {
        return
    }
    if (-not (Test-Step $Check $Question ('{0}: {1} {2} = {3}' -f $Path, $Element, $Name, $Value))) {
        return
    }
    $before = $null
    if ($held.HasAttribute($Name)) {
        $before = $held.GetAttribute($Name)
    }
    Save-Before ('file {0} {1} {2}' -f $Path, $Element, $Name) @{
        Kind = 'file'; Path = $Path; Element = $Element; Name = $Name; Before = $before
    }
    $held.SetAttribute($Name, $Value)
    $document.Save($Path)
}

# A copy of the whole configuration beside what is recorded, made once: appcmd restore backup NAME.
if (($records.Count -eq 0) -and $PSCmdlet.ShouldProcess('the configuration', 'appcmd add backup')) {
    & (Join-Path $env:windir 'System32\inetsrv\appcmd.exe') add backup ('iisight-' + (Get-Date -Format 'yyyyMMddHHmmss'))
    if ($LASTEXITCODE -ne 0) {
        throw ('appcmd gave {0}: no backup was made, and nothing is changed' -f $LASTEXITCODE)
    }
}
