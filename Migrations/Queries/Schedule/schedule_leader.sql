-- Who leads, or led last; `is_led`: the lease has not run out.
SELECT owner, token, expires_at > clock_timestamp() AS is_led FROM scheduler_lease WHERE name = 'scheduler'
