"""usage: story.py LULL [--quiet]: the story that tools/demo tells with the binary LULL."""

import json
import re
import signal
import subprocess
import sys
import time

from printer import Failed, Printer
from stage import Stage
from window import Window

# Three more nodes, which are this machine too: their transport is a shell instead of ssh.
FLEET = """\
nodes:
  - {id: web-1, address: 127.0.0.1, transport: here, tags: {role: web}}
  - {id: web-2, address: 127.0.0.1, transport: here, tags: {role: web}}
  - {id: web-3, address: 127.0.0.1, transport: here, tags: {role: web}}
  - {id: web-4, address: 127.0.0.1, transport: here, tags: {role: web}}
"""
CONFIG = """\
transports:
  here: {argv: [/bin/sh, -s]}
"""
WEB = "Key=tag:role,Values=web"


def tell_of_cancel(stage, printer):
    printer.title("A window opens, is cancelled half-way, and drains")
    window = Window(stage, printer, "patch-web")
    window.add("drain-traffic", 1)
    window.add_long("patch", 2)
    window.add("reboot", 3)
    window.add("take-traffic", 4)
    printer.say("\nAll is registered. Bring the window forward: it opens in seconds.")
    execution = window.open_soon()
    window.await_words("patch-begins")
    statuses = execution.tasks()
    printer.expect(
        "priority 1 is done, 2 is in flight, 3 and 4 are queued",
        statuses == ["SUCCESS", "IN_PROGRESS", "PENDING", "PENDING"], statuses,
    )
    [patch] = execution.invocations(1)
    printer.expect("its invocation is running", patch["Status"] == "IN_PROGRESS", patch)

    printer.say("\nStop! Nothing that is queued may start now.")
    answer = execution.cancel()
    printer.expect("the cancel is accepted", answer == {"WindowExecutionId": execution.id}, answer)
    state = execution.get()
    printer.expect("the execution is CANCELLING", state["Status"] == "CANCELLING", state)
    statuses = execution.tasks()
    printer.expect(
        "what was queued is CANCELLED already; what is in flight goes on",
        statuses == ["SUCCESS", "IN_PROGRESS", "CANCELLED", "CANCELLED"], statuses,
    )

    printer.say("\nLet the command in flight finish.")
    window.go_on()
    state = execution.await_end()
    printer.expect("the execution is CANCELLED", state["Status"] == "CANCELLED", state)
    printer.expect(
        "it says who cancelled it, and when",
        re.match(r"Cancelled by AKIA\w+ at \d{4}-\d\d-\d\dT\d\d:\d\d", state["StatusDetails"]), state,
    )
    statuses = execution.tasks()
    printer.expect(
        "what was in flight has drained: SUCCESS. What was queued stays CANCELLED",
        statuses == ["SUCCESS", "SUCCESS", "CANCELLED", "CANCELLED"], statuses,
    )
    window.show_diary()
    printer.expect(
        "the diary agrees: nothing cancelled ever ran",
        window.words() == ["drain-traffic", "patch-begins", "patch-ends"], window.words(),
    )
    printer.expect(
        "the diary has the invocation that the API has",
        window.diary().count(patch["InvocationId"]) == 2, patch["InvocationId"],
    )


def tell_of_crash(stage, printer):
    printer.title("The daemon is killed while a command sleeps")
    window = Window(stage, printer, "upgrade-db")
    window.add("backup", 1)
    window.add_long("upgrade", 2)
    window.add("verify", 3)
    execution = window.start()
    window.await_words("upgrade-begins")
    stage.signal(signal.SIGKILL)
    printer.say("\nThe daemon is gone. The command is not: it goes on, and ends while nobody looks.")
    window.go_on()
    window.await_words("upgrade-ends")
    printer.say("\nStart the daemon again on the same data.")
    stage.start()
    state = execution.await_end()
    printer.expect("the execution went on, and ended", state["Status"] == "SUCCESS", state)
    statuses = execution.tasks()
    printer.expect(
        "the command's true outcome is recorded, and what was queued ran",
        statuses == ["SUCCESS"] * 3, statuses,
    )
    window.show_diary()
    printer.expect(
        "nothing was lost and nothing ran twice: each line is there once",
        window.words() == ["backup", "upgrade-begins", "upgrade-ends", "verify"], window.words(),
    )


def installed():
    return subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version} ${Status}\\n"],
        check=True, capture_output=True, text=True,
    ).stdout


def tell_of_scan(stage, printer):
    printer.title("What would a patch change here? Nothing is changed by asking")
    window = Window(stage, printer, "patch-scan")
    window.add_document("scan", 1, "AWS-RunPatchBaseline", {"Operation": ["Scan"]})
    before = installed()
    execution = window.start()
    state = execution.await_end()
    printer.expect("the scan is done", state["Status"] == "SUCCESS", state)
    execution.tasks()
    output = execution.output(0, "local")["StandardOutputContent"]
    report = json.loads(output)
    printer.expect("it reports in JSON", report["operation"] == "Scan", output)
    printer.expect("no package has changed", installed() == before)


def tell_of_errors(stage, printer):
    printer.title("Four nodes, one error allowed, two nodes that fail")
    window = Window(stage, printer, "patch-fleet", WEB)
    window.add_commands(
        "patch", 1, ['case "$LULL_NODE" in web-2 | web-3) exit 7 ;; esac'], concurrency=1, errors=1
    )
    execution = window.start()
    state = execution.await_end()
    printer.expect("the execution is FAILED", state["Status"] == "FAILED", state)
    execution.tasks()
    printer.expect(
        "its task says why", execution.details == ["The maximum error count was exceeded."],
        execution.details,
    )
    statuses = [invocation["Status"] for invocation in execution.invocations(0)]
    printer.expect(
        "node by node: the second error stopped it, so the last node was left alone",
        statuses == ["SUCCESS", "FAILED", "FAILED", "CANCELLED"], statuses,
    )


def cancel_half_way(stage, printer, policy):
    """A task over four nodes, two at a time, cancelled while the first two are in flight."""
    window = Window(stage, printer, "policy-" + policy, WEB)
    window.add_long("patch", 1, concurrency=2)
    window.add("verify", 2)
    execution = window.start()
    window.await_words("patch-begins", 2)
    answer = execution.cancel_with(policy)
    printer.expect("the execution is CANCELLING", answer["Status"] == "CANCELLING", answer)
    if policy != "stop":
        window.go_on()
    state = execution.await_end()
    printer.expect("the execution is CANCELLED", state["Status"] == "CANCELLED", state)
    execution.tasks()
    return window, [invocation["Status"] for invocation in execution.invocations(0)]


def tell_of_policies(stage, printer):
    printer.title("Three ways to cancel: --policy task, the API's, lets a task in progress go on")
    window, statuses = cancel_half_way(stage, printer, "task")
    printer.expect("it ran on all its nodes", statuses == ["SUCCESS"] * 4, statuses)
    printer.expect("the next task never began", "verify" not in window.words(), window.words())

    printer.title("--policy invocation lets finish what is in flight")
    window, statuses = cancel_half_way(stage, printer, "invocation")
    printer.expect(
        "two have finished, two never began", statuses == ["SUCCESS"] * 2 + ["CANCELLED"] * 2, statuses
    )
    printer.expect("the diary agrees", window.words().count("patch-begins") == 2, window.words())

    printer.title("--policy stop ends that, too")
    window, statuses = cancel_half_way(stage, printer, "stop")
    printer.expect("none has finished", statuses == ["CANCELLED"] * 4, statuses)
    printer.expect("the diary agrees", "patch-ends" not in window.words(), window.words())


def tell(stage, printer):
    printer.title("A daemon on this machine, and a client that knows nothing of it")
    files = stage.write("fleet.yaml", FLEET), stage.write("lull.yaml", CONFIG)
    stage.options = ["--inventory", files[0], "--config", files[1]]
    stage.start()
    printer.say("\nBelow, `aws` means:\n  " + stage.describe_aws())
    tell_of_cancel(stage, printer)
    tell_of_crash(stage, printer)
    tell_of_scan(stage, printer)
    tell_of_errors(stage, printer)
    tell_of_policies(stage, printer)
    names = stage.aws("describe-maintenance-windows", "--query", "WindowIdentities[].Name")
    printer.expect("all windows are still there", len(names) == 7, names)
    printer.title("The daemon is asked to stop")
    status = stage.signal(signal.SIGTERM)
    printer.expect("it exits with status 0", status == 0, status)


def main(arguments):
    started = time.monotonic()
    printer = Printer(quiet="--quiet" in arguments)
    # An exception, so that the stage is cleared.
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(128 + signal.SIGTERM))
    try:
        with Stage(arguments[0], printer) as stage:
            tell(stage, printer)
    except Failed as failure:
        print("demo: FAILED: %s" % failure, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("demo: interrupted", file=sys.stderr)
        return 130
    printer.end(time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
