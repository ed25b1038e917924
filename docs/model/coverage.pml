/* Which rows of the table, and which situations, were ever seen: counted by the checker beside the
   search (they are no part of a state) and printed at its end, so that a model in which something
   can't happen is noticed. Only with -DCOVERAGE: Spin's own simulator does not run C. */

#ifdef COVERAGE
c_decl {
  static unsigned long row_seen[64], situation_seen[32];
  static int told;
  static void tell_what_was_seen(void) {
    for (int i = 0; i < 64; i++) if (row_seen[i]) printf("row %d seen\n", i);
    for (int i = 0; i < 32; i++) if (situation_seen[i]) printf("situation %d seen\n", i);
  }
}
#define ROW(n) c_code { row_seen[n]++; }
#define SITUATION(n) c_code { situation_seen[n]++; }
#define TELL_WHAT_WAS_SEEN() c_code { if (!told++) atexit(tell_what_was_seen); }
#else
#define ROW(n) skip
#define SITUATION(n) skip
#define TELL_WHAT_WAS_SEEN() skip
#endif
