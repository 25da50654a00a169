SELECT DISTINCT value AS answer FROM tag_values WHERE key = {key:String} ORDER BY answer
