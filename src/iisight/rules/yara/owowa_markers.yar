rule owowa_markers {
  meta:
    id = "IIS271"
    title = "Markers of the Owowa credential stealer"
    severity = "critical"
    confidence = "high"
    attack = "T1505.004, T1056.003"
    mechanisms = "L-02"
    reference = "Owowa, 2021: a module that bears a type name of .NET and keeps passwords of Outlook on the web"
  strings:
    $file = ".db.ses" ascii wide
    $type = "ExtenderControlDesigner" ascii fullword
    $event = "PreSendRequestContent" ascii
    $module = "IHttpModule" ascii fullword
  condition:
    iis_component and $module and $event and ($file or $type)
}
