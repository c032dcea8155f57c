#pragma once
#include <libpq-fe.h>
#include <spawn.h>
#include <sys/eventfd.h>

// Swift's Glibc module leaves sys/eventfd.h out.
static inline int pq_eventfd(void) { return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK); }

// GNU extensions, hidden from modules that are compiled without _GNU_SOURCE.
extern int pipe2(int ends[2], int flags);
extern int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

// Character constants behind macros are not imported into Swift.
enum {
  PQ_FIELD_SEVERITY = PG_DIAG_SEVERITY_NONLOCALIZED,
  PQ_FIELD_SQLSTATE = PG_DIAG_SQLSTATE,
  PQ_FIELD_MESSAGE = PG_DIAG_MESSAGE_PRIMARY,
  PQ_FIELD_DETAIL = PG_DIAG_MESSAGE_DETAIL,
  PQ_FIELD_HINT = PG_DIAG_MESSAGE_HINT,
  PQ_FIELD_POSITION = PG_DIAG_STATEMENT_POSITION,
  PQ_FIELD_CONTEXT = PG_DIAG_CONTEXT,
  PQ_FIELD_SCHEMA = PG_DIAG_SCHEMA_NAME,
  PQ_FIELD_TABLE = PG_DIAG_TABLE_NAME,
  PQ_FIELD_COLUMN = PG_DIAG_COLUMN_NAME,
  PQ_FIELD_DATATYPE = PG_DIAG_DATATYPE_NAME,
  PQ_FIELD_CONSTRAINT = PG_DIAG_CONSTRAINT_NAME,
  PQ_FIELD_ROUTINE = PG_DIAG_SOURCE_FUNCTION,
};
