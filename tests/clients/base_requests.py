"""A legal request for each operation, about things that are there: what single members are bent of."""

from daemon import create_window
from world import TARGETS

# What RunCommand, Automation and so on may stand beside.
TYPE_OF_PARAMETERS = {
    "RunCommand": "RUN_COMMAND",
    "Automation": "AUTOMATION",
    "Lambda": "LAMBDA",
    "StepFunctions": "STEP_FUNCTIONS",
}


class BaseRequests:
    """What an operation uses up is made anew each time; the world deletes the windows."""

    def __init__(self, world):
        self._world = world

    def make(self, operation, path):
        """A request for the operation that suits a member at `path`."""
        return getattr(self, operation)(path)

    def _window(self):
        return create_window(self._world.client, "bent", Schedule="rate(7 days)")

    @staticmethod
    def _kind(path):
        """The task type that a member of the invocation parameters wants."""
        of_parameters = len(path) > 1 and path[0] == "TaskInvocationParameters"
        return TYPE_OF_PARAMETERS[path[1]] if of_parameters else "RUN_COMMAND"

    def CreateMaintenanceWindow(self, path):
        schedule = "cron(0 4 ? * SUN#2 *)" if path[0] == "ScheduleOffset" else "rate(7 days)"
        return dict(
            Name="bent", Schedule=schedule, Duration=24, Cutoff=0, AllowUnassociatedTargets=True
        )

    def GetMaintenanceWindow(self, path):
        return dict(WindowId=self._world.window)

    def UpdateMaintenanceWindow(self, path):
        request = dict(WindowId=self._window(), Duration=24, Cutoff=0)
        if path[0] == "ScheduleOffset":
            request["Schedule"] = "cron(0 4 ? * SUN#2 *)"
        if path[0] == "Replace":
            request.update(Name="bent", Schedule="rate(1 day)", AllowUnassociatedTargets=True)
        return request

    def DeleteMaintenanceWindow(self, path):
        return dict(WindowId=self._window())

    def DescribeMaintenanceWindows(self, path):
        return self._filtered({}, path, "Name", "base")

    @staticmethod
    def _filtered(request, path, key, value):
        if path[0] == "Filters":
            request["Filters"] = [{"Key": key, "Values": [value]}]
        return request

    def DescribeMaintenanceWindowSchedule(self, path):
        if path[0] in ("Targets", "ResourceType"):
            return dict(Targets=TARGETS, ResourceType="INSTANCE")
        request = dict(WindowId=self._world.window)
        return self._filtered(request, path, "ScheduledAfter", "2030-01-01T00:00:00Z")

    def DescribeMaintenanceWindowsForTarget(self, path):
        return dict(Targets=TARGETS, ResourceType="INSTANCE")

    def RegisterTargetWithMaintenanceWindow(self, path):
        return dict(WindowId=self._window(), ResourceType="INSTANCE", Targets=TARGETS)

    def UpdateMaintenanceWindowTarget(self, path):
        return dict(
            WindowId=self._world.window, WindowTargetId=self._world.target, Targets=TARGETS
        )

    def DeregisterTargetFromMaintenanceWindow(self, path):
        window = self._window()
        target = self._world.client.register_target_with_maintenance_window(
            WindowId=window, ResourceType="INSTANCE", Targets=TARGETS
        )["WindowTargetId"]
        return dict(WindowId=window, WindowTargetId=target)

    def DescribeMaintenanceWindowTargets(self, path):
        return self._filtered(dict(WindowId=self._world.window), path, "Type", "INSTANCE")

    def RegisterTaskWithMaintenanceWindow(self, path):
        kind = self._kind(path)
        request = dict(WindowId=self._window(), TaskType=kind, TaskArn="AWS-RunShellScript")
        if kind == "RUN_COMMAND":
            request.update(Targets=TARGETS, MaxConcurrency="1", MaxErrors="1")
        if path[-1] == "NotificationType" or path[-2:] == ("NotificationEvents", "[]"):
            request["TaskInvocationParameters"] = {"RunCommand": {"ServiceRoleArn": "role"}}
        return request

    def GetMaintenanceWindowTask(self, path):
        return dict(WindowId=self._world.window, WindowTaskId=self._world.tasks["RUN_COMMAND"])

    def UpdateMaintenanceWindowTask(self, path):
        kind = self._kind(path)
        request = dict(WindowId=self._world.window, WindowTaskId=self._world.tasks[kind])
        if kind == "RUN_COMMAND":
            request.update(
                Targets=TARGETS, MaxConcurrency="1", MaxErrors="1", TaskArn="AWS-RunShellScript"
            )
        return request

    def DeregisterTaskFromMaintenanceWindow(self, path):
        window = self._window()
        task = self._world.client.register_task_with_maintenance_window(
            WindowId=window, TaskType="AUTOMATION", TaskArn="x"
        )["WindowTaskId"]
        return dict(WindowId=window, WindowTaskId=task)

    def DescribeMaintenanceWindowTasks(self, path):
        return self._filtered(dict(WindowId=self._world.window), path, "Priority", "1")

    def DescribeMaintenanceWindowExecutions(self, path):
        request = dict(WindowId=self._world.opened_window)
        return self._filtered(request, path, "ExecutedAfter", "2020-01-01T00:00:00Z")

    def GetMaintenanceWindowExecution(self, path):
        return dict(WindowExecutionId=self._world.execution)

    def DescribeMaintenanceWindowExecutionTasks(self, path):
        return self._filtered(
            dict(WindowExecutionId=self._world.execution), path, "STATUS", "SUCCESS"
        )

    def GetMaintenanceWindowExecutionTask(self, path):
        return dict(
            WindowExecutionId=self._world.execution, TaskId=self._world.task_execution
        )

    def DescribeMaintenanceWindowExecutionTaskInvocations(self, path):
        request = self.GetMaintenanceWindowExecutionTask(path)
        return self._filtered(request, path, "STATUS", "SUCCESS")

    def GetMaintenanceWindowExecutionTaskInvocation(self, path):
        request = self.GetMaintenanceWindowExecutionTask(path)
        return dict(request, InvocationId=self._world.invocation)

    def CancelMaintenanceWindowExecution(self, path):
        return dict(WindowExecutionId=self._world.execution)

    def AddTagsToResource(self, path):
        return dict(
            ResourceType="MaintenanceWindow", ResourceId=self._world.window,
            Tags=[{"Key": "key", "Value": "value"}],
        )

    def RemoveTagsFromResource(self, path):
        return dict(
            ResourceType="MaintenanceWindow", ResourceId=self._world.window, TagKeys=["key"]
        )

    def ListTagsForResource(self, path):
        return dict(ResourceType="MaintenanceWindow", ResourceId=self._world.window)
