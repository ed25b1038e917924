"""A private root of apt's, with a repository of its own: nothing of this machine's packages is looked at."""

import hashlib
import os
import subprocess

PATIENCE_SECONDS = 120
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"

CONFIG = """
Dir "{root}/";
Dir::State::status "{root}/var/lib/dpkg/status";
Dir::Bin::methods "/usr/lib/apt/methods";
Dir::Bin::dpkg "/usr/bin/dpkg";
APT::Sandbox::User "";
APT::Update::Post-Invoke {{"touch {root}/hook-ran";}};
DPkg::Options {{"--root={root}"; "--force-not-root"; "--force-script-chrootless"; "--log={root}/dpkg.log";}};
"""
FOLDERS = (
    "etc/apt/apt.conf.d etc/apt/preferences.d etc/apt/sources.list.d var/lib/dpkg/info"
    " var/lib/dpkg/updates var/lib/dpkg/triggers var/lib/apt/lists/partial"
    " var/cache/apt/archives/partial var/log/apt var/run"
)
CONTROL = "Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: a <a@b.c>\nDescription: x\n%s"


def run(command, **options):
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_SECONDS, **options
    )
    if done.returncode != 0:
        raise AssertionError("%s: %s%s" % (command, done.stdout, done.stderr))
    return done.stdout


def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)


class AptRoot:
    """apt-get works on it with `environment`: by APT_CONFIG, which it honours itself."""

    def __init__(self, folder, names=("alpha", "beta", "gamma")):
        self.folder = folder
        self.root = os.path.join(folder, "root")
        self.repository = os.path.join(folder, "repository")
        for made in FOLDERS.split():
            os.makedirs(os.path.join(self.root, made))
        os.makedirs(self.repository, exist_ok=True)
        write(self.root + "/var/lib/dpkg/status", "")
        write(folder + "/apt.conf", CONFIG.format(root=self.root))
        write(self.root + "/etc/apt/sources.list", "deb [trusted=yes] file:%s ./\n" % self.repository)
        self.environment = {
            "APT_CONFIG": folder + "/apt.conf",
            "DPKG_ADMINDIR": self.root + "/var/lib/dpkg",
        }
        self._packages = []
        for name in names:
            self.add(name, "1")
        self.apt("update")
        self.apt("install", "-y", *(name + "=1" for name in names))

    def apt(self, *arguments):
        run(["apt-get", *arguments], env={**os.environ, **self.environment, "PATH": PATH})

    def add(self, name, version, postinst="", more="", conffile=""):
        """A package of the repository."""
        build = os.path.join(self.folder, "build", name + version)
        write(build + "/DEBIAN/control", CONTROL % (name, version, more))
        write(build + "/usr/share/%s/version" % name, version)
        if postinst:
            write(build + "/DEBIAN/postinst", "#!/bin/sh\n%s\n" % postinst, 0o755)
        if conffile:
            write(build + "/DEBIAN/conffiles", "/etc/%s.conf\n" % name)
            write(build + "/etc/%s.conf" % name, conffile)
        file = "%s_%s_all.deb" % (name, version)
        path = os.path.join(self.repository, file)
        run(["dpkg-deb", "--root-owner-group", "-b", build, path])
        with open(path, "rb") as package:
            content = package.read()
        self._packages.append(
            "%sFilename: ./%s\nSize: %d\nSHA256: %s\n"
            % (run(["dpkg-deb", "-f", path]), file, len(content), hashlib.sha256(content).hexdigest())
        )
        write(self.repository + "/Packages", "\n".join(self._packages))

    def versions(self):
        text = run(
            ["dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\\n"],
            env={**self.environment, "PATH": PATH},
        )
        return sorted(tuple(line.split()) for line in text.splitlines())
