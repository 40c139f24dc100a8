#requires -Version 5.1

# Merges wdac.xml with DefaultWindows_Audit.xml, the example policy that comes with Windows and allows Windows itself,
# drivers and Store applications. It writes wdac-merged.xml and wdac-merged.bin beside this script, in audit mode, and
# deploys nothing. To undo it, delete these two files.

[CmdletBinding(SupportsShouldProcess = $true)]
param(
    [string] $Base = (Join-Path $env:windir 'schemas\CodeIntegrity\ExamplePolicies\DefaultWindows_Audit.xml')
)

Set-StrictMode -Version 2.0
$ErrorActionPreference = 'Stop'
$own = Join-Path $PSScriptRoot 'wdac.xml'
$merged = Join-Path $PSScriptRoot 'wdac-merged.xml'
$binary = Join-Path $PSScriptRoot 'wdac-merged.bin'
if ($PSCmdlet.ShouldProcess($merged, 'write the merged policy')) {
    [void] (Merge-CIPolicy -PolicyPaths $Base, $own -OutputFilePath $merged)
    Set-RuleOption -FilePath $merged -Option 3
    [void] (ConvertFrom-CIPolicy -XmlFilePath $merged -BinaryFilePath $binary)
}
