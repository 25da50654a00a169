"""Dtabs: tables of ``/prefix => tree`` by which a name is rewritten until a namer knows it."""

from __future__ import annotations

from dataclasses import dataclass

from clew.mesh.naming.nametree import Alt, NameTree, Neg, map_leaves, read_tree, show_tree
from clew.mesh.naming.path import Path
from clew.mesh.naming.scanner import Scanner, show_label


@dataclass(frozen=True, slots=True)
class Prefix:
    """The left side of a dentry."""

    elems: tuple[bytes | None, ...]
    """None is ``*``, which stands for any one whole segment."""

    @staticmethod
    def read(text: str) -> Prefix:
        """Raises ParseError."""
        scanner = Scanner(text)
        prefix = _read_prefix(scanner)
        scanner.expect_end()
        return prefix

    def matches(self, path: Path) -> bool:
        """Whether the path begins like this. ``/`` matches every path."""
        elems, head = self.elems, path.segments[: len(self.elems)]
        if elems == head:
            return True
        return (
            None in elems
            and len(elems) == len(head)
            and all(elem in (None, segment) for elem, segment in zip(elems, head, strict=True))
        )

    def __len__(self) -> int:
        return len(self.elems)

    def __str__(self) -> str:
        return "/" + "/".join("*" if elem is None else show_label(elem) for elem in self.elems)


@dataclass(frozen=True, slots=True)
class Dentry:
    """One rewriting rule: what follows ``prefix`` is appended to every path of ``dst``."""

    prefix: Prefix
    dst: NameTree[Path]

    def rewrite(self, path: Path) -> NameTree[Path]:
        """What the rule makes of a path that its prefix matches."""
        rest = path.drop(len(self.prefix))
        return map_leaves(self.dst, lambda head: head + rest)

    @property
    def exact(self) -> str:
        """The rule with its weights as they are."""
        return f"{self.prefix}=>{show_tree(self.dst, exact=True)}"

    def __str__(self) -> str:
        return f"{self.prefix}=>{show_tree(self.dst)}"


@dataclass(frozen=True, slots=True)
class Dtab:
    """Rules of which the later one wins and the earlier ones are its fallback."""

    dentries: tuple[Dentry, ...] = ()

    @staticmethod
    def read(text: str) -> Dtab:
        """``/a => /b; /c => /d | /e``; nothing at all is the empty table. Raises ParseError."""
        scanner = Scanner(text)
        dentries = []
        scanner.skip_blank()
        while scanner.peek:
            dentries.append(_read_dentry(scanner))
            if not scanner.take(";"):
                break
            scanner.skip_blank()
        scanner.expect_end()
        return Dtab(tuple(dentries))

    def matching(self, path: Path) -> tuple[Dentry, ...]:
        """The rules for a path, in the order in which they are tried: last written, first tried."""
        return tuple(d for d in reversed(self.dentries) if d.prefix.matches(path))

    def lookup(self, path: Path) -> NameTree[Path]:
        """One rewriting step; Neg when no rule matches."""
        trees = tuple(dentry.rewrite(path) for dentry in self.matching(path))
        match trees:
            case ():
                return Neg()
            case (tree,):
                return tree
        return Alt(trees)

    def __add__(self, other: Dtab) -> Dtab:
        """This table with ``other`` after it, so that ``other`` wins."""
        return Dtab(self.dentries + other.dentries)

    def __bool__(self) -> bool:
        return bool(self.dentries)

    @property
    def exact(self) -> str:
        """On one line, with weights as they are: what is read from it is this table."""
        return ";".join(dentry.exact for dentry in self.dentries)

    def document(self, *, exact: bool = False) -> list[dict[str, str]]:
        """``[{"prefix": "/a/*", "dst": "/b | /c"}]``, as namerd has it in JSON."""
        return [
            {"prefix": str(each.prefix), "dst": show_tree(each.dst, exact=exact)}
            for each in self.dentries
        ]

    def __str__(self) -> str:
        """On one line, with weights to two decimals, as Finagle shows it."""
        return ";".join(map(str, self.dentries))


def _read_dentry(scanner: Scanner) -> Dentry:
    prefix = _read_prefix(scanner)
    scanner.skip_blank()
    scanner.expect("=")
    scanner.expect(">")
    return Dentry(prefix, read_tree(scanner))


def _read_prefix(scanner: Scanner) -> Prefix:
    scanner.skip_blank()
    scanner.expect("/")
    if not scanner.starts_label() and scanner.peek != "*":
        return Prefix(())
    elems = [_read_elem(scanner)]
    while scanner.take("/"):
        elems.append(_read_elem(scanner))
    return Prefix(tuple(elems))


def _read_elem(scanner: Scanner) -> bytes | None:
    return None if scanner.take("*") else scanner.label()
