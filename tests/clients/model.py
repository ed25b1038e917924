"""The API's own description, as botocore has it: read, never copied.

Debian's botocore is of 2022. Where the service has changed since, DIFFERENCES says what is so now.
"""

import botocore.loaders
import botocore.model

# In the order of the API's life: windows, targets, tasks, executions, tags.
OPERATIONS = (
    "CreateMaintenanceWindow",
    "GetMaintenanceWindow",
    "UpdateMaintenanceWindow",
    "DeleteMaintenanceWindow",
    "DescribeMaintenanceWindows",
    "DescribeMaintenanceWindowSchedule",
    "DescribeMaintenanceWindowsForTarget",
    "RegisterTargetWithMaintenanceWindow",
    "UpdateMaintenanceWindowTarget",
    "DeregisterTargetFromMaintenanceWindow",
    "DescribeMaintenanceWindowTargets",
    "RegisterTaskWithMaintenanceWindow",
    "GetMaintenanceWindowTask",
    "UpdateMaintenanceWindowTask",
    "DeregisterTaskFromMaintenanceWindow",
    "DescribeMaintenanceWindowTasks",
    "DescribeMaintenanceWindowExecutions",
    "GetMaintenanceWindowExecution",
    "DescribeMaintenanceWindowExecutionTasks",
    "GetMaintenanceWindowExecutionTask",
    "DescribeMaintenanceWindowExecutionTaskInvocations",
    "GetMaintenanceWindowExecutionTaskInvocation",
    "CancelMaintenanceWindowExecution",
    "AddTagsToResource",
    "RemoveTagsFromResource",
    "ListTagsForResource",
)

# shape, key, what it is, why
DIFFERENCES = (
    ("MaintenanceWindowStringDateTime", "min", 1, "the service refuses '' at 'startDate'"),
    ("MaintenanceWindowStringDateTime", "max", 256, "the service's own limit"),
    ("MaintenanceWindowTimezone", "min", 1, "the service's own limit"),
    ("MaintenanceWindowTimezone", "max", 128, "the service's own limit"),
    ("MaintenanceWindowTaskParameterName", "sensitive", True, "so is the map that it is a key of"),
    ("TagValue", "min", 0, "a tag's value may be empty"),
    ("ResourceTypeForTagging", "enum",
     ("Document", "ManagedInstance", "MaintenanceWindow", "Parameter", "PatchBaseline", "OpsItem",
      "OpsMetadata", "Automation", "Association", "CloudConnector"),
     "CloudConnector came in 2026"),
)


class Model:
    """Shapes by name, as botocore's dictionaries with DIFFERENCES applied."""

    def __init__(self):
        text = botocore.loaders.Loader().load_service_model("ssm", "service-2")
        self.operations = text["operations"]
        self.shapes = text["shapes"]
        for shape, key, value, _ in DIFFERENCES:
            if self.shapes[shape].get(key) == value:
                raise AssertionError("botocore says so, too: take %s of %s out" % (key, shape))
            self.shapes[shape][key] = value
        self.service = botocore.model.ServiceModel(text, "ssm")

    def shape(self, name):
        return self.shapes[name]

    def input_of(self, operation):
        return self.operations[operation]["input"]["shape"]

    def output_of(self, operation):
        return self.operations[operation]["output"]["shape"]

    def errors_of(self, operation):
        return [error["shape"] for error in self.operations[operation]["errors"]]
