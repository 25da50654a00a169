AND trace_lo IN (SELECT trace_lo FROM spans WHERE $minutes AND $condition)
