#!/bin/sh
# Restores one backup into a database that is empty. Stop workers and schedulers of that database first.
#   RESTORE_DATABASE_URL  the empty database, as a superuser (or the provider's nearest thing)
#   $1                    the .dump; its .roles.sql lies beside it
set -eu
: "${RESTORE_DATABASE_URL:?}" "${1:?the .dump to restore}"

tables=$(psql "$RESTORE_DATABASE_URL" -XAtc \
  "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')")
[ "$tables" = 0 ] || { echo "restore: the database has $tables tables; restore into an empty one" >&2; exit 1; }

# Roles that exist already are left as they are; psql says so and goes on. What is really missing stops the restore below.
psql "$RESTORE_DATABASE_URL" -Xq -f "${1%.dump}.roles.sql" 2>/dev/null || true
# All or nothing.
pg_restore --dbname="$RESTORE_DATABASE_URL" --exit-on-error --single-transaction "$1"
psql "$RESTORE_DATABASE_URL" -Xqc ANALYZE
echo "restored; now: syncline doctor, syncline kpi verify, then start workers"
