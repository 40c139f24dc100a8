rule tollbooth_markers {
  meta:
    id = "IIS264"
    title = "Markers of the TOLLBOOTH modules"
    severity = "critical"
    confidence = "high"
    attack = "T1505.004, T1564"
    mechanisms = "L-01, L-02"
    reference = "TOLLBOOTH and HijackServer, 2025: version texts, a misspelt crawler and a query that clears the cache"
  strings:
    $native = "hj-plugin-iis-cpp" ascii wide
    $managed = "hj-iis-cim" ascii wide
    $crawler = "gooqlebot" ascii wide nocase
    $clear = "clean?type=conf" ascii wide
  condition:
    iis_component and (any of ($native, $managed) or all of ($crawler, $clear))
}
