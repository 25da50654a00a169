-- Minutes that hold spans of these times although they are other minutes.
SELECT DISTINCT bucket FROM displaced WHERE t1 >= $oldest AND t0 <= $newest
