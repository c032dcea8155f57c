-- Has pfa_merged_live lay this session's drafts over, of one user or of whoever has it. $1 session or null  $2 user or
-- null. To compile the plan of a page takes longer than the page.
SELECT set_config('jit', 'off', true),
  set_config('syncline.session_id', coalesce($1, ''), true), set_config('syncline.user_id', coalesce($2, ''), true)
