/* What the store holds, what a replica holds of it in memory (m) and what its batch makes of that (w):
   the same rows, three places. */

/* The shape of the execution. */
#define WIDTH 2 /* the most targets that a task has */
#ifdef SMALL
#define TASKS 2 /* one after the other */
#define PRIORITY(t) ((t) + 1)
#else
#define TASKS 3 /* 0 and 1 have one priority, 2 the next */
#define PRIORITY(t) ((t) == 2 -> 2 : 1)
#endif
#define COUNTS(t) ((t) == 0 -> 2 : 1)
#ifdef WIDE
#define LIMITS(t) 2 /* MaxConcurrency */
#define MAX_ERRORS(t) 1
#else
#define LIMITS(t) 1
#define MAX_ERRORS(t) 0
#endif
/* Task 0 is a RUN_COMMAND with CANCEL_TASK, the others have CONTINUE_TASK. */
#define CANCELS_AT_CUTOFF(t) ((t) == 0)

#define SLOTS (TASKS * WIDTH)
#define SLOT(t, i) ((t) * WIDTH + (i))
#define TASK_OF(s) ((s) / WIDTH)
#define ORDINAL_OF(s) ((s) % WIDTH)

/* Policies, stricter ones greater (engine/model/states.h, CancelPolicy, plus one): 0 is no cancel. */
#define POLICY_NONE 0
#define POLICY_TASK 1
#define POLICY_INVOCATION 2
#define POLICY_STOP 3

typedef Rows {
  byte status;         /* the execution's */
  byte cancel;         /* its cancel request */
  byte task[TASKS];    /* the tasks' statuses */
  byte closed[TASKS];  /* closed_by */
  bit stop[TASKS];     /* stop_requested */
  byte next[TASKS];    /* the cursor: ordinals below it are claimed */
  byte done[TASKS];    /* finished() */
  byte errors[TASKS];  /* errors() */
  byte outcome[SLOTS]; /* the finish rows; 0: none */
};

#define RUNNING(status) ((status) == IN_PROGRESS || (status) == CANCELLING)
#define IN_FLIGHT(x, t) (x.next[t] - x.done[t])

/* InvocationStatus (engine/model/states.h): queued invocations have no row. */
#define INVOCATION_STATUS(x, s) \
  (x.outcome[s] -> x.outcome[s] : (ORDINAL_OF(s) < x.next[TASK_OF(s)] -> (x.stop[TASK_OF(s)] -> CANCELLING : IN_PROGRESS) : QUEUED_STATUS(x.closed[TASK_OF(s)])))

hidden byte copy_task, copy_slot;

inline copy(to, from) {
  to.status = from.status;
  to.cancel = from.cancel;
  for (copy_task : 0 .. (TASKS - 1)) {
    to.task[copy_task] = from.task[copy_task];
    to.closed[copy_task] = from.closed[copy_task];
    to.stop[copy_task] = from.stop[copy_task];
    to.next[copy_task] = from.next[copy_task];
    to.done[copy_task] = from.done[copy_task];
    to.errors[copy_task] = from.errors[copy_task];
  }
  for (copy_slot : 0 .. (SLOTS - 1)) { to.outcome[copy_slot] = from.outcome[copy_slot]; }
}

/* Forgets: what nobody will read again must not tell states apart. */
inline clear(x) {
  x.status = 0;
  x.cancel = 0;
  for (copy_task : 0 .. (TASKS - 1)) {
    x.task[copy_task] = 0;
    x.closed[copy_task] = 0;
    x.stop[copy_task] = 0;
    x.next[copy_task] = 0;
    x.done[copy_task] = 0;
    x.errors[copy_task] = 0;
  }
  for (copy_slot : 0 .. (SLOTS - 1)) { x.outcome[copy_slot] = 0; }
}

Rows store; /* durable: survives every crash */
