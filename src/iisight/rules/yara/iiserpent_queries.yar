rule iiserpent_queries {
  meta:
    id = "IIS263"
    title = "Control queries of IISerpent"
    severity = "critical"
    confidence = "high"
    attack = "T1505.004, T1071.001"
    mechanisms = "L-01"
    reference = "IISerpent, 2021: two query strings show and reload what is served to crawlers"
  strings:
    $display = "DisplayModuleConfig=1" ascii wide
    $reload = "ReloadModuleConfig=1" ascii wide
  condition:
    iis_component and any of them
}
