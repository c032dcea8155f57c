-- Says for the rest of the transaction who decides, for the journal. $1 who
SELECT set_config('syncline.user_id', $1, true)
