"""The definition of the image."""

import re
import sys
import unittest
from pathlib import Path

import chart
from chart import ROOT, case, pods

FILE = ROOT / "Helm" / "Containerfile"


def stages():
    """Instructions of each stage as (word, rest), without comments and with continued lines joined."""
    text = re.sub(r"(?m)^\s*#.*\n", "", FILE.read_text()).replace("\\\n", " ")
    found = []
    for line in filter(str.strip, text.splitlines()):
        word, rest = line.split(None, 1)
        if word == "FROM":
            found.append([])
        found[-1].append((word, " ".join(rest.split())))
    return found


def packages(stage):
    """What a stage installs with apt."""
    line = next(rest for word, rest in stage if word == "RUN" and "apt-get install" in rest)
    words = re.search(r"apt-get install -y --no-install-recommends (.*?) &&", line)[1]
    return set(words.split())


def package_of(library):
    """Debian's name of the package of a shared library (Policy 8.1)."""
    name, version = re.fullmatch(r"(lib.+)\.so\.([\d.]+)", library).groups()
    if name == "libz":
        return "zlib1g"
    name = name.replace("_", "-").lower()
    return f"{name}-{version}" if name[-1].isdigit() else f"{name}{version}"


class ContainerTests(unittest.TestCase):
    def test_lint(self):
        """S2-21 The definition lints"""
        hadolint = Path(sys.executable).parent / "hadolint"
        ran = chart.run(hadolint, "--no-color", FILE)
        self.assertEqual((ran.returncode, ran.stdout), (0, ""))

    def test_build_stage(self):
        """S2-20 It is built with the packages that Package.swift names and the flags of `make release`"""
        build = stages()[0]
        manifest = set(re.findall(r'apt: "([^"]+)"', (ROOT / "Package.swift").read_text()))
        self.assertEqual(packages(build), manifest | {"pkg-config"})
        flags = re.search(r"swift build \$\(QUIET\) (.*)", (ROOT / "Makefile").read_text())
        release = re.search(r"\nrelease:.*\n\t@swift build \$\(QUIET\) (.*)", (ROOT / "Makefile").read_text())[1]
        self.assertTrue(flags)
        self.assertTrue(any(f"swift build {release}" in rest for _, rest in build), release)
        oldest = re.search(r"swift-tools-version: ([\d.]+)", (ROOT / "Package.swift").read_text())[1]
        self.assertEqual(build[0], ("FROM", f"swift:{oldest}-bookworm AS build"))

    def test_runtime_stage(self):
        """S2-21 The image is slim: the libraries that the binary needs, certificates and time zones, nothing else"""
        needed = chart.run("objdump", "-p", chart.PROGRAM).stdout
        libraries = set(re.findall(r"NEEDED\s+(\S+)", needed))
        # Linked into the release binary.
        swift = {name for name in libraries if re.match(r"lib(swift|_?Foundation|dispatch|Blocks)", name)}
        # Part of every Debian; the release binary asks for the last two in place of Swift's libraries.
        base = {name for name in libraries if re.match(r"(libc|libm|ld-linux.*)\.so", name)}
        self.assertTrue(swift and base)
        runtime = {"libstdc++.so.6", "libgcc_s.so.1"}
        ours = {package_of(name) for name in (libraries - swift - base) | runtime}
        self.assertEqual(packages(stages()[1]), ours | {"ca-certificates", "tzdata"})

    def test_confined(self):
        """S2-21 It runs as a number that is not root, the one of the chart, and starts the program itself"""
        stage = stages()[1]
        self.assertEqual(stage[0], ("FROM", "debian:bookworm-slim"))
        last = dict(stage)
        self.assertEqual(last["ENTRYPOINT"], '["/usr/local/bin/syncline"]')
        self.assertEqual(last["HEALTHCHECK"], "NONE")
        self.assertEqual(last["EXPOSE"], "3030")
        user, group = last["USER"].split(":")
        self.assertTrue(user.isdigit() and int(user) > 1000)
        for _, pod in pods(case("production")):
            context = pod["spec"]["securityContext"]
            self.assertEqual((str(context["runAsUser"]), str(context["runAsGroup"])), (user, group))

    def test_context(self):
        """What is copied is what the build is sent, and no more of the repository"""
        ignore = (ROOT / ".dockerignore").read_text().splitlines()
        sent = {line[1:] for line in ignore if line.startswith("!")}
        copied = {rest.split()[0] for stage in stages() for word, rest in stage if word == "COPY" and "--from" not in rest}
        self.assertEqual(copied, sent)
        self.assertIn("*", ignore)

    def test_names(self):
        """Names of packages follow Debian's rule"""
        self.assertEqual(
            [package_of(name) for name in ("libpq.so.5", "libyaml-0.so.2", "libgcc_s.so.1", "libz.so.1")],
            ["libpq5", "libyaml-0-2", "libgcc-s1", "zlib1g"])


if __name__ == "__main__":
    unittest.main()
