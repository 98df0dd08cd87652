"""`python -m driftgate`."""

from __future__ import annotations

from driftgate.cli.main import main

raise SystemExit(main())
