"""Commands and nodes, which the API has beside windows: their answers are what the description says."""

from world import UNKNOWN_ID, ClientsCase


class CommandsTest(ClientsCase):
    def invocation(self):
        """The command of the execution in the world, on its node."""
        ids = dict(WindowExecutionId=self.world.execution, TaskId=self.world.task_execution,
                   InvocationId=self.world.invocation)
        found = self.client.get_maintenance_window_execution_task_invocation(**ids)
        return dict(CommandId=found["ExecutionId"], InstanceId="local")

    def test_an_invocation_is_a_commands_and_says_what_it_printed(self):
        found = self.client.get_command_invocation(**self.invocation())
        self.assertEqual(
            (found["Status"], found["ResponseCode"], found["StandardOutputContent"].strip()),
            ("Success", 0, "hello"))
        self.refused("InvocationDoesNotExist", self.client.get_command_invocation,
                     CommandId=UNKNOWN_ID, InstanceId="local")

    def test_commands_and_their_invocations_are_listed(self):
        command = self.invocation()["CommandId"]
        commands = self.client.list_commands(CommandId=command)["Commands"]
        self.assertEqual([row["CommandId"] for row in commands], [command])
        rows = self.client.list_command_invocations(CommandId=command, Details=True)
        self.assertEqual([row["InstanceId"] for row in rows["CommandInvocations"]], ["local"])

    def test_nodes_are_described(self):
        nodes = self.client.describe_instance_information()["InstanceInformationList"]
        self.assertIn("local", [node["InstanceId"] for node in nodes])
