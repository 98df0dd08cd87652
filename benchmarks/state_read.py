"""Reading a state to its typed view, against the standard library's `json.loads`: time and peak memory."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.row import Row, paired

BUDGETS = {10: (0.1, 60), 100: (0.5, 250)}
"""Size of the state in MB: seconds and MB of memory allowed."""
TIMES = 5

# Each run is a process of its own: the peak memory of one must not hide in another's. The peak is read from
# /proc where there is one, since getrusage also counts what the parent had before exec.
_CHILD = """
import sys, time
from pathlib import Path
{imports}
begun = time.perf_counter()
document = {read}
seconds = time.perf_counter() - begun
try:
    peak = next(int(l.split()[1]) for l in open("/proc/self/status") if l.startswith("VmHWM"))
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // (1024 if sys.platform == "darwin" else 1)
print(seconds, peak / 1024)
"""
OURS = _CHILD.format(
    imports="from driftgate.state.parse import parse_state", read="parse_state(Path(sys.argv[1]).read_bytes())"
)
RIVAL = _CHILD.format(imports="import json", read="json.loads(Path(sys.argv[1]).read_bytes())")


def rows() -> list[Row]:
    """Two rows for each size."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for size, (seconds, memory) in BUDGETS.items():
            path = Path(folder) / f"{size}.tfstate"
            write_state(path, size * 1_000_000)
            for what, part, scale, unit, budget in (
                ("read", 0, 1000, "ms", seconds),
                ("peak memory", 1, 1, "MB", memory),
            ):
                ours, rival = paired(lambda: measure(OURS, path)[part], lambda: measure(RIVAL, path)[part], TIMES)  # noqa: B023
                words = f"≤ {budget * scale:.0f} {unit}"
                found.append(
                    Row(
                        f"{what}, state of {size} MB",
                        ours * scale,
                        "json.loads",
                        rival * scale,
                        unit,
                        words,
                        ours <= budget,
                    )
                )
    return found


def measure(code: str, path: Path) -> tuple[float, float]:
    """Seconds and peak MB of reading the file at `path` in a fresh process."""
    result = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, check=True, text=True)
    seconds, peak = map(float, result.stdout.split())
    return seconds, peak


def write_state(path: Path, size: int) -> None:
    """Write a state of about `size` bytes as Terraform formats it: AWS resources, the same at every run."""
    dice = random.Random(7)
    head = {"version": 4, "terraform_version": "1.11.4", "serial": 412, "lineage": str(uuid.UUID(int=5)), "outputs": {}}
    with path.open("w", encoding="utf-8") as file:
        file.write(json.dumps(head, indent=2)[:-2] + ',\n  "resources": [\n    ')
        for position, resource in enumerate(_resources(dice)):
            file.write((",\n    " if position else "") + json.dumps(resource, indent=2).replace("\n", "\n    "))
            if file.tell() >= size:
                break
        file.write('\n  ],\n  "check_results": null\n}\n')


def _resources(dice: random.Random) -> Iterator[dict[str, Any]]:
    kinds = (("aws_security_group", _group), ("aws_instance", _machine), ("aws_iam_policy", _policy))
    number = 0
    while True:
        number += 1
        kind, attributes = dice.choice(kinds)
        count = dice.choice((1, 1, 1, 3, 10))
        yield {
            "module": f"module.m{number % 40}",
            "mode": "managed",
            "type": kind,
            "name": f"r{number}",
            "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
            "instances": [
                {
                    **({"index_key": i} if count > 1 else {}),
                    "schema_version": 1,
                    "attributes": attributes(dice, number * 10 + i),
                    "sensitive_attributes": [],
                    "private": _hex(dice, 120),
                    "dependencies": [f"module.m{number % 40}.aws_vpc.main", f"module.m{number % 40}.aws_subnet.a"],
                }
                for i in range(count)
            ],
        }


def _group(dice: random.Random, i: int) -> dict[str, Any]:
    def rule(port: int) -> dict[str, Any]:
        return {
            "cidr_blocks": [f"10.{port % 256}.0.0/16"],
            "description": f"rule {port}",
            "from_port": port,
            "ipv6_cidr_blocks": [],
            "prefix_list_ids": [],
            "protocol": "tcp",
            "security_groups": [],
            "self": False,
            "to_port": port,
        }

    return {
        "arn": f"arn:aws:ec2:eu-west-1:123456789012:security-group/sg-{_hex(dice, 17)}",
        "description": "Managed by Terraform",
        "egress": [rule(0)],
        "id": f"sg-{_hex(dice, 17)}",
        "ingress": [rule(443 + a) for a in range(dice.randint(1, 6))],
        "name": f"svc-{i}",
        "tags": {"Name": f"svc-{i}", "env": "prod"},
        "tags_all": {"Name": f"svc-{i}", "env": "prod", "team": "core"},
        "timeouts": None,
        "vpc_id": f"vpc-{_hex(dice, 17)}",
    }


def _machine(dice: random.Random, i: int) -> dict[str, Any]:
    disk = {"delete_on_termination": True, "encrypted": True, "iops": 3000, "volume_id": f"vol-{_hex(dice, 17)}"}
    return {
        "ami": f"ami-{_hex(dice, 17)}",
        "arn": f"arn:aws:ec2:eu-west-1:123456789012:instance/i-{_hex(dice, 17)}",
        "availability_zone": "eu-west-1a",
        "ebs_block_device": [],
        "id": f"i-{_hex(dice, 17)}",
        "instance_type": "t3.micro",
        "metadata_options": [{"http_endpoint": "enabled", "http_put_response_hop_limit": 2, "http_tokens": "required"}],
        "private_ip": f"10.0.{i % 255}.{i % 251}",
        "root_block_device": [disk],
        "subnet_id": f"subnet-{_hex(dice, 17)}",
        "tags": {"Name": f"node-{i}"},
        "user_data": None,
        "vpc_security_group_ids": [f"sg-{_hex(dice, 17)}" for _ in range(3)],
    }


def _policy(dice: random.Random, i: int) -> dict[str, Any]:
    statements = [
        {
            "Sid": f"s{j}",
            "Effect": "Allow",
            "Action": ["s3:GetObject"],
            "Resource": [f"arn:aws:s3:::b-{_hex(dice, 8)}/*"],
        }
        for j in range(dice.randint(2, 12))
    ]
    return {
        "arn": f"arn:aws:iam::123456789012:policy/p{i}",
        "id": f"arn:aws:iam::123456789012:policy/p{i}",
        "name": f"p{i}",
        "policy": json.dumps({"Version": "2012-10-17", "Statement": statements}),
        "policy_id": "ANPA" + _hex(dice, 17).upper(),
        "tags": {},
    }


def _hex(dice: random.Random, length: int) -> str:
    return f"{dice.getrandbits(4 * length):0{length}x}"
