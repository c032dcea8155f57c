-- The same with the lock only for a second try.
-- $1 stream  $2 events [{type, data, metadata}, …]  $3 expected version, -1 for none, null for any  $4 criteria or null
-- SY010: another version. Locks: the stream, if somebody was faster. Index: sync_event_key.
SELECT append_events_with_delayed_lock($1, $2::jsonb, $3::bigint, $4::jsonb) AS version
