-- How long the common queries take now: name and seconds. Bind with become_app first, as it is applications that ask
-- them. $1 organization  $2 category  $3 source
-- Plans are made for the values, as for an application. Takes no locks; relies on the indexes that the queries rely on.
SELECT probe.query_name AS query, (probe.execution_ms / 1000)::float8 AS seconds
FROM (SELECT set_config('plan_cache_mode', 'force_custom_plan', true) AS mode) plans,
  LATERAL analyze_pfa_query_performance($1, $2, $3) probe
WHERE plans.mode IS NOT NULL
