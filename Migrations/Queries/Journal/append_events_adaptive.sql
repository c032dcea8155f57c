-- The same with the strategy that sync_event_routing gives the stream.
-- $1 stream  $2 events [{type, data, metadata}, …]  $3 expected version, -1 for none, null for any  $4 criteria or null
-- SY010: another version. Locks: the stream, at once or if somebody was faster. Index: sync_event_key.
SELECT append_events_adaptive($1, $2::jsonb, $3::bigint, $4::jsonb) AS version
