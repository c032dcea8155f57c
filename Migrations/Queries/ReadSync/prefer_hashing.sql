-- Takes loops out of the plans of this transaction: statements over all rows of an organization, whose number
-- statistics do not know while its first read runs. A loop over both sides of such a join would never end.
SELECT set_config('enable_nestloop', 'off', true)
