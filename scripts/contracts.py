"""An import contract that import-linter lacks: what a package may take from outside the house, named one by one."""

import sys

from grimp import ImportGraph
from importlinter import Contract, ContractCheck, fields, output


class OutsideContract(Contract):
    """`source` may import the standard library less `forbidden`, and of other packages only `allowed`."""

    type_name = "outside"

    source = fields.StringField()
    allowed = fields.SetField(subfield=fields.StringField())
    forbidden = fields.SetField(subfield=fields.StringField())

    def check(self, graph: ImportGraph, verbose: bool) -> ContractCheck:
        """Every direct import of every module of `source`, against the two lists."""
        inside = {name.split(".")[0] for name in graph.modules if not graph.is_module_squashed(name)}
        lawful = (sys.stdlib_module_names | set(self.allowed) | inside) - set(self.forbidden)
        modules = [self.source, *graph.find_descendants(self.source)]
        breaches = [
            f"{module} imports {imported}"
            for module in sorted(modules)
            for imported in sorted(graph.find_modules_directly_imported_by(module))
            if imported.split(".")[0] not in lawful
        ]
        return ContractCheck(kept=not breaches, metadata={"breaches": breaches})

    def render_broken_contract(self, check: ContractCheck) -> None:
        """One line a breach."""
        for breach in check.metadata["breaches"]:
            output.print_error(breach)
