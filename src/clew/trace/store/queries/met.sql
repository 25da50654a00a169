$trace IN (SELECT $trace FROM spans WHERE $minutes AND $condition)
