"""What lorac takes where a config.json is silent is what transformers takes: every row IMPLIED of model_facts.def against the
default of the package's configuration class.
"""
import json
import pathlib
import re
import sys

from transformers.models.auto.configuration_auto import CONFIG_MAPPING

TABLE = pathlib.Path(__file__).resolve().parents[2] / "runtime/weights/model_facts.def"


def main():
    rows = re.findall(r'^IMPLIED\("(\w+)", "(\w+)", (".*")\)$', TABLE.read_text(encoding="utf-8"), re.M)
    failed = 0 if rows else 1
    for model_type, key, value in rows:
        default, ours = getattr(CONFIG_MAPPING[model_type](), key, "no such key"), json.loads(json.loads(value))
        failed += default != ours
        print(f"{'PASS' if default == ours else 'FAIL'} {model_type}.{key} is {ours} here, {default} in transformers")
    print(f"{len(rows) - failed} passed, {failed} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
