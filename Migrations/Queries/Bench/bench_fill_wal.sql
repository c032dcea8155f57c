-- Writes a mebibyte of log that means nothing.
SELECT pg_logical_emit_message(false, 'syncline bench', repeat('x', 1048576))
