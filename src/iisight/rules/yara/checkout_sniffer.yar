rule checkout_sniffer {
  meta:
    id = "IIS272"
    title = "Native module that knows the pages of a checkout"
    severity = "high"
    confidence = "medium"
    attack = "T1505.004, T1056.003"
    mechanisms = "L-01"
    reference = "IIStealer: reads payment data of a shop as it is posted"
  strings:
    $page1 = "/checkout/checkout.aspx" ascii wide nocase
    $page2 = "/checkout/Payment.aspx" ascii wide nocase
    $page3 = "/privacy.aspx" ascii wide nocase
    $native = "RegisterModule" ascii fullword
  condition:
    iis_component and $native and 2 of ($page*)
}
