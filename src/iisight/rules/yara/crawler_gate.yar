rule crawler_gate {
  meta:
    id = "IIS260"
    title = "Component that tells crawlers of search engines apart"
    severity = "high"
    confidence = "medium"
    attack = "T1505.004, T1564"
    mechanisms = "L-01, L-02, L-05, L-06"
    reference = "BadIIS, IISerpent, Gamshen: crawlers are served other pages than visitors"
  strings:
    $crawler1 = "Googlebot" ascii wide nocase
    $crawler2 = "bingbot" ascii wide nocase
    $crawler3 = "Baiduspider" ascii wide nocase
    $crawler4 = "YandexBot" ascii wide nocase
    $crawler5 = "Sogou" ascii wide nocase
    $crawler6 = "360Spider" ascii wide nocase
    $crawler7 = "YisouSpider" ascii wide nocase
    $referer1 = "HTTP_REFERER" ascii wide
    $referer2 = "Referer" ascii wide fullword
    $referer3 = "window.location" ascii wide
    $referer4 = "google.co" ascii wide
    $referer5 = "baidu.com" ascii wide
    $referer6 = "sogou.com" ascii wide
  condition:
    iis_component and 2 of ($crawler*) and any of ($referer*)
}
