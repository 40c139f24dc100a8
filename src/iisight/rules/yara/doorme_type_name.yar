rule doorme_type_name {
  meta:
    id = "IIS261"
    title = "Type name of the DoorMe backdoor"
    severity = "critical"
    confidence = "high"
    attack = "T1505.004, T1055"
    mechanisms = "L-01"
    reference = "DoorMe, 2021 to 2023: run-time type information names the class"
  strings:
    $type = ".?AVDoorme@@" ascii
  condition:
    iis_component and $type
}
