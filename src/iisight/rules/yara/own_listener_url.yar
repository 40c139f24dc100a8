rule own_listener_url {
  meta:
    id = "IIS270"
    title = "URL of a listener beside IIS"
    severity = "critical"
    confidence = "high"
    attack = "T1505.004, T1071.001"
    mechanisms = "L-01"
    reference = "Rungan, 2024 and 2025: listens at http.sys itself, so that no log of IIS has its requests"
  strings:
    $url = "/v1.0/8888/sys.html" ascii wide
    $word1 = "mkuser" ascii wide fullword
    $word2 = "listfolder" ascii wide fullword
    $word3 = "addurl" ascii wide fullword
  condition:
    iis_component and ($url or all of ($word*))
}
