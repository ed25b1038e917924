"""A private sshd on loopback: the other machine of tests. Its keys, its users and its files are its own.

It runs in namespaces of its own as user 1000, whatever this user is: an sshd of root would need a folder
in /run, and a user to be while it does not trust its client. All its users are that one.
"""

import os
import signal
import socket
import subprocess

from daemon import await_that

USERS = ("root", "lull")
UID = 1000
GID = 0  # so that it may own what packages bring

# With a /run and an /etc/passwd of its own, then without any privilege.
START = """
mount -t tmpfs none /run && mount --bind "$1" /etc/passwd && shift &&
exec unshare --user --map-user=%d --map-group=%d "$@"
""" % (UID, GID)

CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
AuthorizedKeysFile {folder}/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
"""

CLIENT = """
Host *
  {more}
  Port {port}
  IdentityFile {folder}/key
  IdentitiesOnly yes
  UserKnownHostsFile {folder}/known_hosts
  GlobalKnownHostsFile /dev/null
  StrictHostKeyChecking yes
  HashKnownHosts no
"""


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def make_key(path):
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", path], check=True)
    with open(path + ".pub", encoding="ascii") as file:
        return " ".join(file.read().split()[:2])


class Sshd:
    """One server. `config` is the ssh_config by which its clients reach it as any host of its port."""

    def __init__(self, folder):
        self.folder = folder
        self.home = os.path.join(folder, "home")
        os.makedirs(self.home)
        self.host_key = make_key(os.path.join(folder, "host_key"))
        self.write("authorized_keys", make_key(os.path.join(folder, "key")) + "\n")
        self.write("passwd", "".join(
            "%s:x:%d:%d::%s:/bin/sh\n" % (user, UID, GID, self.home) for user in USERS))
        self.config = os.path.join(folder, "ssh_config")
        self.start()

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def path(self, name):
        return os.path.join(self.folder, name)

    def start(self):
        self.port = free_port()
        self.write("known_hosts", "[127.0.0.1]:%d %s\n" % (self.port, self.host_key))
        self.write("sshd_config", CONFIG.format(port=self.port, folder=self.folder))
        self.configure()
        self.log = open(self.path("log"), "ab")
        self.process = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "/bin/sh", "-c", START, "sh",
             self.path("passwd"), "/usr/sbin/sshd", "-D", "-e", "-f", self.path("sshd_config")],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, start_new_session=True,
        )
        await_that("sshd listens", self._listens)

    def configure(self, more=""):
        self.write("ssh_config", CLIENT.format(port=self.port, folder=self.folder, more=more))

    def _listens(self):
        if self.process.poll() is not None:
            with open(self.path("log"), encoding="utf-8") as file:
                raise AssertionError("sshd ended: " + file.read())
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def connections(self):
        """Its processes that serve one."""
        return list(self._servers_below(self.process.pid))

    def _servers_below(self, pid):
        try:
            with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
                children = [int(child) for child in file.read().split()]
        except FileNotFoundError:
            return
        for child in children:
            try:
                with open("/proc/%d/comm" % child, encoding="ascii") as file:
                    if file.read() != "sshd\n":
                        continue
            except FileNotFoundError:
                continue
            yield child
            yield from self._servers_below(child)

    def cut(self):
        """Ends all connections, as a network does: what runs behind them is not told."""
        for pid in self.connections():
            os.kill(pid, signal.SIGKILL)

    def stop(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.log.close()
