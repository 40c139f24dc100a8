"""Large servers made in memory: many sites, locations and nested web.configs."""

from collections.abc import Iterator
from xml.etree import ElementTree as ET

from iisight.workbench import stock

_NESTED = """<configuration>
  <system.webServer>
    <modules><remove name="FormsAuthentication" /><add name="Audit{n}" type="Shop.Audit{n}, Shop" /></modules>
    <handlers><add name="Feed{n}" path="feed.axd" verb="GET" type="Shop.Feed, Shop" /></handlers>
    <rewrite><rules><rule name="r{n}"><match url="a" /><action type="Redirect" url="b" /></rule></rules></rewrite>
  </system.webServer>
</configuration>
"""


def estate(sites: int, locations_per_site: int = 5) -> dict[str, bytes]:
    """Return a stock server with so many sites, each with locations and two nested web.configs."""
    files = dict(stock.stock_files())
    root = ET.fromstring(files[stock.APPHOST])
    holder = root.find("system.applicationHost/sites")
    pools = root.find("system.applicationHost/applicationPools")
    assert holder is not None
    assert pools is not None
    for number in range(sites):
        name = f"site{number:05}"
        folder = f"D:\\web\\{name}"
        site = ET.SubElement(holder, "site", name=name, id=str(number + 10))
        application = ET.SubElement(site, "application", path="/", applicationPool=name)
        ET.SubElement(application, "virtualDirectory", path="/", physicalPath=folder)
        ET.SubElement(pools, "add", name=name)
        files[f"{folder}\\web.config"] = _NESTED.format(n=1).encode()
        files[f"{folder}\\admin\\web.config"] = _NESTED.format(n=2).encode()
        for location in _locations(name, locations_per_site):
            root.append(location)
    files[stock.APPHOST] = stock.to_bytes(root)
    return files


def _locations(site: str, count: int) -> Iterator[ET.Element]:
    for number in range(count):
        location = ET.Element("location", path=f"{site}/part{number}" if number else site)
        server = ET.SubElement(location, "system.webServer")
        if number % 2:
            handlers = ET.SubElement(server, "handlers")
            ET.SubElement(handlers, "remove", name="ISAPI-dll")
        else:
            security = ET.SubElement(ET.SubElement(server, "security"), "authentication")
            ET.SubElement(security, "windowsAuthentication", enabled="true")
        yield location
