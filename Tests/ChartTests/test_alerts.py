"""The alert rules, tried on series by Prometheus' own tool."""

import sys
import tempfile
import unittest
from pathlib import Path

import yaml

import chart
from chart import CASES, CHART, ROOT, case, merged, of_kind, render

RULES = yaml.safe_load((CHART / "files" / "alerts.yaml").read_text())["groups"][0]["rules"]

# For each alert series that make it fire, and series that do not; values once a minute, as promtool reads them:
# start+step×times. Series that several cases need have names.
WORKER = {"syncline_consumes{kind='read_sync',instance='a'}": "1x180"}
# What a worker of `--only analytics` exposes.
ANALYST = {"syncline_pool_in_use{instance='a'}": "1x180", "syncline_pool_waiters{instance='a'}": "0x180"}
LAG = "syncline_consumer_lag{topic='t',partition='0',instance='a'}"
OFFSET = "syncline_applied_offset{topic='t',partition='0',instance='a'}"
APPLIED = "syncline_batches_total{kind='read_sync',result='applied',instance='a'}"
AGE = "syncline_oldest_job_age_seconds{state='%s',instance='a'}"
VERIFIED = "syncline_kpi_verify_last_success_timestamp_seconds"
# promtool wants at least one series.
NOTHING = {"up": "1x180"}
TRIALS = {
    "SynclineNoWorker": (ANALYST, WORKER),
    "SynclineStuck": ({LAG: "5x180", APPLIED: "7x180"}, {LAG: "5x180", APPLIED: "0+1x180"}),
    # Busy beyond its means, the partition lags ever more, and goes on.
    "SynclinePartitionStands": (
        {LAG: "5+1x180", OFFSET: "70x180"}, {LAG: "5+1x180", OFFSET: "70+3x180"}),
    "SynclineLag": ({LAG: "2000x180"}, {LAG: "2000x5 10x175"}),
    "SynclineRetries": (
        {"syncline_retries_total{code='40001'}": "0+10x180"}, {"syncline_retries_total{code='40001'}": "0+1x180"}),
    "SynclineFenced": ({"syncline_fenced_total": "0+1x180"}, {"syncline_fenced_total": "0x90 1x90"}),
    "SynclineRebalances": ({"syncline_rebalances_total": "0+20x180"}, {"syncline_rebalances_total": "0+1x180"}),
    "SynclineDeadLetters": (
        {"syncline_dead_letters{code='INVALID_JSON'}": "1x180"}, {"syncline_dead_letters{code='INVALID_JSON'}": "0x180"}),
    "SynclineAwaitingApproval": (
        {"syncline_jobs{kind='read_sync',state='awaiting_approval'}": "1x180"},
        {"syncline_jobs{kind='read_sync',state='running'}": "1x180"}),
    "SynclineJobsWait": ({AGE % "queued": "0+60x180"}, {AGE % "running": "0+60x180"}),
    "SynclineJobsRetry": ({AGE % "retrying": "0+60x180"}, {AGE % "retrying": "600x180", AGE % "queued": "0+60x180"}),
    "SynclineJobRunsLong": ({AGE % "running": "10000+60x180"}, {AGE % "running": "0+60x180"}),
    "SynclineStaleSync": (
        {"syncline_last_sync_success_timestamp_seconds{organization='RIO'}": "0x180"},
        {"syncline_last_sync_success_timestamp_seconds{organization='RIO'}": "0+60x180"}),
    # Left alone now and then for a few minutes: its series comes and goes.
    "SynclineUpstreamOpen": (
        {"syncline_upstream_open{upstream='pems:443/T',instance='a'}": "_x120 1x60"},
        {"syncline_upstream_open{upstream='pems:443/T',instance='a'}": "1x141 stale 1x38"}),
    "SynclineRecordsRejected": (
        {"syncline_records_total{kind='read_sync',outcome='rejected',instance='a'}": "0x100 3x80"},
        {"syncline_records_total{kind='read_sync',outcome='rejected',instance='a'}": "0x50 3x130",
         "syncline_records_total{kind='draft_commit',outcome='rejected',instance='a'}": "0+1x180",
         "syncline_records_total{kind='read_sync',outcome='inserted',instance='a'}": "0+1x180"}),
    "SynclineDatabaseDown": (
        {"syncline_database_up{instance='a'}": "1x140 0x40", "syncline_database_up{instance='b'}": "1x180"},
        {"syncline_database_up{instance='a'}": "1x100 0x1 1x79"}),
    "SynclineSchemaChangesFail": (
        {"syncline_schema_changes_total{result='target_error'}": "_x100 1x80"},
        {"syncline_schema_changes_total{result='applied'}": "0+1x180"}),
    "SynclinePushesFailed": (
        {"syncline_pushes_failed{code='AUTH'}": "3x180"}, {"syncline_pushes_failed{code='AUTH'}": "0x180"}),
    "SynclinePushesWait": (
        {"syncline_oldest_push_age_seconds": "0+60x180"}, {"syncline_oldest_push_age_seconds": "5x180"}),
    "SynclineConflicts": (
        {"syncline_conflicts{status='open'}": "1x2000"}, {"syncline_conflicts{status='open'}": "1x1000 0x1000"}),
    "SynclineCommitsSlow": (
        {"syncline_commit_to_visible_seconds_bucket{le='5'}": "0x180",
         "syncline_commit_to_visible_seconds_bucket{le='10'}": "0+5x180",
         "syncline_commit_to_visible_seconds_bucket{le='+Inf'}": "0+5x180"},
        {"syncline_commit_to_visible_seconds_bucket{le='5'}": "0+5x180",
         "syncline_commit_to_visible_seconds_bucket{le='10'}": "0+5x180",
         "syncline_commit_to_visible_seconds_bucket{le='+Inf'}": "0+5x180"}),
    "SynclineNoSchedulerLeader": (
        {"syncline_scheduler_leader{instance='a'}": "0x180"},
        {"syncline_scheduler_leader{instance='a'}": "0x180", "syncline_scheduler_leader{instance='b'}": "1x180"}),
    "SynclineFiringsFail": (
        {"syncline_firings_total{kind='read_sync',outcome='failed'}": "_x100 1x80"},
        {"syncline_firings_total{kind='read_sync',outcome='succeeded'}": "0+1x180"}),
    "SynclineKPIDifferences": (
        {"syncline_kpi_verify_differences{instance='a'}": "2x180"},
        {"syncline_kpi_verify_differences{instance='a'}": "0x180"}),
    "SynclineTotalsUnproved": ({VERIFIED: "0x180"}, {VERIFIED: "0+60x180"}),
    "SynclineQueriesSlow": (
        {"syncline_query_seconds{query='filter'}": "0.3x180"},
        {"syncline_query_seconds{query='filter'}": "0.3x100 0.1x80"}),
    "SynclineBloat": (
        {"syncline_table_dead_share{table='pfa_mirror'}": "0.4x180", "syncline_table_bytes{table='pfa_mirror'}": "1e9x180"},
        {"syncline_table_dead_share{table='pfa_mirror'}": "0.4x180", "syncline_table_bytes{table='pfa_mirror'}": "1e6x180"}),
    "SynclineIndexUnused": (
        {"syncline_index_scans{table='t',index='i'}": "0x12000"}, {"syncline_index_scans{table='t',index='i'}": "0x6000 1x6000"}),
    "SynclineTriggersOff": ({"syncline_idle_triggers": "1x180"}, {"syncline_idle_triggers": "0x180"}),
    "SynclineTrendLags": ({"syncline_analytics_lag_seconds": "400x180"}, {"syncline_analytics_lag_seconds": "5x180"}),
    "SynclinePoolWaiters": (
        {"syncline_pool_waiters{instance='a'}": "2x180"}, {"syncline_pool_waiters{instance='a'}": "2x100 0x80"}),
}


class AlertTests(unittest.TestCase):
    def test_each(self):
        """S1-51 S2-38 Each alert says how urgent it is, what happens and what to do, with commands of this program"""
        for rule in RULES:
            with self.subTest(rule["alert"]):
                self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
                self.assertIn("'syncline ", rule["annotations"]["runbook"])
                self.assertTrue(rule["annotations"]["summary"].endswith("."))
        self.assertEqual(set(TRIALS), {rule["alert"] for rule in RULES}, "each alert needs a trial")

    def test_rendered(self):
        """The chart's PrometheusRule is the file, without what values except and without schedulers where none run"""
        def alerts(documents):
            return of_kind(documents, "PrometheusRule")[0]["spec"]["groups"][0]["rules"]

        self.assertEqual(alerts(case("production")), RULES)
        left_out = {r["alert"] for r in RULES} - {r["alert"] for r in alerts(case("everything"))}
        schedulers = {r["alert"] for r in RULES if r["labels"]["part"] == "scheduler"}
        self.assertEqual(left_out, schedulers | {"SynclineConflicts"})
        self.assertTrue(schedulers)
        on = render(merged(CASES["minimal"], {"metrics": {"rules": {"enabled": True}}}))
        self.assertEqual(alerts(on), RULES)

    def test_promtool(self):
        """S1-51 Each alert fires on series that mean trouble, and does not on series that mean none"""
        found = chart.run(ROOT / ".ci" / "promtool")
        if found.returncode:
            print("WARNING: promtool can not be had here (Debian's package prometheus); alerts were not tried",
                  file=sys.stderr)
            self.skipTest("no promtool")
        promtool = found.stdout.strip()
        with tempfile.TemporaryDirectory() as directory:
            every = CHART / "files" / "alerts.yaml"
            checked = chart.run(promtool, "check", "rules", every)
            self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
            for rule in RULES:
                # A file for each: promtool evaluates all rules of a file for all of its tests.
                name = rule["alert"]
                (Path(directory) / f"{name}.yaml").write_text(
                    yaml.safe_dump({"groups": [{"name": "one", "rules": [rule]}]}))
                (Path(directory) / f"{name}.test.yaml").write_text(yaml.safe_dump(self.trials(rule)))
            for rule in RULES:
                with self.subTest(rule["alert"]):
                    ran = chart.run(promtool, "test", "rules", Path(directory) / f"{rule['alert']}.test.yaml")
                    self.assertEqual(ran.returncode, 0, ran.stdout + ran.stderr)

    def trials(self, rule):
        """One test file: the alert fires on its first series, and does not on its second."""
        name = rule["alert"]
        long = rule["for"].endswith("d")
        expression = f'count(ALERTS{{alertname="{name}", alertstate="firing"}}) or vector(0)'
        return {
            "rule_files": [f"{name}.yaml"],
            "evaluation_interval": "10m" if long else "1m",
            "tests": [
                {
                    "name": f"{name}, {'trouble' if fires else 'no trouble'}",
                    "interval": "1m",
                    "input_series": [
                        {"series": series, "values": values} for series, values in (trial or NOTHING).items()],
                    "promql_expr_test": [{
                        "expr": expression, "eval_time": "190h" if rule["for"] == "7d" else "30h" if long else "150m",
                        "exp_samples": [{"labels": "{}", "value": fires}]}],
                }
                for trial, fires in zip(TRIALS[name], (1, 0))
            ],
        }


if __name__ == "__main__":
    unittest.main()
