-- One rebuild of an organization at a time: two could both add the same correction. $1 organization
SELECT pg_advisory_xact_lock(hashtextextended('syncline.kpi.rebuild:' || $1, 0))
