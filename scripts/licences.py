#!/usr/bin/env python3
"""Checks every crate's licence and origin against deny.toml, for machines without cargo-deny. Advisories need cargo-deny."""

import json
import pathlib
import re
import subprocess
import sys
import tomllib

ROOT = pathlib.Path(__file__).resolve().parent.parent


def allowed_by(expression, allowed):
    """Whether an SPDX expression can be met with the allowed licences. `A/B` is the old way to write `A OR B`."""
    words = re.findall(r"\(|\)|[^\s()]+", expression.replace("/", " OR "))

    def choice():
        result = both()
        while words and words[0] == "OR":
            words.pop(0)
            result = both() or result
        return result

    def both():
        result = one()
        while words and words[0] == "AND":
            words.pop(0)
            result = one() and result
        return result

    def one():
        word = words.pop(0)
        if word == "(":
            result = choice()
            words.pop(0)
            return result
        if words and words[0] == "WITH":
            words.pop(0)
            word = f"{word} WITH {words.pop(0)}"
        return word in allowed

    return choice()


def main():
    rules = tomllib.loads((ROOT / "deny.toml").read_text(encoding="utf-8"))["licenses"]
    allowed = set(rules["allow"])
    exceptions = {e.get("crate", e.get("name")): set(e["allow"]) for e in rules.get("exceptions", [])}
    told = subprocess.run(["cargo", "metadata", "--format-version", "1"], cwd=ROOT, check=True, stdout=subprocess.PIPE)
    packages = json.loads(told.stdout)["packages"]
    wrong = []
    for p in packages:
        name = f"{p['name']} {p['version']}"
        if p["source"] is None:
            if not pathlib.Path(p["manifest_path"]).is_relative_to(ROOT):
                wrong.append(f"{name}: a path outside this repository")
            continue
        if not p["source"].startswith("registry+"):
            wrong.append(f"{name}: not from the registry ({p['source']})")
        if not p["license"]:
            wrong.append(f"{name}: states no licence")
        elif not allowed_by(p["license"], allowed | exceptions.get(p["name"], set())):
            wrong.append(f"{name}: {p['license']} is not in deny.toml")
    for line in wrong:
        print(line, file=sys.stderr)
    print(f"{len(packages)} packages, {len(wrong)} not allowed")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
