"""Calls the server at the port given as a real client does; the test reads what it prints.

The client fills in a ClientToken, signs, retries and parses by itself: nothing here knows the wire.
"""
import sys

import boto3
import botocore.config
import botocore.exceptions

client = boto3.client(
    "ssm",
    endpoint_url=f"http://127.0.0.1:{sys.argv[1]}",
    region_name="eu-central-1",
    aws_access_key_id=sys.argv[2],
    aws_secret_access_key=sys.argv[3],
    config=botocore.config.Config(parameter_validation=False, retries={"max_attempts": 0}),
)


def show(operation, **parameters):
    try:
        answer = getattr(client, operation)(**parameters)
        metadata = answer.pop("ResponseMetadata")
        if not metadata["RequestId"]:
            print("no request id")
        print("ok", {name: str(value) for name, value in sorted(answer.items())})
    except botocore.exceptions.ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        print(status, error.response["Error"]["Code"], error.response["Error"]["Message"])


show("create_maintenance_window", Name="nightly", Schedule="rate(1 day)",
     Duration=2, Cutoff=1, AllowUnassociatedTargets=True, Tags=[{"Key": "\u00e4", "Value": ""}])
show("get_maintenance_window", WindowId="mw-0123456789abcdef0")
show("describe_maintenance_windows")
show("get_maintenance_window", WindowId="mw-00000000000000000")
show("get_maintenance_window", WindowId="mw-1")
show("create_maintenance_window", Name="boom", Schedule="rate(1 day)", Duration=2, Cutoff=1,
     AllowUnassociatedTargets=True)
show("describe_patch_baselines")
