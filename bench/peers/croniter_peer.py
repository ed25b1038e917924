"""How many occurrences a second of processor time croniter (python3-croniter) finds, a JSON line each; run.mjs runs it."""
import datetime
import importlib.metadata
import json
import time
import zoneinfo

import croniter

EXPRESSIONS = {
    "cron(*/5 * * * * ? *)": "* * * * * */5",
    "cron(0 3 ? * SUN#2 *)": "0 3 * * sun#2",
    "cron(0 3 L * ? *)": "0 3 l * *",
    "cron(0 3 LW * ? *)": "0 3 lw * *",
    "cron(0 3 29 2 ? *)": "0 3 29 2 *",
}
BEGIN = datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("America/New_York"))
VERSION = "croniter " + importlib.metadata.version("croniter")


def rate(text):
    walk = croniter.croniter(text, BEGIN)
    done = 0
    begin = time.process_time()
    seconds = 0
    while seconds < 1:
        if walk.get_next(datetime.datetime).year > 2150:
            walk = croniter.croniter(text, BEGIN)
        done += 1
        seconds = time.process_time() - begin
    return done / seconds


for name, text in EXPRESSIONS.items():
    row = {"peer": "croniter", "version": VERSION, "work": "occurrences of " + name, "unit": "/s"}
    try:
        row["value"] = rate(text)
    except (ValueError, KeyError) as error:
        row["lacks"] = str(error)
    print(json.dumps(row), flush=True)
