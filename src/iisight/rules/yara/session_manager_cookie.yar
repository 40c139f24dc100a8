rule session_manager_cookie {
  meta:
    id = "IIS262"
    title = "Command cookie of the SessionManager backdoor"
    severity = "critical"
    confidence = "medium"
    attack = "T1505.004, T1071.001"
    mechanisms = "L-01"
    reference = "SessionManager, 2021 and 2022: commands arrive in the cookie SM_SESSION"
  strings:
    $cookie = "SM_SESSION=" ascii wide
  condition:
    iis_component and $cookie
}
