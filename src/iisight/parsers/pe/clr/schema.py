"""Layout of the metadata tables of a .NET assembly (ECMA-335 II.22 the columns, II.24.2.6 their widths)."""

from collections.abc import Mapping

MODULE, TYPE_REF, TYPE_DEF, METHOD_DEF, INTERFACE_IMPL = 0x00, 0x01, 0x02, 0x06, 0x09
MEMBER_REF, CUSTOM_ATTRIBUTE, METHOD_IMPL, MODULE_REF, TYPE_SPEC = 0x0A, 0x0C, 0x19, 0x1A, 0x1B
IMPL_MAP, ASSEMBLY, ASSEMBLY_REF = 0x1C, 0x20, 0x23
MANIFEST_RESOURCE, NESTED_CLASS, METHOD_SPEC, USER_STRING = 0x28, 0x29, 0x2B, 0x70

# Coded indexes: the tables a tag chooses among (None: a tag without a table).
CODED: Mapping[str, tuple[int | None, ...]] = {
    "TypeDefOrRef": (0x02, 0x01, 0x1B),
    "HasConstant": (0x04, 0x08, 0x17),
    "HasCustomAttribute": (
        *(0x06, 0x04, 0x01, 0x02, 0x08, 0x09, 0x0A, 0x00, 0x0E, 0x17, 0x14),
        *(0x11, 0x1A, 0x1B, 0x20, 0x23, 0x26, 0x27, 0x28, 0x2A, 0x2C, 0x2B),
    ),
    "HasFieldMarshal": (0x04, 0x08),
    "HasDeclSecurity": (0x02, 0x06, 0x20),
    "MemberRefParent": (0x02, 0x01, 0x1A, 0x06, 0x1B),
    "HasSemantics": (0x14, 0x17),
    "MethodDefOrRef": (0x06, 0x0A),
    "MemberForwarded": (0x04, 0x06),
    "Implementation": (0x26, 0x23, 0x27),
    "CustomAttributeType": (None, None, 0x06, 0x0A, None),
    "ResolutionScope": (0x00, 0x1A, 0x23, 0x01),
    "TypeOrMethodDef": (0x02, 0x06),
}

# Columns: `2` or `4` bytes; S, G, B an index into #Strings, #GUID, #Blob; `t04` a row of table 4;
# or a coded index.
TABLES: tuple[str, ...] = (
    "2 S G G G",  # 00 Module
    "ResolutionScope S S",  # 01 TypeRef
    "4 S S TypeDefOrRef t04 t06",  # 02 TypeDef
    "t04",  # 03 FieldPtr
    "2 S B",  # 04 Field
    "t06",  # 05 MethodPtr
    "4 2 2 S B t08",  # 06 MethodDef
    "t08",  # 07 ParamPtr
    "2 2 S",  # 08 Param
    "t02 TypeDefOrRef",  # 09 InterfaceImpl
    "MemberRefParent S B",  # 0A MemberRef
    "2 HasConstant B",  # 0B Constant
    "HasCustomAttribute CustomAttributeType B",  # 0C CustomAttribute
    "HasFieldMarshal B",  # 0D FieldMarshal
    "2 HasDeclSecurity B",  # 0E DeclSecurity
    "2 4 t02",  # 0F ClassLayout
    "4 t04",  # 10 FieldLayout
    "B",  # 11 StandAloneSig
    "t02 t14",  # 12 EventMap
    "t14",  # 13 EventPtr
    "2 S TypeDefOrRef",  # 14 Event
    "t02 t17",  # 15 PropertyMap
    "t17",  # 16 PropertyPtr
    "2 S B",  # 17 Property
    "2 t06 HasSemantics",  # 18 MethodSemantics
    "t02 MethodDefOrRef MethodDefOrRef",  # 19 MethodImpl
    "S",  # 1A ModuleRef
    "B",  # 1B TypeSpec
    "2 MemberForwarded S t1A",  # 1C ImplMap
    "4 t04",  # 1D FieldRVA
    "4 4",  # 1E EncLog
    "4",  # 1F EncMap
    "4 2 2 2 2 4 B S S",  # 20 Assembly
    "4",  # 21 AssemblyProcessor
    "4 4 4",  # 22 AssemblyOS
    "2 2 2 2 4 B S S B",  # 23 AssemblyRef
    "4 t23",  # 24 AssemblyRefProcessor
    "4 4 4 t23",  # 25 AssemblyRefOS
    "4 S B",  # 26 File
    "4 4 S S Implementation",  # 27 ExportedType
    "4 4 S Implementation",  # 28 ManifestResource
    "t02 t02",  # 29 NestedClass
    "2 2 TypeOrMethodDef S",  # 2A GenericParam
    "MethodDefOrRef B",  # 2B MethodSpec
    "t2A TypeDefOrRef",  # 2C GenericParamConstraint
)

_HEAPS = {"S": 1, "G": 2, "B": 4}  # bit of HeapSizes that makes the index four bytes wide


def row_format(table: int, rows: Mapping[int, int], heap_sizes: int) -> str:
    """Return the struct format of one row, given how many rows each table has."""
    return "<" + "".join(_column(column, rows, heap_sizes) for column in TABLES[table].split())


def tag_bits(coded: str) -> int:
    """Return how many low bits of a coded index choose the table."""
    return (len(CODED[coded]) - 1).bit_length()


def _column(column: str, rows: Mapping[int, int], heap_sizes: int) -> str:
    """Return the struct code of one column."""
    if column in ("2", "4"):
        return "H" if column == "2" else "I"
    if column in _HEAPS:
        return "I" if heap_sizes & _HEAPS[column] else "H"
    if column in CODED:
        limit = 1 << (16 - tag_bits(column))
        most = max(rows.get(table, 0) for table in CODED[column] if table is not None)
        return "H" if most < limit else "I"
    return "H" if rows.get(int(column[1:], 16), 0) < 1 << 16 else "I"
