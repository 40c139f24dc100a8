// A DLL (IMAGE_FILE_DLL) that IIS could load: it exports an entry point of IIS, or names an interface of ASP.NET.
private rule iis_component {
  strings:
    $module = "RegisterModule" ascii fullword
    $filter = "HttpFilterProc" ascii fullword
    $extension = "HttpExtensionProc" ascii fullword
    $managed = /IHttp(Async)?(Module|Handler)/ ascii fullword
  condition:
    uint16(0) == 0x5A4D and uint16(uint32(0x3C) + 22) & 0x2000 != 0 and any of them
}
