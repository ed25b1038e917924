/* Generated from engine/model/states.h. To rewrite it:
   bazel run //tests/engine/model:state_machine_page -- "$PWD/docs/model/transitions.pml"

   ROW(n): row n of kTransitions was used (see coverage.pml). */

#define ROWS 33

#define PENDING 0
#define IN_PROGRESS 1
#define SUCCESS 2
#define FAILED 3
#define TIMED_OUT 4
#define CANCELLING 5
#define CANCELLED 6
#define SKIPPED_OVERLAPPING 7

#define START 0
#define SUCCEED 1
#define FAIL 2
#define TIME_OUT 3
#define DRAIN 4
#define CANCEL 5

#define NOT_CLOSED 0
#define BY_CANCEL 1
#define BY_CUTOFF 2
#define BY_MAX_ERRORS 3
#define BY_FAILED 4

#define EXECUTION_FINAL(status) ((status) != PENDING && (status) != IN_PROGRESS && (status) != CANCELLING)
#define TASK_FINAL(status) ((status) != PENDING && (status) != IN_PROGRESS && (status) != CANCELLING)
#define QUEUED_STATUS(closed) ((closed) == BY_FAILED -> FAILED : ((closed) == BY_MAX_ERRORS -> CANCELLED : ((closed) == BY_CUTOFF -> TIMED_OUT : ((closed) == BY_CANCEL -> CANCELLED : PENDING))))

inline move_execution(place, trigger) {
  if
  :: (place) == PENDING && (trigger) == START -> place = IN_PROGRESS; ROW(0);
  :: (place) == PENDING && (trigger) == SUCCEED -> place = SUCCESS; ROW(1);
  :: (place) == PENDING && (trigger) == FAIL -> place = FAILED; ROW(2);
  :: (place) == PENDING && (trigger) == TIME_OUT -> place = TIMED_OUT; ROW(3);
  :: (place) == PENDING && (trigger) == CANCEL -> place = CANCELLED; ROW(4);
  :: (place) == IN_PROGRESS && (trigger) == SUCCEED -> place = SUCCESS; ROW(5);
  :: (place) == IN_PROGRESS && (trigger) == FAIL -> place = FAILED; ROW(6);
  :: (place) == IN_PROGRESS && (trigger) == TIME_OUT -> place = TIMED_OUT; ROW(7);
  :: (place) == IN_PROGRESS && (trigger) == DRAIN -> place = CANCELLING; ROW(8);
  :: (place) == IN_PROGRESS && (trigger) == CANCEL -> place = CANCELLED; ROW(9);
  :: (place) == CANCELLING && (trigger) == CANCEL -> place = CANCELLED; ROW(10);
  :: else -> assert(false) /* refused: not in the table */
  fi
}

inline move_task(place, trigger) {
  if
  :: (place) == PENDING && (trigger) == START -> place = IN_PROGRESS; ROW(11);
  :: (place) == PENDING && (trigger) == FAIL -> place = FAILED; ROW(12);
  :: (place) == PENDING && (trigger) == TIME_OUT -> place = TIMED_OUT; ROW(13);
  :: (place) == PENDING && (trigger) == CANCEL -> place = CANCELLED; ROW(14);
  :: (place) == IN_PROGRESS && (trigger) == SUCCEED -> place = SUCCESS; ROW(15);
  :: (place) == IN_PROGRESS && (trigger) == FAIL -> place = FAILED; ROW(16);
  :: (place) == IN_PROGRESS && (trigger) == TIME_OUT -> place = TIMED_OUT; ROW(17);
  :: (place) == IN_PROGRESS && (trigger) == DRAIN -> place = CANCELLING; ROW(18);
  :: (place) == IN_PROGRESS && (trigger) == CANCEL -> place = CANCELLED; ROW(19);
  :: (place) == CANCELLING && (trigger) == CANCEL -> place = CANCELLED; ROW(20);
  :: else -> assert(false) /* refused: not in the table */
  fi
}

inline see_invocation(from, to) {
  if
  :: (from) == (to)
  :: (from) == PENDING && (to) == IN_PROGRESS -> ROW(21);
  :: (from) == PENDING && (to) == FAILED -> ROW(22);
  :: (from) == PENDING && (to) == TIMED_OUT -> ROW(23);
  :: (from) == PENDING && (to) == CANCELLED -> ROW(24);
  :: (from) == IN_PROGRESS && (to) == SUCCESS -> ROW(25);
  :: (from) == IN_PROGRESS && (to) == FAILED -> ROW(26);
  :: (from) == IN_PROGRESS && (to) == TIMED_OUT -> ROW(27);
  :: (from) == IN_PROGRESS && (to) == CANCELLING -> ROW(28);
  :: (from) == CANCELLING && (to) == SUCCESS -> ROW(29);
  :: (from) == CANCELLING && (to) == FAILED -> ROW(30);
  :: (from) == CANCELLING && (to) == TIMED_OUT -> ROW(31);
  :: (from) == CANCELLING && (to) == CANCELLED -> ROW(32);
  :: (from) == PENDING && (to) == SUCCESS /* several rows in one commit */
  :: (from) == PENDING && (to) == CANCELLING /* several rows in one commit */
  :: (from) == IN_PROGRESS && (to) == CANCELLED /* several rows in one commit */
  :: else -> assert(false) /* no path in the table */
  fi
}
