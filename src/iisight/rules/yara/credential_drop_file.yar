rule credential_drop_file {
  meta:
    id = "IIS267"
    title = "File in Temp to which credentials are written"
    severity = "critical"
    confidence = "high"
    attack = "T1505.004, T1056.003"
    mechanisms = "L-01"
    reference = "IIS-Raid and its kin, IIStealer: captured passwords go to these files"
  strings:
    $file1 = "\\Windows\\Temp\\creds.db" ascii wide nocase
    $file2 = "\\Windows\\Temp\\thumbs.db" ascii wide nocase
    $file3 = "\\Windows\\Temp\\log.tmp" ascii wide nocase
    $file4 = "\\Windows\\Temp\\AAD30E0F.tmp" ascii wide nocase
    $file5 = "\\Windows\\Temp\\cache.txt" ascii wide nocase
  condition:
    iis_component and any of them
}
