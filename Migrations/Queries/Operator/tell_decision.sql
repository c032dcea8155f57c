-- Says who acts in this transaction, and why, to every history it touches. $1 actor  $2 reason; empty for none
SELECT set_config('syncline.actor', $1, true), set_config('syncline.reason', $2, true)
