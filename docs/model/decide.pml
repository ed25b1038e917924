/* engine/core/decide.cc: what follows from what is. Pure functions over the copy `w` of one replica;
   all of it happens in one indivisible step, under the leader's mutex. */

hidden byte d, e, level_first, level_open, task_ending, execution_ending;
hidden byte closing[TASKS]; /* Notes::closings, by task: bits below */
#define CLOSING_CANCEL 1
#define CLOSING_STOP 2
#define CLOSING_ERRORS 4

inline close_pending(by, trigger) {
  for (e : 0 .. (TASKS - 1)) {
    if
    :: w.task[e] == PENDING -> w.closed[e] = by; move_task(w.task[e], trigger)
    :: else
    fi
  }
}

/* Open, with targets that could all be resolved. */
inline decide_open() { move_execution(w.status, START) }

/* Refuse: what the tasks would do is not right. None of them starts. */
inline decide_refuse() {
  close_pending(BY_FAILED, FAIL);
  move_execution(w.status, FAIL)
}

/* Cancel: tasks that were not started end now; running ones are closed below, if the policy says so. */
inline decide_cancel(policy) {
  if
  :: EXECUTION_FINAL(w.status) || w.cancel >= policy -> SITUATION(0) /* asked again: nothing changes */
  :: else ->
     w.cancel = policy;
     close_pending(BY_CANCEL, CANCEL);
     if
     :: w.status == PENDING -> move_execution(w.status, CANCEL)
     :: w.status != PENDING && policy != POLICY_TASK ->
        for (d : 0 .. (TASKS - 1)) {
          if
          :: RUNNING(w.task[d]) ->
             closing[d] = closing[d] | CLOSING_CANCEL | (policy == POLICY_STOP -> CLOSING_STOP : 0)
          :: else
          fi
        }
     :: else
     fi
  fi
}

/* Finished: a report of what is in flight. The caller has dropped the duplicates. */
inline decide_finish(s, reported) {
  d = TASK_OF(s);
  assert(IN_FLIGHT(w, d) > 0);
  w.outcome[s] = (reported == CANCELLED && !w.stop[d] -> FAILED : reported);
  w.done[d]++;
  if
  :: w.outcome[s] == FAILED || w.outcome[s] == TIMED_OUT -> w.errors[d]++
  :: else
  fi;
  if
  :: w.errors[d] > MAX_ERRORS(d) && w.closed[d] == NOT_CLOSED -> closing[d] = closing[d] | CLOSING_ERRORS
  :: else
  fi
}

/* CloseRunning: the cursor goes back to the first ordinal that no runner has heard of. */
inline close_running(r, t, by, wants_stop) {
  if
  :: RUNNING(w.task[t]) ->
     frozen[HAND(r, t)] = 1;
     if
     :: w.closed[t] == NOT_CLOSED &&
        !(by == BY_CANCEL && handed[HAND(r, t)] == COUNTS(t) && !HAS_UNSTARTED(r, t)) ->
        assert(handed[HAND(r, t)] <= w.next[t]);
        if
        :: handed[HAND(r, t)] < w.next[t] -> SITUATION(1) /* claims are taken back */
        :: else
        fi;
#ifdef PLANT_CURSOR_STAYS
        w.next[t] = (by == BY_CANCEL -> w.next[t] : handed[HAND(r, t)]);
#else
        w.next[t] = handed[HAND(r, t)];
#endif
        w.closed[t] = by;
        if
        :: by == BY_CANCEL -> move_task(w.task[t], DRAIN)
        :: else
        fi
     :: else
     fi;
     if
     :: wants_stop && !w.stop[t] && IN_FLIGHT(w, t) > 0 -> w.stop[t] = 1
     :: else
     fi
  :: else
  fi
}

/* PassCutoff (R7): tasks that were not started, and those with CANCEL_TASK. */
inline decide_cutoff(r, too_late) {
  if
  :: too_late && !EXECUTION_FINAL(w.status) ->
     close_pending(BY_CUTOFF, TIME_OUT);
     if
     :: w.status == PENDING -> move_execution(w.status, TIME_OUT)
     :: else ->
        for (d : 0 .. (TASKS - 1)) {
          if
          :: CANCELS_AT_CUTOFF(d) -> close_running(r, d, BY_CUTOFF, true)
          :: else
          fi
        }
     fi
  :: else
  fi
}

/* Closings carried out in the order in which they were noted; the first closer wins. */
inline decide_closings(r) {
  for (d : 0 .. (TASKS - 1)) {
    if
    :: closing[d] & CLOSING_CANCEL -> close_running(r, d, BY_CANCEL, closing[d] & CLOSING_STOP)
    :: else
    fi;
    if
    :: closing[d] & CLOSING_ERRORS -> close_running(r, d, BY_MAX_ERRORS, false)
    :: else
    fi;
    closing[d] = 0
  }
}

/* EndIfDone, with EndingOf. */
inline end_if_done(t) {
  if
  :: RUNNING(w.task[t]) && IN_FLIGHT(w, t) == 0 && (w.closed[t] != NOT_CLOSED || w.next[t] == COUNTS(t)) ->
     if
     :: w.closed[t] == BY_CANCEL -> move_task(w.task[t], CANCEL)
     :: w.closed[t] == BY_CUTOFF -> move_task(w.task[t], TIME_OUT)
     :: w.closed[t] == BY_MAX_ERRORS -> move_task(w.task[t], FAIL)
     :: else ->
        task_ending = SUCCEED;
        for (e : 0 .. (WIDTH - 1)) {
          if
          :: w.outcome[SLOT(t, e)] == CANCELLED -> task_ending = CANCEL
          :: else
          fi
        }
        /* MaxErrors 1 and one error is FAILED although nothing was held back (spec D.5). */
        if
        :: w.errors[t] >= (MAX_ERRORS(t) > 1 -> MAX_ERRORS(t) : 1) ->
           task_ending = TIME_OUT;
           for (e : 0 .. (WIDTH - 1)) {
             if
             :: w.outcome[SLOT(t, e)] == FAILED -> task_ending = FAIL
             :: else
             fi
           }
        :: else
        fi;
        move_task(w.task[t], task_ending)
     fi
  :: else
  fi
}

/* EndExecution: all tasks are final. */
inline end_execution() {
  if
  :: w.cancel != POLICY_NONE -> move_execution(w.status, CANCEL)
  :: else ->
     execution_ending = SUCCEED;
     for (e : 0 .. (TASKS - 1)) {
       if
       :: w.task[e] == FAILED || w.task[e] == CANCELLED -> execution_ending = FAIL
       :: w.task[e] == TIMED_OUT && execution_ending == SUCCEED -> execution_ending = TIME_OUT
       :: else
       fi
     }
     move_execution(w.status, execution_ending)
  fi
}

/* Settle: starts tasks, moves cursors, ends tasks and the execution. */
inline settle(too_late) {
  if
  :: EXECUTION_FINAL(w.status) || w.status == PENDING
  :: else ->
     level_open = 1; /* every priority before has ended (R9) */
     level_first = 0;
     for (d : 0 .. (TASKS - 1)) {
       if
       :: PRIORITY(d) != PRIORITY(level_first) ->
          for (e : 0 .. (TASKS - 1)) {
            if
            :: PRIORITY(e) < PRIORITY(d) && !TASK_FINAL(w.task[e]) -> level_open = 0
            :: else
            fi
          }
          level_first = d
       :: else
       fi;
       if
       :: level_open ->
          if
          :: w.task[d] == PENDING && w.cancel == POLICY_NONE && !(too_late) -> move_task(w.task[d], START)
          :: else
          fi;
          if
          :: RUNNING(w.task[d]) && w.closed[d] == NOT_CLOSED ->
             do
             :: w.next[d] < COUNTS(d) && IN_FLIGHT(w, d) < LIMITS(d) -> w.next[d]++ /* a claim */
             :: else -> break
             od
          :: else
          fi;
          end_if_done(d)
       :: else
       fi
     }
     level_open = 1;
     for (e : 0 .. (TASKS - 1)) {
       if
       :: !TASK_FINAL(w.task[e]) -> level_open = 0
       :: else
       fi
     }
     if
     :: level_open -> end_execution()
     :: !level_open && w.cancel != POLICY_NONE && w.status == IN_PROGRESS -> move_execution(w.status, DRAIN)
     :: else
     fi
  fi
}
