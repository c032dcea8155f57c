-- Binds the transaction to one organization, user and session under the applications' role.
-- $1 organization  $2 user  $3 session
SELECT set_config('role', 'syncline_app', true), set_config('syncline.organization', $1, true),
  set_config('syncline.user_id', $2, true), set_config('syncline.session_id', $3, true)
