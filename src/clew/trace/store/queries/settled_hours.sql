-- What was filed under each hour when it was settled.
SELECT hour, spans, roaming
FROM links FINAL
WHERE hour BETWEEN $first AND $last AND parent = '' AND child = ''
