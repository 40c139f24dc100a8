rule command_headers {
  meta:
    id = "IIS268"
    title = "Request headers that carry commands"
    severity = "critical"
    confidence = "high"
    attack = "T1505.004, T1071.001"
    mechanisms = "L-01"
    reference = "IIS-Raid and its kin, IIStealer: header names of published samples"
  strings:
    $single1 = "COM_InterProt" ascii wide fullword
    $single2 = "X-FFEServer" ascii wide fullword
    $single3 = "Sense-Pwd" ascii wide fullword
    $single4 = "X-IIS-Data" ascii wide fullword
    $blog1 = "X-BLOG" ascii wide fullword
    $blog2 = "X-BlogEngine" ascii wide fullword
    $raid1 = "X-Password" ascii wide fullword
    $raid2 = "X-Chrome-Variations" ascii wide fullword
  condition:
    iis_component and (any of ($single*) or all of ($blog*) or all of ($raid*))
}
