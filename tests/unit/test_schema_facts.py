import pytest

from iisight.catalogue import schema
from iisight.model.component import Kind
from iisight.model.config import Element


def element(tag: str, /, *children: Element, **attributes: str) -> Element:
    return Element(tag, attributes, children, 1, 1)


def attribute(name: str, **flags: str) -> Element:
    return element("attribute", name=name, **flags)


def section(name: str, *children: Element) -> Element:
    return element("configSchema", element("sectionSchema", *children, name=name))


@pytest.mark.parametrize(
    ("path", "definition", "override"),
    [
        ("system.webServer/globalModules", "AppHostOnly", "Deny"),
        ("system.webServer/modules", "MachineToApplication", "Deny"),
        ("system.webServer/isapiFilters", "MachineToApplication", "Deny"),
        ("system.webServer/handlers", "Everywhere", "Deny"),
        ("system.webServer/rewrite/rules", "Everywhere", "Allow"),
        ("system.webServer/rewrite/globalRules", "AppHostOnly", "Deny"),
        ("system.webServer/aspNetCore", "Everywhere", "Allow"),
        ("system.applicationHost/sites", "AppHostOnly", "Deny"),
        ("system.web/httpModules", "Everywhere", "Allow"),
        ("system.web/processModel", "MachineOnly", "Allow"),
    ],
)
def test_stock_lock_state_of_a_section(path: str, definition: str, override: str) -> None:
    fact = schema.section_fact(path)
    assert fact is not None
    assert (fact.allow_definition, fact.override_default) == (definition, override)


def test_section_names_are_case_sensitive() -> None:
    assert schema.section_fact("system.webserver/modules") is None


def test_every_section_names_its_source() -> None:
    assert [s.path for s in schema.all_sections() if not s.source] == []


def test_handlers_put_local_entries_first() -> None:
    fact = schema.collection_fact("system.webServer/handlers")
    assert fact is not None
    assert fact.prepend


def test_module_names_are_case_sensitive_keys() -> None:
    fact = schema.collection_fact("system.webServer/modules")
    assert fact is not None
    assert (fact.keys, fact.case_sensitive) == (("name",), True)


def test_classic_module_names_are_not_case_sensitive() -> None:
    fact = schema.collection_fact("system.web/httpModules")
    assert fact is not None
    assert not fact.case_sensitive


def test_fastcgi_applications_have_a_combined_key_and_no_remove() -> None:
    fact = schema.collection_fact("system.webServer/fastCgi")
    assert fact is not None
    assert (fact.add, fact.keys, fact.remove) == (("application",), ("fullPath", "arguments"), "")


@pytest.mark.parametrize(
    ("owner", "default"),
    [
        ("system.applicationHost/applicationPools", "applicationPoolDefaults"),
        ("system.applicationHost/sites", "siteDefaults"),
        ("system.applicationHost/sites/site", "applicationDefaults"),
        ("system.applicationHost/sites/site/application", "virtualDirectoryDefaults"),
    ],
)
def test_collections_with_default_elements(owner: str, default: str) -> None:
    fact = schema.collection_fact(owner)
    assert fact is not None
    assert fact.default_element == default


def test_authorization_has_two_elements_that_add() -> None:
    fact = schema.collection_fact("system.web/authorization")
    assert fact is not None
    assert (fact.add, fact.duplicates) == (("allow", "deny"), True)


@pytest.mark.parametrize(
    "owner",
    [
        "appSettings",
        "connectionStrings",
        "system.applicationHost/applicationPools/add/environmentVariables",
        "system.applicationHost/sites/site/bindings",
        "system.ftpServer/providerDefinitions",
        "system.web/httpHandlers",
        "system.webServer/isapiFilters",
        "system.webServer/rewrite/rules",
        "system.webServer/security/isapiCgiRestriction",
        "system.webServer/webdav/globalSettings/propertyStores",
        "webFarms/webFarm/runProviders",
    ],
)
def test_collection_is_known(owner: str) -> None:
    assert schema.collection_fact(owner) is not None


def test_a_section_without_collection_has_no_fact() -> None:
    assert schema.collection_fact("system.webServer/cgi") is None


def test_code_attributes_use_the_kinds_of_components() -> None:
    assert {c.kind for c in schema.code_attributes()} <= {kind.value for kind in Kind}


def test_code_attributes_are_listed_once() -> None:
    places = [(c.section, c.element, c.attribute) for c in schema.code_attributes()]
    assert len(places) == len(set(places))


def test_variables_are_expanded_in_a_module_image_alone() -> None:
    expanded = {(c.section, c.attribute): c.expanded for c in schema.code_attributes()}
    assert expanded["system.webServer/globalModules", "image"]
    assert not expanded["system.webServer/modules", "type"]


def test_clr_loader_has_stock_values() -> None:
    loader = next(c for c in schema.code_attributes() if c.attribute == "managedRuntimeLoader")
    assert "webengine4.dll" in loader.stock


def test_known_extensions_are_those_of_the_stock_schema() -> None:
    assert "microsoft.applicationhost.rscaextension" in schema.known_extension_progids()


def test_collection_is_read_from_a_schema_file() -> None:
    collection = element(
        "collection",
        attribute("id", isUniqueKey="true", caseSensitive="true"),
        attribute("value"),
        addElement="item",
        removeElement="drop",
        mergeAppend="false",
        allowDuplicates="true",
    )
    root = section("vendor/thing", element("element", collection, name="items"))
    assert schema.collection_facts_from_schema(root) == (
        schema.CollectionFact("vendor/thing/items", ("item",), "drop", "", ("id",), True, True, True, ""),
    )


def test_inner_collection_has_the_path_of_the_entry_that_owns_it() -> None:
    inner = element("collection", attribute("name", isUniqueKey="true"), addElement="part")
    outer = element("collection", inner, addElement="this,that")
    owners = {fact.owner for fact in schema.collection_facts_from_schema(section("vendor", outer))}
    assert owners == {"vendor", "vendor/this", "vendor/that"}


def test_combined_keys_are_read_in_order() -> None:
    keys = (attribute("a", isCombinedKey="true"), attribute("b", isCombinedKey="true"))
    (fact,) = schema.collection_facts_from_schema(section("vendor", element("collection", *keys, addElement="add")))
    assert fact.keys == ("a", "b")


def test_extension_is_found_with_its_element() -> None:
    method = element("method", name="Start", extension="Vendor.Class")
    assert schema.schema_extensions(section("vendor", method)) == (("Vendor.Class", method),)


def test_extension_inside_an_entry_with_two_names_is_listed_once() -> None:
    method = element("method", name="Start", extension="Vendor.Class")
    root = section("vendor", element("collection", method, addElement="this,that"))
    assert schema.schema_extensions(root) == (("Vendor.Class", method),)


def test_endless_path_is_cut_off() -> None:
    collection = element("collection", addElement="add")
    root = section("vendor", element("element", collection, name="x" * schema.MAX_PATH))
    assert schema.collection_facts_from_schema(root) == ()


def test_deep_schema_is_cut_off() -> None:
    deep = element("attribute", extension="Too.Deep")
    for _ in range(schema.MAX_DEPTH):
        deep = element("element", deep, name="x")
    assert schema.schema_extensions(section("vendor", deep)) == ()


def test_wide_schema_is_cut_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_ELEMENTS", 10)
    root = section("vendor", *(element("method", name="m", extension="A.B") for _ in range(50)))
    assert len(schema.schema_extensions(root)) == 9


def test_many_adding_names_do_not_multiply_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(schema, "MAX_ELEMENTS", 1_000)
    collection = element("collection", addElement="leaf")
    for _ in range(20):
        collection = element("collection", collection, addElement=",".join(f"n{i}" for i in range(50)))
    assert len(schema.collection_facts_from_schema(section("vendor", collection))) <= 1_000
