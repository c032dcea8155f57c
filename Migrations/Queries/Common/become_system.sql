-- Lets the transaction see all organizations, for the machinery between tenants.
SELECT set_config('role', 'syncline_system', true)
