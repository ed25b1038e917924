"""Runs js/flows.mjs against a daemon of its own.

usage: javascript_flows.py FOLDER     FOLDER is js/, with its packages installed
"""

import os
import subprocess
import sys

from world import end_the_world, the_world

NODE = "/usr/bin/node"


def main(folder):
    world = the_world()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment.update(
        AWS_SHARED_CREDENTIALS_FILE=os.path.join(world.daemon.data, "credentials"),
        AWS_EC2_METADATA_DISABLED="true",
    )
    command = [NODE, os.path.join(folder, "flows.mjs"), world.daemon.url, world.opened_window]
    try:
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, timeout=300).returncode
    finally:
        end_the_world()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
