"""The backup before an upgrade, rendered against a cluster that has its claim or has not."""

import contextlib
import http.server
import json
import threading
import unittest

import helm_python as helm

from chart import CASES, CHART, merged

CLAIM = "/api/v1/namespaces/plant/persistentvolumeclaims/rel-syncline-backup"
JOBS = "/api/v1/namespaces/plant/configmaps/rel-syncline-jobs"
RESOURCES = {
    "kind": "APIResourceList", "apiVersion": "v1", "groupVersion": "v1",
    "resources": [
        {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get"]}
        for name, kind in [("configmaps", "ConfigMap"), ("persistentvolumeclaims", "PersistentVolumeClaim")]],
}
DISCOVERY = {
    "/version": {"major": "1", "minor": "30", "gitVersion": "v1.30.0"},
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {"kind": "APIGroupList", "apiVersion": "v1", "groups": []},
    "/api/v1": RESOURCES,
}


@contextlib.contextmanager
def cluster(*objects):
    """As much of an API server as `lookup` asks, with these objects; yields its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            path = self.path.split("?")[0]
            found = DISCOVERY.get(path)
            if path in objects:
                found = {"apiVersion": "v1", "metadata": {"name": path.rsplit("/", 1)[1]},
                         "kind": "ConfigMap" if path == JOBS else "PersistentVolumeClaim"}
            status = {"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}
            body = json.dumps(found or status).encode()
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def kubeconfig(address):
    return json.dumps({
        "apiVersion": "v1", "kind": "Config", "current-context": "c",
        "clusters": [{"name": "c", "cluster": {"server": address}}], "users": [{"name": "c", "user": {}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "c", "namespace": "plant"}}]})


def upgrade(*objects, values=None):
    """What an upgrade renders where the cluster has these objects."""
    with cluster(*objects) as address, helm.Chart.load(CHART) as chart:
        with helm.Config(kubeconfig_content=kubeconfig(address), namespace="plant") as config:
            files = config.render(
                chart, merged(CASES["production"], values or {}), name="rel", namespace="plant", is_upgrade=True)
    return files["syncline/templates/backup.yaml"]


class ClaimTests(unittest.TestCase):
    def test_upgrade(self):
        """An upgrade that turns backups on is refused at once with what to do, instead of waiting for its claim"""
        with self.assertRaisesRegex(helm.HelmError, "claim rel-syncline-backup.*--set backup.beforeUpgrade=false"):
            upgrade(JOBS)
        self.assertNotIn("before-upgrade", upgrade(JOBS, values={"backup": {"beforeUpgrade": False}}))
        self.assertIn("rel-syncline-backup-before-upgrade", upgrade(JOBS, CLAIM))

    def test_elsewhere(self):
        """Nothing is refused by an installation, or where the cluster can not be asked"""
        self.assertIn("before-upgrade", upgrade())
        with helm.Chart.load(CHART) as chart:
            for options in ({"is_install": True}, {"is_upgrade": True}):
                files = chart.render(CASES["production"], name="rel", namespace="plant", **options)
                self.assertIn("before-upgrade", files["syncline/templates/backup.yaml"])


if __name__ == "__main__":
    unittest.main()
