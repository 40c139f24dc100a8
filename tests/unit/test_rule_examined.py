"""What the rules say of files that were looked at closely (IIS210 to IIS223)."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from iisight.inventory.inventory import Inventory
from iisight.model.binary import Binary, Export, Image, Machine, VersionInfo
from iisight.model.component import CatalogueMatch, Component, ImageState, Kind, Presence, Registration
from iisight.model.examination import (
    Ability,
    Anatomy,
    Assembly,
    AssemblyName,
    Call,
    Capability,
    Examination,
    ManagedType,
    Resource,
    Subscription,
    Trace,
)
from iisight.model.finding import Finding
from iisight.model.locator import Locator
from iisight.model.signature import Certificate, Signature, SignatureState
from iisight.rules.binaries import (
    able_and_unvouched,
    crawler_only_responses,
    debug_build,
    early_logging_and_response_hooks,
    embedded_assembly,
    implausible_timestamps,
    microsoft_claim_unsigned,
    missing_managed_type,
    other_public_key,
    packed_module,
    process_or_memory_code,
    same_binary_several_names,
    uncatalogued_stock_file,
    untrusted_signature,
)

ACME = "C:\\Program Files\\Acme\\acme.dll"
UPD = "C:\\ProgramData\\Update\\upd.dll"
INETSRV = "C:\\Windows\\System32\\inetsrv\\"
SHOP = "C:\\inetpub\\shop\\bin\\Shop.dll"
STOCK = ("loghttp.dll", "static.dll", "modrqflt.dll", "cachuri.dll", "iisres.dll", "protsup.dll", "custerr.dll")
MADE = datetime(2020, 1, 1, tzinfo=UTC)
MODULE = "System.Web.IHttpModule"
MICROSOFT = VersionInfo(company="Microsoft Corporation")
NONE = Signature(SignatureState.NONE, "no signature in the file, and none of 3 catalogues lists it")
CATALOGUED = Signature(SignatureState.CATALOGUE, "a catalogue lists it", is_microsoft=True)
TRUSTED = Signature(SignatureState.TRUSTED, "its chain ends at the trusted root Test")


def certificate(name: str, issuer: str = "CN=Acme Root") -> Certificate:
    return Certificate(f"CN={name}", issuer, name, name, "01", "ab", "cd", MADE, MADE)


def signed(state: SignatureState, name: str, reason: str = "", issuer: str = "CN=Acme Root") -> Signature:
    return Signature(state, reason, signer=certificate(name, issuer), root=certificate(name, issuer))


def binary(path: str, examination: Examination | None = None, sha256: str = "", **image: object) -> Binary:
    values: dict[str, object] = {
        "machine": Machine.X64,
        "is_dll": True,
        "is_managed": False,
        "is_64bit": True,
        "exports": (Export("RegisterModule", 1),),
        "imports": (),
        "sections": (),
        "version": None,
        "timestamp": None,
    }
    made = Image(**{**values, **image})  # type: ignore[arg-type]
    return Binary(path, 4096, sha256 or path, None, made, examination=examination or Examination())


def component(file: Binary, kind: Kind = Kind.NATIVE_MODULE, name: str = "Acme", **more: object) -> Component:
    row = Registration(Locator("applicationHost.config", 7), "system.webServer/globalModules", "", (("name", name),))
    made = Component(
        id=f"{kind}:{name}:{file.path}",
        kind=kind,
        mechanism="L-01",
        name=name,
        image=file.path,
        type=None,
        registrations=(row,),
        presence=(Presence("", True),),
        image_state=ImageState.READ,
        binary=file,
    )
    return replace(made, **more)  # type: ignore[arg-type]


def known(made: Component) -> Component:
    return replace(made, match=CatalogueMatch("Acme", "3p", "a document", ("name", "image")))


def inventory(*components: Component, catalogued: int = 0, binaries: Iterable[Binary] = ()) -> Inventory:
    stock = [binary(INETSRV + name, Examination(signature=CATALOGUED)) for name in STOCK[:catalogued]]
    read = [c.binary for c in components if c.binary is not None]
    return Inventory("test", (), components, (), (), (), (*read, *stock, *binaries))


def said(rule: object, *components: Component, catalogued: int = 0, binaries: Iterable[Binary] = ()) -> list[str]:
    return [f"{f.severity}/{f.confidence}" for f in found(rule, *components, catalogued=catalogued, binaries=binaries)]


def found(rule: object, *components: Component, catalogued: int = 0, binaries: Iterable[Binary] = ()) -> list[Finding]:
    check: Callable[..., Iterable[Finding]] = rule.check  # type: ignore[attr-defined]
    options = rule.INFO.options  # type: ignore[attr-defined]
    return list(check(inventory(*components, catalogued=catalogued, binaries=binaries), options))


def ability(*abilities: Ability, kind: str = "import", text: str = "x", place: str = "") -> tuple[Capability, ...]:
    return tuple(Capability(a, (Trace(kind, text, 64, place),)) for a in abilities)


def asks(*events: str, priority: str = "") -> tuple[Subscription, ...]:
    return tuple(Subscription(event, priority=priority) for event in events)


def managed(path: str = SHOP, *, name: str = "Shop.Gate", role: str = MODULE, **examination: object) -> Component:
    assembly = Assembly(AssemblyName("Shop", "1.0.0.0"), types=(ManagedType(name, (role,)),))
    values: dict[str, object] = {"assembly": assembly, **examination}
    file = binary(path, Examination(**values), is_managed=True, exports=())  # type: ignore[arg-type]
    return component(file, Kind.MANAGED_MODULE, type=f"{name}, Shop")


class TestUntrustedSignature:
    rule = untrusted_signature

    @pytest.mark.parametrize(
        ("signature", "weight"),
        [
            (signed(SignatureState.UNTRUSTED, "Microsoft Corporation", "x", "CN=Microsoft Corporation"), "high/high"),
            (signed(SignatureState.UNTRUSTED, "Acme", "x", "CN=Acme"), "medium/low"),
            (signed(SignatureState.UNTRUSTED, "Acme", 'the certificate of "Acme" is revoked'), "high/medium"),
            (
                signed(SignatureState.UNTRUSTED, "Acme", 'the certificate of "Acme" had expired on 2020-01-01'),
                "low/low",
            ),
            (signed(SignatureState.BROKEN, "Microsoft Corporation", "its digest differs"), "high/high"),
            (signed(SignatureState.BROKEN, "Acme", "its digest differs"), "high/medium"),
            (Signature(SignatureState.BROKEN, "a signature is there that cannot be read"), "high/low"),
        ],
    )
    def test_a_signature_that_is_no_good_is_told_by_its_weight(self, signature: Signature, weight: str) -> None:
        assert said(self.rule, component(binary(ACME, Examination(signature=signature)))) == [weight]

    def test_a_file_that_was_cut_convicts_nobody(self) -> None:
        broken = Examination(signature=signed(SignatureState.BROKEN, "Microsoft Corporation", "its digest differs"))
        file = binary(ACME, broken, notes=("section '.text' runs past the end of the file",))
        assert said(self.rule, component(file)) == ["high/low"]

    def test_a_second_signature_that_is_trusted_clears_an_untrusted_first(self) -> None:
        first = signed(SignatureState.UNTRUSTED, "Acme", "the file's digest is made with MD5, which can be forged")
        file = binary(ACME, Examination(signature=replace(first, others=(TRUSTED,))))
        assert said(self.rule, component(file)) == []

    @pytest.mark.parametrize("signature", [None, NONE, TRUSTED, CATALOGUED, Signature(SignatureState.UNKNOWN, "")])
    def test_any_other_state_is_not_its_business(self, signature: Signature | None) -> None:
        assert said(self.rule, component(binary(ACME, Examination(signature=signature)))) == []

    def test_the_twin_that_32_bit_pools_load_is_judged_as_well(self) -> None:
        twin = binary("C:\\Windows\\SysWOW64\\a.dll", Examination(signature=signed(SignatureState.BROKEN, "Acme", "x")))
        assert said(self.rule, replace(component(binary(ACME)), twin=twin)) == ["high/medium"]


class TestMicrosoftClaimUnsigned:
    rule = microsoft_claim_unsigned

    def test_a_module_without_microsofts_signature_is_told(self) -> None:
        file = binary(ACME, Examination(signature=NONE), version=MICROSOFT)
        assert said(self.rule, component(file), catalogued=6) == ["high/medium"]

    def test_few_catalogues_prove_little(self) -> None:
        file = binary(ACME, Examination(signature=NONE), version=MICROSOFT)
        assert said(self.rule, component(file), catalogued=3) == ["medium/low"]

    def test_a_library_that_a_packager_stripped_of_its_signature_convicts_nobody(self) -> None:
        file = binary(ACME, Examination(signature=NONE), version=MICROSOFT, exports=())
        assert said(self.rule, component(file), catalogued=6) == ["medium/low"]

    def test_an_assembly_from_a_desk_where_microsoft_is_the_default_company_convicts_nobody(self) -> None:
        file = binary(SHOP, Examination(signature=NONE), version=MICROSOFT, is_managed=True)
        assert said(self.rule, component(file, Kind.MANAGED_MODULE), catalogued=6) == ["medium/low"]

    @pytest.mark.parametrize(
        ("signature", "version"),
        [
            (Signature(SignatureState.UNKNOWN, "no catalogue in the evidence"), MICROSOFT),
            (replace(TRUSTED, is_microsoft=True), MICROSOFT),
            (NONE, VersionInfo(company="Acme")),
        ],
    )
    def test_nothing_is_said_without_claim_or_without_knowledge(
        self, signature: Signature, version: VersionInfo
    ) -> None:
        file = binary(ACME, Examination(signature=signature), version=version)
        assert said(self.rule, component(file), catalogued=6) == []


class TestUncataloguedStockFile:
    rule = uncatalogued_stock_file
    file = binary(INETSRV + "cgi.dll", Examination(signature=NONE), version=MICROSOFT)

    def test_the_one_file_that_no_catalogue_lists_is_told(self) -> None:
        others = [binary(INETSRV + f"{n}.dll", Examination(signature=CATALOGUED)) for n in ("redirect", "filter")]
        others += [binary(INETSRV + f"auth{n}.dll", Examination(signature=CATALOGUED)) for n in ("basic", "anon")]
        assert said(self.rule, known(component(self.file)), catalogued=7, binaries=others) == ["high/medium"]

    def test_one_of_few_may_be_of_an_update_whose_catalogue_is_not_there(self) -> None:
        assert said(self.rule, known(component(self.file)), catalogued=5) == ["high/low"]

    def test_catalogues_of_another_server_prove_nothing(self) -> None:
        assert said(self.rule, known(component(self.file)), catalogued=2) == []

    def test_another_place_is_not_its_business(self) -> None:
        assert said(self.rule, component(binary(ACME, Examination(signature=NONE))), catalogued=7) == []


class TestManagedNames:
    def test_a_missing_type_is_noted(self) -> None:
        assert said(missing_managed_type, replace(managed(), type_found=False)) == ["low/low"]

    @pytest.mark.parametrize("there", [True, None])
    def test_a_type_that_is_there_or_was_not_looked_up_is_not(self, there: bool | None) -> None:
        assert said(missing_managed_type, replace(managed(), type_found=there)) == []

    @pytest.mark.parametrize(("signature", "weight"), [(NONE, "medium/medium"), (TRUSTED, "medium/low")])
    def test_an_assembly_of_microsofts_without_its_type_is_doubted_by_its_signature(
        self, signature: Signature, weight: str
    ) -> None:
        lacking = replace(managed(signature=signature), type="System.Web.Gone, System.Web", type_found=False)
        assert said(missing_managed_type, lacking) == [weight]

    @pytest.mark.parametrize(
        ("asked", "weight"),
        [
            ("System.Web.Mvc, System.Web.Mvc, Version=4.0.0.0, PublicKeyToken=31bf3856ad364e35", ["medium/medium"]),
            ("Shop.Gate, Shop, Version=1.0.0.0, PublicKeyToken=0123456789abcdef", ["low/low"]),
            ("Shop.Gate, Shop", []),
        ],
    )
    def test_another_key_is_told_by_whose_was_asked_for(self, asked: str, weight: list[str]) -> None:
        assert said(other_public_key, replace(managed(), type=asked)) == weight


class TestHooks:
    rule = early_logging_and_response_hooks

    def module(self, path: str, priority: str = "FIRST", *events: str) -> Component:
        subscriptions = asks(*(events or ("RQ_LOG_REQUEST", "RQ_SEND_RESPONSE")), priority=priority)
        return component(binary(path, Examination(signature=NONE, subscriptions=subscriptions)))

    def test_a_module_of_a_program_folder_convicts_nobody(self) -> None:
        assert said(self.rule, self.module(ACME), catalogued=6) == ["medium/low"]

    def test_a_module_of_a_writable_folder_is_suspicious(self) -> None:
        assert said(self.rule, self.module(UPD)) == ["medium/medium"]

    @pytest.mark.parametrize(("priority", "events"), [("MEDIUM", ()), ("FIRST", ("RQ_LOG_REQUEST", "RQ_END_REQUEST"))])
    def test_late_or_half_of_it_is_not_told(self, priority: str, events: tuple[str, ...]) -> None:
        assert said(self.rule, self.module(UPD, priority, *events)) == []

    def test_a_managed_module_is_early_from_its_first_event_on(self) -> None:
        events = asks("BeginRequest", "LogRequest", "PreSendRequestHeaders")
        assert said(self.rule, managed(subscriptions=events)) == ["medium/low"]

    def test_a_known_module_is_not_told(self) -> None:
        assert said(self.rule, known(self.module(UPD))) == []


class TestCrawlers:
    rule = crawler_only_responses
    both = ability(Ability.KNOWS_CRAWLERS, Ability.REWRITES_RESPONSES)

    def test_a_native_module_that_knows_crawlers_and_rewrites_is_suspicious(self) -> None:
        assert said(self.rule, component(binary(ACME, Examination(capabilities=self.both)))) == ["high/medium"]

    def test_what_a_trusted_signer_made_is_only_noted(self) -> None:
        file = binary(ACME, Examination(signature=TRUSTED, capabilities=self.both))
        assert said(self.rule, component(file)) == ["info/low"]

    def test_an_applications_own_assembly_convicts_nobody(self) -> None:
        assert said(self.rule, managed(capabilities=self.both)) == ["high/low"]

    def test_one_of_the_two_is_not_told(self) -> None:
        assert said(self.rule, component(binary(UPD, Examination(capabilities=self.both[:1])))) == []


class TestProcesses:
    rule = process_or_memory_code
    commands = ability(Ability.RUNS_PROCESSES, Ability.PARSES_COMMANDS)

    def test_a_module_of_a_writable_folder_that_parses_commands_is_suspicious(self) -> None:
        file = binary(UPD, Examination(capabilities=self.commands, subscriptions=asks("RQ_BEGIN_REQUEST")))
        assert said(self.rule, component(file)) == ["medium/medium"]

    def test_the_same_in_a_program_folder_is_noted(self) -> None:
        file = binary(ACME, Examination(capabilities=self.commands, subscriptions=asks("RQ_BEGIN_REQUEST")))
        assert said(self.rule, component(file)) == ["low/low"]

    def test_what_requests_do_not_reach_is_noted(self) -> None:
        assert said(self.rule, component(binary(UPD, Examination(capabilities=self.commands)))) == ["low/low"]

    def test_memory_that_any_runtime_allocates_is_not_told(self) -> None:
        file = binary(
            UPD, Examination(capabilities=ability(Ability.LOADS_CODE), subscriptions=asks("RQ_BEGIN_REQUEST"))
        )
        assert said(self.rule, component(file)) == []

    @pytest.mark.parametrize(
        ("reader", "weight"), [("Shop.Gate::OnBegin", "medium/medium"), ("Shop.Order::Pay", "low/low")]
    )
    def test_a_managed_module_that_does_both_itself_is_suspicious(self, reader: str, weight: str) -> None:
        runs = ability(Ability.RUNS_PROCESSES, kind="call", place="Shop.Gate::Run")
        reads = ability(Ability.PARSES_COMMANDS, kind="call", place=reader)
        made = managed(capabilities=(*runs, *reads), subscriptions=asks("BeginRequest"))
        assert said(self.rule, made) == [weight]


class TestTimestamps:
    rule = implausible_timestamps
    other = replace(binary("C:\\other.dll"), modified=MADE + timedelta(days=400))

    def module(self, days: int = 90, **anatomy: object) -> Component:
        examination = Examination(anatomy=Anatomy(**anatomy))  # type: ignore[arg-type]
        file = binary(INETSRV + "upd.dll", examination, timestamp=MADE + timedelta(days=days))
        return component(replace(file, modified=MADE))

    def neighbours(self, linked: int = -90) -> list[Binary]:
        made = (binary(f"{INETSRV}{n}.dll", timestamp=MADE + timedelta(days=linked)) for n in "abc")
        return [self.other, *(replace(b, modified=MADE) for b in made)]

    def test_the_time_of_the_neighbours_before_its_own_making_is_suspicious(self) -> None:
        assert said(self.rule, self.module(), binaries=self.neighbours()) == ["medium/medium"]

    def test_an_impossible_time_of_its_own_is_noted(self) -> None:
        assert said(self.rule, self.module(), binaries=[self.other]) == ["low/low"]

    def test_neighbours_as_implausible_mean_an_archive(self) -> None:
        assert said(self.rule, self.module(), binaries=self.neighbours(90)) == ["low/low"]

    @pytest.mark.parametrize("anatomy", [{"is_reproducible": True}, {"times": (("export table", MADE),)}])
    def test_a_link_time_that_is_none_is_not_told(self, anatomy: dict[str, object]) -> None:
        assert said(self.rule, self.module(90, **anatomy), binaries=self.neighbours()) == []

    def test_a_link_time_after_everything_is_not_told(self) -> None:
        assert said(self.rule, self.module(4000), binaries=self.neighbours()) == []

    def test_the_last_time_there_can_be_is_no_trouble(self) -> None:
        last = replace(self.other, modified=datetime.max.replace(tzinfo=UTC))
        assert said(self.rule, self.module(), binaries=[*self.neighbours(), last]) == ["medium/medium"]

    def test_a_copy_with_new_times_is_not_judged(self) -> None:
        assert said(self.rule, self.module(), binaries=self.neighbours()[1:]) == []


class TestContents:
    @pytest.mark.parametrize(
        ("kind", "trace", "weight"),
        [
            (Kind.NATIVE_MODULE, "section UPX0", "medium/medium"),
            (Kind.ISAPI_EXTENSION, "section UPX0", "medium/low"),
            (Kind.NATIVE_MODULE, ".text has entropy 7.90", "low/low"),
        ],
    )
    def test_a_packed_file_is_told_by_trace_and_kind(self, kind: Kind, trace: str, weight: str) -> None:
        file = binary(ACME, Examination(anatomy=Anatomy(packer=(trace,))))
        assert said(packed_module, component(file, kind)) == [weight]

    def test_a_packed_file_of_a_trusted_signer_is_not_told(self) -> None:
        file = binary(ACME, Examination(signature=TRUSTED, anatomy=Anatomy(packer=("section UPX0",))))
        assert said(packed_module, component(file)) == []

    def test_obfuscation_is_noted(self) -> None:
        assembly = Assembly(AssemblyName("Shop", "1.0.0.0"), obfuscation=("ConfusedByAttribute",))
        assert said(packed_module, managed(assembly=assembly)) == ["info/low"]

    @pytest.mark.parametrize(
        ("resource", "place", "calls", "weight"),
        [
            ("payload", "Shop.Gate::OnBegin", (), "medium/medium"),
            ("payload", "Shop.Loader::Load", (), "low/low"),
            ("costura.json.dll.compressed", "Shop.Gate::OnBegin", (), "low/low"),
            ("payload", "Shop.Gate::OnBegin", ("System.AppDomain::add_AssemblyResolve",), "low/low"),
        ],
    )
    def test_an_embedded_assembly_is_told_by_who_loads_it(
        self, resource: str, place: str, calls: tuple[str, ...], weight: str
    ) -> None:
        loads = "System.Reflection.Assembly::Load(byte[])"
        assembly = Assembly(
            AssemblyName("Shop", "1.0.0.0"),
            types=(ManagedType("Shop.Gate", (MODULE,)),),
            resources=(Resource("managed", resource, 9000, "assembly"),),
            calls=tuple(Call(target, "x", 0) for target in calls),
        )
        able = ability(Ability.LOADS_CODE, kind="call", text=loads, place=place)
        assert said(embedded_assembly, managed(assembly=assembly, capabilities=able)) == [weight]

    def test_other_resources_are_not_told(self) -> None:
        anatomy = Anatomy(resources=(Resource("RT_RCDATA", "#1", 9000, "zip"),))
        assert said(embedded_assembly, component(binary(ACME, Examination(anatomy=anatomy)))) == []

    def test_one_content_in_a_program_folder_under_two_names_is_noted(self) -> None:
        one, two = binary(ACME, sha256="a"), binary("C:\\Program Files\\Acme\\acme2.dll", sha256="a")
        assert said(same_binary_several_names, component(one), component(two)) == ["low/low"]

    def test_one_content_as_a_stock_name_elsewhere_is_suspicious(self) -> None:
        one, two = binary(ACME, sha256="a"), binary("C:\\Program Files\\Acme\\loghttp.dll", sha256="a")
        assert said(same_binary_several_names, component(one), component(two)) == ["medium/medium"]

    def test_one_content_under_one_name_is_not_told(self) -> None:
        one, two = binary(ACME, sha256="a"), binary("C:\\Program Files\\Other\\acme.dll", sha256="a")
        assert said(same_binary_several_names, component(one), component(two)) == []

    @pytest.mark.parametrize(
        ("pdb", "told"),
        [
            ("C:\\Users\\dev\\source\\repos\\upd\\x64\\Release\\upd.pdb", True),
            ("D:\\Desktop\\upd.pdb", True),
            ("D:\\a\\1\\s\\x64\\Release\\acme.pdb", False),
            ("C:\\Users\\runneradmin\\work\\acme.pdb", False),
            ("", False),
        ],
    )
    def test_a_users_path_is_told(self, pdb: str, told: bool) -> None:
        file = binary(ACME, Examination(anatomy=Anatomy(pdb=pdb)))
        assert bool(said(debug_build, component(file))) is told

    def test_a_debug_build_of_a_trusted_signer_is_only_noted(self) -> None:
        file = binary(ACME, Examination(signature=TRUSTED, anatomy=Anatomy(is_debug=True)))
        assert said(debug_build, component(file)) == ["info/low"]


class TestProfile:
    rule = able_and_unvouched
    strong = ability(
        Ability.READS_REQUESTS, Ability.REWRITES_RESPONSES, Ability.RUNS_PROCESSES, Ability.PARSES_COMMANDS
    )

    def module(
        self, path: str, signature: Signature | None = NONE, events: tuple[str, ...] = ("RQ_BEGIN_REQUEST",)
    ) -> Component:
        made = Examination(signature=signature, capabilities=self.strong, subscriptions=asks(*events))
        return component(binary(path, made), name="UpdateModule")

    def test_two_doubts_and_strong_abilities_are_told_in_one_sentence(self) -> None:
        (told,) = found(self.rule, self.module(UPD), catalogued=6)
        assert told.message == (
            "native-module 'UpdateModule' (C:\\ProgramData\\Update\\upd.dll) can read raw requests, rewrite responses, "
            "run processes and read commands from cookies or headers, asks for RQ_BEGIN_REQUEST; "
            "no signature vouches for it and it lies in a folder that ordinary accounts may write"
        )
        assert (told.severity, told.confidence) == ("medium", "medium")

    def test_one_doubt_is_noted(self) -> None:
        assert said(self.rule, self.module(UPD)) == ["low/low"]

    def test_no_doubt_is_not_told(self) -> None:
        assert said(self.rule, self.module(ACME)) == []

    def test_what_requests_do_not_reach_is_noted(self) -> None:
        assert said(self.rule, self.module(UPD, events=()), catalogued=6) == ["low/low"]

    def test_what_a_trusted_signer_made_is_not_told(self) -> None:
        assert said(self.rule, self.module(UPD, TRUSTED), catalogued=6) == []

    def test_few_abilities_are_not_told(self) -> None:
        made = Examination(signature=NONE, capabilities=ability(Ability.USES_CRYPTO, Ability.OPENS_SOCKETS))
        assert said(self.rule, component(binary(UPD, made)), catalogued=6) == []

    def test_a_name_like_a_stock_one_is_a_doubt(self) -> None:
        made = replace(self.module(ACME), name="HttpL0ggingModule")
        assert said(self.rule, made, catalogued=6) == ["medium/medium"]


@pytest.mark.parametrize("examination", [None, Examination()])
def test_a_file_that_was_not_looked_at_says_nothing(examination: Examination | None) -> None:
    made = component(replace(binary(UPD, version=MICROSOFT), examination=examination))
    rules = (
        *(untrusted_signature, microsoft_claim_unsigned, uncatalogued_stock_file, early_logging_and_response_hooks),
        *(crawler_only_responses, process_or_memory_code, implausible_timestamps, packed_module, embedded_assembly),
        *(debug_build, able_and_unvouched),
    )
    assert [rule.INFO.id for rule in rules if said(rule, made, catalogued=6)] == []
