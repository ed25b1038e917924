/* R6: at most one active execution a window; what comes due meanwhile is recorded SKIPPED_OVERLAPPING.
   Two engines open what is due of one window: the one that owns the store, and one that did (R11).
   Each decides on what it has in memory; the store has the last word: an occurrence is UNIQUE, at most
   one execution is active (a partial unique index), and the epoch is the writer's. */

#include "coverage.pml"
#include "transitions.pml"

#define OCCURRENCES 3
#define ENGINES 2
#define LIVES 6 /* epochs that are taken in all */
#define NO_ROW 255

byte row[OCCURRENCES] = NO_ROW; /* the execution of each occurrence */
byte due;                       /* the store: what is due next */
byte clock;                     /* occurrences before this one have begun */
byte stored_epoch = 1;

byte epoch[ENGINES], known_due[ENGINES], known_active[ENGINES], opening[ENGINES], made[ENGINES];
#define NOTHING OCCURRENCES

hidden byte o, n_active;

inline count_active() {
  n_active = 0;
  for (o : 0 .. (OCCURRENCES - 1)) {
    if
    :: row[o] != NO_ROW && !EXECUTION_FINAL(row[o]) -> n_active++
    :: else
    fi
  }
}

inline load(e) {
  stored_epoch++;
  epoch[e] = stored_epoch;
  known_due[e] = due;
  opening[e] = NOTHING;
  count_active();
  known_active[e] = n_active
}

proctype Engine(byte e) {
end:
  do
  :: d_step { epoch[e] == 0 && stored_epoch < LIVES -> load(e) }
  /* decide: with its work, without any, refused, missed; or passed by, when one is active */
  :: d_step { epoch[e] != 0 && opening[e] == NOTHING && known_due[e] < clock && !known_active[e] ->
       opening[e] = known_due[e]; made[e] = PENDING }
  :: d_step { epoch[e] != 0 && opening[e] == NOTHING && known_due[e] < clock && !known_active[e] ->
       opening[e] = known_due[e]; made[e] = PENDING; move_execution(made[e], SUCCEED) }
  :: d_step { epoch[e] != 0 && opening[e] == NOTHING && known_due[e] < clock && !known_active[e] ->
       opening[e] = known_due[e]; made[e] = PENDING; move_execution(made[e], FAIL) }
  :: d_step { epoch[e] != 0 && opening[e] == NOTHING && known_due[e] < clock ->
       opening[e] = known_due[e]; made[e] = PENDING; move_execution(made[e], TIME_OUT) }
  :: d_step { epoch[e] != 0 && opening[e] == NOTHING && known_due[e] < clock && known_active[e] ->
       SITUATION(16); opening[e] = known_due[e]; made[e] = SKIPPED_OVERLAPPING }
  /* commit and publish */
  :: d_step { opening[e] != NOTHING && epoch[e] != 0 ->
       count_active();
       if
       :: epoch[e] == stored_epoch && row[opening[e]] == NO_ROW && (EXECUTION_FINAL(made[e]) || n_active == 0) ->
          row[opening[e]] = made[e];
          due = opening[e] + 1;
          known_due[e] = due;
          known_active[e] = known_active[e] || !EXECUTION_FINAL(made[e])
       :: else -> SITUATION(17); epoch[e] = 0 /* conflict or fenced: read again, under the next epoch */
       fi;
       opening[e] = NOTHING;
       made[e] = 0;
       count_active();
       assert(n_active <= 1) /* R6 */ }
  /* what is active goes its way */
  :: d_step { epoch[e] == stored_epoch && known_active[e] ->
       for (o : 0 .. (OCCURRENCES - 1)) {
         if
         :: row[o] == PENDING -> move_execution(row[o], START)
         :: else
         fi
       };
       skip }
  :: d_step { epoch[e] == stored_epoch && known_active[e] ->
       for (o : 0 .. (OCCURRENCES - 1)) {
         if
         :: row[o] == IN_PROGRESS -> move_execution(row[o], SUCCEED); known_active[e] = 0
         :: else
         fi
       };
       skip }
  od
}

proctype World() {
  byte deaths = 2;
  do
  :: clock < OCCURRENCES -> clock++
  :: d_step { deaths > 0 && epoch[0] != 0 -> deaths--; epoch[0] = 0; opening[0] = NOTHING }
  :: d_step { deaths > 0 && epoch[1] != 0 -> deaths--; epoch[1] = 0; opening[1] = NOTHING }
  :: clock == OCCURRENCES -> break
  od
}

init {
  atomic {
    TELL_WHAT_WAS_SEEN();
    epoch[0] = 1;
    opening[0] = NOTHING;
    opening[1] = NOTHING;
    run Engine(0);
    run Engine(1);
    run World()
  }
}
