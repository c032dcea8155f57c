-- Appends to a stream of the transaction's organization with the advisory lock first; the version of the last event.
-- $1 stream  $2 events [{type, data, metadata}, …]  $3 expected version, -1 for none, null for any  $4 criteria or null
-- SY010: another version. Locks: the stream, until the transaction ends. Index: sync_event_key.
SELECT append_events($1, $2::jsonb, $3::bigint, $4::jsonb) AS version
