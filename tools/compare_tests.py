"""What a change made of the tests: those that went, those that came, and those whose assertions are others.

    python tools/compare_tests.py ../before/tests tests

Files may have moved: a test is known by its name. Prints one line for each difference; exit code 1 when a test or an assertion went.
"""

import ast
import sys
from collections import Counter, defaultdict
from pathlib import Path

Assertions = dict[str, Counter[str]]


def assertions_of(folder: Path) -> Assertions:
    """By name of a test: its assertions, as source; `with raises` counts as one."""
    found: Assertions = defaultdict(Counter)
    for path in sorted(folder.rglob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) or not node.name.startswith("test_"):
                continue
            found[node.name] += Counter()
            for one in ast.walk(node):
                if isinstance(one, ast.Assert):
                    found[node.name][ast.unparse(one.test).replace(".conn", "")] += 1
                elif isinstance(one, ast.With) and "raises" in ast.unparse(one.items[0]):
                    found[node.name][ast.unparse(one.items[0])] += 1
    return found


def main() -> None:
    before, after = (assertions_of(Path(name)) for name in sys.argv[1:3])
    went = sorted(before.keys() - after.keys())
    for name in went:
        print(f"- {name}")
    for name in sorted(after.keys() - before.keys()):
        print(f"+ {name}")
    lost = bool(went)
    for name in sorted(before.keys() & after.keys()):
        gone, come = before[name] - after[name], after[name] - before[name]
        lost = lost or bool(gone)
        for sign, rows in (("-", gone), ("+", come)):
            for said in rows:
                print(f"  {name}: {sign} assert {said}")
    tests, asserts = len(after), sum(sum(rows.values()) for rows in after.values())
    print(f"{tests} tests ({len(before)} before), {asserts} assertions ({sum(sum(rows.values()) for rows in before.values())} before)")
    sys.exit(1 if lost else 0)


if __name__ == "__main__":
    main()
