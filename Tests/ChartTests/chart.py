"""The chart as Helm renders it, for several sets of values, and the repository around it."""

import functools
import json
import os
import subprocess
from pathlib import Path

import helm_python as helm
import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "Helm" / "syncline"
PROGRAM = ROOT / ".build" / "debug" / "syncline"

REQUIRED = {"kafka": {"bootstrapServers": "kafka-1:9092,kafka-2:9092"}}


def secret(name):
    return {"name": name, "key": "value"}


# Everything that the two files for real places leave alone.
EVERYTHING = {
    "image": {"digest": "sha256:" + "a" * 64},
    "imagePullSecrets": [{"name": "registry"}],
    "database": {"secret": secret("db"), "readSecret": secret("replica")},
    "kafka": {
        **REQUIRED["kafka"],
        "properties": {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-512"},
        "secretProperties": {"sasl.username": secret("kafka"), "sasl.password": secret("kafka")},
        "topics": {"create": False},
    },
    "sources": {
        "definitions": {"own.yaml": "sources: []\n"},
        "env": {"PEMS_URL": "https://pems.example", "PEMS_GRID": "PFA", "PEMS_TENANT": "T"},
        "secretEnv": {"PEMS_USER": secret("pems"), "PEMS_PASSWORD": secret("pems")},
    },
    "worker": {
        "only": ["read_sync", "draft_commit"],
        "autoscaling": {"kind": "hpa", "hpa": {"lagMetric": "syncline_consumer_lag"}},
    },
    "scheduler": {"enabled": False},
    "cronJobs": {"enabled": True, "readSync": {"organizations": ["RIO", "SÃO PAULO", "RIO-2"]}},
    "backup": {"enabled": True, "storage": {"existingClaim": "backups"}},
    "postgres": {"configMap": True},
    "metrics": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "rules": {"enabled": True, "except": ["SynclineConflicts"]},
        "dashboard": {"enabled": True},
    },
    "networkPolicy": {"enabled": True},
    "serviceAccount": {"annotations": {"a": "b"}},
    "labels": {"team": "plant"},
    "podAnnotations": {"a": "b"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "affinity": {"nodeAffinity": {}},
    "priorityClassName": "high",
    "volumes": [{"name": "ca", "secret": {"secretName": "ca"}}],
    "volumeMounts": [{"name": "ca", "mountPath": "/etc/ca", "readOnly": True}],
}


def merged(*values):
    """Later ones win, as with `helm --values`."""
    result = {}
    for value in values:
        for key, given in value.items():
            both = isinstance(given, dict) and isinstance(result.get(key), dict)
            result[key] = merged(result[key], given) if both else given
    return result


def values_file(name):
    return yaml.safe_load((CHART / name).read_text())


CASES = {
    "minimal": REQUIRED,
    "staging": merged(values_file("values-staging.yaml"), REQUIRED),
    "production": merged(values_file("values-production.yaml"), REQUIRED),
    "everything": EVERYTHING,
}


def render(values, **options):
    """The documents that the chart becomes; hooks included."""
    with helm.Chart.load(CHART) as chart:
        chart.validate_schema(values)
        files = chart.render(values, name="rel", namespace="plant", **options)
    documents = []
    for path, text in sorted(files.items()):
        if path.endswith((".yaml", ".yml")):
            documents += [document for document in yaml.safe_load_all(text) if document]
    return documents


@functools.cache
def case(name):
    return render(CASES[name])


def of_kind(documents, *kinds):
    return [document for document in documents if document["kind"] in kinds]


def named(documents, kind, name):
    return next(d for d in documents if d["kind"] == kind and d["metadata"]["name"] == name)


def pods(documents):
    """Name and pod specification, with its metadata, of everything that runs."""
    for document in documents:
        spec = document.get("spec", {})
        if document["kind"] == "Pod":
            yield document["metadata"]["name"], document
        elif document["kind"] in ("Deployment", "Job"):
            yield document["metadata"]["name"], spec["template"]
        elif document["kind"] == "CronJob":
            yield document["metadata"]["name"], spec["jobTemplate"]["spec"]["template"]


def containers(documents):
    for name, pod in pods(documents):
        for container in pod["spec"].get("initContainers", []) + pod["spec"]["containers"]:
            yield name, container


def run(*command, **options):
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=120, **options)


@functools.cache
def syncline(*arguments):
    """What the program prints, run without any configuration."""
    return run(PROGRAM, *arguments, env={"PATH": os.environ["PATH"], "SWIFT_BACKTRACE": "enable=no"})


@functools.cache
def metrics():
    return json.loads(syncline("metrics", "list", "-o", "json").stdout)
