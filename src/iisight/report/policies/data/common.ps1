Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'

# What was before the first run, by place. Later runs add to it and change nothing in it.
$records = New-Object System.Collections.ArrayList
if (Test-Path -LiteralPath $State) {
    $read = ConvertFrom-Json (Get-Content -LiteralPath $State -Raw -Encoding UTF8)
    foreach ($record in $read) {
        [void] $records.Add($record)
    }
}

function Save-Before {
    param([string] $Key, [hashtable] $Record)
    $known = @($records | Where-Object { $_.Key -ceq $Key })
    if ($known.Count -gt 0) {
        return
    }
    $Record.Key = $Key
    [void] $records.Add([pscustomobject] $Record)
    ConvertTo-Json -InputObject $records.ToArray() -Depth 4 | Set-Content -LiteralPath $State -Encoding UTF8
}

# A change with a question is made when its check is accepted. -WhatIf tells what would be done.
function Test-Step {
    param([string] $Check, [string] $Question, [string] $What)
    if ($Question -and ($Accept -notcontains $Check)) {
        Write-Warning ('{0} left out: {1}. Before you accept it: {2}.' -f $Check, $What, $Question)
        return $false
    }
    return $PSCmdlet.ShouldProcess($What, $Check)
}

function Set-RegistryEntry {
    param([string] $Check, [string] $Question, [string] $Key, [string] $Name, [string] $Type, [string] $Value)
    $path = $Key -replace '^HKLM\\', 'HKLM:\'
    $held = $null
    if (Test-Path -LiteralPath $path) {
        $held = (Get-Item -LiteralPath $path).GetValue($Name, $null)
    }
    if (($null -ne $held) -and ([string] $held -ceq $Value)) {
        return
    }
    if (-not (Test-Step $Check $Question ('{0}, {1} = {2}' -f $Key, $Name, $Value))) {
        return
    }
    Save-Before ('value {0} {1}' -f $Key, $Name) @{ Kind = 'value'; Path = $path; Name = $Name; Type = $Type; Before = $held }
    if (-not (Test-Path -LiteralPath $path)) {
        [void] (New-Item -Path $path -Force)
    }
    [void] (New-ItemProperty -LiteralPath $path -Name $Name -PropertyType $Type -Value $Value -Force)
}
