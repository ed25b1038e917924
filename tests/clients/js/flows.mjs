// The JavaScript client against a running daemon: the tutorial's flows in brief.
//
// usage: node flows.mjs URL EXECUTION_WINDOW
//   URL               where `lull serve` listens; the key is in AWS_SHARED_CREDENTIALS_FILE
//   EXECUTION_WINDOW  a window that has executed once, with one task on one node
//
// Prints one line a flow. Exit status 0 only if every expectation held.

import assert from "node:assert/strict";
import * as ssm from "@aws-sdk/client-ssm";

const [url, executedWindow] = process.argv.slice(2);
const client = new ssm.SSMClient({ endpoint: url, region: "us-east-1", maxAttempts: 1 });
const UNKNOWN_WINDOW = "mw-00000000000000000";

/** Sends one operation, by its name; checks that there is a request id. */
async function call(operation, input = {}) {
  const answer = await client.send(new ssm[`${operation}Command`](input));
  const { $metadata: metadata, ...members } = answer;
  assert.equal(metadata.httpStatusCode, 200);
  assert.match(metadata.requestId, /^[0-9a-f-]{36}$/);
  return members;
}

/** The error that the operation gets, which must be of this class. */
async function refused(name, operation, input) {
  const error = await call(operation, input).then(
    () => assert.fail(`${operation} was not refused`),
    (reason) => reason,
  );
  assert.equal(error.name, name, error.message);
  assert.equal(error.$metadata.httpStatusCode, 400);
  return error;
}

const createWindow = async (name = "js-window", others = {}) => {
  const { WindowId } = await call("CreateMaintenanceWindow", {
    Name: name,
    Schedule: "rate(7 days)",
    Duration: 2,
    Cutoff: 1,
    AllowUnassociatedTargets: true,
    ...others,
  });
  return WindowId;
};

const flows = {
  async "a window is created, read, updated, listed and deleted"() {
    const WindowId = await createWindow("js-window", { Description: "d" });
    const found = await call("GetMaintenanceWindow", { WindowId });
    assert.ok(found.CreatedDate instanceof Date);
    assert.equal(found.Enabled, true);
    const updated = await call("UpdateMaintenanceWindow", { WindowId, Enabled: false });
    assert.equal(updated.Enabled, false);
    const { WindowIdentities } = await call("DescribeMaintenanceWindows", {
      Filters: [{ Key: "Name", Values: ["js-"] }],
    });
    assert.deepEqual(WindowIdentities.map((row) => row.WindowId), [WindowId]);
    assert.deepEqual(await call("DeleteMaintenanceWindow", { WindowId }), { WindowId });
  },

  async "a target and a task are registered, updated, listed and deregistered"() {
    const WindowId = await createWindow();
    const Targets = [{ Key: "InstanceIds", Values: ["local"] }];
    const { WindowTargetId } = await call("RegisterTargetWithMaintenanceWindow", {
      WindowId,
      ResourceType: "INSTANCE",
      Targets,
    });
    const { WindowTaskId } = await call("RegisterTaskWithMaintenanceWindow", {
      WindowId,
      TaskType: "LAMBDA",
      TaskArn: "SSMRestart",
      TaskInvocationParameters: { Lambda: { Payload: Buffer.from("{}") } },
    });
    await call("UpdateMaintenanceWindowTarget", { WindowId, WindowTargetId, Name: "nodes" });
    const rows = await call("DescribeMaintenanceWindowTargets", { WindowId });
    assert.deepEqual(rows.Targets, [
      { WindowId, WindowTargetId, ResourceType: "INSTANCE", Targets, Name: "nodes" },
    ]);
    await call("UpdateMaintenanceWindowTask", { WindowId, WindowTaskId, Priority: 3 });
    const task = await call("GetMaintenanceWindowTask", { WindowId, WindowTaskId });
    assert.equal(task.Priority, 3);
    assert.equal(Buffer.from(task.TaskInvocationParameters.Lambda.Payload).toString(), "{}");
    const { Tasks } = await call("DescribeMaintenanceWindowTasks", { WindowId });
    assert.equal(Tasks[0].Type, "LAMBDA");
    await call("DeregisterTaskFromMaintenanceWindow", { WindowId, WindowTaskId });
    await call("DeregisterTargetFromMaintenanceWindow", { WindowId, WindowTargetId, Safe: true });
    await call("DeleteMaintenanceWindow", { WindowId });
  },

  async "pages are followed to their end"() {
    const made = [];
    for (let index = 0; index < 12; ++index) made.push(await createWindow(`paged-${index}`));
    const found = [];
    const input = { Filters: [{ Key: "Name", Values: ["paged-"] }] };
    let pages = 0;
    for await (const page of ssm.paginateDescribeMaintenanceWindows({ client, pageSize: 10 }, input)) {
      pages += 1;
      found.push(...page.WindowIdentities.map((row) => row.WindowId));
    }
    assert.equal(pages, 2);
    assert.deepEqual(found, made);
    for (const WindowId of made) await call("DeleteMaintenanceWindow", { WindowId });
  },

  async "an execution is read down to its invocation, and cancelled when it has ended"() {
    const rows = await call("DescribeMaintenanceWindowExecutions", { WindowId: executedWindow });
    const { WindowExecutionId, Status, StartTime } = rows.WindowExecutions[0];
    assert.equal(Status, "SUCCESS");
    assert.ok(StartTime instanceof Date);
    const { TaskIds } = await call("GetMaintenanceWindowExecution", { WindowExecutionId });
    const ids = { WindowExecutionId, TaskId: TaskIds[0] };
    assert.equal((await call("GetMaintenanceWindowExecutionTask", ids)).Type, "RUN_COMMAND");
    const listed = await call("DescribeMaintenanceWindowExecutionTaskInvocations", ids);
    const [row] = listed.WindowExecutionTaskInvocationIdentities;
    assert.deepEqual(JSON.parse(row.Parameters).instanceIds, ["local"]);
    const cancelled = await call("CancelMaintenanceWindowExecution", { WindowExecutionId });
    assert.deepEqual(cancelled, { WindowExecutionId });
  },

  async "tags are added, listed and removed"() {
    const resource = { ResourceType: "MaintenanceWindow", ResourceId: await createWindow() };
    const Tags = [{ Key: "Env", Value: "prod" }];
    assert.deepEqual(await call("AddTagsToResource", { ...resource, Tags }), {});
    assert.deepEqual(await call("ListTagsForResource", resource), { TagList: Tags });
    await call("RemoveTagsFromResource", { ...resource, TagKeys: ["Env"] });
    assert.deepEqual(await call("ListTagsForResource", resource), { TagList: [] });
    await call("DeleteMaintenanceWindow", { WindowId: resource.ResourceId });
  },

  async "errors are of the client's own classes and have their texts"() {
    const unknown = await refused("DoesNotExistException", "GetMaintenanceWindow", {
      WindowId: UNKNOWN_WINDOW,
    });
    assert.ok(unknown instanceof ssm.DoesNotExistException);
    assert.equal(unknown.message, `Maintenance window ${UNKNOWN_WINDOW} does not exist`);
    const malformed = await refused("ValidationException", "GetMaintenanceWindow", { WindowId: "1" });
    assert.match(malformed.message, /^2 validation errors detected: Value '1' at 'windowId'/);
    await refused("InvalidResourceId", "ListTagsForResource", {
      ResourceType: "MaintenanceWindow",
      ResourceId: UNKNOWN_WINDOW,
    });
  },
};

for (const [name, flow] of Object.entries(flows)) {
  await flow();
  console.log(name);
}
