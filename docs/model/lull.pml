/* Lull's protocol of claim, hand-over, finish, cancel, cutoff, crash, and (as designed for later)
   leases. README.md of this folder says what is modelled, what is not, and how to run it. */

#include "coverage.pml"
#include "transitions.pml"
#include "rows.pml"

#ifdef LEASES
#define REPLICAS 2
#else
#define REPLICAS 1
#endif
#ifndef CRASHES
#define CRASHES 0
#endif
#ifndef FAULTS /* commits that the store refuses, or whose outcome is unknown */
#define FAULTS 0
#endif
#ifndef ASKS /* cancels that the client asks for, one after the other */
#define ASKS 0
#endif
#ifndef REPEATS /* reports that a runner makes twice */
#define REPEATS 0
#endif
#ifndef EXPIRIES /* of leases */
#define EXPIRIES 0
#endif

/* ---- what a replica knows: lost when it crashes ---- */

#define DOWN 0     /* no process, or one that does not hold this execution */
#define ADOPTING 1 /* it has taken the next epoch and asks the runners what became of what was in flight */
#define IDLE 2     /* nobody leads */
#define DECIDED 3  /* the batch is decided, and in memory only */
#define STORED 4   /* the batch is durable, and not published yet */

byte phase[REPLICAS];
byte epoch[REPLICAS];
byte adopt_at[REPLICAS];
byte heeded[REPLICAS];   /* the stored fact (below) that the batch was decided on */
byte found[REPLICAS];    /* the fact that it found when it took the lease */
byte asked[REPLICAS];    /* a cancel in the queue of control requests: its policy */
bit taken[REPLICAS];     /* the batch has that cancel in it */
bit dirty[REPLICAS];     /* to settle though no event says so */
bit unknown[REPLICAS];   /* a commit's outcome is: recover first */
bit fenced[REPLICAS];
byte starting[REPLICAS]; /* the slot, plus one, whose Start is being entered */
bit past[REPLICAS];      /* the batch's now is at or after the cutoff */
Rows memory[REPLICAS], work[REPLICAS];
#define m memory[r]
#define w work[r]

#define HAND(r, t) ((r) * TASKS + (t))
#define KNOWN(r, s) ((r) * SLOTS + (s))
byte handed[REPLICAS * TASKS];  /* ordinals below were handed over */
bit frozen[REPLICAS * TASKS];   /* a batch moves the cursor back: no hand-over */
bit unstarted[REPLICAS * SLOTS]; /* below `handed`, and certain that they never started */
byte report[REPLICAS * SLOTS];  /* what runners said, not yet stored */
#define HAS_UNSTARTED(r, t) (unstarted[KNOWN(r, SLOT(t, 0))] || unstarted[KNOWN(r, SLOT(t, 1))])

/* ---- the world: outlives every replica ---- */

byte stored_epoch = 1, owner;
bit lease = 1;             /* the owner's is valid, by every clock, drift counted in */
byte fact, acknowledged;   /* a cancel that arrived elsewhere: a stored fact without epoch */
bit final_before_fact;
bit late;                  /* now is at or after the cutoff */
byte truth[SLOTS];           /* what a runner really does: 0 never told, IN_PROGRESS, or how it ended */
byte told[SLOTS];          /* the replica, plus one, to whom the runner will report */
bit stop_asked[SLOTS];
byte crashes = CRASHES, faults = FAULTS, repeats = REPEATS, expiries = EXPIRIES;

#define CALM 0   /* no cancel is under way */
#define QUEUED 1 /* in a replica's queue or batch */
#define KEPT 2   /* durable; the caller waits for a Start in progress */
#define FACT 3   /* stored as a fact at a replica that does not own the execution */
byte call, call_policy, call_at, call_epoch;
byte asks = ASKS;

#include "rules.pml"
#include "decide.pml"

hidden byte x, same;

/* ---- the batch: decide, commit, publish (docs/architecture.md, 'The write path') ---- */

#define REPORTED(r, t) (report[KNOWN(r, SLOT(t, 0))] || report[KNOWN(r, SLOT(t, 1))])
#ifdef SMALL
#define HAS_REPORT(r) (REPORTED(r, 0) || REPORTED(r, 1))
#else
#define HAS_REPORT(r) (REPORTED(r, 0) || REPORTED(r, 1) || REPORTED(r, 2))
#endif
#define FACT_TO_DECIDE(r) (fact > m.cancel && !EXECUTION_FINAL(m.status))
#define CUTOFF_TO_DECIDE(r) (late && !past[r] && !EXECUTION_FINAL(m.status))
#define HAS_EVENT(r) (asked[r] || HAS_REPORT(r) || dirty[r] || FACT_TO_DECIDE(r) || CUTOFF_TO_DECIDE(r))
#define LEADS(r) (phase[r] == IDLE && !unknown[r] && !fenced[r])

inline compare() {
  same = (w.status == m.status && w.cancel == m.cancel);
  for (x : 0 .. (TASKS - 1)) {
    same = same && w.task[x] == m.task[x] && w.closed[x] == m.closed[x] && w.stop[x] == m.stop[x] &&
           w.next[x] == m.next[x] && w.done[x] == m.done[x]
  }
}

/* What was stored is shown in memory and becomes effects. */
inline published(r) {
  printf("replica %d publishes\n", r);
  for (x : 0 .. (SLOTS - 1)) {
    if
    :: w.outcome[x] != m.outcome[x] -> report[KNOWN(r, x)] = 0
    :: else
    fi;
    if
    :: w.stop[TASK_OF(x)] && !m.stop[TASK_OF(x)] && ORDINAL_OF(x) < w.next[TASK_OF(x)] && w.outcome[x] == 0 ->
       stop_asked[x] = 1
    :: else
    fi
  }
  copy(m, w);
  clear(w);
  heeded[r] = 0;
  for (x : 0 .. (TASKS - 1)) { frozen[HAND(r, x)] = 0 }
  phase[r] = IDLE;
  if
  :: taken[r] -> taken[r] = 0; asked[r] = 0; call = KEPT
  :: else
  fi
}

#define NOT_YET 0
#define AS_IT_SHOULD 1
#define NOT_AT_ALL 2

inline decide(r, opens) {
  printf("replica %d decides: cancel asked %d, fact %d, past the cutoff %d\n", r, asked[r], fact, late);
  copy(w, m);
  past[r] = late;
  dirty[r] = 0;
  for (x : 0 .. (TASKS - 1)) { closing[x] = 0 }
  if
  :: opens == AS_IT_SHOULD -> decide_open()
  :: opens == NOT_AT_ALL -> decide_refuse()
  :: else
  fi;
  if
  :: asked[r] -> taken[r] = 1; decide_cancel(asked[r])
  :: else
  fi;
  if
  :: fact > w.cancel -> decide_cancel(fact)
  :: else
  fi;
  heeded[r] = fact;
  for (x : 0 .. (SLOTS - 1)) {
    if
    :: report[KNOWN(r, x)] == 0
    :: report[KNOWN(r, x)] != 0 ->
       if
       :: !EXECUTION_FINAL(w.status) && w.outcome[x] == 0 && ORDINAL_OF(x) < handed[HAND(r, TASK_OF(x))] && !unstarted[KNOWN(r, x)] ->
          decide_finish(x, report[KNOWN(r, x)])
#ifdef PLANT_NO_DEDUPLICATION
       :: !EXECUTION_FINAL(w.status) && w.outcome[x] != 0 && IN_FLIGHT(w, TASK_OF(x)) > 0 -> decide_finish(x, report[KNOWN(r, x)])
#endif
       :: else -> SITUATION(3); report[KNOWN(r, x)] = 0 /* a duplicate */
       fi
    fi
  }
  decide_closings(r);
#ifdef PLANT_NO_FREEZE
  for (x : 0 .. (TASKS - 1)) { frozen[HAND(r, x)] = 0 }
#endif
  decide_cutoff(r, past[r]);
  settle(past[r]);
  compare();
  if
  :: same -> published(r) /* nothing to store */
  :: else -> phase[r] = DECIDED
  fi
}

/* Nothing was stored: memory stays as it is, reports stay queued. */
inline take_back(r) {
  printf("replica %d: nothing was stored\n", r);
  clear(w);
  heeded[r] = 0;
  for (x : 0 .. (TASKS - 1)) { frozen[HAND(r, x)] = 0 }
  dirty[r] = 1;
  past[r] = 0;
  phase[r] = IDLE;
  if
  :: taken[r] -> taken[r] = 0; asked[r] = 0; call = CALM /* the caller gets an error */
  :: else
  fi
}

/* The store's guards of an Advance. */
inline guards(r) {
#ifdef PLANT_NO_EPOCH_GUARD
  same = (store.status == m.status);
#else
  same = (epoch[r] == stored_epoch && store.status == m.status);
#endif
#ifndef PLANT_WRITE_SKEW
  same = same && heeded[r] == fact; /* with leases: a cancel came in between, elsewhere */
#endif
  for (x : 0 .. (TASKS - 1)) {
    if
    :: w.task[x] != m.task[x] || w.next[x] != m.next[x] || w.done[x] != m.done[x] ->
       same = same && store.task[x] == m.task[x] && store.next[x] == m.next[x]
    :: else
    fi
  }
}

inline apply(r) {
  assert(epoch[r] == stored_epoch); /* R11 */
  check_commit(w, past[r]);
  copy(store, w);
  printf("replica %d commits: execution %d, task 0: %d closed %d next %d, task 1: %d closed %d next %d\n", r, w.status, w.task[0], w.closed[0], w.next[0], w.task[1], w.closed[1], w.next[1])
}

/* ---- the hand-over (effects.cc) ---- */

#ifdef PLANT_START_BEFORE_COMMIT
#define CURSOR(r, t) (phase[r] == DECIDED -> w.next[t] : m.next[t])
#else
#define CURSOR(r, t) m.next[t]
#endif
#define MAY_HAND_OVER(r, t) \
  (phase[r] >= IDLE && !unknown[r] && !fenced[r] && starting[r] == 0 && !frozen[HAND(r, t)] && \
   (HAS_UNSTARTED(r, t) || handed[HAND(r, t)] < CURSOR(r, t)) && FACT_HEEDED(r))
/* With leases: a new owner decides the cancel that it found before it hands anything over. */
#ifdef PLANT_FACT_UNREAD
#define FACT_HEEDED(r) true
#else
#define FACT_HEEDED(r) (found[r] <= m.cancel)
#endif

/* Under the mutex: what comes next is marked as handed over; its Start is entered afterwards. */
inline pick(r, t) {
  if
  :: unstarted[KNOWN(r, SLOT(t, 0))] -> x = SLOT(t, 0); unstarted[KNOWN(r, x)] = 0
  :: !unstarted[KNOWN(r, SLOT(t, 0))] && unstarted[KNOWN(r, SLOT(t, 1))] ->
     x = SLOT(t, 1);
     unstarted[KNOWN(r, x)] = 0
  :: else -> x = SLOT(t, handed[HAND(r, t)]); handed[HAND(r, t)]++
  fi;
  if
#ifdef PLANT_UNSTARTED_STARTS
  :: m.closed[t] != NOT_CLOSED || m.stop[t] ->
#else
  :: m.closed[t] != NOT_CLOSED || m.cancel >= POLICY_INVOCATION ->
#endif
     SITUATION(4); /* an earlier life claimed it, and its task admits no more: it never starts */
     report[KNOWN(r, x)] = FAILED
  :: else ->
     assert(store.errors[t] <= MAX_ERRORS(t) || epoch[r] != stored_epoch); /* R8 */
     printf("replica %d hands slot %d over\n", r, x);
     starting[r] = x + 1
  fi
}

/* Without the mutex: the runner hears of it. With leases, only under a lease that is valid. */
inline enter(r) {
  x = starting[r] - 1;
  starting[r] = 0;
#ifdef PLANT_LEASE_IGNORED
  if
  :: true ->
#else
  if
  :: lease && owner == r ->
#endif
     printf("slot %d STARTS\n", x);
     check_start(x);
     truth[x] = IN_PROGRESS;
     told[x] = r + 1
  :: else -> SITUATION(5); printf("replica %d has no lease: slot %d does not start\n", r, x); fenced[r] = 1
  fi
}

/* ---- lives ---- */

inline forget(r) {
  printf("replica %d forgets (a crash, or fenced)\n", r);
  clear(m);
  clear(w);
  for (x : 0 .. (TASKS - 1)) {
    handed[HAND(r, x)] = 0;
    frozen[HAND(r, x)] = 0
  }
  for (x : 0 .. (SLOTS - 1)) {
    unstarted[KNOWN(r, x)] = 0;
    report[KNOWN(r, x)] = 0;
    told[x] = (told[x] == r + 1 -> 0 : told[x])
  }
  if
  :: asked[r] || (call == KEPT && call_at == r) -> call = CALM /* the connection is gone */
  :: else
  fi;
  asked[r] = 0;
  taken[r] = 0;
  dirty[r] = 0;
  heeded[r] = 0;
  found[r] = 0;
  unknown[r] = 0;
  fenced[r] = 0;
  starting[r] = 0;
  past[r] = 0;
  epoch[r] = 0;
  phase[r] = DOWN
}

/* Takes the next epoch and reads what is active: Runtime::Open, or the take-over of a lapsed lease. */
inline open(r) {
  printf("replica %d takes epoch %d\n", r, stored_epoch + 1);
  stored_epoch++;
  epoch[r] = stored_epoch;
  owner = r;
  lease = 1;
  copy(m, store);
  found[r] = fact;
  for (x : 0 .. (TASKS - 1)) { handed[HAND(r, x)] = m.next[x] }
  adopt_at[r] = 0;
  phase[r] = ADOPTING
}

#define TO_ADOPT(r) (ORDINAL_OF(adopt_at[r]) < m.next[TASK_OF(adopt_at[r])] && m.outcome[adopt_at[r]] == 0)

/* With leases: a runner is adopted under a valid lease only, else one who comes late would take it
   away from the new owner. */
#ifdef PLANT_LATE_ADOPTION
#define ADOPTS(r) (phase[r] == ADOPTING)
#else
#define ADOPTS(r) (phase[r] == ADOPTING && lease && owner == r)
#endif

inline adopted(r) {
  do
  :: adopt_at[r] < SLOTS && !TO_ADOPT(r) -> adopt_at[r]++
  :: else -> break
  od;
  if
  :: adopt_at[r] == SLOTS -> adopt_at[r] = 0; phase[r] = IDLE; dirty[r] = 1
  :: else
  fi
}

proctype Replica(byte r) {
end:
  do
  /* lead */
  :: d_step { LEADS(r) && HAS_EVENT(r) -> decide(r, NOT_YET) }
  :: d_step { LEADS(r) && m.status == PENDING -> decide(r, AS_IT_SHOULD) } /* the targets are staged */
#ifdef REFUSES
  :: d_step { LEADS(r) && m.status == PENDING -> decide(r, NOT_AT_ALL) } /* what it would do is not right */
#endif
  :: d_step { phase[r] == DECIDED -> guards(r);
       if
       :: same -> apply(r); phase[r] = STORED
       :: else -> SITUATION(6);
          if
          :: epoch[r] != stored_epoch -> fenced[r] = 1
          :: else -> assert(heeded[r] != fact)
          fi;
          take_back(r)
       fi }
  :: d_step { phase[r] == DECIDED && faults > 0 -> faults--; take_back(r) } /* refused: a full disk */
  :: d_step { phase[r] == DECIDED && faults > 0 -> faults--; unknown[r] = 1; take_back(r) }
  :: d_step { phase[r] == DECIDED && faults > 0 -> faults--;
       guards(r);
       if
       :: same -> apply(r)
       :: else
       fi;
       unknown[r] = 1;
       take_back(r) }
  :: d_step { phase[r] == STORED -> published(r) }
  :: d_step { phase[r] == IDLE && unknown[r] && !fenced[r] -> /* Recover and Reload, the same life */
       unknown[r] = 0;
       if
       :: epoch[r] != stored_epoch -> fenced[r] = 1
       :: else -> SITUATION(7);
          copy(m, store);
          dirty[r] = 1;
          for (x : 0 .. (TASKS - 1)) { assert(handed[HAND(r, x)] <= m.next[x]) }
          for (x : 0 .. (SLOTS - 1)) {
            if
            :: m.stop[TASK_OF(x)] && ORDINAL_OF(x) < m.next[TASK_OF(x)] && m.outcome[x] == 0 -> stop_asked[x] = 1
            :: else
            fi
          }
       fi }
  /* hand over */
  :: d_step { MAY_HAND_OVER(r, 0) -> pick(r, 0) }
  :: d_step { MAY_HAND_OVER(r, 1) -> pick(r, 1) }
#ifndef SMALL
  :: d_step { MAY_HAND_OVER(r, 2) -> pick(r, 2) }
#endif
  :: d_step { starting[r] != 0 && phase[r] != DOWN -> enter(r) }
  /* be born */
#ifdef LEASES
  :: d_step { lease && owner == r && phase[r] == DOWN -> lease = 0 } /* nobody renews it */
  :: d_step { phase[r] == DOWN && !lease && !EXECUTION_FINAL(store.status) -> open(r); adopted(r) }
  :: d_step { phase[r] == ADOPTING && !(lease && owner == r) -> forget(r) }
  :: d_step { phase[r] == IDLE && (fenced[r] || owner != r) && starting[r] == 0 -> SITUATION(8); forget(r) }
  :: d_step { phase[r] == IDLE && starting[r] == 0 && acknowledged < m.cancel && fact != 0 && epoch[r] == stored_epoch && owner == r ->
       acknowledged = m.cancel }
#else
  :: d_step { phase[r] == DOWN && !EXECUTION_FINAL(store.status) -> open(r); adopted(r) }
#endif
  /* adopt: a runner answers what it knows, and may know nothing (R4) */
  :: d_step { ADOPTS(r) && truth[adopt_at[r]] == 0 ->
       SITUATION(9);
       adoption[adopt_at[r]] = (adoption[adopt_at[r]] == UNKNOWN -> UNKNOWN : NOT_STARTED);
       unstarted[KNOWN(r, adopt_at[r])] = 1;
       adopt_at[r]++;
       adopted(r) }
  :: d_step { ADOPTS(r) && truth[adopt_at[r]] == IN_PROGRESS ->
       SITUATION(10);
       told[adopt_at[r]] = r + 1;
       stop_asked[adopt_at[r]] = stop_asked[adopt_at[r]] || m.stop[TASK_OF(adopt_at[r])];
       adopt_at[r]++;
       adopted(r) }
  :: d_step { ADOPTS(r) && truth[adopt_at[r]] > IN_PROGRESS ->
       SITUATION(11);
       report[KNOWN(r, adopt_at[r])] = truth[adopt_at[r]];
       told[adopt_at[r]] = r + 1;
       adopt_at[r]++;
       adopted(r) }
  :: d_step { ADOPTS(r) ->
       SITUATION(12);
#ifdef PLANT_UNKNOWN_RUNS_AGAIN
       unstarted[KNOWN(r, adopt_at[r])] = 1;
#else
       adoption[adopt_at[r]] = UNKNOWN;
       report[KNOWN(r, adopt_at[r])] = FAILED;
#endif
       adopt_at[r]++;
       adopted(r) }
  od
}

/* ---- runners: whatever happens to the engine, they end what they have begun ---- */

inline ends(s, status) {
  printf("slot %d ends: %d\n", s, status);
  truth[s] = status;
  if
  :: told[s] != 0 && report[KNOWN(told[s] - 1, s)] == 0 -> report[KNOWN(told[s] - 1, s)] = status
  :: else
  fi
}

proctype Runner(byte s) {
end:
  do
  :: d_step { truth[s] == IN_PROGRESS -> ends(s, SUCCESS) }
  :: d_step { truth[s] == IN_PROGRESS -> ends(s, FAILED) }
#ifdef TIMES_OUT
  :: d_step { truth[s] == IN_PROGRESS -> ends(s, TIMED_OUT) }
#endif
  :: d_step { truth[s] == IN_PROGRESS && stop_asked[s] -> ends(s, CANCELLED) }
  :: d_step { truth[s] > IN_PROGRESS && repeats > 0 && told[s] != 0 && report[KNOWN(told[s] - 1, s)] == 0 ->
       repeats--;
       report[KNOWN(told[s] - 1, s)] = (truth[s] == SUCCESS -> FAILED : SUCCESS) } /* twice, and otherwise */
  od
}

/* ---- clients, and what goes wrong: may end at any time, so nothing may wait for it ---- */

inline ask(r, policy) {
  printf("cancel %d asked at replica %d\n", policy, r);
  asks--;
  call_policy = policy;
  call_at = r;
  if
  :: phase[r] >= IDLE && !fenced[r] -> asked[r] = policy; call = QUEUED
#ifdef LEASES
  :: phase[r] == DOWN -> /* not ours: a fact, in a commit of its own */
     SITUATION(13);
     final_before_fact = EXECUTION_FINAL(store.status);
     fact = (fact > policy -> fact : policy);
     call_epoch = stored_epoch;
     call = FACT
#endif
  :: else -> call = CALM
  fi
}

proctype World() {
  do
  :: d_step { asks > 0 && call == CALM -> ask(0, POLICY_TASK) }
  :: d_step { asks > 0 && call == CALM -> ask(0, POLICY_INVOCATION) }
  :: d_step { asks > 0 && call == CALM -> ask(0, POLICY_STOP) }
#ifdef LEASES
  :: d_step { asks > 0 && call == CALM -> ask(1, POLICY_TASK) }
  :: d_step { asks > 0 && call == CALM -> ask(1, POLICY_INVOCATION) }
  :: d_step { expiries > 0 && lease -> printf("the lease ends\n"); expiries--; lease = 0 }
  :: d_step { crashes > 0 && phase[1] != DOWN -> crashes--; forget(1) }
#endif
#ifdef CUTOFF
  :: d_step { !late -> late = 1 }
#endif
  :: d_step { crashes > 0 && phase[0] != DOWN -> crashes--; forget(0) }
  :: break
  od
}

/* A cancel's caller: when the answer may be given. */
proctype Caller() {
end:
  do
#ifdef PLANT_NO_WAIT_FOR_START
  :: d_step { call == KEPT -> promise(call_policy); call = CALM }
#else
  :: d_step { call == KEPT && starting[call_at] == 0 -> promise(call_policy); call = CALM }
#endif
#ifdef LEASES
  :: d_step { call == FACT && (!lease || stored_epoch != call_epoch) ->
       SITUATION(14); promise(call_policy); call = CALM }
#ifdef PLANT_ANSWERED_BY_THE_ROW
  :: d_step { call == FACT && store.cancel >= call_policy -> promise(call_policy); call = CALM }
#else
  :: d_step { call == FACT && acknowledged >= call_policy -> SITUATION(15); promise(call_policy); call = CALM }
#endif
  :: d_step { call == FACT && EXECUTION_FINAL(store.status) -> promise(call_policy); call = CALM }
#endif
  od
}

init {
  atomic {
    TELL_WHAT_WAS_SEEN();
    phase[0] = IDLE;
    epoch[0] = 1;
    run Replica(0);
#ifdef LEASES
    run Replica(1);
#endif
    for (x : 0 .. (SLOTS - 1)) {
      if
      :: ORDINAL_OF(x) < COUNTS(TASK_OF(x)) -> run Runner(x)
      :: else
      fi
    }
    run Caller();
    run World()
  }
  timeout -> d_step { check_end() }
}

/* Liveness. Everything that replicas, runners and callers do is bounded, and faults come to an end, so
   no fairness has to be assumed: a run that goes round for ever would be an error of its own. */
#ifdef LIVENESS
ltl every_execution_ends { <> EXECUTION_FINAL(store.status) }
ltl what_is_cancelled_becomes_cancelled { [] ((store.cancel != POLICY_NONE) -> <> (store.status == CANCELLED)) }
#endif
