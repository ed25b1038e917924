"""AUTOMATION, LAMBDA and STEP_FUNCTIONS tasks, carried out by servers that the daemon calls."""

import json
import os
import signal
import subprocess
import threading

import cases
from daemon import (
    LULL, PATIENCE_SECONDS, DaemonCase, Gate, await_end, await_that, create_window, invocations_of,
    statuses_of,
)
from function_server import FunctionServer, accepted, call_back, make_certificate, result

PARAMETERS = {
    "LAMBDA": {"Lambda": {"Payload": b'{"reboot":1.50}', "Qualifier": "prod"}},
    "AUTOMATION": {"Automation": {"DocumentVersion": "1", "Parameters": {"b": ["2", "3"], "a": ["1"]}}},
    "STEP_FUNCTIONS": {"StepFunctions": {"Name": "night", "Input": '{"step":1}'}},
}


def lull(*arguments):
    done = subprocess.run(
        [LULL, *arguments], capture_output=True, text=True, timeout=PATIENCE_SECONDS
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class FunctionsTest(DaemonCase):
    def serve(self, answer, certificate=None):
        server = FunctionServer(answer, certificate)
        self.addCleanup(server.close)
        return server

    def configure(self, functions):
        """Writes the file; YAML reads JSON, too."""
        path = os.path.join(self.folder, "config.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"functions": functions}, file)
        return path

    def start_with(self, **functions):
        self.config = self.configure(functions)
        return self.start("--config", self.config)

    def secret_file(self, text="s3cr3t\n"):
        path = os.path.join(self.folder, "token")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o600)
        return path

    def execute(self, daemon, arn="patch", task_type="LAMBDA", parameters=None):
        """Starts a window of one task on node `local`; its execution's id."""
        client = daemon.client()
        window = create_window(client)
        client.register_task_with_maintenance_window(
            WindowId=window,
            TaskType=task_type,
            TaskArn=arn,
            Targets=[{"Key": "InstanceIds", "Values": ["local"]}],
            Priority=1,
            MaxConcurrency="1",
            MaxErrors="0",
            TaskInvocationParameters=parameters or PARAMETERS[task_type],
        )
        self.window = window
        answer = json.loads(lull("start", window, "--data-dir", self.data, "--json"))
        return answer["WindowExecutionId"]

    def end(self, daemon, execution):
        """The invocation, once the execution has ended."""
        await_end(daemon.client(), execution)
        return invocations_of(daemon.client(), execution)[0]

    def test_a_function_gets_the_invocation_and_answers_with_its_result(self):
        server = self.serve(lambda _: result(Status="SUCCESS", StatusDetails="2 packages"))
        daemon = self.start_with(patch={"url": server.url, "bearer_token_file": self.secret_file()})
        execution = self.execute(daemon, "arn:aws:lambda:us-east-1:000000000000:function:patch:prod")
        invocation = self.end(daemon, execution)
        self.assertEqual(invocation["Status"], "SUCCESS", invocation)
        self.assertEqual(invocation["StatusDetails"], "2 packages")
        self.assertEqual(len(server.calls), 1)
        headers, body = server.calls[0].headers, server.calls[0].json
        self.assertEqual(headers["Authorization"], "Bearer s3cr3t")
        self.assertEqual(headers["X-Lull-Invocation-Id"], invocation["InvocationId"])
        self.assertEqual(headers["Idempotency-Key"], invocation["InvocationId"])
        self.assertEqual(headers["Content-Type"], "application/json")
        url = body.pop("CallbackUrl")
        self.assertTrue(
            url.startswith("%s/callback/%s/" % (daemon.url, invocation["InvocationId"])), url
        )
        self.assertEqual(body.pop("TaskExecutionId"), invocation["TaskExecutionId"])
        self.assertEqual(len(body.pop("WindowTaskId")), 36)
        self.assertEqual(
            body,
            {
                "InvocationId": invocation["InvocationId"],
                "WindowExecutionId": execution,
                "WindowId": self.window,
                "TaskType": "LAMBDA",
                "TaskArn": "arn:aws:lambda:us-east-1:000000000000:function:patch:prod",
                "Node": "local",
                "Qualifier": "prod",
                "Payload": {"reboot": 1.5},
            },
        )

    def test_automations_and_state_machines_get_what_they_were_registered_with(self):
        server = self.serve(lambda _: result())
        daemon = self.start_with(patch={"url": server.url})
        for arn, task_type, wanted in (
            ("patch", "AUTOMATION",
             {"DocumentVersion": "1", "Parameters": {"a": ["1"], "b": ["2", "3"]}}),
            ("arn:aws:states:us-east-1:000000000000:stateMachine:patch", "STEP_FUNCTIONS",
             {"Name": "night", "Input": {"step": 1}}),
        ):
            execution = self.execute(daemon, arn, task_type)
            self.assertEqual(self.end(daemon, execution)["Status"], "SUCCESS")
            self.assertEqual({**server.calls[-1].json, **wanted}, server.calls[-1].json)

    def test_one_that_accepts_calls_back_with_its_secret_and_nobody_else_does(self):
        server = self.serve(accepted)
        daemon = self.start_with(patch={"url": server.url})
        execution = self.execute(daemon)
        url = server.await_call()["CallbackUrl"]
        start, _, secret = url.rpartition("/")
        other = secret[:-1] + ("0" if secret[-1] != "0" else "1")
        nothing, text = call_back(daemon.url + "/callback", {})
        self.assertEqual(nothing, 404)
        for wrong in (
            start + "/" + other, start + "/", start, start + "/" + secret + "/x", url.upper(),
            daemon.url + "/callback/", daemon.url + "/callback/x/" + secret,
        ):
            with self.subTest(wrong):
                status, answer = call_back(wrong, {"Status": "FAILED"})
                self.assertEqual(status, 404)
                self.assertEqual(
                    json.loads(answer)["message"], json.loads(text)["message"]
                )
        self.assertEqual(call_back(url, None, method="GET")[0], 405)
        self.assertEqual(call_back(url, b" " * 65537)[0], 413)
        self.assertEqual(statuses_of(daemon.client(), execution), ["IN_PROGRESS"])
        self.assertEqual(call_back(url, {"StatusDetails": "done"})[0], 200)
        self.assertEqual(call_back(url, {"Status": "FAILED"})[0], 200)
        invocation = self.end(daemon, execution)
        self.assertEqual((invocation["Status"], invocation["StatusDetails"]), ("SUCCESS", "done"))
        self.assertNotIn(secret, daemon.log)

    def test_a_call_back_may_come_after_the_daemon_was_killed(self):
        server = self.serve(accepted)
        daemon = self.start_with(patch={"url": server.url})
        execution = self.execute(daemon)
        path = server.await_call()["CallbackUrl"].split("/callback/")[1]
        self.await_record("accepted")
        daemon.end(signal.SIGKILL)
        again = self.start("--config", self.config)
        self.assertEqual(statuses_of(again.client(), execution), ["IN_PROGRESS"])
        answer = call_back(again.url + "/callback/" + path, {"Status": "TIMED_OUT"})
        self.assertEqual(answer[0], 200)
        self.assertEqual(self.end(again, execution)["Status"], "TIMED_OUT")
        self.assertEqual(len(server.calls), 1)

    def test_a_call_back_that_was_answered_is_not_lost_though_the_daemon_is_killed(self):
        server = self.serve(accepted)
        daemon = self.start_with(patch={"url": server.url})
        execution = self.execute(daemon)
        url = server.await_call()["CallbackUrl"]
        status, _ = call_back(url, {"StatusDetails": "just in time"})
        daemon.end(signal.SIGKILL)
        self.assertEqual(status, 200)
        again = self.start("--config", self.config)
        invocation = self.end(again, execution)
        self.assertEqual(
            (invocation["Status"], invocation["StatusDetails"]), ("SUCCESS", "just in time")
        )
        self.assertEqual(len(server.calls), 1)

    def test_a_call_on_its_way_when_the_daemon_was_killed_is_never_made_again(self):
        server = self.serve(lambda _: None)
        daemon = self.start_with(patch={"url": server.url})
        execution = self.execute(daemon)
        server.await_call()
        daemon.end(signal.SIGKILL)
        again = self.start("--config", self.config)
        invocation = self.end(again, execution)
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertIn("outcome", invocation["StatusDetails"])
        self.assertEqual(len(server.calls), 1)

    def test_a_stop_of_the_daemon_waits_for_the_answer_to_a_call_on_its_way(self):
        may_answer = threading.Event()
        self.addCleanup(may_answer.set)

        def answer(_):
            may_answer.wait()
            return result(StatusDetails="heard")

        server = self.serve(answer)
        daemon = self.start_with(patch={"url": server.url})
        execution = self.execute(daemon)
        server.await_call()
        daemon.send(signal.SIGTERM)
        await_that("it stops", lambda: "stopping" in daemon.log)
        self.assertIsNone(daemon.process.poll())
        may_answer.set()
        self.assertEqual(daemon.await_exit(), 0)
        again = self.start("--config", self.config)
        invocation = self.end(again, execution)
        self.assertEqual((invocation["Status"], invocation["StatusDetails"]), ("SUCCESS", "heard"))
        self.assertEqual(len(server.calls), 1)

    def test_what_does_not_answer_or_answers_garbage_fails_and_says_so(self):
        elsewhere = self.serve(lambda _: result())
        servers = {
            "hangs": self.serve(lambda _: None),
            "garbage": self.serve(lambda _: (200, {}, b"<html>hello")),
            "misspelt": self.serve(lambda _: result(status="FAILED")),
            "redirects": self.serve(lambda _: (307, {"Location": elsewhere.url}, b"")),
            "huge": self.serve(lambda _: (200, {}, b" " * (64 << 20))),
            "broken": self.serve(lambda _: (500, {}, b"no disk")),
        }
        gone = FunctionServer(accepted)
        gone.close()
        functions = {name: {"url": server.url} for name, server in servers.items()}
        functions["hangs"]["answer_timeout_seconds"] = 1
        functions["refuses"] = {"url": gone.url}
        functions["forgets"] = {"url": self.serve(accepted).url, "result_timeout_seconds": 1}
        daemon = self.start_with(**functions)
        for name, status, text in (
            ("hangs", "FAILED", "outcome is unknown"),
            ("garbage", "FAILED", "<html>hello"),
            ("misspelt", "FAILED", '"status"'),
            ("redirects", "FAILED", "307 (redirects are not followed)"),
            ("huge", "FAILED", "more than 65536 bytes"),
            ("broken", "FAILED", '500: "no disk"'),
            ("refuses", "FAILED", "nothing was sent"),
            ("forgets", "TIMED_OUT", "has not called back"),
            ("nobody", "FAILED", 'Unknown function "nobody": add it'),
        ):
            with self.subTest(name):
                invocation = self.end(daemon, self.execute(daemon, name))
                self.assertEqual(invocation["Status"], status, invocation)
                self.assertIn(text, invocation["StatusDetails"])
        self.assertEqual(elsewhere.calls, [])
        self.assertEqual(len(servers["hangs"].calls), 1)

    def test_only_a_server_that_is_trusted_is_told_anything(self):
        certificate = make_certificate(self.folder)
        server = self.serve(lambda _: result(), certificate)
        daemon = self.start_with(
            trusted={"url": server.url, "ca_file": certificate[0]}, stranger={"url": server.url}
        )
        invocation = self.end(daemon, self.execute(daemon, "stranger"))
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertIn("certificate", invocation["StatusDetails"])
        self.assertEqual(server.calls, [])
        invocation = self.end(daemon, self.execute(daemon, "trusted"))
        self.assertEqual(invocation["Status"], "SUCCESS", invocation)

    def test_a_token_that_others_may_read_or_that_is_gone_is_not_sent(self):
        server = self.serve(lambda _: result())
        token = self.secret_file()
        daemon = self.start_with(patch={"url": server.url, "bearer_token_file": token})
        os.chmod(token, 0o644)
        invocation = self.end(daemon, self.execute(daemon))
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertIn("mode 0644", invocation["StatusDetails"])
        os.remove(token)
        invocation = self.end(daemon, self.execute(daemon))
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertIn("No such file", invocation["StatusDetails"])
        self.assertEqual(server.calls, [])
        self.secret_file("another")
        self.assertEqual(self.end(daemon, self.execute(daemon))["Status"], "SUCCESS")
        self.assertEqual(server.calls[0].headers["Authorization"], "Bearer another")

    def test_a_stop_ends_what_waits_for_a_call_back(self):
        server = self.serve(accepted)
        daemon = self.start_with(patch={"url": server.url})
        execution = self.execute(daemon)
        url = server.await_call()["CallbackUrl"]
        self.await_record("accepted")
        lull("cancel", execution, "--policy", "stop", "--data-dir", self.data)
        invocation = self.end(daemon, execution)
        self.assertEqual(invocation["Status"], "CANCELLED")
        self.assertEqual(invocation["StatusDetails"], "Stopped waiting on request")
        self.assertEqual(call_back(url, {})[0], 404)

    def test_a_local_command_gets_the_invocation_on_its_standard_input_and_outlives_a_kill(self):
        gate = Gate(self.folder)
        seen = os.path.join(self.folder, "seen")
        script = "cat > %s; %s; %s; exit 3" % (seen, gate.write("begin"), gate.wait())
        daemon = self.start_with(patch={"command": ["/bin/sh", "-c", script]})
        execution = self.execute(daemon, parameters={"Lambda": {"Payload": b'"$(rm -rf /)"'}})
        gate.await_word("begin")
        daemon.end(signal.SIGKILL)
        again = self.start("--config", self.config)
        self.assertEqual(statuses_of(again.client(), execution), ["IN_PROGRESS"])
        gate.open()
        invocation = self.end(again, execution)
        self.assertEqual(invocation["Status"], "FAILED")
        self.assertIn("3", invocation["StatusDetails"])
        self.assertEqual(gate.words(), ["begin"])
        with open(seen, encoding="utf-8") as file:
            told = json.load(file)
        self.assertEqual(told["Payload"], "$(rm -rf /)")
        self.assertEqual(told["WindowExecutionId"], execution)
        self.assertNotIn("CallbackUrl", told)

    def await_record(self, state):
        """Until the daemon has written down how far its only call is."""

        def look():
            for folder, _, names in os.walk(os.path.join(self.data, "output")):
                for name in names:
                    if name.endswith(".call"):
                        with open(os.path.join(folder, name), encoding="utf-8") as file:
                            return state in file.read().split("\n")
            return False

        await_that("the call is " + state, look)


if __name__ == "__main__":
    cases.main()
