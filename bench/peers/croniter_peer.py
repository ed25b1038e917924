"""How many occurrences a second of processor time croniter (python3-croniter) finds. Run by tools/bench_peers."""
import datetime
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

for name, text in EXPRESSIONS.items():
    try:
        walk = croniter.croniter(text, BEGIN)
        done = 0
        begin = time.process_time()
        seconds = 0
        while seconds < 1:
            if walk.get_next(datetime.datetime).year > 2150:
                walk = croniter.croniter(text, BEGIN)
            done += 1
            seconds = time.process_time() - begin
        print(f"croniter {name:26} {done / seconds:.0f}/s", flush=True)
    except (ValueError, KeyError) as error:
        print(f"croniter {name:26} can't: {error}", flush=True)
