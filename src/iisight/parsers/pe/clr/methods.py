"""What a token of a method stands for: MethodDef, MemberRef or MethodSpec."""

from collections import defaultdict
from functools import cached_property

from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.names import Names, Row, target
from iisight.parsers.pe.clr.signatures import Shape, read_shape

_NAME, _SIGNATURE = {schema.METHOD_DEF: 3, schema.MEMBER_REF: 1}, {schema.METHOD_DEF: 4, schema.MEMBER_REF: 2}


class Methods:
    """Answers about tokens of methods."""

    def __init__(self, names: Names) -> None:
        """Read nothing yet."""
        self._names = names
        self._defined: dict[int, int] = {}
        self._shapes: dict[int, Shape] = {}

    def shape(self, token: int) -> Shape:
        """Return what a call of it takes and leaves; that of `void ()` when it cannot be told."""
        if token not in self._shapes:
            table, number = self._plain(token)
            row = self._row(table, number)
            self._shapes[token] = read_shape(
                self._names.metadata.blob(row[_SIGNATURE[table]]) if row and table else b""
            )
        return self._shapes[token]

    def member(self, token: int) -> str:
        """Return the name alone."""
        table, number = self._plain(token)
        row = self._row(table, number)
        return self._names.metadata.strings.read(row[_NAME[table]]) if row and table else ""

    def name(self, token: int) -> str:
        """Return `Type::Method`."""
        table, number = self._plain(token)
        row = self._row(table, number)
        if table == schema.METHOD_DEF or row is None:
            return self._names.method(number) if row else ""
        return f"{self._names.type(*self._names.member_parent(row[0]))}::{self.member(token)}"

    def defined(self, token: int) -> int:
        """Return the method of this assembly that it is, which a MemberRef too may be; 0: none."""
        if token not in self._defined:
            self._defined[token] = self._find(token)
        return self._defined[token]

    def override(self, type_number: int, declared: str) -> int:
        """Return the method that a MethodImpl (II.22.27) of a type puts in place of one, whatever its name; 0: none."""
        for body, declaration in self._overrides.get(type_number, ()):
            (body_table, method), (table, row) = (target("MethodDefOrRef", c) for c in (body, declaration))
            if body_table == schema.METHOD_DEF and self.name((table or 0) << 24 | row) == declared:
                return method
        return 0

    @cached_property
    def _overrides(self) -> dict[int, list[tuple[int, int]]]:
        found: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for owner, body, declaration in self._names.metadata.rows(schema.METHOD_IMPL):
            found[owner].append((body, declaration))
        return found

    def _find(self, token: int) -> int:
        table, number = self._plain(token)
        row = self._row(table, number)
        if table == schema.METHOD_DEF or row is None:
            return number if row else 0
        parent, of_type = self._names.member_parent(row[0])
        return self.find(of_type, self.member(token), self.shape(token)) if parent == schema.TYPE_DEF else 0

    def find(self, type_number: int, name: str, shape: Shape | None = None) -> int:
        """Return the method of a type with a name and shape; 0: none."""
        for method in self._names.methods(type_number):
            token = schema.METHOD_DEF << 24 | method
            if self.member(token) == name and shape in (None, self.shape(token)):
                return method
        return 0

    def _plain(self, token: int) -> Row:
        """Return MethodDef or MemberRef, of an instance of a generic method too."""
        table, number = token >> 24, token & 0xFFFFFF
        if table == schema.METHOD_SPEC:
            row = self._names.metadata.row(table, number)
            return target("MethodDefOrRef", row[0]) if row else (None, 0)
        return table, number

    def _row(self, table: int | None, number: int) -> tuple[int, ...] | None:
        return self._names.metadata.row(table, number) if table is not None and table in _NAME else None
