rule badiis_settings_page {
  meta:
    id = "IIS266"
    title = "Settings page of BadIIS"
    severity = "high"
    confidence = "medium"
    attack = "T1505.004, T1071.001"
    mechanisms = "L-01"
    reference = "DragonRank, 2024: settings are fetched from pages of these names"
  strings:
    $first = "/zz1.php" ascii wide
    $second = "/xx1.php" ascii wide
  condition:
    iis_component and any of them
}
