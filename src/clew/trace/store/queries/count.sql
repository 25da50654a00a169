-- How many spans there are.
SELECT count() AS spans
FROM spans
