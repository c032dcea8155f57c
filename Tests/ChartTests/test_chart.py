"""The chart: it lints, renders to what Kubernetes takes, and fits the program that it runs."""

import json
import re
import unittest

import helm_python as helm
import jsonschema
import kubernetes_validate
import yaml

import chart
from chart import CASES, CHART, ROOT, case, containers, merged, named, of_kind, pods, render

KUBERNETES = "1.33"


class ChartTests(unittest.TestCase):
    def each(self):
        for name in CASES:
            with self.subTest(name):
                yield name, case(name)

    def test_lints(self):
        """S0-40 The chart lints without a warning for every set of values, staging and production among them"""
        for name, values in CASES.items():
            with self.subTest(name):
                report = helm.lint(CHART, values, strict=True)
                found = [m for m in report["messages"] if m["severity"] > 1]
                self.assertEqual((found, report["errors"]), ([], []))

    def test_schemas(self):
        """Every manifest is what Kubernetes takes, and what the operators of Prometheus and KEDA take"""
        kinds = set()
        for _, documents in self.each():
            for document in documents:
                kinds.add(document["kind"])
                own = ROOT / "Tests" / "ChartTests" / "crds" / f"{document['kind']}.json"
                if own.exists():
                    jsonschema.validate(document, json.loads(own.read_text()))
                else:
                    kubernetes_validate.validate(document, KUBERNETES, strict=True)
        self.assertEqual(kinds, {
            "ConfigMap", "CronJob", "Deployment", "HorizontalPodAutoscaler", "Job", "NetworkPolicy", "PersistentVolumeClaim",
            "Pod", "PodDisruptionBudget", "PrometheusRule", "ScaledObject", "Service", "ServiceAccount", "ServiceMonitor"})

    def test_names(self):
        """Names are valid and used once; whatever is referred to by name exists or is given by whoever installs"""
        given = {"syncline-database", "syncline-backup", "db", "replica", "kafka", "pems", "ca", "registry"}
        for name, documents in self.each():
            ids = [(d["kind"], d["metadata"]["name"]) for d in documents]
            self.assertEqual(len(ids), len(set(ids)))
            for kind, each in ids:
                self.assertRegex(each, r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")
                self.assertLessEqual(len(each), 52 if kind == "CronJob" else 63)
            known = {name for _, name in ids} | {"default"}
            for _, pod in pods(documents):
                spec = pod["spec"]
                self.assertIn(spec.get("serviceAccountName", "default"), known)
                volumes = {v["name"]: v for v in spec.get("volumes", [])}
                for volume in volumes.values():
                    if "configMap" in volume:
                        self.assertIn(volume["configMap"]["name"], known)
                    if "persistentVolumeClaim" in volume:
                        self.assertIn(volume["persistentVolumeClaim"]["claimName"], known | {"backups"})
                for container in spec.get("initContainers", []) + spec["containers"]:
                    for mount in container.get("volumeMounts", []):
                        self.assertIn(mount["name"], volumes)
                    for entry in container["env"]:
                        if "valueFrom" in entry:
                            self.assertIn(entry["valueFrom"]["secretKeyRef"]["name"], given)

    def test_hooks_stand_alone(self):
        """What runs before an installation refers to nothing that is installed after it"""
        for _, documents in self.each():
            for document in of_kind(documents, "Job"):
                hooks = document["metadata"]["annotations"]["helm.sh/hook"]
                if "pre-install" not in hooks:
                    continue
                spec = document["spec"]["template"]["spec"]
                self.assertNotIn("serviceAccountName", spec)
                self.assertFalse([v for v in spec.get("volumes", []) if "configMap" in v])

    def test_selectors(self):
        """Services, budgets, monitors and policies select the pods that are meant, and no others"""
        for _, documents in self.each():
            labels = {name: pod["metadata"]["labels"] for name, pod in pods(documents)}

            def selected(selector):
                return {n for n, l in labels.items() if all(l.get(k) == v for k, v in selector.items())}

            for d in of_kind(documents, "Deployment"):
                name = d["metadata"]["name"]
                self.assertEqual(selected(d["spec"]["selector"]["matchLabels"]), {name})
                for constraint in d["spec"]["template"]["spec"]["topologySpreadConstraints"]:
                    self.assertEqual(selected(constraint["labelSelector"]["matchLabels"]), {name})
            for d in of_kind(documents, "PodDisruptionBudget"):
                self.assertEqual(selected(d["spec"]["selector"]["matchLabels"]), {d["metadata"]["name"]})
            for d in of_kind(documents, "Service"):
                self.assertEqual(selected(d["spec"]["selector"]), {d["metadata"]["name"]})
                pod = named(documents, "Deployment", d["metadata"]["name"])["spec"]["template"]["spec"]
                ports = {p["name"]: p["containerPort"] for p in pod["containers"][0]["ports"]}
                for port in d["spec"]["ports"]:
                    self.assertEqual(ports[port["targetPort"]], port["port"])
            for d in of_kind(documents, "NetworkPolicy"):
                self.assertEqual(selected(d["spec"]["podSelector"]["matchLabels"]), set(labels))
            for d in of_kind(documents, "ServiceMonitor"):
                services = [s for s in of_kind(documents, "Service")
                            if d["spec"]["selector"]["matchLabels"].items() <= s["metadata"]["labels"].items()]
                self.assertEqual(len(services), len(of_kind(documents, "Deployment")))

    def test_confined(self):
        """S2-21 No pod is root, writes to its root file system, may become more, or has a token of Kubernetes"""
        for _, documents in self.each():
            for _, pod in pods(documents):
                spec = pod["spec"]
                self.assertIs(spec["automountServiceAccountToken"], False)
                self.assertIs(spec["securityContext"]["runAsNonRoot"], True)
                self.assertGreater(spec["securityContext"]["runAsUser"], 1000)
                self.assertEqual(spec["securityContext"]["seccompProfile"], {"type": "RuntimeDefault"})
            for _, container in containers(documents):
                self.assertEqual(container["securityContext"], {
                    "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}})
                self.assertTrue({"cpu", "memory"} <= container["resources"]["requests"].keys())
                self.assertIn("memory", container["resources"]["limits"])

    def test_secrets(self):
        """No manifest holds a secret: they come by reference only, and values that look like one are refused"""
        hidden = re.compile("PASSWORD|SECRET|TOKEN|USERNAME|_USER$|DATABASE_URL$")
        for _, documents in self.each():
            self.assertEqual(of_kind(documents, "Secret"), [])
            for _, container in containers(documents):
                for entry in container["env"]:
                    if hidden.search(entry["name"]):
                        self.assertIn("secretKeyRef", entry.get("valueFrom", {}), entry)
                for word in container.get("args", []) + container.get("command", []):
                    self.assertNotRegex(word, r"://[^/ ]*:[^/ ]*@")
        for wrong in [
            {"kafka": {"properties": {"sasl.password": "hunter2"}}},
            {"kafka": {"properties": {"ssl.key.pem": "-----BEGIN"}}},
            {"sources": {"env": {"PEMS_PASSWORD": "hunter2"}}},
        ]:
            with self.subTest(wrong), self.assertRaises(helm.HelmError):
                render(merged(CASES["minimal"], wrong))

    def test_variables(self):
        """Every variable that a container of the program gets is one that it knows, or that a definition names"""
        help_text = chart.syncline("--help").stdout
        own = set(re.findall(r"^  ([A-Z][A-Z_]+)\b", help_text, re.M))
        self.assertIn("SYNCLINE_HTTP_PORT", own)
        definitions = "\n".join(path.read_text() for path in (ROOT / "Jobs").glob("*.yaml"))
        named_there = set(re.findall(r"\$\{([A-Z_]+)\}", definitions)) | set(re.findall(r"Env: ([A-Z_]+)", definitions))
        properties = {"SYNCLINE_KAFKA_" + p for p in
                      ("SECURITY_PROTOCOL", "SASL_MECHANISM", "SASL_USERNAME", "SASL_PASSWORD")}
        seen = set()
        for _, documents in self.each():
            for _, container in containers(documents):
                if container["name"] != "backup":
                    seen |= {entry["name"] for entry in container["env"]}
        self.assertEqual(seen - own - named_there - properties, set())
        self.assertTrue(properties <= seen and named_there <= seen)
        # All of them, together, are a configuration without a fault.
        _, container = next(c for c in containers(case("everything")) if c[1]["name"] == "worker")
        values = {e["name"]: e.get("value", "host=x dbname=x") for e in container["env"]}
        values["SYNCLINE_JOBS_DIR"] = str(ROOT / "Jobs")
        checks = json.loads(chart.run(chart.PROGRAM, "doctor", "-o", "json", env={
            **values, "DATABASE_URL": "host=/nowhere dbname=x", "KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1",
            "SYNCLINE_READ_DATABASE_URL": "host=/nowhere dbname=x", "SYNCLINE_KAFKA_SECURITY_PROTOCOL": "PLAINTEXT",
        }).stdout)
        self.assertEqual([c for c in checks if c["name"] in ("configuration", "sources") and c["status"] != "ok"], [])

    def test_commands(self):
        """S2-18 S2-20 Every command that the chart runs exists, with the options and values that it is given"""
        seen = set()
        for _, documents in self.each():
            for _, container in containers(documents):
                if container["name"] == "backup":
                    self.assertEqual(container["command"], ["sh", "/scripts/backup.sh"])
                    continue
                self.assertNotIn("command", container)
                arguments = container["args"]
                # --help behind the rest: what stands before it is read first.
                path = arguments[:1] if arguments[0] in ("worker", "scheduler", "doctor") else arguments[:2]
                shown = chart.syncline(*path, "--help")
                self.assertEqual(shown.returncode, 0, shown.stderr)
                for word in arguments:
                    if word.startswith("-"):
                        self.assertRegex(shown.stdout, rf"(?m)^\s+(-\w, |    ){word}\b", arguments)
                seen.add(" ".join(path))
        self.assertEqual(seen, {
            "worker", "scheduler", "doctor", "migrate up", "topics create", "sync run", "kpi verify"})

    def test_roles(self):
        """S2-18 One image in two roles that scale apart: three workers beside one scheduler, and the reverse"""
        for workers, schedulers in [(1, 3), (3, 1)]:
            documents = render(merged(CASES["minimal"], {
                "worker": {"replicas": workers}, "scheduler": {"replicas": schedulers}}))
            roles = {d["metadata"]["labels"]["app.kubernetes.io/component"]: d["spec"]
                     for d in of_kind(documents, "Deployment")}
            self.assertEqual({r: s["replicas"] for r, s in roles.items()}, {"worker": workers, "scheduler": schedulers})
            run = {r: s["template"]["spec"]["containers"][0] for r, s in roles.items()}
            self.assertEqual(run["worker"]["image"], run["scheduler"]["image"])
            self.assertEqual([run[r]["args"] for r in ("worker", "scheduler")], [["worker"], ["scheduler"]])

    def test_probes(self):
        """S2-25 Each role serves /livez, /readyz and /metrics on port 3030, and liveness asks for nothing else"""
        for _, documents in self.each():
            for d in of_kind(documents, "Deployment"):
                container = d["spec"]["template"]["spec"]["containers"][0]
                self.assertEqual(container["ports"], [{"name": "http", "containerPort": 3030, "protocol": "TCP"}])
                env = {e["name"]: e.get("value") for e in container["env"]}
                self.assertEqual((env["SYNCLINE_HTTP_HOST"], env["SYNCLINE_HTTP_PORT"]), ("0.0.0.0", "3030"))
                paths = [container[p]["httpGet"]["path"] for p in ("startupProbe", "livenessProbe", "readinessProbe")]
                self.assertEqual(paths, ["/livez", "/livez", "/readyz"])
                # Longer than the program drains.
                self.assertGreater(d["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 25)
            for d in of_kind(documents, "ServiceMonitor"):
                self.assertEqual(d["spec"]["endpoints"][0]["path"], "/metrics")

    def test_scaling(self):
        """Workers follow the lag of the topics they consume, to no more than there are partitions"""
        documents = case("production")
        self.assertNotIn("replicas", named(documents, "Deployment", "rel-syncline-worker")["spec"])
        scaled = of_kind(documents, "ScaledObject")[0]["spec"]
        self.assertLessEqual(scaled["maxReplicaCount"], CASES["production"]["kafka"]["topics"]["partitions"])
        self.assertEqual(scaled["scaleTargetRef"]["name"], "rel-syncline-worker")
        consumed = {t["metadata"]["topic"] for t in scaled["triggers"]}
        source = (ROOT / "Sources").rglob("Topics.swift")
        text = "\n".join(path.read_text() for path in source)
        for topic in consumed:
            self.assertIn(topic, text)
        staging = merged(CASES["staging"], {"worker": {"autoscaling": {"kind": "keda"}}})
        triggers = of_kind(render(staging), "ScaledObject")[0]["spec"]["triggers"]
        self.assertEqual({t["metadata"]["topic"] for t in triggers}, {"staging." + topic for topic in consumed})
        self.assertEqual({t["metadata"]["consumerGroup"] for t in triggers}, {"staging-syncline"})
        hpa = of_kind(case("everything"), "HorizontalPodAutoscaler")[0]["spec"]
        self.assertEqual([m["type"] for m in hpa["metrics"]], ["Resource", "External"])

    def test_clock(self):
        """S1-48 CronJobs read every organization and prove the totals every 15 minutes where no scheduler runs"""
        crons = {d["metadata"]["name"]: d["spec"] for d in of_kind(case("everything"), "CronJob")
                 if d["metadata"]["labels"]["app.kubernetes.io/component"] == "cron"}
        self.assertEqual(len(crons), 4)
        for spec in crons.values():
            self.assertEqual((spec["schedule"], spec["concurrencyPolicy"]), ("*/15 * * * *", "Forbid"))
        lines = [s["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]["args"] for s in crons.values()]
        self.assertEqual({line[2] for line in lines if line[0] == "sync"}, {"RIO", "SÃO PAULO", "RIO-2"})
        self.assertIn(["kpi", "verify"], lines)
        with self.assertRaisesRegex(helm.HelmError, "both would ask for the same reads"):
            render(merged(CASES["everything"], {"scheduler": {"enabled": True}}))

    def test_backups(self):
        """S1-52 S4-21 A backup every day and before each upgrade's migrations, on storage that outlives the release"""
        documents = case("production")
        daily = named(documents, "CronJob", "rel-syncline-backup")["spec"]
        self.assertRegex(daily["schedule"], r"^\d+ \d+ \* \* \*$")
        before = named(documents, "Job", "rel-syncline-backup-before-upgrade")
        migrate = named(documents, "Job", "rel-syncline-migrate")

        def weight(document):
            return int(document["metadata"]["annotations"]["helm.sh/hook-weight"])

        self.assertLess(weight(before), weight(migrate))
        self.assertLess(weight(named(documents, "ConfigMap", "rel-syncline-backup")), weight(before))
        self.assertEqual(migrate["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade")
        script = named(documents, "ConfigMap", "rel-syncline-backup")["data"]["backup.sh"]
        self.assertEqual(script, (CHART / "files" / "backup.sh").read_text())
        self.assertIn("pg_dump", script)
        self.assertIn("--format=custom", script)
        claim = named(documents, "PersistentVolumeClaim", "rel-syncline-backup")
        self.assertEqual(claim["metadata"]["annotations"], {"helm.sh/resource-policy": "keep"})
        for script in (CHART / "files").glob("*.sh"):
            self.assertEqual(chart.run("sh", "-n", script).stderr, "")

    def test_migrations(self):
        """S1-57 Staging migrates as production does, before its workers, beside what else uses the same brokers"""
        jobs = {name: named(case(name), "Job", "rel-syncline-migrate") for name in ("staging", "production")}
        for job in jobs.values():
            spec = job["spec"]["template"]["spec"]
            self.assertEqual(spec["initContainers"][0]["args"], ["migrate", "up"])
            self.assertEqual(spec["containers"][0]["args"][:2], ["topics", "create"])
            self.assertEqual(job["metadata"]["annotations"]["helm.sh/hook"], "pre-install,pre-upgrade")

        def shared(job):
            env = job["spec"]["template"]["spec"]["containers"][0]["env"]
            return {e["name"]: e["value"] for e in env if e["name"] in ("SYNCLINE_TOPIC_PREFIX", "SYNCLINE_GROUP")}

        self.assertEqual(shared(jobs["staging"]), {
            "SYNCLINE_TOPIC_PREFIX": "staging.", "SYNCLINE_GROUP": "staging-syncline"})
        self.assertEqual(shared(jobs["production"]), {"SYNCLINE_GROUP": "syncline"})

    def test_smoke(self):
        """S0-40 `helm test` asks the doctor, with the configuration that the workers have"""
        for _, documents in self.each():
            doctor = of_kind(documents, "Pod")[0]
            self.assertEqual(doctor["metadata"]["annotations"]["helm.sh/hook"], "test")
            container = doctor["spec"]["containers"][0]
            self.assertEqual(container["args"], ["doctor"])
            worker = named(documents, "Deployment", "rel-syncline-worker")["spec"]["template"]["spec"]["containers"][0]
            served = ("SYNCLINE_HTTP_HOST", "SYNCLINE_HTTP_PORT")
            self.assertEqual(container["env"], [e for e in worker["env"] if e["name"] not in served])

    def test_definitions(self):
        """The chart brings the definitions of Jobs/, and takes others from its values"""
        ours = {path.name: path.read_text() for path in (ROOT / "Jobs").glob("*.yaml")}
        for name, documents in self.each():
            data = named(documents, "ConfigMap", "rel-syncline-jobs")["data"]
            if name == "everything":
                self.assertEqual(data, CASES[name]["sources"]["definitions"])
            else:
                self.assertEqual({k: v.rstrip() for k, v in data.items()}, {k: v.rstrip() for k, v in ours.items()})
        other = render(merged(CASES["minimal"], {"sources": {"definitions": {"x.yaml": "jobs: []\n"}}}))
        # Who changes a definition gets new pods: they are read at start.
        def checksum(documents):
            return named(documents, "Deployment", "rel-syncline-worker")["spec"]["template"]["metadata"]["annotations"]

        self.assertNotEqual(checksum(other), checksum(case("minimal")))

    def test_refused(self):
        """Values that are wrong are refused with their name"""
        for name, wrong in {
            "bootstrapServers": {"kafka": {"bootstrapServers": ""}},
            "replica": {"worker": {"replica": 3}},
            "kind": {"worker": {"autoscaling": {"kind": "lag"}}},
            "only": {"worker": {"only": ["read-sync"]}},
            "schedule": {"backup": {"schedule": "daily"}},
            "digest": {"image": {"digest": "latest"}},
        }.items():
            with self.subTest(name), self.assertRaisesRegex(helm.HelmError, name):
                render(merged(CASES["minimal"], wrong))
        with self.assertRaises(helm.HelmError):
            render({})

    def test_generated(self):
        """S2-38 Dashboard, alerts and definitions in the chart are what this program makes: `make chart` writes them"""
        files = CHART / "files"
        self.assertEqual((files / "dashboard.json").read_text(), chart.syncline("metrics", "dashboard").stdout)
        self.assertEqual((files / "alerts.yaml").read_text(), chart.syncline("metrics", "alerts").stdout)
        for path in (ROOT / "Jobs").glob("*.yaml"):
            self.assertEqual((files / "jobs" / path.name).read_text(), path.read_text())
        for _, documents in self.each():
            for d in of_kind(documents, "ConfigMap"):
                if d["metadata"]["name"].endswith("-dashboard"):
                    self.assertEqual(json.loads(d["data"]["syncline.json"]), json.loads(
                        (files / "dashboard.json").read_text()))


if __name__ == "__main__":
    unittest.main()
