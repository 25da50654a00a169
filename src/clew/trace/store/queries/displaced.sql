-- Minutes that hold spans of these times although they are other minutes.
SELECT bucket, min(t0) AS oldest, max(t1) AS newest
FROM displaced
WHERE t1 >= $oldest AND t0 <= $newest
GROUP BY bucket
