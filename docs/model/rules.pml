/* The rules of DESIGN.md, as assertions. They look at the store and at the runners, never at what a
   replica believes. */

bit forbidden[SLOTS]; /* R1: a cancel returned that promised that this one never starts */
byte adoption[SLOTS]; /* R4: what a later life was told of it */
#define UNKNOWN 1
#define NOT_STARTED 2
bit started[SLOTS];

hidden byte rule_task, rule_slot, rule_count, seen_before, seen_after;

/* What commits must keep, whoever makes them: `after` is about to replace the store. `too_late`: the
   batch's now is at or after the cutoff. */
inline check_commit(after, too_late) {
  /* R10: ended ones never move again; that moves are rows of the table, transitions.pml asserts. */
  assert(!EXECUTION_FINAL(store.status) || store.status == after.status);
  rule_count = 0;
  for (rule_task : 0 .. (TASKS - 1)) {
    assert(!TASK_FINAL(store.task[rule_task]) || store.task[rule_task] == after.task[rule_task]);
    /* The first closer wins. */
    assert(store.closed[rule_task] == NOT_CLOSED || store.closed[rule_task] == after.closed[rule_task]);
    if
    :: TASK_FINAL(after.task[rule_task]) -> assert(IN_FLIGHT(after, rule_task) == 0) /* R2: it has drained */
    :: else -> rule_count++
    fi;
    if
    :: store.task[rule_task] == PENDING && RUNNING(after.task[rule_task]) ->
       assert(!too_late);                             /* R7 */
       assert(after.cancel == POLICY_NONE);       /* R1 */
       for (rule_slot : 0 .. (TASKS - 1)) {       /* R9 */
         assert(PRIORITY(rule_slot) >= PRIORITY(rule_task) || TASK_FINAL(after.task[rule_slot]))
       }
    :: else
    fi;
    if
    :: after.next[rule_task] > store.next[rule_task] ->
       assert(after.errors[rule_task] <= MAX_ERRORS(rule_task));               /* R8 */
       assert(after.next[rule_task] - after.done[rule_task] <= LIMITS(rule_task)); /* R8 */
       assert(after.cancel < POLICY_INVOCATION);                               /* R1 */
       assert(!too_late || !CANCELS_AT_CUTOFF(rule_task));                         /* R7 */
       assert(after.closed[rule_task] == NOT_CLOSED)
    :: else
    fi;
    /* R7: at the cutoff what is in flight of a RUN_COMMAND with CANCEL_TASK is asked to stop. */
    if
    :: too_late && CANCELS_AT_CUTOFF(rule_task) && RUNNING(after.task[rule_task]) ->
       assert(after.stop[rule_task] || IN_FLIGHT(after, rule_task) == 0)
    :: else
    fi
  }
  /* R3: the execution is final exactly when its tasks are; CANCELLED when that was asked for. */
  assert(EXECUTION_FINAL(after.status) == (rule_count == 0));
  assert(after.cancel == POLICY_NONE || !EXECUTION_FINAL(after.status) || after.status == CANCELLED);
  assert(after.cancel >= store.cancel);
  for (rule_task : 0 .. (TASKS - 1)) {
    rule_count = 0;
    for (rule_slot : 0 .. (WIDTH - 1)) {
      if
      :: rule_slot < COUNTS(rule_task) ->
         /* R2: recorded once; only what was claimed is. */
         assert(store.outcome[SLOT(rule_task, rule_slot)] == 0 ||
                store.outcome[SLOT(rule_task, rule_slot)] == after.outcome[SLOT(rule_task, rule_slot)]);
         assert(after.outcome[SLOT(rule_task, rule_slot)] == 0 || rule_slot < after.next[rule_task]);
         /* R10, of invocations: what they read as. */
         seen_before = INVOCATION_STATUS(store, SLOT(rule_task, rule_slot));
         seen_after = INVOCATION_STATUS(after, SLOT(rule_task, rule_slot));
         see_invocation(seen_before, seen_after);
         rule_count = rule_count + (after.outcome[SLOT(rule_task, rule_slot)] != 0)
      :: else
      fi
    }
    assert(after.done[rule_task] == rule_count) /* R3: counts add up */
  }
}

/* A runner's Start is entered. */
inline check_start(s) {
  assert(ORDINAL_OF(s) < store.next[TASK_OF(s)]); /* R4: the claim is durable */
  assert(!started[s]);                            /* R4: at most once */
  assert(!forbidden[s]);                          /* R1 */
  assert(store.outcome[s] == 0);                  /* R2: nothing was said of it yet */
  started[s] = 1
}

/* A cancel returns: what it promises holds from here on (R1). */
inline promise(policy) {
  printf("cancel %d RETURNS\n", policy);
  SITUATION(2);
  for (rule_slot : 0 .. (SLOTS - 1)) {
    if
    :: !started[rule_slot] && (policy != POLICY_TASK || !RUNNING(store.task[TASK_OF(rule_slot)])) ->
       forbidden[rule_slot] = 1
    :: else
    fi
  }
}

/* Nothing is left to do and no fault is to come. */
inline check_end() {
  assert(EXECUTION_FINAL(store.status)); /* every execution ends */
  assert(fact == POLICY_NONE || store.status == CANCELLED || final_before_fact);
  for (rule_slot : 0 .. (SLOTS - 1)) {
    /* R2: what started has its own outcome, or 'unknown after a restart' (R4), and no other. */
    assert(!started[rule_slot] || store.outcome[rule_slot] != 0);
    assert(store.outcome[rule_slot] == truth[rule_slot] ||
           (store.outcome[rule_slot] == FAILED && adoption[rule_slot] == UNKNOWN) ||
           (store.outcome[rule_slot] == FAILED && adoption[rule_slot] == NOT_STARTED && truth[rule_slot] == 0))
  }
}
