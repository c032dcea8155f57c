-- The records go with it: they are read again from PEMS.
DROP TABLE pfa_mirror;
