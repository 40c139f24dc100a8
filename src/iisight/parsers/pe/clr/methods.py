"""What a token of a method stands for: MethodDef, MemberRef or MethodSpec."""

from collections import defaultdict
from functools import cached_property

from iisight.parsers.pe.clr import schema
from iisight.parsers.pe.clr.names import Names, target
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
            table, _, row = self._row(token)
            self._shapes[token] = read_shape(self._names.metadata.blob(row[_SIGNATURE[table]]) if row else b"")
        return self._shapes[token]

    def member(self, token: int) -> str:
        """Return the name alone."""
        table, _, row = self._row(token)
        return self._names.metadata.strings.read(row[_NAME[table]]) if row else ""

    def name(self, token: int) -> str:
        """Return `Type::Method`."""
        table, number, row = self._row(token)
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
        table, number, row = self._row(token)
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

    def _row(self, token: int) -> tuple[int, int, tuple[int, ...] | None]:
        """Return the MethodDef or MemberRef that a token is, or is an instance of: table, number, row."""
        table, number = token >> 24, token & 0xFFFFFF
        if table == schema.METHOD_SPEC:
            generic = self._names.metadata.row(table, number)
            chosen, number = target("MethodDefOrRef", generic[0]) if generic else (None, 0)
            table = chosen or 0
        return table, number, self._names.metadata.row(table, number) if table in _NAME else None
