-- Binds the transaction to one organization under the worker's role. $1 organization
SELECT set_config('role', 'syncline_worker', true), set_config('syncline.organization', $1, true)
