rule badiis_licence_check {
  meta:
    id = "IIS265"
    title = "Licence check of the BadIIS service"
    severity = "high"
    confidence = "medium"
    attack = "T1505.004, T1071.001"
    mechanisms = "L-01, L-02"
    reference = "BadIIS sold as a service, 2026: asks its maker whether the customer paid"
  strings:
    $licence = "/authorize.txt" ascii wide
    $listen = "/listen.php" ascii wide
    $crawler1 = "Googlebot" ascii wide nocase
    $crawler2 = "Baiduspider" ascii wide nocase
    $crawler3 = "bingbot" ascii wide nocase
    $crawler4 = "spider" ascii wide fullword nocase
  condition:
    iis_component and $licence and ($listen or any of ($crawler*))
}
