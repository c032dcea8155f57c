-- The statement that makes a disabled trigger fire again; names can not be parameters of it. $1 table  $2 trigger
SELECT format('ALTER TABLE %I ENABLE TRIGGER %I', $1::text, $2::text) AS statement
