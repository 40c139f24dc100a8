rule tunnel_headers {
  meta:
    id = "IIS273"
    title = "Request headers that drive a tunnel"
    severity = "high"
    confidence = "medium"
    attack = "T1505.004, T1090.001, T1572"
    mechanisms = "L-01, L-02, L-05"
    reference = "reGeorg and its ports to IIS: a connection is opened, written and read by headers"
  strings:
    $command = "X-CMD" ascii wide fullword
    $target = "X-TARGET" ascii wide fullword
    $port = "X-PORT" ascii wide fullword
    $state = "X-STATUS" ascii wide fullword
  condition:
    iis_component and 3 of them
}
