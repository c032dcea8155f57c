-- How each job stands for each organization, with its newest firing that was not left out, or else its newest one.
-- Index: job_firing_job_organization_id_due_at_key.
SELECT s.job, s.organization_id, s.is_active, s.next_at, s.definition, f.due_at AS last_due_at, f.state AS last_state,
  f.finished_at AS last_finished_at, f.job_id AS last_job_id, f.detail AS last_detail
FROM job_schedule s
LEFT JOIN LATERAL (
  SELECT * FROM job_firing f WHERE f.job = s.job AND f.organization_id = s.organization_id
  ORDER BY f.state = 'skipped', f.due_at DESC LIMIT 1
) f ON true
ORDER BY s.job, s.organization_id
