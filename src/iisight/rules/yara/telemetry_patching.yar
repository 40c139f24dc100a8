rule telemetry_patching {
  meta:
    id = "IIS274"
    title = "Component that names what it takes to silence ETW and AMSI"
    severity = "high"
    confidence = "medium"
    attack = "T1505.004, T1562.006"
    mechanisms = "L-01, L-02, L-05, L-06"
    reference = "Detele and others: the functions that report are overwritten in memory"
  strings:
    $etw = "EtwEventWrite" ascii wide
    $amsi = "AmsiScanBuffer" ascii wide
    $protect1 = "VirtualProtect" ascii wide
    $protect2 = "NtProtectVirtualMemory" ascii wide
    $protect3 = "WriteProcessMemory" ascii wide
  condition:
    iis_component and $etw and $amsi and any of ($protect*)
}
