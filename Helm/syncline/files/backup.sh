#!/bin/sh
# One backup: the database in pg_dump's custom format, and the roles it needs. What is not whole is never called .dump.
#   BACKUP_DATABASE_URL   a login that reads past row level security (BYPASSRLS), on the primary
#   BACKUP_DIRECTORY      where backups are kept
#   BACKUP_KEEP_DAYS      older ones are removed, but only after a new one is there
set -eu
: "${BACKUP_DATABASE_URL:?}" "${BACKUP_DIRECTORY:?}" "${BACKUP_KEEP_DAYS:=14}"
name="$BACKUP_DIRECTORY/syncline-$(date -u +%Y%m%dT%H%M%SZ)"

trap 'rm -f "$name.part" "$name.roles.part"' EXIT
# Roles belong to the server, not to the database.
pg_dumpall --dbname="$BACKUP_DATABASE_URL" --roles-only --no-role-passwords --file="$name.roles.part"
pg_dump --dbname="$BACKUP_DATABASE_URL" --format=custom --lock-wait-timeout=60s --file="$name.part"
# Reads the table of contents, which stands at the end of what was written.
pg_restore --list "$name.part" >/dev/null
sync
mv "$name.roles.part" "$name.roles.sql"
mv "$name.part" "$name.dump"

find "$BACKUP_DIRECTORY" -maxdepth 1 -name 'syncline-*' -mtime "+$BACKUP_KEEP_DAYS" -delete
echo "$name.dump $(wc -c <"$name.dump") bytes"
