"""The close look at assemblies that the workbench builds."""

import struct
from dataclasses import replace

import pytest

from iisight.model.examination import Assembly, AssemblyName, Call, Resource
from iisight.parsers.pe.clr import examine_assembly, il, sites
from iisight.parsers.pe.clr.resources import content_of
from iisight.parsers.pe.clr.tables import rows
from iisight.workbench.pe import PeSpec, build

MODULE = ("Contoso.Module", "System.Object", ("System.Web.IHttpModule",))
SPEC = PeSpec(managed=True, assembly="Contoso", types=(MODULE,), subscribes=("Contoso.Module: LogRequest",))


def look(spec: PeSpec) -> Assembly:
    assembly, _, _, _ = examine_assembly(build(spec))
    assert assembly is not None
    return assembly


def calls(*listed: str) -> tuple[Call, ...]:
    return look(replace(SPEC, calls=listed)).calls


def notes(spec: PeSpec) -> tuple[str, ...]:
    return examine_assembly(build(spec)).notes


def test_a_native_image_is_no_assembly() -> None:
    assert examine_assembly(build(PeSpec())) == (None, (), (), ())


def test_what_is_no_pe_is_no_assembly() -> None:
    assert examine_assembly(b"MZ") == (None, (), (), ())


def test_metadata_that_cannot_be_read_is_said() -> None:
    data = build(SPEC).replace(b"BSJB", b"XXXX")
    assembly, _, _, noted = examine_assembly(data)
    assert assembly is None
    assert noted[0].endswith("cannot be read")


def test_a_call_comes_with_its_text() -> None:
    (call,) = calls('System.Diagnostics.Process::Start("notepad.exe")')
    assert call == Call("System.Diagnostics.Process::Start", "Contoso.Module::Inert", 6, ("notepad.exe",))


@pytest.mark.parametrize("kind", ["byte[]", "string"])
def test_overloads_of_load_are_told_apart(kind: str) -> None:
    assert [c.target for c in calls(f"System.Reflection.Assembly::Load({kind})")] == [
        f"System.Reflection.Assembly::Load({kind})"
    ]


def test_a_constructor_is_a_call() -> None:
    assert [c.target for c in calls("System.Net.HttpListener::.ctor")] == ["System.Net.HttpListener::.ctor"]


def test_calls_that_do_not_matter_are_left_out() -> None:
    assert calls("System.Math::Abs", "System.Diagnostics.Process::Stop") == ()


def test_a_text_belongs_to_the_call_that_takes_it() -> None:
    _, second = calls('System.IO.File::WriteAllText("a.txt")', "System.IO.Path::GetTempPath")
    assert second.arguments == ()


def test_a_target_called_very_often_is_kept_a_few_times() -> None:
    assert len(calls(*["System.IO.Path::GetTempPath"] * 100)) == sites.MAX_KEPT


def test_bytes_that_look_like_calls_do_not_use_up_what_is_kept() -> None:
    data = build(replace(SPEC, calls=("System.IO.Path::GetTempPath",) * 100))
    called = b"\x28" + data[data.index(b"\x2a\x28") + 2 :][:4] + b"\x26"  # call, pop
    hidden = b"\x21" + called[:5] + bytes(3)  # ldc.i8 of the same bytes
    fake = hidden + b"\x26" + bytes(2)  # pop, nop, nop
    assembly, _, _, _ = examine_assembly(data.replace(called * 80, fake * 40, 1))
    assert assembly is not None
    assert len(assembly.calls) == 20


def test_il_beyond_the_budget_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sites, "MAX_DECODED", 4)
    assert notes(SPEC) == ("IL is left out after 4 bytes of it were decoded",)


def test_bytes_that_are_no_instructions_do_not_hide_what_is_jumped_to() -> None:
    data = bytearray(build(replace(SPEC, calls=("System.Math::Abs", "System.IO.Path::GetTempPath"))))
    start = data.index(b"\x2a\x28", data.index(b"BSJB") - 200)  # ret, call
    data[start : start + 7] = b"\x2b\x05" + b"\xa6" * 5  # br.s behind bytes that are no instruction
    assembly, _, _, _ = examine_assembly(bytes(data))
    assert assembly is not None
    assert [c.target for c in assembly.calls] == ["System.IO.Path::GetTempPath"]


def test_a_module_whose_init_is_elsewhere_is_said() -> None:
    assert examine_assembly(build(replace(SPEC, subscribes=()))).undecided == (
        "what Contoso.Module subscribes to: its Init is not in this assembly",
    )


def test_references_are_read() -> None:
    listed = "Newtonsoft.Json, Version=13.0.0.0, Culture=neutral, PublicKeyToken=30ad4fe6b2a6aeed"
    assembly = look(replace(SPEC, assembly_references=(listed,)))
    assert assembly.references[-1] == AssemblyName("Newtonsoft.Json", "13.0.0.0", "30ad4fe6b2a6aeed")


def test_native_imports_are_read() -> None:
    assert look(replace(SPEC, native_imports=("kernel32!Sleep",))).native_imports == ("kernel32.dll!Sleep",)


@pytest.mark.parametrize(
    ("listed", "content"),
    [
        ("a=assembly", "assembly"),
        ("a=pe", "pe"),
        ("costura.a.dll.compressed=deflate", "assembly in deflate"),
        ("a=just text", ""),
    ],
)
def test_a_resource_is_known_by_its_first_bytes(listed: str, content: str) -> None:
    assert [r.content for r in look(replace(SPEC, resources=(listed,))).resources] == [content]


def test_a_resource_has_its_size() -> None:
    assert look(replace(SPEC, resources=("a=1234567", "b=12"))).resources == (
        Resource("managed", "a", 7),
        Resource("managed", "b", 2),
    )


def test_an_executable_within_a_set_of_resources_is_found() -> None:
    data = struct.pack("<I", 0xBEEFCACE) + bytes(100) + build(PeSpec())
    assert content_of("a.resources", memoryview(data)) == "resources with pe"


def test_attributes_of_obfuscators_are_traces() -> None:
    assembly = look(replace(SPEC, assembly_attributes=("ConfusedByAttribute(ConfuserEx v1.0)",)))
    assert assembly.obfuscation == ("ConfusedByAttribute (ConfuserEx)",)
    assert assembly.attributes[0].arguments == ("ConfuserEx v1.0",)


def test_debuggable_tells_its_modes() -> None:
    assembly = look(replace(SPEC, assembly_attributes=("System.Diagnostics.DebuggableAttribute(263)",)))
    assert assembly.attributes[0].arguments == ("263",)


@pytest.mark.parametrize("char", ["\u200b", "\ue000", "\x01"])
def test_names_that_cannot_be_typed_are_a_trace(char: str) -> None:
    types = tuple((f"Contoso.{char * (number + 3)}", "System.Object", ()) for number in range(40))
    assert look(replace(SPEC, types=(MODULE, *types))).obfuscation == ("most names cannot be typed",)


def test_names_in_other_alphabets_are_no_trace() -> None:
    types = tuple((f"Contoso.Модуль{number}", "System.Object", ()) for number in range(40))
    assert look(replace(SPEC, types=(MODULE, *types))).obfuscation == ()


def test_names_of_one_letter_are_a_trace_when_most_are() -> None:
    types = tuple((f"A.{chr(97 + number)}", "System.Object", ()) for number in range(26))
    assert look(replace(SPEC, types=(MODULE, *types))).obfuscation == ("most types have names of one or two letters",)


def test_code_for_a_type_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no such type: Other"):
        build(replace(SPEC, subscribes=("Other: LogRequest",)))


def test_calls_are_listed_once() -> None:
    listed = [(row["type"], row["member"]) for row in rows("calls")]
    assert len(listed) == len(set(listed))


def test_every_operation_code_is_listed() -> None:
    known = sum(opcode is not None for opcode in il.opcodes())
    assert known == 219  # ECMA-335 III.1.9
