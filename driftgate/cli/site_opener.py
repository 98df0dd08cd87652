"""Opens units for traces, in the repo and in copies of it: root modules, and the modules that Terragrunt units run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from driftgate.cli.scan import Wired, moved
from driftgate.discover.terragrunt import generate_stacks
from driftgate.remediate.trace.site import Site, open_site
from driftgate.remediate.trace.unit import open_unit_site
from driftgate.terragrunt.session import Session
from driftgate.unit import Unit, UnitKind


@dataclass(frozen=True, slots=True)
class SiteOpener:
    """An `accept.OpenSite` for the `units` of a repo by path; a copy's configurations are read once for all of them."""

    wired: Wired
    units: Mapping[str, Unit]
    _sessions: dict[Path, Session] = field(default_factory=dict)

    def __call__(self, root: Path, unit: str, workspace: str) -> Site:
        wired, known = self.wired, self.units.get(unit)
        tool = known.tool if known is not None else "terraform"
        files = [moved(file.resolve(), wired.root, root) for file in wired.var_files]
        if known is None or known.kind is not UnitKind.TERRAGRUNT_UNIT:
            return open_site(root, unit, env=wired.env, workspace=workspace, tool=tool, var_files=files)
        session = self._session(root)
        return open_unit_site(session, unit, env=wired.env, workspace=workspace, tool=tool, var_files=files)

    def _session(self, root: Path) -> Session:
        if root == self.wired.root:
            return self.wired.session
        if root not in self._sessions:
            self._sessions[root] = session = self.wired.terragrunt.session(root, self.wired.env)
            generate_stacks(session, env=self.wired.env)
        return self._sessions[root]
