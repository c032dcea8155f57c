"""The settings for Postgres that the chart renders."""

import glob
import tempfile
import unittest
from pathlib import Path

import chart
from chart import case, named


class PostgresTests(unittest.TestCase):
    def setUp(self):
        self.text = named(case("production"), "ConfigMap", "rel-syncline-postgres")["data"]["syncline.conf"]
        self.server = sorted(glob.glob("/usr/lib/postgresql/*/bin/postgres"))[-1]

    def value(self, name, file):
        ran = chart.run(self.server, "-C", name, "-c", f"config_file={file}", "-D", Path(file).parent)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        return ran.stdout.strip()

    def test_taken(self):
        """S1-47 S1-53 A server takes every setting, and reads out of the file what the machine of 8 GB is to have"""
        with tempfile.TemporaryDirectory() as directory:
            file = f"{directory}/syncline.conf"
            Path(file).write_text(self.text)
            for name, expected in {
                "shared_buffers": "2GB", "work_mem": "128MB", "maintenance_work_mem": "512MB",
                "effective_cache_size": "6GB", "random_page_cost": "1.1", "wal_level": "replica", "archive_mode": "on",
            }.items():
                got = self.value(name, file)
                # Some versions print the number of the setting's unit.
                pages = {"shared_buffers": 8, "effective_cache_size": 8}.get(name, 1)
                if got.isdigit() and expected[-2:] in ("GB", "MB"):
                    kilobytes = int(got) * pages
                    got = f"{kilobytes >> 20}GB" if expected.endswith("GB") else f"{kilobytes >> 10}MB"
                self.assertEqual(got, expected, name)
            # At least once an hour something reaches the archive.
            self.assertIn(self.value("archive_timeout", file), ("3600", "1h"))
            self.assertIn("/archive/%f", self.value("archive_command", file))

    def test_unknown(self):
        """A setting that no server knows would be noticed"""
        with tempfile.TemporaryDirectory() as directory:
            file = f"{directory}/syncline.conf"
            Path(file).write_text(self.text + "shared_bufers = '1'\n")
            ran = chart.run(self.server, "-C", "work_mem", "-c", f"config_file={file}", "-D", directory)
            self.assertNotEqual(ran.returncode, 0)


if __name__ == "__main__":
    unittest.main()
