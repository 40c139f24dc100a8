rule iis_raid_commands {
  meta:
    id = "IIS269"
    title = "Command words of IIS-Raid"
    severity = "high"
    confidence = "medium"
    attack = "T1505.004, T1059.003"
    mechanisms = "L-01"
    reference = "IIS-Raid, 2020: commands are three letters"
  strings:
    $word1 = { 00 43 4D 44 00 } // CMD
    $word2 = { 00 50 49 4E 00 } // PIN
    $word3 = { 00 49 4E 4A 00 } // INJ
    $word4 = { 00 44 4D 50 00 } // DMP
    $word5 = { 00 55 50 4C 00 } // UPL
    $word6 = { 00 44 4F 57 00 } // DOW
  condition:
    iis_component and 5 of ($word*)
}
