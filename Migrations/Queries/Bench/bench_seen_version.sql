-- The version of a record, as a user sees it before an edit. $1 organization  $2 pfaId. Index: pfa_mirror_key.
SELECT id, version FROM pfa_mirror WHERE organization_id = $1 AND pfa_id = $2
